//! The flags of our own STUN and TURN.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use ipnet::IpNet;
use wimpex_relay::config::Limits;
use wimpex_relay::peers::parse_block;

/// STUN and TURN that come with the server.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "The server's own STUN and TURN")]
pub struct TurnConfig {
    /// Serve STUN and TURN too
    /// [default: when the page is not served on loopback alone and there is no --turn-url]
    #[arg(long, env = "WIMPEX_TURN", value_name = "BOOL", num_args = 0..=1,
          require_equals = true, default_missing_value = "true")]
    pub turn: Option<bool>,

    /// Where to listen, for UDP and TCP; may be repeated
    /// [default: port 3478 of the address of --listen]
    #[arg(
        long,
        env = "WIMPEX_TURN_LISTEN",
        value_name = "ADDRESS",
        value_delimiter = ','
    )]
    pub turn_listen: Vec<SocketAddr>,

    /// Where to listen for TURN over TLS, with --tls-cert or --domain; may be repeated
    /// [default: port 5349 of the addresses of --turn-listen]
    #[arg(
        long,
        env = "WIMPEX_TURN_TLS_LISTEN",
        value_name = "ADDRESS",
        value_delimiter = ','
    )]
    pub turn_tls_listen: Vec<SocketAddr>,

    /// An address under which everybody reaches this host, one of each family
    /// [default: the address of --turn-listen, or this host's towards the internet]
    #[arg(
        long,
        env = "WIMPEX_TURN_PUBLIC_IP",
        value_name = "IP",
        value_delimiter = ','
    )]
    pub turn_public_ip: Vec<IpAddr>,

    /// The name of this host in the URLs that clients are told; turns: needs the
    /// one in the certificate [default: the first --domain, or the public IPs]
    #[arg(long, env = "WIMPEX_TURN_HOST", value_name = "NAME")]
    pub turn_host: Option<String>,

    /// The ports of relayed addresses
    #[arg(long, env = "WIMPEX_TURN_RELAY_PORTS", value_name = "FIRST-LAST",
          default_value_t = Self::default().turn_relay_ports)]
    pub turn_relay_ports: PortRange,

    #[allow(missing_docs)]
    #[command(flatten)]
    pub limits: Limits,

    /// Relay to these addresses too, though they are not of the public internet;
    /// may be repeated
    #[arg(
        long,
        env = "WIMPEX_TURN_ALLOW_PEER",
        value_name = "CIDR",
        value_parser = parse_block,
        value_delimiter = ','
    )]
    pub turn_allow_peer: Vec<IpNet>,

    /// The certificate for https and TURN over TLS, with those that vouch for it, as PEM; read
    /// again when it changes, and on SIGHUP
    #[arg(long, env = "WIMPEX_TLS_CERT", value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,

    /// The key for --tls-cert, as PEM
    #[arg(long, env = "WIMPEX_TLS_KEY", value_name = "FILE")]
    pub tls_key: Option<PathBuf>,
}

impl Default for TurnConfig {
    fn default() -> Self {
        Self {
            turn: None,
            turn_listen: Vec::new(),
            turn_tls_listen: Vec::new(),
            turn_public_ip: Vec::new(),
            turn_host: None,
            turn_relay_ports: PortRange(49152, 65535),
            limits: Limits::default(),
            turn_allow_peer: Vec::new(),
            tls_cert: None,
            tls_key: None,
        }
    }
}

/// `FIRST-LAST`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortRange(u16, u16);

impl PortRange {
    /// All of them.
    pub fn ports(self) -> RangeInclusive<u16> {
        self.0..=self.1
    }
}

impl FromStr for PortRange {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        match (first.parse(), last.parse()) {
            (Ok(first), Ok(last)) if 0 < first && first <= last => Ok(Self(first, last)),
            _ => Err("a range of ports looks like 49152-65535".to_owned()),
        }
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.0, self.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_a_range() {
        assert_eq!("1-2".parse(), Ok(PortRange(1, 2)));
        assert_eq!("7".parse(), Ok(PortRange(7, 7)));
        for wrong in ["", "2-1", "0-5", "1-65536", "a-b"] {
            assert!(wrong.parse::<PortRange>().is_err(), "{wrong}");
        }
    }
}
