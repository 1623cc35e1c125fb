//! Audio Output Devices API: to which speaker an element plays
//! (<https://www.w3.org/TR/audio-output/>).

use js_sys::Promise;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::HtmlMediaElement;

use super::BrowserError;
use super::reflect::{method, property};
use super::window::{document, window};

/// Whether an element can be told to play to another speaker than the system's default
/// (Safari below 18.4 cannot, nor can browsers of phones).
pub fn is_supported() -> bool {
    property(&window(), "HTMLMediaElement")
        .and_then(|class| property(&class, "prototype"))
        .is_some_and(|prototype| method(&prototype, "setSinkId").is_some())
}

/// `setSinkId`; an empty id is the system's default.
///
/// # Errors
/// `NotFoundError` for a speaker that is not there, `NotAllowedError` for one that the user has
/// not allowed, `NotSupportedError` where the browser has no choice.
pub async fn set_sink(element: &HtmlMediaElement, id: &str) -> Result<(), BrowserError> {
    let Some(set) = method(element, "setSinkId") else {
        return Err(BrowserError::named("NotSupportedError"));
    };
    let promise: Promise = set.call1(element, &JsValue::from_str(id))?.unchecked_into();
    JsFuture::from(promise).await?;
    Ok(())
}

/// Whether a speaker can be played to: asks on behalf of an element that plays nothing.
///
/// # Errors
/// As [`set_sink`].
pub async fn probe(id: &str) -> Result<(), BrowserError> {
    let element = document().create_element("audio")?.unchecked_into();
    set_sink(&element, id).await
}
