//! How many requests about web push one network may make: each costs the check of a signature.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use wimpex_limits::{Network, TokenBucket};
use wimpex_sansio::Now;

/// A page says its subscription at each login, and once more for each change.
const PER_SECOND: f64 = 0.5;
const BURST: f64 = 30.0;
/// Networks that are remembered; those that have asked for nothing lately are forgotten.
const NETWORKS: usize = 10_000;

/// See the module.
#[derive(Default)]
pub(crate) struct PushLimiter(Mutex<HashMap<Network, TokenBucket>>);

impl PushLimiter {
    /// Whether one more is let in.
    pub(crate) fn take(&self, network: Network, now: Now) -> bool {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= NETWORKS && !buckets.contains_key(&network) {
            buckets.retain(|_, bucket| !bucket.is_full(now));
            if buckets.len() >= NETWORKS {
                return false;
            }
        }
        let fresh = || TokenBucket::new(PER_SECOND, BURST, now);
        buckets.entry(network).or_insert_with(fresh).take(1.0, now)
    }
}
