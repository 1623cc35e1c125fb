//! What is remembered on this device (`localStorage`), and in this tab only
//! (`sessionStorage`): that is where a secret has its place, if anywhere.
//!
//! A browser may refuse it (private windows, blocked cookies); then nothing is
//! remembered, and nothing breaks.

use web_sys::Storage;

fn storage() -> Option<Storage> {
    super::window::window().local_storage().ok().flatten()
}

/// What was stored under the key.
pub fn read(key: &str) -> Option<String> {
    storage()?.get_item(key).ok().flatten()
}

/// Stores a text under the key.
pub fn write(key: &str, value: &str) {
    if let Some(storage) = storage() {
        // Full or forbidden: the page works without.
        let _ = storage.set_item(key, value);
    }
}

fn storage_of_tab() -> Option<Storage> {
    super::window::window().session_storage().ok().flatten()
}

/// What was stored under the key in this tab.
pub fn read_in_tab(key: &str) -> Option<String> {
    storage_of_tab()?.get_item(key).ok().flatten()
}

/// Stores a text under the key for as long as the tab is open, reloads included.
pub fn write_in_tab(key: &str, value: &str) {
    if let Some(storage) = storage_of_tab() {
        // Full or forbidden: the page works without.
        let _ = storage.set_item(key, value);
    }
}

/// Asks the browser not to forget what this page keeps when it needs room (Storage,
/// section 5). It may ask the person, and may say no.
pub fn persist() {
    let storage = super::window::window().navigator().storage();
    // Undefined on pages over plain http.
    if !wasm_bindgen::JsValue::from(&storage).is_undefined() {
        let _ = storage.persist();
    }
}

/// Forgets everything that was stored.
pub fn clear() {
    for storage in [storage(), storage_of_tab()].into_iter().flatten() {
        // What was never stored needs no forgetting.
        let _ = storage.clear();
    }
}
