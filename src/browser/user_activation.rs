//! User activation: whether somebody has touched the page since it was loaded
//! (<https://html.spec.whatwg.org/multipage/interaction.html#the-useractivation-interface>).

use super::Listener;
use super::reflect::property;
use super::window::{document, window};

/// What gives a page its activation: not the Escape key, and a touch only when it ends.
const GESTURES: [&str; 4] = ["pointerdown", "pointerup", "keydown", "touchend"];

/// `navigator.userActivation.hasBeenActive`; true where a browser does not tell.
pub fn has_been_active() -> bool {
    property(&window().navigator(), "userActivation")
        .and_then(|activation| property(&activation, "hasBeenActive"))
        .is_none_or(|active| active.is_truthy())
}

/// Calls `run` on each gesture that may give the page its activation, until the listeners are
/// dropped.
pub fn on_gesture(run: impl Fn() + Clone + 'static) -> [Listener; 4] {
    GESTURES.map(|gesture| {
        let run = run.clone();
        Listener::new(&document(), gesture, move |_| run())
    })
}
