//! Screen Wake Lock API: the screen stays on
//! (<https://www.w3.org/TR/screen-wake-lock/>).

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Promise;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::Listener;
use super::reflect::{call, property};
use super::window::{is_visible, on_document, window};

/// What is held at the moment: a `WakeLockSentinel`, or nothing.
type Held = Rc<RefCell<Option<JsValue>>>;

/// The screen stays on while this lives and the page is in sight. The browser takes the lock
/// away when the page goes out of sight, so that it is requested again with each return.
pub struct WakeLock {
    held: Held,
    _visible: Listener,
}

impl WakeLock {
    /// Asks for it. A browser that has none, or refuses to save its battery, is left alone.
    pub fn request() -> Self {
        let held = Held::default();
        request(held.clone());
        let again = held.clone();
        let visible = on_document("visibilitychange", move |_| {
            if is_visible() {
                request(again.clone());
            }
        });
        Self {
            held,
            _visible: visible,
        }
    }
}

impl Drop for WakeLock {
    fn drop(&mut self) {
        if let Some(sentinel) = self.held.take() {
            call(&sentinel, "release", &JsValue::UNDEFINED);
        }
    }
}

fn request(held: Held) {
    let lock = property(&window().navigator(), "wakeLock");
    let promise = lock.and_then(|lock| call(&lock, "request", &"screen".into()));
    let Some(Ok(promise)) = promise.map(JsCast::dyn_into::<Promise>) else {
        return;
    };
    spawn_local(async move {
        if let Ok(sentinel) = JsFuture::from(promise).await {
            // Whoever wanted it may be gone: then nobody else has a hand on it.
            let is_wanted = Rc::strong_count(&held) > 1;
            let released = if is_wanted {
                held.replace(Some(sentinel))
            } else {
                Some(sentinel)
            };
            if let Some(released) = released {
                call(&released, "release", &JsValue::UNDEFINED);
            }
        }
    });
}
