//! How often clients of one network may ask for what costs something: the check of a signature, or a
//! place on the disk.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use wimpex_limits::{Network, TokenBucket};
use wimpex_sansio::Now;

/// Networks that are remembered; those that have asked for nothing lately are forgotten.
const NETWORKS: usize = 10_000;

/// See the module.
pub(crate) struct NetworkLimiter {
    per_second: f64,
    burst: f64,
    buckets: Mutex<HashMap<Network, TokenBucket>>,
}

impl NetworkLimiter {
    /// Requests a second, and how many at once.
    pub(crate) fn new((per_second, burst): (f64, f64)) -> Self {
        Self {
            per_second,
            burst,
            buckets: Mutex::default(),
        }
    }

    /// Whether one more is let in.
    pub(crate) fn take(&self, network: Network, now: Now) -> bool {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= NETWORKS && !buckets.contains_key(&network) {
            buckets.retain(|_, bucket| !bucket.is_full(now));
            if buckets.len() >= NETWORKS {
                return false;
            }
        }
        let fresh = || TokenBucket::new(self.per_second, self.burst, now);
        buckets.entry(network).or_insert_with(fresh).take(1.0, now)
    }
}
