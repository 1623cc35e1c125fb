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
