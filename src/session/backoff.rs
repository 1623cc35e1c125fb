//! How long to wait before the server is tried again.

use std::time::Duration;

/// The wait before the `attempt`-th try (from 0), with jitter from `random`
/// (0 to 1), so that all pages do not come back at the same moment.
///
/// Short at first, since most losses are; at most 2 s in the first minute, so that
/// a server that was restarted has everybody back within 3 s, and then 15 s, since
/// one that is away for long should not be hammered.
pub fn delay(attempt: u32, random: f64) -> Duration {
    let ceiling = match attempt {
        0..=3 => 0.25 * f64::from(1 << attempt),
        4..=40 => 2.0,
        _ => 15.0,
    };
    let jitter = 0.5 + 0.5 * random.clamp(0.0, 1.0);
    Duration::from_secs_f64(ceiling * jitter)
}
