//! Fullscreen API (<https://fullscreen.spec.whatwg.org/>).

use super::Listener;
use super::window::document;

/// Whether the page may take the whole screen; telephones of Apple's let only videos.
pub fn is_supported() -> bool {
    document().fullscreen_enabled()
}

/// Whether it has it.
pub fn is_on() -> bool {
    document().fullscreen_element().is_some()
}

/// Takes the whole screen for all of the page, so that whatever has to be said is seen.
pub fn enter() {
    if let Some(root) = document().document_element() {
        // A browser that refuses shows the page where it is.
        let _ = root.request_fullscreen();
    }
}

/// Gives it back, if it has it.
pub fn exit() {
    if is_on() {
        document().exit_fullscreen();
    }
}

/// `fullscreenchange`, as long as the listener lives.
pub fn on_change(run: impl Fn() + 'static) -> Listener {
    Listener::new(&document(), "fullscreenchange", move |_| run())
}
