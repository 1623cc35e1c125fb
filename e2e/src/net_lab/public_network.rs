//! The public network: addresses like the internet's, and a way to nowhere.

use std::cell::{Cell, RefCell};

use super::namespace::Namespace;

/// Where the server is.
pub const PUBLIC_V4: &str = "11.0.0.1";
/// The same in IPv6.
pub const PUBLIC_V6: &str = "2a11::1";

/// A namespace that stands for the internet, and the numbers of the links to it.
pub(super) struct PublicNetwork {
    namespace: Namespace,
    links: Cell<u8>,
    moved_to: RefCell<Option<String>>,
}

impl PublicNetwork {
    pub(super) fn new() -> Self {
        let namespace = Namespace::new("public");
        namespace.set("net/ipv4/ip_forward", "1");
        namespace.set("net/ipv6/conf/all/forwarding", "1");
        namespace.ip(&format!("addr add {PUBLIC_V4}/32 dev lo"));
        namespace.ip(&format!("addr add {PUBLIC_V6}/128 dev lo nodad"));
        // What is sent to addresses that nobody has is swallowed, as the internet
        // does, instead of being an error.
        namespace.ip("link add sink type veth peer name sunk");
        for end in ["sink", "sunk"] {
            namespace.ip(&format!("link set {end} up"));
        }
        namespace.ip("addr add 11.255.0.1/30 dev sink");
        namespace.ip("neigh add 11.255.0.2 lladdr 02:00:00:00:00:02 nud permanent dev sink");
        namespace.ip("route add default via 11.255.0.2");
        Self {
            namespace,
            links: Cell::new(0),
            moved_to: RefCell::default(),
        }
    }

    pub(super) fn namespace(&self) -> &Namespace {
        &self.namespace
    }

    /// From now on this address is the one towards the internet, and towards every home there is; the one
    /// before, if it is another than the server's, leads nowhere.
    pub(super) fn move_to(&self, address: &str) {
        self.namespace.ip(&format!("addr add {address}/32 dev lo"));
        for n in 1..=self.links.get() {
            for route in [
                format!("11.0.{n}.0/30 dev link{n}"),
                format!("11.0.{n}.128/25 via 11.0.{n}.2"),
            ] {
                self.namespace
                    .ip(&format!("route replace {route} src {address}"));
            }
        }
        self.namespace.ip(&format!(
            "route replace default via 11.255.0.2 src {address}"
        ));
        if let Some(before) = self.moved_to.replace(Some(address.to_owned())) {
            self.namespace.ip(&format!("addr del {before}/32 dev lo"));
        }
    }

    /// A number that no other link of this network has.
    pub(super) fn next_link(&self) -> u8 {
        self.links.set(self.links.get() + 1);
        self.links.get()
    }
}
