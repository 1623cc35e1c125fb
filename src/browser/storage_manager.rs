//! `StorageManager` (<https://storage.spec.whatwg.org/#storagemanager>).

use wasm_bindgen::JsValue;

use super::window;

/// Asks the browser to keep this origin's data when it runs out of space. It may ask the
/// user, and may say no.
pub fn persist() {
    let storage = window::window().navigator().storage();
    // Undefined on pages over plain http.
    if !JsValue::from(&storage).is_undefined() {
        let _ = storage.persist();
    }
}
