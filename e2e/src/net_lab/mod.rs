//! Networks of our own, in namespaces: a public one with the server in it, and
//! homes behind routers of every kind.
//!
//! ```text
//!             public 11.0.0.1 (server, STUN, TURN)
//!        11.0.1.1 ┤                ├ 11.0.2.1       one link for each router
//!        11.0.1.2 ┤ router         ├ 11.0.2.2       the address that the world sees
//!     192.168.1.1 ┤                ├ 192.168.2.1
//!     192.168.1.2 ┘ home           └ 192.168.2.2    a browser
//! ```
//!
//! The public addresses look like the internet's, since a relay refuses others;
//! nothing here has a way out. It takes root, iproute2 and nftables.

mod capture;
mod connector;
mod home;
mod namespace;
mod public_network;

use std::sync::OnceLock;

pub use capture::Capture;
pub(crate) use connector::Connector;
pub use home::{Home, PacketCounts, Uplink};
pub use namespace::Namespace;
pub(crate) use namespace::command_in;
use public_network::PublicNetwork;
pub use public_network::{PUBLIC_V4, PUBLIC_V6};

/// The port of STUN and TURN there.
pub const TURN_PORT: u16 = 3478;

/// A public network, to which homes are attached.
pub struct NetLab {
    public: PublicNetwork,
}

impl NetLab {
    /// What is missing here, if there can be none. It is found out once.
    pub fn missing() -> Option<&'static str> {
        static MISSING: OnceLock<Option<&str>> = OnceLock::new();
        *MISSING.get_or_init(Self::find_missing)
    }

    fn find_missing() -> Option<&'static str> {
        if !rustix::process::geteuid().is_root() {
            return Some("networks of our own take root");
        }
        let tools = ["ip", "nft", "tcpdump"];
        let path = std::env::var_os("PATH").unwrap_or_default();
        let has = |tool: &&str| std::env::split_paths(&path).any(|dir| dir.join(tool).is_file());
        if !tools.iter().all(has) {
            return Some("networks of our own take iproute2, nftables and tcpdump");
        }
        // Root in a container may still not be allowed to.
        let tried = std::panic::catch_unwind(|| {
            let net_lab = Self::new();
            drop(net_lab.home(Uplink::SymmetricNat));
        });
        tried
            .is_err()
            .then_some("this machine lets not even root make networks with NAT")
    }

    /// The public network alone.
    pub(crate) fn new() -> Self {
        namespace::sweep();
        Self {
            public: PublicNetwork::new(),
        }
    }

    /// The public network, where servers run.
    pub fn public(&self) -> &Namespace {
        self.public.namespace()
    }

    /// The public network gets another address towards all homes that there are, as a line at home does
    /// each night. [`PUBLIC_V4`], where the page is, stays; the one of the last move is gone.
    pub fn move_to(&self, address: &str) {
        self.public.move_to(address);
    }

    /// One more home.
    pub fn home(&self, uplink: Uplink) -> Home {
        Home::new(&self.public, &[uplink])
    }

    /// A home with several ways out, of which it uses the first.
    pub fn home_with(&self, uplinks: &[Uplink]) -> Home {
        Home::new(&self.public, uplinks)
    }
}
