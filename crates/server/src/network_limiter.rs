//! How often clients of one network may ask for what costs something: the check of a signature, or a
//! place on the disk.

use std::collections::HashMap;

use wimpex_limits::{Network, TokenBucket};
use wimpex_sansio::Now;

/// Networks that are remembered; those that have asked for nothing lately are forgotten.
const NETWORKS: usize = 10_000;

/// See the module.
pub(crate) struct NetworkLimiter {
    per_second: f64,
    burst: f64,
    buckets: HashMap<Network, TokenBucket>,
}

impl NetworkLimiter {
    pub(crate) fn new(per_second: f64, burst: f64) -> Self {
        Self {
            per_second,
            burst,
            buckets: HashMap::new(),
        }
    }

    /// Whether one more is let in.
    pub(crate) fn take(&mut self, network: Network, now: Now) -> bool {
        let buckets = &mut self.buckets;
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
