//! The part of the page that is in sight: a keyboard on the screen may cover the rest.
//! <https://drafts.csswg.org/cssom-view/#visualViewport>
//!
//! Chromium lays the page out above the keyboard (`interactive-widget` in index.html); Safari does
//! not, and only this tells.

use wasm_bindgen::{JsCast, JsValue};
use web_sys::EventTarget;

use super::listener::Listener;
use super::reflect::{method, property};
use super::window::{document, window};

/// The custom property of the root element (CSS pixels) that styles go by.
const COVERED: &str = "--covered";

/// Keeps styles informed of how much is covered at the bottom while this lives.
pub struct VisualViewport {
    _listeners: [Listener; 2],
}

impl VisualViewport {
    /// `None` where the browser does not tell.
    pub fn watch() -> Option<Self> {
        let viewport: EventTarget = property(&window(), "visualViewport")?.dyn_into().ok()?;
        let listeners = ["resize", "scroll"].map(|event| {
            let shown = viewport.clone();
            Listener::new(&viewport, event, move |_| set_covered(covered(&shown)))
        });
        set_covered(covered(&viewport));
        Some(Self {
            _listeners: listeners,
        })
    }
}

impl Drop for VisualViewport {
    fn drop(&mut self) {
        set_covered(None);
    }
}

/// In CSS pixels; `None` where the user has zoomed in, so that what is not in sight is not covered.
fn covered(viewport: &JsValue) -> Option<f64> {
    let number = |object: &JsValue, name| property(object, name)?.as_f64();
    if number(viewport, "scale")? > 1.01 {
        return None;
    }
    let all = number(&window(), "innerHeight")?;
    let shown = number(viewport, "height")? + number(viewport, "offsetTop")?;
    let covered = all - shown;
    // Less is a bar of the browser's own that comes and goes.
    (covered > 100.0).then_some(covered)
}

fn set_covered(pixels: Option<f64>) {
    let root = document().document_element();
    let style = root.and_then(|root| property(&root, "style"));
    if let Some(style) = style {
        let pixels = pixels.map_or_else(String::new, |pixels| format!("{pixels}px"));
        let set = method(&style, "setProperty");
        let _ = set.map(|set| set.call2(&style, &COVERED.into(), &pixels.into()));
    }
}
