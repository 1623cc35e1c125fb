//! Promises that nobody waits for.

use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, spawn_local};

/// Lets a promise go whose refusal is no news: dropped as it is, the refusal would be an error
/// on the console (`unhandledrejection`, HTML section 8.1.4.7). What is no promise is let go too.
pub fn ignore(promise: &JsValue) {
    let promise = Promise::resolve(promise);
    spawn_local(async move {
        let _ = JsFuture::from(promise).await;
    });
}
