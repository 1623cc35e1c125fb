//! How many answers a source gets that has proved nothing.
//!
//! Over UDP a source address can be forged, and then the answer goes to somebody
//! who did not ask: the relay must not be worth using for that. So answers without
//! credentials have a budget for each block of addresses.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use wimpex_limits::{Network, TokenBucket};
use wimpex_sansio::Now;

/// Seconds' worth of answers that may go out at once: a page asks for its address
/// some times for each call, and a block may have many.
const BURST_SECONDS: f64 = 4.0;
/// So many blocks are remembered at most. With more at a time the budgets begin
/// anew, which is what forged addresses of the whole internet get.
const BLOCKS: usize = 65_536;

/// See the module.
pub(crate) struct ReflectionLimiter {
    per_second: f64,
    blocks: Mutex<HashMap<Network, TokenBucket>>,
}

impl ReflectionLimiter {
    /// So many answers a second to each block; 0 is no limit.
    pub(crate) fn new(per_second: u32) -> Self {
        Self {
            per_second: per_second.into(),
            blocks: Mutex::default(),
        }
    }

    /// Whether this source may get one more answer; if so it is paid for.
    pub(crate) fn admits(&self, source: IpAddr, now: Now) -> bool {
        let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        if blocks.len() >= BLOCKS {
            blocks.retain(|_, bucket| !bucket.is_full(now));
            if blocks.len() >= BLOCKS {
                blocks.clear();
            }
        }
        blocks
            .entry(Network::block_of(source))
            .or_insert_with(|| {
                TokenBucket::new(self.per_second, self.per_second * BURST_SECONDS, now)
            })
            .take(1.0, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_has_a_budget_of_its_own() {
        let limiter = ReflectionLimiter::new(100);
        let admitted = |last: u8, block: u8, now| {
            let source = IpAddr::from([192, 0, block, last]);
            (0..1000).filter(|_| limiter.admits(source, now)).count()
        };
        assert_eq!(admitted(1, 1, Now::ZERO), 400);
        assert_eq!(admitted(2, 1, Now::ZERO), 0);
        assert_eq!(admitted(2, 2, Now::ZERO), 400);
        assert_eq!(admitted(1, 1, Now::from_millis(1_000)), 100);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let limiter = ReflectionLimiter::new(100);
        for number in 0..200_000_u32 {
            let source = IpAddr::from(number.rotate_left(8).to_be_bytes());
            limiter.admits(source, Now::ZERO);
        }
        assert!(limiter.blocks.lock().unwrap().len() <= BLOCKS);
    }
}
