//! What the browser throws.

use std::fmt;

use wasm_bindgen::{JsCast, JsValue};

/// A `DOMException` or `Error`, by name: the names are the standards' and stable
/// (<https://webidl.spec.whatwg.org/#idl-DOMException-error-names>), the messages are each
/// browser's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrowserError {
    /// `NotAllowedError`, `InvalidStateError` and so on.
    pub name: String,
}

impl BrowserError {
    /// One of that name, where an adapter finds out by itself what a browser would throw.
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
        }
    }
}

impl From<JsValue> for BrowserError {
    fn from(value: JsValue) -> Self {
        match value.dyn_ref::<js_sys::Error>() {
            Some(error) => Self {
                name: error.name().into(),
            },
            None => Self::named("UnknownError"),
        }
    }
}

impl fmt::Display for BrowserError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl std::error::Error for BrowserError {}
