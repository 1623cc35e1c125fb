//! Which address a client comes from, through however many proxies.

mod forwarded;

use std::net::IpAddr;

use clap::ValueEnum;
use http::HeaderMap;
use ipnet::IpNet;

/// The header in which trusted proxies say for whom they speak. Only one is read:
/// a proxy appends to the one that it knows and lets the other pass, as a client
/// has made it up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ForwardedHeader {
    /// The one that most proxies write
    #[default]
    XForwardedFor,
    /// The standard one (RFC 7239)
    Forwarded,
    /// None: before each connection, by the PROXY protocol, version 1 or 2
    ProxyProtocol,
}

impl ForwardedHeader {
    /// As it is written in a request.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::XForwardedFor => "X-Forwarded-For",
            Self::Forwarded => "Forwarded",
            Self::ProxyProtocol => "PROXY",
        }
    }
}

/// The proxies that are believed, and where they write.
#[derive(Clone, Debug)]
pub(crate) struct TrustedProxies {
    networks: Vec<IpNet>,
    header: ForwardedHeader,
}

/// Where a request comes from, as far as it can be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClientAddress {
    pub(crate) ip: IpAddr,
    /// Why it is that of a trusted proxy, though proxies speak for others.
    pub(crate) gap: Option<Gap>,
}

/// What is missing in what a trusted proxy says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gap {
    /// It does not send the header.
    NoHeader,
    /// The entry that it wrote is no address.
    Unreadable,
}

impl TrustedProxies {
    pub(crate) fn new(networks: &[IpNet], header: ForwardedHeader) -> Self {
        Self {
            networks: networks.iter().copied().map(canonical).collect(),
            header,
        }
    }

    pub(crate) fn header(&self) -> ForwardedHeader {
        self.header
    }

    pub(crate) fn contains(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        self.networks.iter().any(|network| network.contains(&ip))
    }

    /// Whether a connection from there begins with who speaks through it.
    pub(crate) fn announces(&self, peer: IpAddr) -> bool {
        self.header == ForwardedHeader::ProxyProtocol && self.contains(peer)
    }

    /// The address that a request came from. Each proxy appends the address that it
    /// was asked from: read from the right, entries are true for as long as those
    /// who wrote them are trusted. What is left of that is what anybody can say.
    pub(crate) fn client_of(&self, peer: IpAddr, headers: &HeaderMap) -> ClientAddress {
        let mut ip = peer.to_canonical();
        // What a proxy says before the connection is the peer already.
        if !self.contains(ip) || self.header == ForwardedHeader::ProxyProtocol {
            return ClientAddress { ip, gap: None };
        }
        let mut entries = self.entries(headers).into_iter().rev().peekable();
        if entries.peek().is_none() {
            let gap = Some(Gap::NoHeader);
            return ClientAddress { ip, gap };
        }
        for entry in entries {
            let Some(said) = entry else {
                let gap = Some(Gap::Unreadable);
                return ClientAddress { ip, gap };
            };
            ip = said;
            if !self.contains(ip) {
                break;
            }
        }
        ClientAddress { ip, gap: None }
    }

    /// All that the header says, `None` for what is no address.
    fn entries(&self, headers: &HeaderMap) -> Vec<Option<IpAddr>> {
        // Several lines are one list (RFC 9110, section 5.3).
        let lines = headers.get_all(self.header.name()).iter();
        let lines: Option<Vec<&str>> = lines.map(|value| value.to_str().ok()).collect();
        let Some(list) = lines.map(|lines| lines.join(",")) else {
            return vec![None];
        };
        match self.header {
            ForwardedHeader::XForwardedFor => list
                .split(',')
                .map(str::trim)
                // A list may have empty elements (RFC 9110, section 5.6.1.2).
                .filter(|entry| !entry.is_empty())
                .map(parse_node)
                .collect(),
            ForwardedHeader::Forwarded => match forwarded::nodes(&list) {
                Some(nodes) => nodes.into_iter().map(|node| parse_node(&node?)).collect(),
                None => vec![None],
            },
            ForwardedHeader::ProxyProtocol => Vec::new(),
        }
    }
}

/// An address as proxies write it: alone, or with a port, which for IPv6 wants
/// brackets (RFC 7239, section 6). Azure and IIS write ports in `X-Forwarded-For` too.
fn parse_node(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_matches('"');
    let host = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']')?;
            (port.is_empty() || port.strip_prefix(':').is_some_and(is_port)).then_some(host)?
        }
        None => match text.split_once(':') {
            // More than one colon: IPv6 without brackets, and so without a port.
            Some((host, port)) if !port.contains(':') => is_port(port).then_some(host)?,
            _ => text,
        },
    };
    // Which of this host's links it is on (RFC 6874) makes no difference here.
    let host = host.split_once('%').map_or(host, |(host, _)| host);
    host.parse().ok().map(|ip: IpAddr| ip.to_canonical())
}

/// RFC 7239, section 6: a number, or an obfuscated one.
fn is_port(text: &str) -> bool {
    text.parse::<u16>().is_ok() || text.starts_with('_')
}

/// IPv4 in IPv6's clothes is IPv4, for networks as for addresses.
fn canonical(network: IpNet) -> IpNet {
    let mapped = match network {
        IpNet::V6(v6) if v6.prefix_len() >= 96 => v6.addr().to_ipv4_mapped(),
        IpNet::V6(_) | IpNet::V4(_) => None,
    };
    mapped
        .and_then(|ip| IpNet::new(ip.into(), network.prefix_len() - 96).ok())
        .unwrap_or(network)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn asked(header: ForwardedHeader, trusted: &[&str], lines: &[&str]) -> ClientAddress {
        let trusted: Vec<IpNet> = trusted
            .iter()
            .map(|text| wimpex_relay::peers::parse_block(text).unwrap())
            .collect();
        let mut headers = HeaderMap::new();
        for line in lines {
            let (name, value) = line.split_once(": ").unwrap();
            let name: http::HeaderName = name.parse().unwrap();
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        TrustedProxies::new(&trusted, header).client_of(ip("127.0.0.1"), &headers)
    }

    fn client(trusted: &[&str], lines: &[&str]) -> ClientAddress {
        asked(ForwardedHeader::XForwardedFor, trusted, lines)
    }

    fn known(text: &str) -> ClientAddress {
        ClientAddress {
            ip: ip(text),
            gap: None,
        }
    }

    fn gap(text: &str, gap: Gap) -> ClientAddress {
        ClientAddress {
            ip: ip(text),
            gap: Some(gap),
        }
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        let lines = ["x-forwarded-for: 203.0.113.9, 198.51.100.7"];
        assert_eq!(client(&[], &lines), known("127.0.0.1"));
        assert_eq!(client(&["10.0.0.0/8"], &lines), known("127.0.0.1"));
        assert_eq!(client(&["127.0.0.1"], &lines), known("198.51.100.7"));
        assert_eq!(client(&["127.0.0.0/8"], &lines), known("198.51.100.7"));
        assert_eq!(
            client(&["::ffff:7f00:0/104"], &lines),
            known("198.51.100.7")
        );
    }

    #[test]
    fn trusted_hops_are_walked_from_the_right() {
        let trusted = ["127.0.0.1", "10.0.0.0/8", "2001:db8:cd::/48"];
        for (lines, expected) in [
            (
                &["x-forwarded-for: 6.6.6.6, 203.0.113.9, 10.1.2.3"][..],
                "203.0.113.9",
            ),
            (
                &["x-forwarded-for: 6.6.6.6, 203.0.113.9, 2001:db8:cd::1, 10.1.2.3"],
                "203.0.113.9",
            ),
            (
                &["x-forwarded-for: 203.0.113.9", "x-forwarded-for: 10.1.2.3"],
                "203.0.113.9",
            ),
            (
                &["x-forwarded-for: 203.0.113.9,, 10.1.2.3 ,"],
                "203.0.113.9",
            ),
            // Somebody behind the proxies themselves.
            (&["x-forwarded-for: 10.7.7.7, 10.1.2.3"], "10.7.7.7"),
            // What nobody trusted has written is not even read.
            (
                &["x-forwarded-for: nonsense, 203.0.113.9, 10.1.2.3"],
                "203.0.113.9",
            ),
        ] {
            assert_eq!(client(&trusted, lines), known(expected), "{lines:?}");
        }
    }

    #[test]
    fn ports_and_brackets_are_no_obstacle() {
        for (entry, expected) in [
            ("203.0.113.9:51234", "203.0.113.9"),
            ("[2001:db8::9]:51234", "2001:db8::9"),
            ("[2001:db8::9]", "2001:db8::9"),
            ("2001:db8::9", "2001:db8::9"),
            ("\"[2001:db8::9]:80\"", "2001:db8::9"),
            ("::ffff:203.0.113.9", "203.0.113.9"),
            ("fe80::9%eth0", "fe80::9"),
        ] {
            let line = format!("x-forwarded-for: 6.6.6.6, {entry}");
            assert_eq!(client(&["127.0.0.1"], &[&line]), known(expected), "{entry}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_the_proxy_that_wrote_it() {
        for entry in [
            "nonsense",
            "unknown",
            "203.0.113.9:http",
            "203.0.113.9:99999",
            "[2001:db8::9",
            "[203.0.113.9]x",
            "203.0.113",
        ] {
            let line = format!("x-forwarded-for: 203.0.113.1, {entry}");
            let expected = gap("127.0.0.1", Gap::Unreadable);
            assert_eq!(client(&["127.0.0.1"], &[&line]), expected, "{entry}");
            // As far as the way is known.
            let line = format!("x-forwarded-for: {entry}, 10.1.2.3");
            let expected = gap("10.1.2.3", Gap::Unreadable);
            assert_eq!(
                client(&["127.0.0.1", "10.0.0.0/8"], &[&line]),
                expected,
                "{entry}"
            );
        }
        assert_eq!(client(&["127.0.0.1"], &[]), gap("127.0.0.1", Gap::NoHeader));
        assert_eq!(
            client(&["127.0.0.1"], &["x-forwarded-for: ,"]),
            gap("127.0.0.1", Gap::NoHeader)
        );
    }

    #[test]
    fn the_standard_header_is_read_where_it_is_asked_for() {
        let trusted = ["127.0.0.1", "2001:db8:cd::/48"];
        for (value, expected) in [
            ("for=203.0.113.9", known("203.0.113.9")),
            (
                "For=\"[2001:db8::9]:4711\";proto=https;by=203.0.113.43",
                known("2001:db8::9"),
            ),
            (
                "for=6.6.6.6, proto=https;FOR=203.0.113.9:80, for=\"[2001:db8:cd::1]\"",
                known("203.0.113.9"),
            ),
            (
                "for=6.6.6.6, for=unknown",
                gap("127.0.0.1", Gap::Unreadable),
            ),
            (
                "for=6.6.6.6, for=_hidden",
                gap("127.0.0.1", Gap::Unreadable),
            ),
            (
                "for=6.6.6.6, proto=https",
                gap("127.0.0.1", Gap::Unreadable),
            ),
        ] {
            let line = format!("forwarded: {value}");
            let found = asked(ForwardedHeader::Forwarded, &trusted, &[&line]);
            assert_eq!(found, expected, "{value}");
        }
    }

    /// A proxy appends to what a visitor has sent: that must not swallow it.
    #[test]
    fn a_visitor_cannot_swallow_what_the_proxy_says() {
        for forged in [
            "for=6.6.6.6;x=\"",
            "for=6.6.6.6;x=\"\\",
            "\"",
            "for=6.6.6.6;;x=",
        ] {
            for own in ["for=203.0.113.9", "for=\"[2001:db8::9]:80\""] {
                for separator in [", ", ","] {
                    let line = format!("forwarded: {forged}{separator}{own}");
                    let found = asked(ForwardedHeader::Forwarded, &["127.0.0.1"], &[&line]);
                    assert_ne!(found.ip, ip("6.6.6.6"), "{line}");
                }
            }
        }
    }

    #[test]
    fn the_other_header_is_what_anybody_can_say() {
        let lines = ["x-forwarded-for: 203.0.113.9", "forwarded: for=6.6.6.6"];
        assert_eq!(client(&["127.0.0.1"], &lines), known("203.0.113.9"));
        let found = asked(ForwardedHeader::Forwarded, &["127.0.0.1"], &lines);
        assert_eq!(found, known("6.6.6.6"));
    }
}
