//! Whom an address belongs to, as far as limits are concerned.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The network that counts as one client: an IPv4 address (/32), or an IPv6 /64,
/// because whoever has one address of a /64 has the 2^64 of it (RFC 6177). An
/// IPv4-mapped IPv6 address is the IPv4 address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Network(IpAddr);

impl Network {
    /// A larger network, of those who share a provider's block: IPv4 /24, IPv6 /56.
    /// For what needs no proof of the address, as any of a block can be forged.
    pub fn block_of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() >> 72 << 72)),
            IpAddr::V4(ip) => IpAddr::V4(Ipv4Addr::from_bits(ip.to_bits() & !0xff)),
        })
    }

    /// The first address of it.
    pub fn address(self) -> IpAddr {
        self.0
    }

    /// The network of an address.
    pub fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX))),
            v4 @ IpAddr::V4(_) => v4,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> Network {
        Network::of(text.parse().unwrap())
    }

    #[test]
    fn a_block_is_larger() {
        let block = |text: &str| Network::block_of(text.parse().unwrap());
        assert_eq!(block("192.0.2.1"), block("192.0.2.255"));
        assert_ne!(block("192.0.2.1"), block("192.0.3.1"));
        assert_eq!(block("2001:db8:0:1::1"), block("2001:db8:0:ff::1"));
        assert_ne!(block("2001:db8:0:1::1"), block("2001:db8:0:100::1"));
    }

    #[test]
    fn an_ipv6_network_is_a_slash_64() {
        assert_eq!(network("2001:db8:0:1::1"), network("2001:db8:0:1:ffff::2"));
        assert_ne!(network("2001:db8:0:1::1"), network("2001:db8:0:2::1"));
    }

    #[test]
    fn an_ipv4_network_is_one_address_however_it_is_written() {
        assert_eq!(network("192.0.2.1"), network("::ffff:192.0.2.1"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
    }
}
