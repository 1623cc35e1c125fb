//! A rate with bursts.

use std::time::Duration;

use wimpex_sansio::Now;

/// A token bucket (RFC 2697 has the principle): it fills at a rate up to its
/// capacity, and whoever takes more than is in it is refused.
#[derive(Clone, Debug)]
pub struct TokenBucket {
    per_second: f64,
    capacity: f64,
    tokens: f64,
    filled: Now,
}

impl TokenBucket {
    /// A full bucket of `capacity` tokens that gets `per_second` new ones each
    /// second. With 0 `per_second` everything passes.
    pub fn new(per_second: f64, capacity: f64, now: Now) -> Self {
        Self {
            per_second,
            capacity,
            tokens: capacity,
            filled: now,
        }
    }

    /// Whether so many tokens were there; if so, they are gone.
    pub fn take(&mut self, tokens: f64, now: Now) -> bool {
        let is_there = self.has(tokens, now);
        if is_there && self.per_second != 0.0 {
            self.tokens -= tokens;
        }
        is_there
    }

    /// Takes so many tokens, whether they are there or not: for what has happened
    /// already. Returns how long it takes until no more are owed.
    pub fn debit(&mut self, tokens: f64, now: Now) -> Duration {
        self.fill(now);
        if self.per_second == 0.0 {
            return Duration::ZERO;
        }
        self.tokens -= tokens;
        Duration::from_secs_f64((-self.tokens / self.per_second).max(0.0))
    }

    /// Gives back so many that were taken for what costs nothing.
    pub fn give_back(&mut self, tokens: f64) {
        self.tokens = (self.tokens + tokens).min(self.capacity);
    }

    /// Whether so many tokens are there.
    pub fn has(&mut self, tokens: f64, now: Now) -> bool {
        self.fill(now);
        self.per_second == 0.0 || self.tokens >= tokens
    }

    /// Whether nothing was taken for so long that a new bucket would hold no
    /// more, so that this one can be forgotten.
    pub fn is_full(&mut self, now: Now) -> bool {
        self.fill(now);
        self.per_second == 0.0 || self.tokens >= self.capacity
    }

    /// Whether at least half of what it can hold is there.
    pub fn is_half_full(&mut self, now: Now) -> bool {
        self.has(self.capacity / 2.0, now)
    }

    fn fill(&mut self, now: Now) {
        let elapsed = now.since(self.filled).as_secs_f64();
        self.tokens = (self.tokens + elapsed * self.per_second).min(self.capacity);
        self.filled = self.filled.max(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_the_rate() {
        let mut bucket = TokenBucket::new(100_000.0, 100_000.0, Now::ZERO);
        assert!(bucket.is_full(Now::ZERO));
        let passed = (0..1000).filter(|_| bucket.take(1000.0, Now::ZERO)).count();
        assert_eq!(passed, 100);
        assert!(!bucket.is_full(Now::ZERO));
        let passed = (0..10_000)
            .filter(|millis| bucket.take(1000.0, Now::from_millis(*millis)))
            .count();
        assert!((990..=1000).contains(&passed), "{passed}");
        assert!(bucket.is_full(Now::from_millis(12_000)));
    }

    #[test]
    fn what_is_refused_costs_nothing() {
        let mut bucket = TokenBucket::new(1.0, 10.0, Now::ZERO);
        assert!(!bucket.take(11.0, Now::ZERO));
        assert!(bucket.has(10.0, Now::ZERO));
        assert!(bucket.take(10.0, Now::ZERO));
    }

    #[test]
    fn what_has_happened_is_owed() {
        let mut bucket = TokenBucket::new(100.0, 200.0, Now::ZERO);
        assert_eq!(bucket.debit(150.0, Now::ZERO), Duration::ZERO);
        assert_eq!(bucket.debit(100.0, Now::ZERO), Duration::from_millis(500));
        assert!(!bucket.has(1.0, Now::from_millis(500)));
        assert!(bucket.has(1.0, Now::from_millis(510)));
    }

    #[test]
    fn zero_is_no_limit() {
        let mut bucket = TokenBucket::new(0.0, 0.0, Now::ZERO);
        assert_eq!(bucket.debit(1e9, Now::ZERO), Duration::ZERO);
        assert!((0..1000).all(|_| bucket.take(1e6, Now::ZERO)));
        assert!(bucket.is_full(Now::ZERO));
    }
}
