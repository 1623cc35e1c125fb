//! Elements whose size changes. <https://drafts.csswg.org/resize-observer/>

use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Element;

/// Watches for as long as this lives.
pub struct ResizeObserver {
    observer: web_sys::ResizeObserver,
    _resized: Closure<dyn FnMut(JsValue)>,
}

impl ResizeObserver {
    /// Calls `resized` once an element has another size, before that is painted, and at the start.
    /// `None` where the browser does not tell.
    pub fn observe(
        elements: impl IntoIterator<Item = Element>,
        mut resized: impl FnMut() + 'static,
    ) -> Option<Self> {
        let resized = Closure::<dyn FnMut(JsValue)>::new(move |_| resized());
        let observer = web_sys::ResizeObserver::new(resized.as_ref().unchecked_ref()).ok()?;
        for element in elements {
            observer.observe(&element);
        }
        Some(Self {
            observer,
            _resized: resized,
        })
    }
}

impl Drop for ResizeObserver {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}
