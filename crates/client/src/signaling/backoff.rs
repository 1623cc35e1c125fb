//! Exponential backoff with jitter: how long to wait before the server is tried again.

use std::time::Duration;

/// The wait before the `attempt`-th try (from 0), with jitter from `random` (0 to 1), so
/// that pages which lost the same server do not come back at the same moment.
///
/// Short at first, since most losses are; at most 2 s in the first minute, so that after
/// a restart of the server everybody is back within 3 s; then 15 s, since a server that
/// is away for long should not be hammered.
pub fn delay(attempt: u32, random: f64) -> Duration {
    let ceiling = match attempt {
        0..=3 => 0.25 * f64::from(1 << attempt),
        4..=40 => 2.0,
        _ => 15.0,
    };
    let jitter = 0.5 + 0.5 * random.clamp(0.0, 1.0);
    Duration::from_secs_f64(ceiling * jitter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reconnect_backoff_grows_and_has_jitter() {
        for attempt in 0..100 {
            let (least, most) = (delay(attempt, 0.0), delay(attempt, 1.0));
            assert!(least < most);
            assert!(most <= Duration::from_secs(15));
            assert!(delay(attempt + 1, 1.0) >= most);
        }
        assert!(delay(0, 1.0) <= Duration::from_millis(250));
        // Back within 3 s of a restart: the wait, and a second for the rest.
        assert!(delay(40, 1.0) <= Duration::from_secs(2));
        assert!(delay(u32::MAX, 1.0) <= Duration::from_secs(15));
    }
}
