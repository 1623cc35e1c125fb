//! Fullscreen API (<https://fullscreen.spec.whatwg.org/>).

use wasm_bindgen::JsValue;

use super::reflect::call;
use super::window::document;
use super::{Listener, promise};

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
    let root = document().document_element();
    // A browser that refuses shows the page where it is.
    let asked = root.and_then(|root| call(&root, "requestFullscreen", &JsValue::UNDEFINED));
    if let Some(asked) = asked {
        promise::ignore(&asked);
    }
}

/// Gives it back, if it has it.
pub fn exit() {
    if is_on()
        && let Some(asked) = call(&document(), "exitFullscreen", &JsValue::UNDEFINED)
    {
        // It may have been given back meanwhile, by the user.
        promise::ignore(&asked);
    }
}

/// `fullscreenchange`, as long as the listener lives.
pub fn on_change(run: impl Fn() + 'static) -> Listener {
    Listener::new(&document(), "fullscreenchange", move |_| run())
}
