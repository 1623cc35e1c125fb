//! Exponential backoff with jitter: how long to wait before the server is tried again.

use std::time::Duration;

/// The wait before the `attempt`-th try (from 0): any part of a ceiling, as `random` (0
/// to 1) says, so that pages which lost the same server spread over all of it ("full
/// jitter"). The ceiling is at least `window`, the time that the server has asked for.
///
/// Short at first, since most losses are; at most 2 s in the first minute, so that after
/// a restart of the server everybody is back within 3 s, if it asks for no more; then
/// 15 s, since a server that is away for long should not be hammered.
pub fn delay(attempt: u32, window: Duration, random: f64) -> Duration {
    let ceiling = match attempt {
        0..=3 => 0.25 * f64::from(1 << attempt),
        4..=40 => 2.0,
        _ => 15.0,
    };
    let ceiling = Duration::from_secs_f64(ceiling).max(window);
    ceiling.mul_f64(random.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reconnect_backoff_grows() {
        let most = |attempt| delay(attempt, Duration::ZERO, 1.0);
        for attempt in 0..100 {
            assert!(most(attempt + 1) >= most(attempt));
        }
        assert_eq!(most(0), Duration::from_millis(250));
        // Back within 3 s of a restart: the wait, and a second for the rest.
        assert_eq!(most(40), Duration::from_secs(2));
        assert_eq!(most(u32::MAX), Duration::from_secs(15));
    }

    /// A thousand pages that lost the server at one moment: how many of them try in the
    /// busiest tenth of what they spread over.
    fn busiest_tenth(attempt: u32, window: Duration) -> usize {
        let ceiling = delay(attempt, window, 1.0);
        let mut tenths = [0; 10];
        for page in 0..1000 {
            let part = delay(attempt, window, f64::from(page) / 1000.0);
            tenths[(part.as_secs_f64() / ceiling.as_secs_f64() * 10.0) as usize] += 1;
        }
        tenths.into_iter().max().unwrap()
    }

    #[test]
    fn tries_spread_evenly_from_the_first_on() {
        for attempt in [0, 1, 3, 10, 50] {
            assert!(busiest_tenth(attempt, Duration::ZERO) <= 101, "{attempt}");
        }
    }

    #[test]
    fn tries_spread_over_the_window_that_the_server_names() {
        let window = Duration::from_secs(20);
        for attempt in [0, 5, 50] {
            assert_eq!(delay(attempt, window, 1.0), window);
            assert!(busiest_tenth(attempt, window) <= 101, "{attempt}");
        }
        // A short one makes nobody come sooner.
        let short = Duration::from_millis(1);
        assert_eq!(delay(5, short, 1.0), Duration::from_secs(2));
    }
}
