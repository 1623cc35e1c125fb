//! How many signed requests one network may make: each costs the check of a signature.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use wimpex_limits::{Network, TokenBucket};
use wimpex_sansio::Now;

/// Networks that are remembered; those that have asked for nothing lately are forgotten.
const NETWORKS: usize = 10_000;

/// See the module.
pub(crate) struct RequestLimiter {
    per_second: f64,
    burst: f64,
    buckets: Mutex<HashMap<Network, TokenBucket>>,
}

impl RequestLimiter {
    /// For web push: a page says its subscription at each login, and once more for each change.
    pub(crate) fn push() -> Self {
        Self::new(0.5, 30.0)
    }

    /// For messages: a page that comes after a week fetches and deletes each that waits.
    pub(crate) fn messages() -> Self {
        Self::new(4.0, 200.0)
    }

    fn new(per_second: f64, burst: f64) -> Self {
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
