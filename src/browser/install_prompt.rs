//! `BeforeInstallPromptEvent` (W3C manifest-incubations): whether the browser would install the
//! page, which Chromium alone tells. It may come before the page's code is loaded, so that
//! `assets/start.js` keeps it.

use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue};

use super::listener::Listener;
use super::reflect;
use super::window::{self, window};

/// Where `assets/start.js` leaves the event.
const KEPT: &str = "installPrompt";

/// Whether the browser can be asked to install the page now.
pub fn is_ready() -> bool {
    reflect::property(&window(), KEPT).is_some_and(|it| it.is_truthy())
}

/// Runs when that changes: `assets/start.js` hears of it first.
pub fn on_change(run: impl Fn() + Clone + 'static) -> [Listener; 2] {
    let again = run.clone();
    [
        window::on("beforeinstallprompt", move |_| run()),
        window::on("appinstalled", move |_| again()),
    ]
}

/// Has the browser ask the user. It does so once for each event.
pub async fn ask() {
    let event = reflect::property(&window(), KEPT);
    // A window takes any property.
    let _ = Reflect::set(&window(), &KEPT.into(), &JsValue::NULL);
    let asked = event.and_then(|event| reflect::call(&event, "prompt", &JsValue::UNDEFINED));
    if let Some(Ok(promise)) = asked.map(JsCast::dyn_into::<js_sys::Promise>) {
        // What the user has answered shows itself.
        let _ = wasm_bindgen_futures::JsFuture::from(promise).await;
    }
}
