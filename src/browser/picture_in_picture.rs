//! Picture-in-Picture: a window that stays on top of others, of a video
//! (<https://www.w3.org/TR/picture-in-picture/>) or of whatever the page puts there
//! (<https://wicg.github.io/document-picture-in-picture/>).

use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{CssStyleSheet, HtmlElement, HtmlVideoElement, Window};

use super::reflect::{call, method, property};
use super::window::{document, window};
use super::{BrowserError, Listener};

/// What a browser has of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureInPicture {
    /// A window for whatever the page puts there.
    Document,
    /// A window for a video alone.
    Video,
}

impl PictureInPicture {
    /// What this browser has, if anything.
    pub fn of_this_browser() -> Option<Self> {
        if property(&window(), "documentPictureInPicture").is_some() {
            return Some(Self::Document);
        }
        let enabled = property(&document(), "pictureInPictureEnabled");
        if enabled.is_some_and(|enabled| enabled.is_truthy()) {
            return Some(Self::Video);
        }
        let video = document().create_element("video").ok()?;
        let supports = method(&video, "webkitSupportsPresentationMode")?;
        let supported = supports.call1(&video, &PRESENTATION.into()).ok()?;
        supported.is_truthy().then_some(Self::Video)
    }
}

/// A window on top of others; it is closed when this is dropped.
pub struct TopWindow {
    window: Window,
    _closed: Listener,
}

impl TopWindow {
    /// Opens one of this size in pixels, which looks as this style says; `closed` hears that it
    /// is gone, by whomever. Only while a click is fresh, or where the browser asks for it.
    ///
    /// # Errors
    /// `NotAllowedError` and others where the browser refuses.
    pub async fn open(
        size: (u32, u32),
        style: &str,
        closed: impl Fn() + 'static,
    ) -> Result<Self, BrowserError> {
        let api = property(&window(), "documentPictureInPicture");
        let api = api.ok_or_else(|| BrowserError::named("NotSupportedError"))?;
        let options = Object::new();
        Reflect::set(&options, &"width".into(), &size.0.into())?;
        Reflect::set(&options, &"height".into(), &size.1.into())?;
        let request = method(&api, "requestWindow");
        let request = request.ok_or_else(|| BrowserError::named("NotSupportedError"))?;
        let opened: Promise = request.call1(&api, &options)?.dyn_into()?;
        // Of another realm, whose classes `instanceof` does not know.
        let opened: Window = JsFuture::from(opened).await?.unchecked_into();
        // A window without its style is of use all the same.
        let _ = adopt(&opened, style);
        let closed = Listener::new(&opened, "pagehide", move |_| closed());
        Ok(Self {
            window: opened,
            _closed: closed,
        })
    }

    /// To put something into.
    pub fn body(&self) -> Option<HtmlElement> {
        self.window.document()?.body()
    }
}

impl Drop for TopWindow {
    fn drop(&mut self) {
        let _ = self.window.close();
    }
}

/// A style sheet belongs to the document that has made it.
fn adopt(window: &Window, style: &str) -> Result<(), JsValue> {
    let constructor: Function = Reflect::get(window, &"CSSStyleSheet".into())?.dyn_into()?;
    let sheet: CssStyleSheet = Reflect::construct(&constructor, &Array::new())?.unchecked_into();
    sheet.replace_sync(style)?;
    let document = window.document().ok_or(JsValue::NULL)?;
    Reflect::set(&document, &"adoptedStyleSheets".into(), &Array::of1(&sheet))?;
    Ok(())
}

const PRESENTATION: &str = "picture-in-picture";

/// As older Safaris have it, whose videos present themselves.
fn toggle_presentation(video: &HtmlVideoElement) {
    let mode = property(video, "webkitPresentationMode").and_then(|mode| mode.as_string());
    let wanted = if mode.as_deref() == Some(PRESENTATION) {
        "inline"
    } else {
        PRESENTATION
    };
    // A browser that refuses shows the page where it is.
    call(video, "webkitSetPresentationMode", &wanted.into());
}

/// Shows this video on top of others, or no longer.
pub fn toggle(video: &HtmlVideoElement) {
    if method(video, "requestPictureInPicture").is_none() {
        return toggle_presentation(video);
    }
    let is_on = property(&document(), "pictureInPictureElement");
    let done = if is_on.is_some_and(|element| element.is_truthy()) {
        call(&document(), "exitPictureInPicture", &JsValue::UNDEFINED)
    } else {
        call(video, "requestPictureInPicture", &JsValue::UNDEFINED)
    };
    // A browser that refuses shows the page where it is.
    if let Some(Ok(promise)) = done.map(JsCast::dyn_into::<Promise>) {
        spawn_local(async move {
            let _ = JsFuture::from(promise).await;
        });
    }
}

/// The browser's wish that the page opens such a window, as when the user goes to another tab in a
/// call (Media Session, `enterpictureinpicture`).
pub struct Wish {
    _handler: Closure<dyn FnMut()>,
}

impl Wish {
    /// Calls `run` with each, as long as this lives; `None` where the browser has no such thing.
    pub fn listen(run: impl FnMut() + 'static) -> Option<Self> {
        let handler = Closure::<dyn FnMut()>::new(run);
        set_handler(handler.as_ref())?;
        Some(Self { _handler: handler })
    }
}

impl Drop for Wish {
    fn drop(&mut self) {
        set_handler(&JsValue::NULL);
    }
}

fn set_handler(handler: &JsValue) -> Option<()> {
    let session = property(&window().navigator(), "mediaSession")?;
    let set = method(&session, "setActionHandler")?;
    set.call2(&session, &"enterpictureinpicture".into(), handler)
        .ok()?;
    Some(())
}
