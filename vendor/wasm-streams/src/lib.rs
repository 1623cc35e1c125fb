//! Stands in for the crate of this name (see `[patch.crates-io]` in the root).
//!
//! Leptos links it for server functions that stream, which this page does not
//! have. The real one exports classes to JavaScript, so that no linker can see
//! that they are not used: four kilobytes of every first load. This one has
//! the names that `server_fn` compiles against, and nothing behind them.

use futures_util::stream::{Empty, Stream, empty};
use wasm_bindgen::JsValue;

/// In the real crate: a `ReadableStream` as a Rust stream, and back.
pub struct ReadableStream(web_sys::ReadableStream);

impl ReadableStream {
    /// Wraps one.
    pub fn from_raw(raw: web_sys::ReadableStream) -> Self {
        Self(raw)
    }

    /// # Panics
    /// Always: there is nothing in this page to stream to a server.
    pub fn from_stream(_: impl Stream<Item = Result<JsValue, JsValue>> + 'static) -> Self {
        wasm_bindgen::throw_str("this page has no server functions")
    }

    /// Unwraps it.
    pub fn into_raw(self) -> web_sys::ReadableStream {
        self.0
    }

    /// A stream without items.
    pub fn into_stream(self) -> Empty<Result<JsValue, JsValue>> {
        empty()
    }
}
