//! The browser's two clocks, `Performance` and `Date`.

use std::time::Duration;

use super::window::window;

/// Time since the page was opened, on a clock that never goes back
/// (`performance.now()`, <https://www.w3.org/TR/hr-time/>).
pub fn now() -> Duration {
    let millis = window()
        .performance()
        .map_or(0.0, |performance| performance.now());
    Duration::from_secs_f64(millis / 1000.0)
}

/// Milliseconds since the Unix epoch, by this device's clock (`Date.now()`), which may be
/// wrong, and may be set back.
pub fn wall_millis() -> u64 {
    js_sys::Date::now() as u64
}

/// A moment in milliseconds since the Unix epoch, in the user's language and time zone:
/// date, hour and minute (`Date.toLocaleString`).
pub fn local_time(millis: u64) -> String {
    let options = js_sys::Object::new();
    for (name, style) in [("dateStyle", "medium"), ("timeStyle", "short")] {
        // A new object takes what it is given.
        let _ = js_sys::Reflect::set(&options, &name.into(), &style.into());
    }
    let date = js_sys::Date::new(&(millis as f64).into());
    date.to_locale_string("default", &options).into()
}
