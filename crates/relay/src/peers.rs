//! Whom the relay may send to: only hosts of the public internet, unless the
//! operator says otherwise.
//!
//! A relay that sends anywhere is a way into the network that it stands in:
//! to services on its own loopback, to the routers and databases beside it, to
//! the metadata service of its cloud. IPv6 has many ways to write an IPv4
//! address, and hosts and routers that translate them; so what is judged is the
//! address itself and the one that is embedded in it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct PeerFilter {
    allowed: Vec<IpNet>,
}

impl PeerFilter {
    /// Lets these blocks pass beside the public internet.
    pub fn allowing(allowed: Vec<IpNet>) -> Self {
        Self { allowed }
    }

    /// Whether the relay may send to this address.
    ///
    /// An address that embeds an IPv4 address passes only if both do, each by
    /// itself: allowing `10.0.0.0/8` does not allow `64:ff9b::10.0.0.1`.
    pub fn permits(&self, ip: IpAddr) -> bool {
        let passes = |ip: IpAddr| is_public(ip) || self.explicitly_allows(ip);
        passes(ip) && embedded(ip).is_none_or(|inner| passes(IpAddr::V4(inner)))
    }

    /// Whether the operator has named a block with this address.
    pub fn explicitly_allows(&self, ip: IpAddr) -> bool {
        self.allowed.iter().any(|block| block.contains(&ip))
    }
}

/// Reads a block of addresses such as `10.0.0.0/8`, or one address, which is a
/// block of its own. The families are apart: an IPv4 block does not contain the
/// IPv6 addresses that embed its addresses.
///
/// # Errors
/// [`InvalidBlock`] if the text is neither.
pub fn parse_block(text: &str) -> Result<IpNet, InvalidBlock> {
    let one = || text.parse::<IpAddr>().map(IpNet::from).ok();
    text.parse().ok().or_else(one).ok_or(InvalidBlock)
}

/// A text is no block of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a block of addresses; it looks like 10.0.0.0/8 or fd00::/8")]
pub struct InvalidBlock;

const fn v4([a, b, c, d]: [u8; 4], prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6([a, b, c, d, e, f, g, h]: [u16; 8], prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, e, f, g, h), prefix)
}

/// IANA's special-purpose registries, and what answers to special purposes
/// without being registered.
const NOT_PUBLIC_V4: &[Ipv4Net] = &[
    v4([0, 0, 0, 0], 8),        // "this network"; Linux takes 0.0.0.0 for loopback
    v4([10, 0, 0, 0], 8),       // private, RFC 1918
    v4([100, 64, 0, 0], 10),    // shared, RFC 6598; Alibaba's metadata too
    v4([127, 0, 0, 0], 8),      // loopback
    v4([168, 63, 129, 16], 32), // Azure's host, from inside a virtual machine
    v4([169, 254, 0, 0], 16),   // link-local, RFC 3927; most clouds' metadata
    v4([172, 16, 0, 0], 12),    // private, RFC 1918
    v4([192, 0, 0, 0], 24),     // IETF protocol assignments; Oracle's metadata
    v4([192, 0, 2, 0], 24),     // documentation, RFC 5737
    v4([192, 88, 99, 0], 24),   // 6to4 relays, RFC 7526
    v4([192, 168, 0, 0], 16),   // private, RFC 1918
    v4([198, 18, 0, 0], 15),    // benchmarks, RFC 2544
    v4([198, 51, 100, 0], 24),  // documentation
    v4([203, 0, 113, 0], 24),   // documentation
    v4([224, 0, 0, 0], 4),      // multicast
    v4([240, 0, 0, 0], 4),      // reserved, and broadcast
];

/// All of IPv6 that is given out to hosts of the public internet, RFC 4291.
/// Outside are loopback, IPv4-mapped and -compatible addresses, NAT64
/// (64:ff9b::/96, 64:ff9b:1::/48), unique local (fc00::/7, with AWS's metadata at
/// fd00:ec2::254), link-local, site-local and multicast.
const GLOBAL_V6: Ipv6Net = v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);

/// Exceptions within it.
const NOT_PUBLIC_V6: &[Ipv6Net] = &[
    // IETF protocol assignments: Teredo 2001::/32, benchmarks 2001:2::/48, ORCHID.
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23),
    v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32), // documentation, RFC 3849
    v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16),     // 6to4, RFC 3056
    v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20),     // documentation, RFC 9637
];

fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => !NOT_PUBLIC_V4.iter().any(|block| block.contains(&ip)),
        IpAddr::V6(ip) => {
            GLOBAL_V6.contains(&ip) && !NOT_PUBLIC_V6.iter().any(|block| block.contains(&ip))
        }
    }
}

/// The IPv4 address that an IPv6 address stands for, by any of the schemes that
/// hosts or routers may translate.
fn embedded(ip: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(ip) = ip else { return None };
    let low = || Ipv4Addr::from_bits((ip.to_bits() & u128::from(u32::MAX)) as u32);
    let from = |high: u16, low: u16| Ipv4Addr::from_bits((u32::from(high) << 16) | u32::from(low));
    match ip.segments() {
        // Loopback and unspecified are no IPv4-compatible addresses.
        _ if ip == Ipv6Addr::LOCALHOST || ip == Ipv6Addr::UNSPECIFIED => None,
        // Compatible ::a.b.c.d, mapped ::ffff:a.b.c.d, translated ::ffff:0:a.b.c.d.
        [0, 0, 0, 0, 0, 0 | 0xffff, _, _] | [0, 0, 0, 0, 0xffff, 0, _, _] => Some(low()),
        // NAT64, RFC 6052 and RFC 8215 (read as a /96, the usual length).
        [0x64, 0xff9b, 0, 0, 0, 0, _, _] | [0x64, 0xff9b, 1, _, _, _, _, _] => Some(low()),
        // 6to4: the gateway's address follows the prefix, RFC 3056.
        [0x2002, high, low, ..] => Some(from(high, low)),
        // Teredo: the client's address, inverted, at the end, RFC 4380.
        [0x2001, 0, .., high, low] => Some(from(!high, !low)),
        // ISATAP: in the interface identifier of any prefix, RFC 5214.
        [.., 0 | 0x200, 0x5efe, _, _] => Some(low()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn the_public_internet_passes() {
        let filter = PeerFilter::default();
        for public in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "168.63.129.17",
            "223.255.255.255",
            "2606:4700:4700::1111",
            "2a00:1450:4001::1",
            "2001:4860:4860::8888",
            "2600::5efe:808:808",
        ] {
            assert!(filter.permits(ip(public)), "{public}");
        }
    }

    #[test]
    fn nothing_else_does() {
        let filter = PeerFilter::default();
        for hostile in [
            "0.0.0.0",
            "127.0.0.1",
            "10.1.2.3",
            "169.254.169.254",
            "100.100.100.200",
            "192.0.0.192",
            "255.255.255.255",
            "224.0.0.251",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:10.0.0.1",
            "::ffff:8.8.8.8",
            "::ffff:0:10.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::808:808",
            "64:ff9b:1::a00:1",
            "2002:7f00:1::1",
            "2002:808:808::1",
            "2001:0:4136:e378::1",
            "2001:db8::1",
            "3fff::1",
            "100::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2600::5efe:a00:1",
            "2600::200:5efe:7f00:1",
            "4000::1",
        ] {
            assert!(!filter.permits(ip(hostile)), "{hostile}");
        }
    }

    #[test]
    fn an_operator_may_allow_more_but_both_of_an_embedding() {
        let filter = PeerFilter::allowing(vec![
            "10.0.0.0/8".parse().unwrap(),
            "64:ff9b::/96".parse().unwrap(),
            "2002::/16".parse().unwrap(),
        ]);
        assert!(filter.permits(ip("10.1.2.3")));
        assert!(!filter.permits(ip("::ffff:10.1.2.3")));
        assert!(!filter.permits(ip("192.168.0.1")));
        assert!(filter.permits(ip("64:ff9b::10.0.0.1")));
        assert!(filter.permits(ip("64:ff9b::8.8.8.8")));
        assert!(!filter.permits(ip("64:ff9b::127.0.0.1")));
        assert!(!filter.permits(ip("2002:7f00:1::1")));
    }

    #[test]
    fn embedded_addresses_are_found() {
        for (outer, inner) in [
            ("::192.0.2.33", "192.0.2.33"),
            ("::ffff:192.0.2.33", "192.0.2.33"),
            ("64:ff9b::192.0.2.33", "192.0.2.33"),
            ("2002:c000:221::", "192.0.2.33"),
            // The example of RFC 4380, section 4.
            ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "192.0.2.45"),
            ("fe80::5efe:c000:221", "192.0.2.33"),
        ] {
            assert_eq!(
                embedded(ip(outer)).map(IpAddr::V4),
                Some(ip(inner)),
                "{outer}"
            );
        }
        assert_eq!(embedded(ip("::1")), None);
        assert_eq!(embedded(ip("2606:4700::1111")), None);
    }

    fn contains(block: &str, address: &str) -> bool {
        parse_block(block).unwrap().contains(&ip(address))
    }

    #[test]
    fn a_block_contains_what_begins_alike() {
        assert!(contains("10.0.0.0/8", "10.255.1.2"));
        assert!(!contains("10.0.0.0/8", "11.0.0.0"));
        assert!(contains("0.0.0.0/0", "255.255.255.255"));
        assert!(contains("::/0", "ffff::1"));
        assert!(contains("fc00::/7", "fdff::1"));
        assert!(!contains("fc00::/7", "fe00::1"));
        assert!(contains("192.0.2.1", "192.0.2.1"));
        assert!(!contains("192.0.2.1", "192.0.2.2"));
    }

    #[test]
    fn the_families_are_apart() {
        assert!(!contains("0.0.0.0/0", "::1"));
        assert!(!contains("::/0", "127.0.0.1"));
        assert!(!contains("127.0.0.0/8", "::ffff:127.0.0.1"));
    }

    #[test]
    fn what_is_no_block_is_refused() {
        for text in [
            "",
            "10/8",
            "10.0.0.0/33",
            "::/129",
            "10.0.0.0/-1",
            "a/8",
            "1.2.3.4/",
        ] {
            assert_eq!(parse_block(text), Err(InvalidBlock), "{text}");
        }
    }
}
