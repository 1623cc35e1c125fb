//! How fast one connection may talk: a token bucket, and what happens to those
//! who do not care.
//!
//! Time is an argument.

use std::time::{Duration, Instant};

/// Seconds' worth of messages that may come at once. A call begins with one
/// description and dozens of candidates.
const BURST_SECONDS: f64 = 4.0;
/// Above the limit by this factor is a flood, no mistake.
const FLOOD_FACTOR: u32 = 10;
/// A flood is not even read faster than this multiple of the limit.
const READ_FACTOR: u32 = 20;
/// How long reading rests, once the share of this time is used up.
const REST: Duration = Duration::from_millis(10);

/// What to do with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Handle it.
    Pass,
    /// Throw it away.
    Drop {
        /// Say so: at most once a second.
        tell: bool,
        /// Read nothing for this long.
        rest: Option<Duration>,
    },
    /// The flood goes on and on: close the connection.
    Flood,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Bucket {
    rate: u32,
    flood_seconds: u32,
    tokens: f64,
    filled: Instant,
    told: Option<Instant>,
    second: Second,
    bad_seconds: u32,
    dropped_since_rest: u32,
}

#[derive(Debug)]
struct Second {
    start: Instant,
    dropped: u32,
}

impl Bucket {
    /// `rate` messages a second, 0 for any number; a flood may last for
    /// `flood_seconds`.
    pub(crate) fn new(rate: u32, flood_seconds: u32, now: Instant) -> Self {
        Self {
            rate,
            flood_seconds,
            tokens: f64::from(rate) * BURST_SECONDS,
            filled: now,
            told: None,
            second: Second {
                start: now,
                dropped: 0,
            },
            bad_seconds: 0,
            dropped_since_rest: 0,
        }
    }

    /// One message has come.
    pub(crate) fn take(&mut self, now: Instant) -> Verdict {
        if self.rate == 0 {
            return Verdict::Pass;
        }
        let rate = f64::from(self.rate);
        let elapsed = now.saturating_duration_since(self.filled);
        self.tokens = (self.tokens + elapsed.as_secs_f64() * rate).min(rate * BURST_SECONDS);
        self.filled = now;
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Verdict::Pass;
        }
        if self.is_flood(now) {
            return Verdict::Flood;
        }
        let second_ago = |told: Instant| now.saturating_duration_since(told) >= SECOND;
        let tell = self.told.is_none_or(second_ago);
        if tell {
            self.told = Some(now);
        }
        Verdict::Drop {
            tell,
            rest: self.rest(),
        }
    }

    fn is_flood(&mut self, now: Instant) -> bool {
        let elapsed = now.saturating_duration_since(self.second.start);
        if elapsed >= SECOND {
            let flooded = self.second.dropped >= self.rate.saturating_mul(FLOOD_FACTOR);
            // A quiet second in between ends a flood.
            self.bad_seconds = if flooded && elapsed < 2 * SECOND {
                self.bad_seconds + 1
            } else {
                0
            };
            self.second = Second {
                start: now,
                dropped: 0,
            };
        }
        self.second.dropped = self.second.dropped.saturating_add(1);
        self.bad_seconds >= self.flood_seconds
    }

    fn rest(&mut self) -> Option<Duration> {
        // In tens of milliseconds, because timers are no finer than one.
        let share = self.rate.saturating_mul(READ_FACTOR) / 100;
        self.dropped_since_rest += 1;
        if self.dropped_since_rest < share.max(1) {
            return None;
        }
        self.dropped_since_rest = 0;
        Some(REST)
    }
}

const SECOND: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_the_rate() {
        let start = Instant::now();
        let mut bucket = Bucket::new(10, 5, start);
        for _ in 0..40 {
            assert_eq!(bucket.take(start), Verdict::Pass);
        }
        assert!(matches!(
            bucket.take(start),
            Verdict::Drop { tell: true, .. }
        ));
        assert!(matches!(
            bucket.take(start),
            Verdict::Drop { tell: false, .. }
        ));
        let later = start + Duration::from_millis(1001);
        let passed = (0..20)
            .filter(|_| bucket.take(later) == Verdict::Pass)
            .count();
        assert_eq!(passed, 10);
    }

    #[test]
    fn zero_lets_everything_pass() {
        let start = Instant::now();
        let mut bucket = Bucket::new(0, 5, start);
        assert!((0..100_000).all(|_| bucket.take(start) == Verdict::Pass));
    }

    /// Sends as fast as it is read for so long; when did it count as a flood?
    fn flood(rate: u32, per_second: u32, seconds: u32) -> (Option<Duration>, u32) {
        let start = Instant::now();
        let mut bucket = Bucket::new(rate, 5, start);
        let mut now = start;
        let mut read = 0;
        while now < start + Duration::from_secs(seconds.into()) {
            read += 1;
            now += Duration::from_secs(1) / per_second;
            match bucket.take(now) {
                Verdict::Flood => return (Some(now - start), read),
                Verdict::Drop {
                    rest: Some(rest), ..
                } => now += rest,
                _ => {}
            }
        }
        (None, read)
    }

    #[test]
    fn a_flood_is_read_slowly_and_ends_after_some_seconds() {
        for rate in [1, 5, 50, 1_000] {
            let (closed, read) = flood(rate, 1_000_000, 30);
            let closed = closed.unwrap_or_else(|| panic!("{rate}/s: never closed"));
            assert!(closed >= Duration::from_secs(5), "{rate}/s: {closed:?}");
            assert!(closed <= Duration::from_secs(8), "{rate}/s: {closed:?}");
            let limit = (rate * READ_FACTOR).max(100) * 8 + rate * 4 + 1;
            assert!(read <= limit, "{rate}/s: read {read} of {limit}");
        }
    }

    #[test]
    fn twice_the_rate_is_dropped_but_not_closed() {
        assert_eq!(flood(50, 100, 60).0, None);
    }
}
