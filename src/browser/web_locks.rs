//! Web Locks API: one tab of an origin at a time (<https://www.w3.org/TR/web-locks/>).

use std::cell::Cell;
use std::rc::Rc;

use futures_channel::oneshot;
use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::location::own;
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
    /// then. Without such an API, as on a page that is not secure, or where the browser keeps it
    /// from the page with all that is stored, it is ours at once.
    pub fn request(name: &str, held: impl FnOnce() + 'static) -> Self {
        let lock = Self {
            is_dropped: Rc::default(),
            release: Rc::default(),
        };
        let locks = property(&window().navigator(), "locks");
        let held = Rc::new(Cell::new(Some(held)));
        let hold = {
            let is_dropped = lock.is_dropped.clone();
            move || {
                if let (Some(held), false) = (held.take(), is_dropped.get()) {
                    held();
                }
            }
        };
        let Some((locks, request)) = locks.and_then(|it| {
            let request = method(&it, "request")?;
            Some((it, request))
        }) else {
            hold();
            return lock;
        };
        let refused = hold.clone();
        let (is_dropped, release) = (lock.is_dropped.clone(), lock.release.clone());
        let granted = Closure::once_into_js(move |_: JsValue| -> JsValue {
            if is_dropped.get() {
                return JsValue::UNDEFINED;
            }
            hold();
            // Held until it settles.
            Promise::new(&mut |resolve, _| release.set(Some(resolve))).into()
        });
        // It rejects when it is refused, and when the tab goes.
        let asked = request.call2(&locks, &own(name).into(), &granted);
        spawn_local(async move {
            let asked = asked.ok().and_then(|it| it.dyn_into::<Promise>().ok());
            let is_refused = match asked {
                Some(asked) => JsFuture::from(asked).await.is_err(),
                None => true,
            };
            if is_refused {
                refused();
            }
        });
        lock
    }
}

impl Lock {
    /// The lock of that name, if nobody holds it or waits for it (`ifAvailable`); `None` without
    /// such an API, too.
    pub async fn if_available(name: &str) -> Option<Self> {
        let locks = property(&window().navigator(), "locks")?;
        let request = method(&locks, "request")?;
        let options = Object::new();
        Reflect::set(&options, &"ifAvailable".into(), &JsValue::TRUE).ok()?;
        let lock = Self {
            is_dropped: Rc::default(),
            release: Rc::default(),
        };
        let (answer, answered) = oneshot::channel();
        let release = lock.release.clone();
        let granted = Closure::once_into_js(move |granted: JsValue| -> JsValue {
            let is_ours = !granted.is_null();
            // Nobody waits for the answer any more: then it is let go at once.
            let is_held = answer.send(is_ours).is_ok() && is_ours;
            if !is_held {
                return JsValue::UNDEFINED;
            }
            Promise::new(&mut |resolve, _| release.set(Some(resolve))).into()
        });
        let asked = request.call3(&locks, &name.into(), &options, &granted);
        // It rejects when it is refused, and when the tab goes: nobody need know.
        let asked: Promise = asked.ok()?.dyn_into().ok()?;
        spawn_local(async move {
            let _ = JsFuture::from(asked).await;
        });
        answered.await.ok()?.then_some(lock)
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
