//! An amount, mostly of bytes, of which so much may be held at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// So much may be held at a time; clones share it.
#[derive(Clone, Debug)]
pub struct Budget {
    held: Arc<AtomicUsize>,
    limit: usize,
}

impl Budget {
    /// At most `limit`; 0 is no limit.
    pub fn new(limit: usize) -> Self {
        Self {
            held: Arc::default(),
            limit: if limit == 0 { usize::MAX } else { limit },
        }
    }

    /// Whether so much more fits; if so it is held until [`Self::release`].
    pub fn try_hold(&self, amount: usize) -> bool {
        self.hold_if(amount, false)
    }

    /// The same, but one piece always fits when nothing else is held, however
    /// small the limit: a message can be larger than a queue and must pass.
    pub fn try_hold_or_alone(&self, amount: usize) -> bool {
        self.hold_if(amount, true)
    }

    /// Holds it whatever the limit; what comes after feels it.
    pub fn hold(&self, amount: usize) {
        self.held.fetch_add(amount, Ordering::Relaxed);
    }

    /// Gives back what was held.
    pub fn release(&self, amount: usize) {
        self.held.fetch_sub(amount, Ordering::Relaxed);
    }

    /// How much is held.
    pub fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    fn hold_if(&self, amount: usize, alone: bool) -> bool {
        let fits = |held: usize| {
            let sum = held.checked_add(amount)?;
            (sum <= self.limit || (alone && held == 0)).then_some(sum)
        };
        self.held
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits)
            .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_released_can_be_held_again() {
        let budget = Budget::new(10);
        assert!(budget.try_hold(6));
        assert!(!budget.clone().try_hold(5), "clones share it");
        assert!(budget.try_hold(4));
        budget.release(6);
        assert!(budget.try_hold(5));
        assert_eq!(budget.held(), 9);
    }

    #[test]
    fn one_piece_can_be_let_in_alone() {
        let budget = Budget::new(10);
        assert!(!budget.try_hold(11));
        assert!(budget.try_hold_or_alone(11));
        assert!(!budget.try_hold_or_alone(1));
    }

    #[test]
    fn zero_is_no_limit() {
        let budget = Budget::new(0);
        assert!(budget.try_hold(usize::MAX - 1));
    }
}
