//! Which address a client comes from, and how many are there from each.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::HeaderMap;

/// The address that a request came from: the peer's, or what a trusted proxy
/// says in the last entry of `X-Forwarded-For`, the only one it wrote itself.
pub(crate) fn client_address(
    peer: IpAddr,
    headers: &HeaderMap,
    trusted_proxies: &[IpAddr],
) -> IpAddr {
    let peer = peer.to_canonical();
    if !trusted_proxies.iter().any(|ip| ip.to_canonical() == peer) {
        return peer;
    }
    headers
        .get_all("x-forwarded-for")
        .iter()
        .next_back()
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.rsplit(',').next())
        .and_then(|last| last.trim().parse::<IpAddr>().ok())
        .map_or(peer, |ip| ip.to_canonical())
}

/// Counts who is there by address, up to a limit for each.
pub(crate) struct Occupancy {
    limit: usize,
    places: Mutex<HashMap<IpAddr, usize>>,
}

/// A place that is free again when this is dropped.
pub(crate) struct Place {
    occupancy: Arc<Occupancy>,
    network: IpAddr,
}

impl Occupancy {
    /// At most `limit` from each address; 0 is no limit.
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self {
            limit,
            places: Mutex::default(),
        })
    }

    /// A place for one more from this address, if there is one.
    pub(crate) fn take(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let network = network(address);
        let mut places = self.lock();
        let taken = places.entry(network).or_default();
        if self.limit != 0 && *taken >= self.limit {
            return None;
        }
        *taken += 1;
        Some(Place {
            occupancy: Arc::clone(self),
            network,
        })
    }

    /// From how many addresses somebody is there.
    pub(crate) fn addresses(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut places = self.occupancy.lock();
        if let Some(taken) = places.get_mut(&self.network) {
            *taken -= 1;
            if *taken == 0 {
                places.remove(&self.network);
            }
        }
    }
}

/// Whoever has one IPv6 address has the 2^64 around it too.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX))),
        v4 => v4,
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
        let occupancy = Occupancy::new(2);
        let first = occupancy.take(ip("192.0.2.1"));
        let second = occupancy.take(ip("::ffff:192.0.2.1"));
        assert!(first.is_some() && second.is_some());
        assert!(occupancy.take(ip("192.0.2.1")).is_none());
        assert!(occupancy.take(ip("192.0.2.2")).is_some());
        drop(first);
        assert!(occupancy.take(ip("192.0.2.1")).is_some());
        drop(second);
        assert_eq!(occupancy.addresses(), 0);
    }

    #[test]
    fn one_ipv6_network_counts_as_one() {
        let occupancy = Occupancy::new(1);
        let _first = occupancy.take(ip("2001:db8:0:1::1")).unwrap();
        assert!(occupancy.take(ip("2001:db8:0:1:ffff::2")).is_none());
        assert!(occupancy.take(ip("2001:db8:0:2::1")).is_some());
    }

    #[test]
    fn only_a_trusted_proxy_is_believed_and_only_its_own_entry() {
        let mut headers = HeaderMap::new();
        headers.insert(
            "x-forwarded-for",
            "203.0.113.9, 198.51.100.7".parse().unwrap(),
        );
        let proxy = ip("127.0.0.1");
        assert_eq!(client_address(proxy, &headers, &[]), proxy);
        assert_eq!(
            client_address(proxy, &headers, &[proxy]),
            ip("198.51.100.7")
        );
        headers.insert("x-forwarded-for", "nonsense".parse().unwrap());
        assert_eq!(client_address(proxy, &headers, &[proxy]), proxy);
    }
}
