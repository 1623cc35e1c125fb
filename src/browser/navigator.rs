//! `Navigator`: what the browser is, and what it shares with the system.

use js_sys::{Object, Promise, Reflect};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;

use super::BrowserError;
use super::reflect::{method, property};
use super::window::window;

/// `navigator.userAgent`: only for what no feature tells.
pub fn user_agent() -> String {
    window().navigator().user_agent().unwrap_or_default()
}

/// Puts a text on the clipboard (Clipboard API: `navigator.clipboard.writeText`).
///
/// # Errors
/// `NotAllowedError` where the browser or the user refuses, `NotSupportedError` where there
/// is no clipboard: the page is not secure.
pub async fn copy(text: &str) -> Result<(), BrowserError> {
    let navigator = window().navigator();
    if property(&navigator, "clipboard").is_none() {
        return Err(BrowserError::named("NotSupportedError"));
    }
    JsFuture::from(navigator.clipboard().write_text(text)).await?;
    Ok(())
}

/// Whether there is a share sheet (Web Share API: `navigator.share`).
pub fn can_share() -> bool {
    method(&window().navigator(), "share").is_some()
}

/// Opens the system's share sheet.
///
/// # Errors
/// `NotSupportedError` where there is none, `AbortError` where the user closes it.
pub async fn share(title: &str, url: &str) -> Result<(), BrowserError> {
    let data = Object::new();
    Reflect::set(&data, &"title".into(), &title.into())?;
    Reflect::set(&data, &"url".into(), &url.into())?;
    let navigator = window().navigator();
    let share =
        method(&navigator, "share").ok_or_else(|| BrowserError::named("NotSupportedError"))?;
    let promise: Promise = share.call1(&navigator, &data)?.unchecked_into();
    JsFuture::from(promise).await?;
    Ok(())
}
