//! How many bytes a second one user may have relayed: a token bucket.
//!
//! Time is an argument.

use std::time::Instant;

/// Seconds' worth of bytes that may come at once; a picture begins with a
/// burst.
const BURST_SECONDS: f64 = 1.0;
/// A slow user's burst still holds some of the largest packets.
const BURST_BYTES: f64 = 16.0 * 1024.0;

/// See the module.
#[derive(Debug)]
pub(crate) struct Budget {
    bytes_per_second: f64,
    bytes: f64,
    filled: Instant,
}

impl Budget {
    /// 0 bytes per second is no limit.
    pub(crate) fn new(bytes_per_second: u64, now: Instant) -> Self {
        let bytes_per_second = bytes_per_second as f64;
        Self {
            bytes_per_second,
            bytes: Self::full(bytes_per_second),
            filled: now,
        }
    }

    /// Whether so many bytes may pass now; if so they are paid for.
    pub(crate) fn take(&mut self, bytes: usize, now: Instant) -> bool {
        if self.bytes_per_second == 0.0 {
            return true;
        }
        self.fill(now);
        let bytes = bytes as f64;
        if self.bytes < bytes {
            return false;
        }
        self.bytes -= bytes;
        true
    }

    /// Nothing was taken for so long that forgetting it gives nothing away.
    pub(crate) fn is_full(&mut self, now: Instant) -> bool {
        self.fill(now);
        self.bytes_per_second == 0.0 || self.bytes >= Self::full(self.bytes_per_second)
    }

    fn fill(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.filled).as_secs_f64();
        self.bytes =
            (self.bytes + elapsed * self.bytes_per_second).min(Self::full(self.bytes_per_second));
        self.filled = now;
    }

    fn full(bytes_per_second: f64) -> f64 {
        (bytes_per_second * BURST_SECONDS).max(BURST_BYTES)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_burst_passes_and_then_the_rate() {
        let start = Instant::now();
        let mut budget = Budget::new(100_000, start);
        assert!(budget.is_full(start));
        let passed = (0..1000).filter(|_| budget.take(1000, start)).count();
        assert_eq!(passed, 100);
        assert!(!budget.is_full(start));
        let mut passed = 0;
        for millisecond in 0..10_000 {
            let now = start + Duration::from_millis(millisecond);
            passed += usize::from(budget.take(1000, now));
        }
        assert!((990..=1000).contains(&passed), "{passed}");
        assert!(budget.is_full(start + Duration::from_secs(12)));
    }

    #[test]
    fn zero_is_no_limit() {
        let start = Instant::now();
        let mut budget = Budget::new(0, start);
        assert!((0..1000).all(|_| budget.take(1 << 20, start)));
        assert!(budget.is_full(start));
    }
}
