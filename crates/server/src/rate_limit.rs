//! How fast one connection may talk: a token limiter, and what happens to those
//! who do not care.
//!
//! Time is an argument.

use std::time::Duration;

use wimpex_limits::TokenBucket;
use wimpex_sansio::Now;

/// Seconds' worth of messages that may come at once. A call begins with one
/// description and dozens of candidates.
const BURST_SECONDS: f64 = 4.0;
/// The same of bytes: a page may send all that waits while it was away.
const BYTE_BURST_SECONDS: f64 = 8.0;
/// Above the limit by this factor is a flood, no mistake.
const FLOOD_FACTOR: u32 = 10;
/// A flood is not even read faster than this multiple of the limit.
const READ_FACTOR: u32 = 20;
/// How long reading rests, once the share of this time is used up.
const REST: Duration = Duration::from_millis(10);

/// What to do with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
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
pub(crate) struct RateLimiter {
    rate: u32,
    flood_seconds: u32,
    bucket: TokenBucket,
    /// Once a message was too many.
    excess: Option<Box<Excess>>,
}

#[derive(Debug)]
struct Excess {
    told: Option<Now>,
    second: Second,
    bad_seconds: u32,
    dropped_since_rest: u32,
}

#[derive(Debug)]
struct Second {
    start: Now,
    dropped: u32,
}

/// So many a second, with bursts; 0 is no limit.
pub(crate) fn bucket(rate: u32, now: Now) -> TokenBucket {
    TokenBucket::new(f64::from(rate), f64::from(rate) * BURST_SECONDS, now)
}

/// So many bytes a second, with bursts; 0 is no limit.
pub(crate) fn byte_bucket(rate: u32, now: Now) -> TokenBucket {
    TokenBucket::new(f64::from(rate), f64::from(rate) * BYTE_BURST_SECONDS, now)
}

impl RateLimiter {
    /// `rate` messages a second, 0 for any number; a flood may last for
    /// `flood_seconds`.
    pub(crate) fn new(rate: u32, flood_seconds: u32, now: Now) -> Self {
        Self {
            rate,
            flood_seconds,
            bucket: bucket(rate, now),
            excess: None,
        }
    }

    /// The message that has passed costs nothing.
    pub(crate) fn give_back(&mut self) {
        self.bucket.give_back(1.0);
    }

    /// One message has come.
    pub(crate) fn take(&mut self, now: Now) -> Decision {
        if self.bucket.take(1.0, now) {
            return Decision::Pass;
        }
        let (rate, excess) = (
            self.rate,
            self.excess
                .get_or_insert_with(|| Box::new(Excess::new(now))),
        );
        if excess.is_flood(rate, self.flood_seconds, now) {
            return Decision::Flood;
        }
        let second_ago = |told: Now| now.since(told) >= SECOND;
        let tell = excess.told.is_none_or(second_ago);
        if tell {
            excess.told = Some(now);
        }
        Decision::Drop {
            tell,
            rest: excess.rest(rate),
        }
    }
}

impl Excess {
    fn new(now: Now) -> Self {
        Self {
            told: None,
            second: Second {
                start: now,
                dropped: 0,
            },
            bad_seconds: 0,
            dropped_since_rest: 0,
        }
    }

    fn is_flood(&mut self, rate: u32, flood_seconds: u32, now: Now) -> bool {
        let elapsed = now.since(self.second.start);
        if elapsed >= SECOND {
            let flooded = self.second.dropped >= rate.saturating_mul(FLOOD_FACTOR);
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
        self.bad_seconds >= flood_seconds
    }

    fn rest(&mut self, rate: u32) -> Option<Duration> {
        // In tens of milliseconds, because timers are no finer than one.
        let share = rate.saturating_mul(READ_FACTOR) / 100;
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
        let start = Now::ZERO;
        let mut limiter = RateLimiter::new(10, 5, start);
        for _ in 0..40 {
            assert_eq!(limiter.take(start), Decision::Pass);
        }
        assert!(matches!(
            limiter.take(start),
            Decision::Drop { tell: true, .. }
        ));
        assert!(matches!(
            limiter.take(start),
            Decision::Drop { tell: false, .. }
        ));
        let later = start + Duration::from_millis(1001);
        let passed = (0..20)
            .filter(|_| limiter.take(later) == Decision::Pass)
            .count();
        assert_eq!(passed, 10);
    }

    #[test]
    fn zero_lets_everything_pass() {
        let start = Now::ZERO;
        let mut limiter = RateLimiter::new(0, 5, start);
        assert!((0..100_000).all(|_| limiter.take(start) == Decision::Pass));
    }

    /// Sends as fast as it is read for so long; when did it count as a flood?
    fn flood(rate: u32, per_second: u32, seconds: u32) -> (Option<Duration>, u32) {
        let start = Now::ZERO;
        let mut limiter = RateLimiter::new(rate, 5, start);
        let mut elapsed = Duration::ZERO;
        let mut read = 0;
        while elapsed < Duration::from_secs(seconds.into()) {
            read += 1;
            elapsed += Duration::from_secs(1) / per_second;
            match limiter.take(start + elapsed) {
                Decision::Flood => return (Some(elapsed), read),
                Decision::Drop {
                    rest: Some(rest), ..
                } => elapsed += rest,
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
