//! The clock that never goes back.

use std::time::Duration;

/// Time since the page was opened (`performance.now()`).
pub fn now() -> Duration {
    let millis = super::window::window()
        .performance()
        .map_or(0.0, |performance| performance.now());
    Duration::from_secs_f64(millis / 1000.0)
}

/// Milliseconds since 1970, by this device's clock (`Date.now()`), which may be wrong.
pub fn wall_millis() -> u64 {
    js_sys::Date::now() as u64
}

/// A moment in milliseconds since 1970, as people here write it: date, hour and minute.
pub fn local_time(millis: u64) -> String {
    let options = js_sys::Object::new();
    for (name, style) in [("dateStyle", "medium"), ("timeStyle", "short")] {
        // A new object takes what it is given.
        let _ = js_sys::Reflect::set(&options, &name.into(), &style.into());
    }
    let date = js_sys::Date::new(&(millis as f64).into());
    date.to_locale_string("default", &options).into()
}
