//! What a relay is told when it starts.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use tokio_rustls::rustls;

use crate::credentials::SharedSecret;

/// Configuration of one relay.
#[derive(Clone)]
pub struct Config {
    /// Where to listen, each for UDP and TCP. Port 0 lets the system choose one
    /// for both.
    pub listen: Vec<SocketAddr>,
    /// Where to listen for TLS, and with which certificate.
    pub tls: Option<Tls>,
    /// The addresses of relay sockets, at most one of each family counts. None
    /// of a family: no relaying in that family.
    pub relays: Vec<RelayAddress>,
    /// The ports of relay sockets.
    pub ports: RangeInclusive<u16>,
    /// Shared with whoever hands out credentials.
    pub secret: SharedSecret,
    /// REALM (RFC 8489, section 14.9).
    pub realm: String,
    /// Peers outside the public internet that are allowed nevertheless.
    pub allow_peers: Vec<IpNet>,
    /// Quotas and rates.
    pub limits: Limits,
    /// Lifetimes and timeouts.
    pub timing: Timing,
}

/// The TLS listener, for `turns:` URLs (RFC 7065).
#[derive(Clone)]
pub struct Tls {
    /// Where to listen, for TCP only.
    pub listen: Vec<SocketAddr>,
    /// With certificate and key; see [`crate::tls::from_pem_files`].
    pub config: Arc<rustls::ServerConfig>,
}

/// Where relay sockets are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RelayAddress {
    /// The local address that they are bound to; may be unspecified.
    pub bind: IpAddr,
    /// The address under which peers reach them; another one behind a NAT.
    pub public: IpAddr,
}

/// How much of what there may be. Those with a flag can be turned off by 0.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "clap", derive(clap::Args), group(skip))]
pub struct Limits {
    /// What one user may have relayed, both directions together; 0 is no limit
    #[cfg_attr(feature = "clap", arg(
        id = "turn_user_kbps", long = "turn-user-kbps", env = "WIMPEX_TURN_USER_KBPS",
        value_name = "KILOBITS/S", default_value_t = Self::default().user_kbps,
    ))]
    pub user_kbps: u64,

    /// Allocations of one user; 0 is no limit
    // More are refused with 486. A call takes one for each way to the relay (UDP,
    // TCP, TLS; IPv4, IPv6; each network interface), and twice that while it
    // changes networks.
    #[cfg_attr(feature = "clap", arg(
        id = "turn_allocations_per_user", long = "turn-allocations-per-user",
        env = "WIMPEX_TURN_ALLOCATIONS_PER_USER", value_name = "N",
        default_value_t = Self::default().allocations_per_user,
    ))]
    pub allocations_per_user: usize,

    /// Allocations of one client address (IPv6: of one /64); 0 is no limit
    // More are refused with 486. User names are free where anybody may be a guest;
    // addresses are not.
    #[cfg_attr(feature = "clap", arg(
        id = "turn_allocations_per_address", long = "turn-allocations-per-address",
        env = "WIMPEX_TURN_ALLOCATIONS_PER_ADDRESS", value_name = "N",
        default_value_t = Self::default().allocations_per_network,
    ))]
    pub allocations_per_network: usize,

    /// What one client address may have relayed, like --turn-user-kbps; 0 is no limit
    #[cfg_attr(feature = "clap", arg(
        id = "turn_address_kbps", long = "turn-address-kbps", env = "WIMPEX_TURN_ADDRESS_KBPS",
        value_name = "KILOBITS/S", default_value_t = Self::default().network_kbps,
    ))]
    pub network_kbps: u64,

    /// What all may have relayed together; half of it is kept for those who have an
    /// allocation already; 0 is no limit
    #[cfg_attr(feature = "clap", arg(
        id = "turn_total_kbps", long = "turn-total-kbps", env = "WIMPEX_TURN_TOTAL_KBPS",
        value_name = "KILOBITS/S", default_value_t = Self::default().total_kbps,
    ))]
    pub total_kbps: u64,

    /// Allocations in all; 0 is no limit
    // More are refused with 508.
    #[cfg_attr(feature = "clap", arg(
        id = "turn_allocations", long = "turn-allocations", env = "WIMPEX_TURN_ALLOCATIONS",
        value_name = "N", default_value_t = Self::default().allocations,
    ))]
    pub allocations: usize,

    /// Answers a second to one block of addresses (IPv4 /24, IPv6 /56) over UDP without
    /// credentials, in bursts of four times as many; 0 is no limit.
    #[cfg_attr(feature = "clap", arg(skip = Self::default().unproven_answers_per_second))]
    pub unproven_answers_per_second: u32,

    /// TCP and TLS connections in all; 0 is no limit.
    #[cfg_attr(feature = "clap", arg(skip = Self::default().connections))]
    pub connections: usize,

    /// Of them from one network (IPv4 address, IPv6 /64); 0 is no limit.
    #[cfg_attr(feature = "clap", arg(skip = Self::default().connections_per_network))]
    pub connections_per_network: usize,

    /// Permissions of one allocation (RFC 8656, section 9): a browser asks for one for each
    /// candidate of its peer. More are refused with 508.
    #[cfg_attr(feature = "clap", arg(skip = Self::default().permissions_per_allocation))]
    pub permissions_per_allocation: usize,

    /// Peers that data flows to and from.
    #[cfg_attr(feature = "clap", arg(skip = Self::default().channels_per_allocation))]
    pub channels_per_allocation: usize,

    /// Bytes that may wait for one TCP client; more are dropped, as UDP would.
    #[cfg_attr(feature = "clap", arg(skip = Self::default().queue_bytes))]
    pub queue_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            user_kbps: 16_000,
            allocations_per_user: 24,
            allocations_per_network: 96,
            network_kbps: 64_000,
            total_kbps: 800_000,
            allocations: 4_000,
            unproven_answers_per_second: 100,
            connections: 5_000,
            connections_per_network: 256,
            permissions_per_allocation: 128,
            channels_per_allocation: 64,
            queue_bytes: 256 * 1024,
        }
    }
}

/// How long the relay waits for what. RFC 8656 has most of them, so they are no
/// flags; tests shorten them.
#[derive(Clone, Debug)]
pub struct Timing {
    /// Of an allocation that asks for less, or for nothing (section 3.2).
    pub lifetime: Duration,
    /// Of one that asks for more (section 7.2).
    pub max_lifetime: Duration,
    /// Of a permission (section 9).
    pub permission: Duration,
    /// Of a channel (section 12).
    pub channel: Duration,
    /// For a connection to come to an allocation, and to stay without one.
    pub idle: Duration,
    /// For TLS to be agreed on.
    pub handshake: Duration,
    /// For a TCP client to take what is written to it.
    pub write: Duration,
    /// How often what has run out is looked for.
    pub sweep: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            lifetime: Duration::from_secs(600),
            max_lifetime: Duration::from_secs(3600),
            permission: Duration::from_secs(300),
            channel: Duration::from_secs(600),
            idle: Duration::from_secs(30),
            handshake: Duration::from_secs(8),
            write: Duration::from_secs(10),
            sweep: Duration::from_secs(1),
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("listen", &self.listen)
            .field("tls", &self.tls.as_ref().map(|tls| &tls.listen))
            .field("relays", &self.relays)
            .field("ports", &self.ports)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
