//! `Location` and `History`: the page's address.

use wasm_bindgen::JsValue;

use super::window::window;

/// `https://HOST[:PORT]` of the page.
pub fn origin() -> String {
    window().location().origin().unwrap_or_default()
}

/// The path of the page's address, percent-encoded as it stands there.
pub fn path() -> String {
    window().location().pathname().unwrap_or_default()
}

/// The query of the page's address, with its `?`; empty if there is none.
pub fn query() -> String {
    window().location().search().unwrap_or_default()
}

/// The fragment of the page's address, with its `#`; empty if there is none.
pub fn fragment() -> String {
    window().location().hash().unwrap_or_default()
}

/// Shows another path in the address bar without loading anything (`history.pushState`).
pub fn push_path(path: &str) {
    if let Ok(history) = window().history() {
        // A browser that refuses keeps the old address; nothing depends on it.
        let _ = history.push_state_with_url(&JsValue::NULL, "", Some(path));
    }
}

/// Loads the page of that path in place of this one (`location.replace`).
pub fn replace(path: &str) {
    // Fails only for what is no URL.
    let _ = window().location().replace(path);
}
