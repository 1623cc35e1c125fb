//! The window: where the page came from, what the browser can do, and what
//! happens to the page as a whole.

use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::{BrowserError, Listener};

pub(crate) fn window() -> web_sys::Window {
    web_sys::window().expect("the page runs in a window, not in a worker")
}

fn document() -> web_sys::Document {
    window().document().expect("a window has a document")
}

/// `https://HOST[:PORT]` of the page.
pub fn origin() -> String {
    window().location().origin().unwrap_or_default()
}

/// The path of the page's address, percent-encoded as it stands there.
pub fn path() -> String {
    window().location().pathname().unwrap_or_default()
}

/// What the browser calls itself: only for what no feature tells.
pub fn user_agent() -> String {
    window().navigator().user_agent().unwrap_or_default()
}

/// The query of the page's address, with its `?`.
pub fn query() -> String {
    window().location().search().unwrap_or_default()
}

/// Shows another path in the address bar, without loading anything.
pub fn show_path(path: &str) {
    if let Ok(history) = window().history() {
        // A browser that refuses keeps the old address; nothing depends on it.
        let _ = history.push_state_with_url(&JsValue::NULL, "", Some(path));
    }
}

/// Sets the window's title.
pub fn set_title(title: &str) {
    document().set_title(title);
}

/// Whether the browser gives camera and microphone to this page at all
/// (`isSecureContext`).
pub fn is_secure() -> bool {
    window().is_secure_context()
}

/// Whether the browser can make calls (`RTCPeerConnection`).
pub fn has_webrtc() -> bool {
    has(&window(), "RTCPeerConnection")
}

/// Calls `run` when the browser sees that the network is of another kind; `None`
/// where it does not tell (`NetworkInformation.type`: Chromium on phones only). The
/// same event tells of every new estimate of the bandwidth, which is no news.
pub fn on_network_change(run: impl Fn() + 'static) -> Option<Listener> {
    let network = Reflect::get(&window().navigator(), &"connection".into()).ok()?;
    let network: web_sys::EventTarget = network.dyn_into().ok()?;
    let kind = {
        let network = network.clone();
        move || Reflect::get(&network, &"type".into()).ok()?.as_string()
    };
    let mut known = kind();
    Some(Listener::new(&network, "change", move |_| {
        let now = kind();
        if now != known {
            known = now;
            run();
        }
    }))
}

/// Whether the page is in sight.
pub fn is_visible() -> bool {
    document().visibility_state() == web_sys::VisibilityState::Visible
}

/// Calls back when the window fires an event of this type, while the guard lives.
pub fn on(event: &'static str, run: impl FnMut(web_sys::Event) + 'static) -> Listener {
    Listener::new(&window(), event, run)
}

/// Like [`on`], for events of the document.
pub fn on_document(event: &'static str, run: impl FnMut(web_sys::Event) + 'static) -> Listener {
    Listener::new(&document(), event, run)
}

/// Puts a text on the clipboard.
///
/// # Errors
/// Where the browser or the person refuses, or the page is not secure.
pub async fn copy(text: &str) -> Result<(), BrowserError> {
    let navigator = window().navigator();
    if !has(&navigator, "clipboard") {
        return Err(missing());
    }
    JsFuture::from(navigator.clipboard().write_text(text)).await?;
    Ok(())
}

/// Whether there is a share sheet (Web Share API).
pub fn can_share() -> bool {
    has(&window().navigator(), "share")
}

/// Opens the system's share sheet.
///
/// # Errors
/// Where there is none, or the person closes it.
pub async fn share(title: &str, url: &str) -> Result<(), BrowserError> {
    let data = js_sys::Object::new();
    Reflect::set(&data, &"title".into(), &title.into())?;
    Reflect::set(&data, &"url".into(), &url.into())?;
    let navigator = window().navigator();
    let share: js_sys::Function = Reflect::get(&navigator, &"share".into())?
        .dyn_into()
        .map_err(|_| missing())?;
    let promise: js_sys::Promise = share.call1(&navigator, &data)?.unchecked_into();
    JsFuture::from(promise).await?;
    Ok(())
}

fn has(object: &JsValue, name: &str) -> bool {
    Reflect::get(object, &name.into()).is_ok_and(|value| !value.is_undefined())
}

fn missing() -> BrowserError {
    BrowserError {
        name: "NotSupportedError".to_owned(),
    }
}

/// Gives the person a file with this text.
pub fn save(name: &str, text: &str) {
    let made = || -> Result<(), JsValue> {
        let parts = js_sys::Array::of1(&text.into());
        let blob = web_sys::Blob::new_with_str_sequence(&parts)?;
        let url = web_sys::Url::create_object_url_with_blob(&blob)?;
        let link = document().create_element("a")?;
        link.set_attribute("href", &url)?;
        link.set_attribute("download", name)?;
        link.unchecked_into::<web_sys::HtmlElement>().click();
        // The browser has begun to read it by then.
        web_sys::Url::revoke_object_url(&url)
    };
    // A browser that refuses shows so itself.
    let _ = made();
}

/// Adds to the document's style (CSSOM, section 6.1: `adoptedStyleSheets`), which the
/// Content-Security-Policy allows to the page's own program.
pub fn add_style(text: &str) {
    let added = || -> Result<(), JsValue> {
        let sheet = web_sys::CssStyleSheet::new()?;
        sheet.replace_sync(text)?;
        let name = "adoptedStyleSheets".into();
        let known: js_sys::Array = Reflect::get(&document(), &name)?.unchecked_into();
        Reflect::set(
            &document(),
            &name,
            &known.concat(&js_sys::Array::of1(&sheet)),
        )?;
        Ok(())
    };
    // A browser without them shows the same in its own style.
    let _ = added();
}

/// Lets the person choose a file, and reads its text; nothing if they choose none.
/// `accept` is that of `<input type=file>` (HTML, section 4.10.5.1.17).
pub async fn open_file(accept: &str) -> Option<String> {
    let input = document().create_element("input").ok()?;
    let input: web_sys::HtmlInputElement = input.unchecked_into();
    input.set_type("file");
    input.set_accept(accept);
    let mut listeners = None;
    let chosen = js_sys::Promise::new(&mut |resolve, _| {
        let settle = |event| {
            let resolve = resolve.clone();
            Listener::new(&input, event, move |_| {
                let _ = resolve.call0(&JsValue::NULL);
            })
        };
        listeners = Some([settle("change"), settle("cancel")]);
    });
    input.click();
    JsFuture::from(chosen).await.ok()?;
    drop(listeners);
    let file = input.files()?.get(0)?;
    JsFuture::from(file.text()).await.ok()?.as_string()
}

/// Loads the first screen anew.
pub fn reload_home() {
    let _ = window().location().replace("/");
}
