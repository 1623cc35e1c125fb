//! `CacheStorage`: what the service worker keeps of the page (Service Workers, section 5.5).

use js_sys::{Array, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::reflect::{call, property};
use super::window::window;

/// Empties it, so that the page comes from the server when it is loaded next. Where there is none,
/// or it cannot be emptied, nothing is done.
pub async fn clear() {
    let Some(caches) = property(&window(), "caches") else {
        return;
    };
    let keys = resolved(call(&caches, "keys", &JsValue::UNDEFINED)).await;
    for name in keys.iter().flat_map(|keys| Array::from(keys).to_vec()) {
        resolved(call(&caches, "delete", &name)).await;
    }
}

async fn resolved(promise: Option<JsValue>) -> Option<JsValue> {
    JsFuture::from(promise?.dyn_into::<Promise>().ok()?)
        .await
        .ok()
}
