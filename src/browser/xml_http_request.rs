//! `XMLHttpRequest` (<https://xhr.spec.whatwg.org/>): unlike `fetch`, it tells how much has been sent.

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ProgressEvent, XmlHttpRequest};

use super::{BrowserError, Listener};

/// The status of an answer, and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadAnswer {
    /// RFC 9110, section 15.
    pub status: u16,
    /// As text.
    pub text: String,
}

/// An upload; it is given up when this is dropped.
struct Upload(XmlHttpRequest);

impl Drop for Upload {
    fn drop(&mut self) {
        // Does nothing once it is done.
        let _ = self.0.abort();
    }
}

/// Sends bytes with one more header, and tells how much of them has gone, from 0 to 1.
///
/// # Errors
/// `NetworkError` where no answer came.
pub async fn put(
    path: &str,
    header: (&str, &str),
    body: &Uint8Array,
    progress: impl Fn(f64) + 'static,
) -> Result<UploadAnswer, BrowserError> {
    let upload = Upload(XmlHttpRequest::new()?);
    let request = &upload.0;
    request.open("PUT", path)?;
    request.set_request_header(header.0, header.1)?;
    let target = request.upload()?;
    let _progress = Listener::new(&target, "progress", move |event| {
        let event: ProgressEvent = event.unchecked_into();
        if event.length_computable() && event.total() > 0.0 {
            progress(event.loaded() / event.total());
        }
    });
    let mut listener = None;
    let ended = Promise::new(&mut |resolve, _| {
        listener = Some(Listener::new(request, "loadend", move |_| {
            let _ = resolve.call0(&JsValue::NULL);
        }));
    });
    request.send_with_opt_js_u8_array(Some(body))?;
    JsFuture::from(ended).await?;
    drop(listener);
    let status = request.status()?;
    if status == 0 {
        return Err(BrowserError::named("NetworkError"));
    }
    Ok(UploadAnswer {
        status,
        text: request.response_text().ok().flatten().unwrap_or_default(),
    })
}
