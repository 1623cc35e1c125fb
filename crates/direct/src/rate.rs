//! How much of something may happen.

use std::time::Duration;

use wimpex_sansio::Now;

/// A token bucket: a burst, and then one each `every`. At the beginning it is full.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    every: Duration,
    burst: u32,
    /// When it would be full again. Tokens are counted by that alone.
    full_at: Now,
}

impl Rate {
    pub(crate) fn new(every: Duration, burst: u32) -> Self {
        Self {
            every,
            burst,
            full_at: Now::ZERO,
        }
    }

    /// Takes a token, if there is one.
    pub(crate) fn take(&mut self, now: Now) -> bool {
        if self.next_at().is_some_and(|at| now < at) {
            return false;
        }
        self.full_at = self.full_at.max(now) + self.every;
        true
    }

    /// When there is a token; `None` if there was always one.
    pub(crate) fn next_at(&self) -> Option<Now> {
        let room = self.every * (self.burst - 1);
        let at = self
            .full_at
            .as_millis()
            .checked_sub(room.as_millis() as u64)?;
        (at > 0).then(|| Now::from_millis(at))
    }
}
