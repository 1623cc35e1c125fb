//! Notifications by the system, for a page that is out of sight.

use js_sys::Reflect;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Notification, NotificationOptions, NotificationPermission};

use super::Listener;

/// Whether the person may be asked: there are notifications, and no answer yet.
pub fn may_ask() -> bool {
    exists() && Notification::permission() == NotificationPermission::Default
}

/// Asks the person; says whether notifications are allowed now.
pub async fn ask() -> bool {
    if !exists() {
        return false;
    }
    if let Ok(promise) = Notification::request_permission() {
        // The answer is read below; older browsers resolve with nothing.
        let _ = JsFuture::from(promise).await;
    }
    Notification::permission() == NotificationPermission::Granted
}

/// A notification that goes away when it is dropped.
pub struct Notice {
    notification: Notification,
    _click: Listener,
}

impl Notice {
    /// Shows one, if that is allowed. A click on it brings the page to the front.
    pub fn show(title: &str, body: &str) -> Option<Self> {
        if !exists() || Notification::permission() != NotificationPermission::Granted {
            return None;
        }
        let options = NotificationOptions::new();
        options.set_body(body);
        options.set_tag("wimpex-call");
        // Chromium on Android throws: there only service workers may.
        let notification = Notification::new_with_options(title, &options).ok()?;
        let click = Listener::new(&notification, "click", |_| {
            let _ = super::window::window().focus();
        });
        Some(Self {
            notification,
            _click: click,
        })
    }
}

impl Drop for Notice {
    fn drop(&mut self) {
        self.notification.close();
    }
}

fn exists() -> bool {
    Reflect::get(&super::window::window(), &"Notification".into())
        .is_ok_and(|value| !value.is_undefined())
}
