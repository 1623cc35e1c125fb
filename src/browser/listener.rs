//! A listener that is taken away when it is dropped.

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Event, EventTarget};

/// Listens while it lives.
pub struct Listener {
    target: EventTarget,
    event: &'static str,
    run: Closure<dyn FnMut(Event)>,
}

impl Listener {
    /// Calls `run` whenever `target` fires an event of this type.
    pub fn new(
        target: &EventTarget,
        event: &'static str,
        run: impl FnMut(Event) + 'static,
    ) -> Self {
        let run = Closure::<dyn FnMut(Event)>::new(run);
        // Fails only for a callback that is no function.
        let _ = target.add_event_listener_with_callback(event, run.as_ref().unchecked_ref());
        Self {
            target: target.clone(),
            event,
            run,
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self
            .target
            .remove_event_listener_with_callback(self.event, self.run.as_ref().unchecked_ref());
    }
}
