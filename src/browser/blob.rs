//! File API: bytes on the browser's side, and URLs for elements that play them
//! (<https://www.w3.org/TR/FileAPI/>).

use js_sys::{Array, ArrayBuffer, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, Url};

use super::BrowserError;

/// The bytes.
///
/// # Errors
/// `NotReadableError` where the browser has lost them.
pub async fn bytes(blob: &Blob) -> Result<Uint8Array, BrowserError> {
    let buffer: ArrayBuffer = JsFuture::from(blob.array_buffer()).await?.dyn_into()?;
    Ok(Uint8Array::new(&buffer))
}

/// A blob of a type.
///
/// # Errors
/// Where there is no room for it.
pub fn of(bytes: &Uint8Array, mime_type: &str) -> Result<Blob, BrowserError> {
    let options = BlobPropertyBag::new();
    options.set_type(mime_type);
    let parts = Array::of1(bytes);
    Ok(Blob::new_with_u8_array_sequence_and_options(
        &parts, &options,
    )?)
}

/// A URL that names a blob as long as this lives.
#[derive(Debug)]
pub struct ObjectUrl(String);

impl ObjectUrl {
    /// Names it.
    ///
    /// # Errors
    /// Where the browser refuses.
    pub fn new(blob: &Blob) -> Result<Self, BrowserError> {
        Ok(Self(Url::create_object_url_with_blob(blob)?))
    }

    /// `blob:…`
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Drop for ObjectUrl {
    fn drop(&mut self) {
        // Fails for what is no URL.
        let _ = Url::revoke_object_url(&self.0);
    }
}
