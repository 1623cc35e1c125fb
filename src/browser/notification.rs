//! Notifications API: the system's notifications, for a page that is out of sight
//! (<https://notifications.spec.whatwg.org/>).

use wasm_bindgen_futures::JsFuture;
use web_sys::{NotificationOptions, NotificationPermission};

use super::Listener;
use super::reflect::property;
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
pub struct Notification {
    notification: web_sys::Notification,
    _click: Listener,
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
        // Chromium on Android throws: there only service workers may.
        let notification = web_sys::Notification::new_with_options(title, &options).ok()?;
        let click = Listener::new(&notification, "click", |_| {
            let _ = window().focus();
        });
        Some(Self {
            notification,
            _click: click,
        })
    }
}

impl Drop for Notification {
    fn drop(&mut self) {
        self.notification.close();
    }
}

fn permission() -> NotificationPermission {
    web_sys::Notification::permission()
}

fn exists() -> bool {
    property(&window(), "Notification").is_some()
}
