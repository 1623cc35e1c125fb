//! File API: files that the user saves (<https://www.w3.org/TR/FileAPI/>).

use js_sys::Array;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, HtmlElement, Url};

use super::window::{document, window};

/// In milliseconds: by then a browser has read what it saves, or has asked where to.
const READ_AFTER: i32 = 60_000;

/// Downloads a file with this name and text. WebKit reads it only after the click has returned,
/// and Firefox follows no link that is outside of the document.
pub fn save(name: &str, text: &str) {
    let made = || -> Result<(), JsValue> {
        let blob = Blob::new_with_str_sequence(&Array::of1(&text.into()))?;
        let url = Url::create_object_url_with_blob(&blob)?;
        let link = document().create_element("a")?;
        link.set_attribute("href", &url)?;
        link.set_attribute("download", name)?;
        let link: HtmlElement = link.unchecked_into();
        // Nobody sees or reaches it.
        link.set_hidden(true);
        let body = document().body().ok_or(JsValue::NULL)?;
        body.append_child(&link)?;
        link.click();
        link.remove();
        let revoke = Closure::once_into_js(move || {
            // Fails only for what is no URL.
            let _ = Url::revoke_object_url(&url);
        });
        window().set_timeout_with_callback_and_timeout_and_arguments_0(
            revoke.unchecked_ref(),
            READ_AFTER,
        )?;
        Ok(())
    };
    // A browser that refuses shows so itself.
    let _ = made();
}
