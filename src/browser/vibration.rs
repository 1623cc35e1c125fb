//! Vibration API (<https://www.w3.org/TR/vibration/>).

use js_sys::Array;
use wasm_bindgen::JsValue;

use super::reflect::call;
use super::user_activation;
use super::window::window;

/// A device that shakes until this is dropped.
pub struct Vibration(());

impl Vibration {
    /// Shakes for `on` milliseconds, pauses for `off`, and so on, `times` times, at most 64. `None`
    /// where there is nothing to shake, or nobody has touched the page yet: browsers refuse it then.
    pub fn start(on: u32, off: u32, times: usize) -> Option<Self> {
        if !user_activation::has_been_active() {
            return None;
        }
        let pattern: Array = (0..times.min(64) * 2)
            .map(|n| JsValue::from(if n % 2 == 0 { on } else { off }))
            .collect();
        let shakes = call(&window().navigator(), "vibrate", &pattern)?;
        shakes.is_truthy().then_some(Self(()))
    }
}

impl Drop for Vibration {
    fn drop(&mut self) {
        call(&window().navigator(), "vibrate", &0.into());
    }
}
