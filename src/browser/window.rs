//! `Window` and `Document`: their events, the title, and what the browser says of the page
//! as a whole.

use wasm_bindgen_futures::JsFuture;

use super::Listener;
use super::reflect::{call, property};

pub(super) fn window() -> web_sys::Window {
    web_sys::window().expect("the page runs in a window, not in a worker")
}

pub(super) fn document() -> web_sys::Document {
    window().document().expect("a window has a document")
}

/// Sets the document's title.
pub fn set_title(title: &str) {
    document().set_title(title);
}

/// `isSecureContext`: whether the browser gives camera and microphone to this page at all.
pub fn is_secure_context() -> bool {
    window().is_secure_context()
}

/// Whether the page is in a frame of another one.
pub fn is_framed() -> bool {
    let window = window();
    // Another origin's window may be compared, though not looked into.
    !js_sys::Object::is(
        &window,
        &window
            .top()
            .ok()
            .flatten()
            .unwrap_or_else(|| window.clone()),
    )
}

/// Whether the window is wide enough for two columns beside each other, as the style sheet has it.
pub fn is_wide() -> bool {
    matches("(min-width: 72rem)")
}

/// Whether the first pointing device is a mouse or the like: then there is a keyboard, too, and it
/// covers nothing.
pub fn has_fine_pointer() -> bool {
    matches("(pointer: fine)")
}

fn matches(query: &str) -> bool {
    call(&window(), "matchMedia", &query.into())
        .and_then(|query| property(&query, "matches"))
        .is_some_and(|matches| matches.is_truthy())
}

/// Whether the page is in sight (`document.visibilityState`).
pub fn is_visible() -> bool {
    document().visibility_state() == web_sys::VisibilityState::Visible
}

/// Whether the document has an element for this selector. One that the browser does not know finds
/// none.
pub fn has(selector: &str) -> bool {
    matches!(document().query_selector(selector), Ok(Some(_)))
}

/// Which build of the page this is: what `index.html` says of itself; nothing under plain Trunk.
pub fn build() -> Option<String> {
    attribute("data-build")
}

/// That attribute of the first element that has it.
pub(super) fn attribute(name: &str) -> Option<String> {
    let selector = ["[", name, "]"].concat();
    let element = document().query_selector(&selector).ok().flatten();
    element?.get_attribute(name)
}

/// Waits until the browser is idle (Cooperative Scheduling of Background Tasks:
/// `requestIdleCallback`), where it tells; else for a moment.
pub async fn idle() {
    let window = window();
    let mut idle = |resolve: js_sys::Function, _| {
        if call(&window, "requestIdleCallback", &resolve).is_none() {
            let moment =
                window.set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, 1000);
            debug_assert!(moment.is_ok());
        }
    };
    let _ = JsFuture::from(js_sys::Promise::new(&mut idle)).await;
}

/// Calls `run` when the window fires an event of this type, for as long as the returned
/// listener lives.
pub fn on(event: &'static str, run: impl FnMut(web_sys::Event) + 'static) -> Listener {
    Listener::new(&window(), event, run)
}

/// Like [`on`], for events of the document.
pub fn on_document(event: &'static str, run: impl FnMut(web_sys::Event) + 'static) -> Listener {
    Listener::new(&document(), event, run)
}
