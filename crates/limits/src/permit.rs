//! Concurrency limits, by network and in total.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::Network;

/// Counts who is there, up to a limit for each network and one for all.
#[derive(Debug)]
pub struct PerNetworkLimiter {
    per_network: usize,
    total: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    by_network: HashMap<Network, usize>,
    total: usize,
}

/// A place that is free again when this is dropped.
#[derive(Debug)]
pub struct Permit {
    limiter: Arc<PerNetworkLimiter>,
    network: Network,
}

impl PerNetworkLimiter {
    /// At most `per_network` from each network and `total` in all; 0 is no limit.
    pub fn new(per_network: usize, total: usize) -> Arc<Self> {
        Arc::new(Self {
            per_network,
            total,
            taken: Mutex::default(),
        })
    }

    /// A place for one more from this address; `None` when its network or all
    /// together have as many as they may.
    pub fn acquire(self: &Arc<Self>, address: IpAddr) -> Option<Permit> {
        let network = Network::of(address);
        let mut taken = self.lock();
        let of_network = taken.by_network.get(&network).copied().unwrap_or_default();
        let is_full = |limit: usize, count: usize| limit != 0 && count >= limit;
        if is_full(self.per_network, of_network) || is_full(self.total, taken.total) {
            return None;
        }
        taken.by_network.insert(network, of_network + 1);
        taken.total += 1;
        Some(Permit {
            limiter: Arc::clone(self),
            network,
        })
    }

    /// How many places are taken.
    pub fn taken(&self) -> usize {
        self.lock().total
    }

    /// How many networks have at least one of them.
    pub fn networks(&self) -> usize {
        self.lock().by_network.len()
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit {
    /// Whose place it is.
    pub fn network(&self) -> Network {
        self.network
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut taken = self.limiter.lock();
        taken.total -= 1;
        if let Some(of_network) = taken.by_network.get_mut(&self.network) {
            *of_network -= 1;
            if *of_network == 0 {
                taken.by_network.remove(&self.network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_place_is_free_again_when_it_is_dropped() {
        let limiter = PerNetworkLimiter::new(2, 0);
        let first = limiter.acquire(ip("192.0.2.1"));
        let second = limiter.acquire(ip("::ffff:192.0.2.1"));
        assert!(first.is_some() && second.is_some());
        assert!(limiter.acquire(ip("192.0.2.1")).is_none());
        assert!(limiter.acquire(ip("192.0.2.2")).is_some());
        drop(first);
        assert!(limiter.acquire(ip("192.0.2.1")).is_some());
        drop(second);
        assert_eq!((limiter.networks(), limiter.taken()), (0, 0));
    }

    #[test]
    fn one_ipv6_network_counts_as_one() {
        let limiter = PerNetworkLimiter::new(1, 0);
        let _first = limiter.acquire(ip("2001:db8:0:1::1")).unwrap();
        assert!(limiter.acquire(ip("2001:db8:0:1:ffff::2")).is_none());
        assert!(limiter.acquire(ip("2001:db8:0:2::1")).is_some());
    }

    #[test]
    fn all_networks_together_are_bounded_too() {
        let limiter = PerNetworkLimiter::new(0, 2);
        let _first = limiter.acquire(ip("192.0.2.1")).unwrap();
        let second = limiter.acquire(ip("192.0.2.2"));
        assert!(second.is_some());
        assert!(limiter.acquire(ip("192.0.2.3")).is_none());
        assert_eq!(limiter.networks(), 2, "a refusal leaves nothing behind");
        drop(second);
        assert!(limiter.acquire(ip("192.0.2.3")).is_some());
    }
}
