//! Notifications API: the system's notifications, for a page that is out of sight
//! (<https://notifications.spec.whatwg.org/>).

use std::cell::Cell;
use std::rc::Rc;

use js_sys::{Array, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{NotificationOptions, NotificationPermission};

use super::Listener;
use super::reflect::{call, method, property};
use super::window::window;

/// Whether asking makes sense: the browser has notifications, and the user has not
/// answered yet.
pub fn may_request_permission() -> bool {
    exists() && permission() == NotificationPermission::Default
}

/// Asks the user. Returns whether notifications are allowed now.
pub async fn request_permission() -> bool {
    if !exists() {
        return false;
    }
    if let Ok(promise) = web_sys::Notification::request_permission() {
        // The answer is read below; older browsers resolve with nothing.
        let _ = JsFuture::from(promise).await;
    }
    permission() == NotificationPermission::Granted
}

/// A notification; it is closed when it is dropped.
pub struct Notification(Shown);

enum Shown {
    /// By the page itself.
    ByPage {
        notification: web_sys::Notification,
        _click: Listener,
    },
    /// By the service worker's registration, of this tag; false once it is not wanted any more.
    ByServiceWorker { tag: String, wanted: Rc<Cell<bool>> },
}

impl Notification {
    /// Shows one, if that is allowed; `None` otherwise. It takes the place of another
    /// with the same `tag`. A click on it brings the page to the front.
    pub fn show(title: &str, body: &str, tag: &str) -> Option<Self> {
        if !exists() || permission() != NotificationPermission::Granted {
            return None;
        }
        let options = NotificationOptions::new();
        options.set_body(body);
        options.set_tag(tag);
        if let Ok(notification) = web_sys::Notification::new_with_options(title, &options) {
            let click = Listener::new(&notification, "click", |_| {
                let _ = window().focus();
            });
            return Some(Self(Shown::ByPage {
                notification,
                _click: click,
            }));
        }
        // Chromium on Android throws: there only a service worker may.
        let wanted = Rc::new(Cell::new(true));
        let (title, tag, still) = (title.to_owned(), tag.to_owned(), wanted.clone());
        let shown = Shown::ByServiceWorker {
            tag: tag.clone(),
            wanted,
        };
        spawn_local(async move {
            if let Some(registration) = registration().await
                && still.get()
                && let Some(show) = method(&registration, "showNotification")
                && let Ok(promise) = show.call2(&registration, &title.into(), &options)
            {
                let _ = JsFuture::from(Promise::resolve(&promise)).await;
                if !still.get() {
                    close_all(&registration, &tag).await;
                }
            }
        });
        Some(Self(shown))
    }
}

/// The registration of the service worker of this page, if it has one (Service Workers,
/// `ServiceWorkerContainer.getRegistration`).
async fn registration() -> Option<JsValue> {
    let container = property(&window().navigator(), "serviceWorker")?;
    let found = call(&container, "getRegistration", &JsValue::UNDEFINED)?;
    let found = JsFuture::from(Promise::resolve(&found)).await.ok()?;
    (!found.is_undefined()).then_some(found)
}

async fn close_all(registration: &JsValue, tag: &str) {
    let filter = Object::new();
    // A plain object takes any property.
    let _ = Reflect::set(&filter, &"tag".into(), &tag.into());
    let Some(found) = call(registration, "getNotifications", &filter) else {
        return;
    };
    if let Ok(found) = JsFuture::from(Promise::resolve(&found)).await
        && let Ok(found) = found.dyn_into::<Array>()
    {
        for notification in found.iter() {
            call(&notification, "close", &JsValue::UNDEFINED);
        }
    }
}

impl Drop for Notification {
    fn drop(&mut self) {
        match &self.0 {
            Shown::ByPage { notification, .. } => notification.close(),
            Shown::ByServiceWorker { tag, wanted } => {
                wanted.set(false);
                let tag = tag.clone();
                spawn_local(async move {
                    if let Some(registration) = registration().await {
                        close_all(&registration, &tag).await;
                    }
                });
            }
        }
    }
}

fn permission() -> NotificationPermission {
    web_sys::Notification::permission()
}

fn exists() -> bool {
    property(&window(), "Notification").is_some()
}
