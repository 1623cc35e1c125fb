//! The clock that never goes back.

use std::time::Duration;

/// Time since the page was opened (`performance.now()`).
pub fn now() -> Duration {
    let millis = super::window::window()
        .performance()
        .map_or(0.0, |performance| performance.now());
    Duration::from_secs_f64(millis / 1000.0)
}
