//! `CacheStorage`: what the service worker keeps of the page (Service Workers, section 5.5).

use js_sys::{Array, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::reflect::{call, property};
use super::window::window;

/// Empties it of what is Wimpex's (assets/service-worker.js), so that the page comes from the server
/// when it is loaded next. Where there is none, or it cannot be emptied, nothing is done.
pub async fn clear() {
    let Some(caches) = property(&window(), "caches") else {
        return;
    };
    let keys = resolved(call(&caches, "keys", &JsValue::UNDEFINED)).await;
    for name in keys.iter().flat_map(|keys| Array::from(keys).to_vec()) {
        if name
            .as_string()
            .is_some_and(|name| name.starts_with("wimpex-"))
        {
            resolved(call(&caches, "delete", &name)).await;
        }
    }
}

/// Has the service worker look whether a part of the page that it keeps is damaged, for one could not
/// be used (assets/service-worker.js).
pub fn look_for_damage() {
    let worker = property(&window().navigator(), "serviceWorker")
        .and_then(|container| property(&container, "controller"));
    if let Some(worker) = worker {
        call(&worker, "postMessage", &"broken".into());
    }
}

async fn resolved(promise: Option<JsValue>) -> Option<JsValue> {
    JsFuture::from(promise?.dyn_into::<Promise>().ok()?)
        .await
        .ok()
}
