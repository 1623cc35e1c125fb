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

use std::cell::Cell;
use std::sync::OnceLock;

pub use capture::Capture;
pub(crate) use connector::Connector;
pub use home::{Home, PacketCounts, Uplink};
pub use namespace::Namespace;
pub(crate) use namespace::command_in;

/// Where the server is.
pub const PUBLIC_V4: &str = "11.0.0.1";
/// The same in IPv6.
pub const PUBLIC_V6: &str = "2a11::1";

/// The port of STUN and TURN there.
pub const TURN_PORT: u16 = 3478;

/// A public network, to which homes are attached.
pub struct NetLab {
    public: Namespace,
    links: Cell<u8>,
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
        let public = Namespace::new("public");
        public.set("net/ipv4/ip_forward", "1");
        public.set("net/ipv6/conf/all/forwarding", "1");
        public.ip(&format!("addr add {PUBLIC_V4}/32 dev lo"));
        public.ip(&format!("addr add {PUBLIC_V6}/128 dev lo nodad"));
        // What is sent to addresses that nobody has is swallowed, as the internet
        // does, instead of being an error.
        public.ip("link add sink type veth peer name sunk");
        for end in ["sink", "sunk"] {
            public.ip(&format!("link set {end} up"));
        }
        public.ip("addr add 11.255.0.1/30 dev sink");
        public.ip("neigh add 11.255.0.2 lladdr 02:00:00:00:00:02 nud permanent dev sink");
        public.ip("route add default via 11.255.0.2");
        Self {
            public,
            links: Cell::new(0),
        }
    }

    /// The public network, where servers run.
    pub fn public(&self) -> &Namespace {
        &self.public
    }

    /// One more home.
    pub fn home(&self, uplink: Uplink) -> Home {
        Home::new(self, &[uplink])
    }

    /// A home with several ways out, of which it uses the first.
    pub fn home_with(&self, uplinks: &[Uplink]) -> Home {
        Home::new(self, uplinks)
    }

    /// A number that no other link of this network has.
    fn next_link(&self) -> u8 {
        self.links.set(self.links.get() + 1);
        self.links.get()
    }
}
