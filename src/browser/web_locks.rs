//! Web Locks API: one tab of an origin at a time (<https://www.w3.org/TR/web-locks/>).

use std::cell::Cell;
use std::rc::Rc;

use js_sys::{Function, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;

use super::reflect::{method, property};
use super::window::window;

/// A lock that is waited for or held; whoever waits next gets it when this is dropped, or when the
/// tab goes.
pub struct Lock {
    is_dropped: Rc<Cell<bool>>,
    release: Rc<Cell<Option<Function>>>,
}

impl Lock {
    /// Asks for the lock of that name; `held` is called once it is ours, if it is still wanted
    /// then. Without such an API, as on a page that is not secure, it is ours at once.
    pub fn request(name: &str, held: impl FnOnce() + 'static) -> Self {
        let lock = Self {
            is_dropped: Rc::default(),
            release: Rc::default(),
        };
        let locks = property(&window().navigator(), "locks");
        let Some((locks, request)) = locks.and_then(|it| {
            let request = method(&it, "request")?;
            Some((it, request))
        }) else {
            held();
            return lock;
        };
        let (is_dropped, release) = (lock.is_dropped.clone(), lock.release.clone());
        let granted = Closure::once_into_js(move |_: JsValue| -> JsValue {
            if is_dropped.get() {
                return JsValue::UNDEFINED;
            }
            held();
            // Held until it settles.
            Promise::new(&mut |resolve, _| release.set(Some(resolve))).into()
        });
        // Rejects only for names that the API keeps for itself, and when the tab goes.
        let _ = request.call2(&locks, &name.into(), &granted);
        lock
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.is_dropped.set(true);
        if let Some(release) = self.release.take() {
            let _ = release.call0(&JsValue::UNDEFINED);
        }
    }
}
