//! What went wrong in the browser.

use std::fmt;

use wasm_bindgen::{JsCast, JsValue};

/// A `DOMException` or `Error`, by name: the names are the standards' and
/// stable, the messages are each browser's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrowserError {
    /// `NotAllowedError`, `InvalidStateError` and so on.
    pub name: String,
}

impl From<JsValue> for BrowserError {
    fn from(value: JsValue) -> Self {
        let name = match value.dyn_ref::<js_sys::Error>() {
            Some(error) => String::from(error.name()),
            None => "UnknownError".to_owned(),
        };
        Self { name }
    }
}

impl fmt::Display for BrowserError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl std::error::Error for BrowserError {}
