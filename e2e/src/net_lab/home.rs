//! A home: a machine behind a router, or behind several, of which it uses one.

use std::cell::Cell;

use super::namespace::Namespace;
use super::public_network::PublicNetwork;

/// How a home is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uplink {
    /// An address of the public network, and nothing in between.
    Open,
    /// The same, without IPv4.
    OpenV6,
    /// A home router: it keeps the port, for every peer (RFC 4787: endpoint-independent
    /// mapping), and lets in only who was sent something.
    HomeNat,
    /// Another port for every peer (address- and port-dependent mapping).
    SymmetricNat,
    /// TCP only.
    UdpBlocked,
}

impl Uplink {
    /// Those that differ in IPv4.
    pub const ALL: [Self; 4] = [
        Self::Open,
        Self::HomeNat,
        Self::SymmetricNat,
        Self::UdpBlocked,
    ];

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::OpenV6 => "open, IPv6",
            Self::HomeNat => "home",
            Self::SymmetricNat => "symmetric",
            Self::UdpBlocked => "no UDP",
        }
    }

    /// Whether two such homes reach each other without a relay.
    pub fn is_direct_to(self, other: Self) -> bool {
        let hard = |uplink| matches!(uplink, Self::SymmetricNat | Self::UdpBlocked);
        // An open host answers to whatever port a symmetric router has chosen.
        match (self, other) {
            (Self::UdpBlocked, _) | (_, Self::UdpBlocked) => false,
            (Self::Open, _) | (_, Self::Open) => true,
            _ => !hard(self) && !hard(other),
        }
    }
}

/// A machine in a network of its own.
pub struct Home {
    machine: Namespace,
    gateways: Vec<Gateway>,
    in_use: Cell<usize>,
}

/// A way out: a router, and the links on both of its sides.
struct Gateway {
    router: Namespace,
    uplink: Uplink,
    /// The router's link to the public network, by number.
    link: u8,
    /// The interface of the machine that leads to this router.
    interface: String,
}

/// UDP packets that a router has counted in one direction.
#[derive(Clone, Copy, Debug)]
pub struct PacketCounts {
    /// Packets that arrived.
    pub packets: u64,
    /// Those of them that it dropped.
    pub lost: u64,
    /// Bytes of the others, with their IP headers.
    pub bytes: u64,
    /// Bytes of all, likewise.
    pub all_bytes: u64,
}

impl Home {
    pub(super) fn new(public: &PublicNetwork, uplinks: &[Uplink]) -> Self {
        let machine = Namespace::new("home");
        let gateways = uplinks
            .iter()
            .map(|uplink| Gateway::new(public, &machine, *uplink))
            .collect();
        let home = Self {
            machine,
            gateways,
            in_use: Cell::new(0),
        };
        home.gateway().use_by(&home.machine);
        home
    }

    /// The machine itself.
    pub fn machine(&self) -> &Namespace {
        &self.machine
    }

    /// Leaves the network for the next one: the machine's address is another one
    /// then, and the old one leads nowhere.
    pub fn switch(&self) {
        self.gateway().leave(&self.machine);
        self.in_use
            .set((self.in_use.get() + 1) % self.gateways.len());
        self.gateway().use_by(&self.machine);
    }

    /// Whether the machine has an address of the public network in IPv6 only.
    pub fn is_v6(&self) -> bool {
        self.gateway().uplink == Uplink::OpenV6
    }

    /// The addresses by which others may know the machine: its own, and its router's.
    pub fn addresses(&self) -> Vec<String> {
        let mut addresses = vec![self.gateway().own_address()];
        if self.gateway().uplink != Uplink::OpenV6 {
            addresses.push(format!("11.0.{}.2", self.gateway().link));
        }
        addresses
    }

    /// Impairs UDP in each direction: drops `loss_percent` of the packets at random, and what
    /// exceeds `kilobits` a second. 0 means no loss, and no limit; at 100 nothing of TCP gets through either.
    pub fn impair(&self, loss_percent: u8, kilobits: u32) {
        let mut rules = "flush chain inet wimpex impair\n".to_owned();
        let mut rule = |rule: String| {
            rules += &format!("add rule inet wimpex impair {rule}\n");
        };
        for (interface, name) in [("iifname", "in"), ("oifname", "out")] {
            let direction = format!("{interface} \"out\" meta l4proto udp");
            rule(format!("{direction} counter name all_{name}"));
            match loss_percent {
                0 => {}
                // Nothing comes through by TCP either.
                100.. => rule(format!("{interface} \"out\" counter name lost_{name} drop")),
                percent => rule(format!(
                    "{direction} numgen random mod 100 < {percent} counter name lost_{name} drop"
                )),
            }
            if kilobits > 0 {
                let bytes = u64::from(kilobits) * 125;
                // A tenth of a second may wait, as in a router's queue.
                rule(format!(
                    "{direction} limit rate over {bytes} bytes/second burst {} bytes \
                     counter name lost_{name} drop",
                    bytes / 10
                ));
            }
        }
        self.gateway().router.nft(&rules);
    }

    /// UDP packets that the impairment has counted so far: what comes to the home, and what leaves it.
    pub fn packet_counts(&self) -> [PacketCounts; 2] {
        let text = self
            .gateway()
            .router
            .nft_says("list counters table inet wimpex");
        let of = |name: &str| {
            let (_, rest) = text
                .split_once(&format!("counter {name} {{"))
                .unwrap_or_default();
            let number = |word: &str| -> u64 {
                let after = rest.split_whitespace().skip_while(|it| *it != word).nth(1);
                after.and_then(|it| it.parse().ok()).expect("a counter")
            };
            (number("packets"), number("bytes"))
        };
        ["in", "out"].map(|name| {
            let (all, lost) = (of(&format!("all_{name}")), of(&format!("lost_{name}")));
            PacketCounts {
                packets: all.0,
                lost: lost.0,
                bytes: all.1 - lost.1,
                all_bytes: all.1,
            }
        })
    }

    fn gateway(&self) -> &Gateway {
        &self.gateways[self.in_use.get()]
    }
}

impl Gateway {
    fn new(public: &PublicNetwork, machine: &Namespace, uplink: Uplink) -> Self {
        let link = public.next_link();
        let router = Namespace::new("router");
        let gateway = Self {
            router,
            uplink,
            link,
            interface: format!("eth{link}"),
        };
        gateway.join_the_public(public.namespace());
        gateway.router.ip(&format!(
            "link add in type veth peer name {} netns {}",
            gateway.interface,
            machine.name()
        ));
        gateway.router.ip("link set in up");
        gateway.address_inside();
        gateway.router.nft(&gateway.rules());
        gateway
    }

    fn join_the_public(&self, public: &Namespace) {
        let (router, n) = (&self.router, self.link);
        router.set("net/ipv4/ip_forward", "1");
        router.set("net/ipv6/conf/all/forwarding", "1");
        router.ip(&format!(
            "link add out type veth peer name link{n} netns {}",
            public.name()
        ));
        public.ip(&format!("addr add 11.0.{n}.1/30 dev link{n}"));
        public.ip(&format!("addr add 2a11:0:{n}::1/64 dev link{n} nodad"));
        public.ip(&format!("link set link{n} up"));
        router.ip(&format!("addr add 11.0.{n}.2/30 dev out"));
        router.ip(&format!("addr add 2a11:0:{n}::2/64 dev out nodad"));
        router.ip("link set out up");
        router.ip(&format!("route add default via 11.0.{n}.1"));
        router.ip(&format!("-6 route add default via 2a11:0:{n}::1"));
        public.ip(&format!("route add 11.0.{n}.128/25 via 11.0.{n}.2"));
        public.ip(&format!("-6 route add 2a11:0:{n}:1::/64 via 2a11:0:{n}::2"));
    }

    fn address_inside(&self) {
        let gateway_address = self.gateway_address();
        let bits = if self.uplink == Uplink::OpenV6 {
            64
        } else {
            25
        };
        self.router.ip(&format!(
            "addr add {gateway_address}/{bits} dev in{}",
            self.nodad()
        ));
    }

    fn gateway_address(&self) -> String {
        let n = self.link;
        match self.uplink {
            Uplink::Open => format!("11.0.{n}.129"),
            Uplink::OpenV6 => format!("2a11:0:{n}:1::1"),
            _ => format!("192.168.{n}.1"),
        }
    }

    fn own_address(&self) -> String {
        let n = self.link;
        match self.uplink {
            Uplink::Open => format!("11.0.{n}.130"),
            Uplink::OpenV6 => format!("2a11:0:{n}:1::2"),
            _ => format!("192.168.{n}.2"),
        }
    }

    /// IPv6 waits a second or two before it uses an address, in case that somebody
    /// else has it.
    fn nodad(&self) -> &'static str {
        if self.uplink == Uplink::OpenV6 {
            " nodad"
        } else {
            ""
        }
    }

    fn use_by(&self, machine: &Namespace) {
        let (interface, own) = (&self.interface, self.own_address());
        let (bits, family) = match self.uplink {
            Uplink::OpenV6 => (64, "-6 "),
            _ => (25, ""),
        };
        machine.ip(&format!(
            "addr add {own}/{bits} dev {interface}{}",
            self.nodad()
        ));
        machine.ip(&format!("link set {interface} up"));
        machine.ip(&format!(
            "{family}route add default via {}",
            self.gateway_address()
        ));
    }

    fn leave(&self, machine: &Namespace) {
        machine.ip(&format!("link set {} down", self.interface));
        machine.ip(&format!("addr flush dev {}", self.interface));
    }

    fn rules(&self) -> String {
        let nat = match self.uplink {
            Uplink::Open | Uplink::OpenV6 => "",
            Uplink::HomeNat | Uplink::UdpBlocked => "oifname \"out\" masquerade",
            Uplink::SymmetricNat => "oifname \"out\" masquerade fully-random",
        };
        // An early packet from the other side must not be answered by the router:
        // it would occupy the port that the mapping is to have.
        let guard = if nat.is_empty() {
            ""
        } else {
            "iifname \"out\" ct state new drop"
        };
        let udp = if self.uplink == Uplink::UdpBlocked {
            "meta l4proto udp drop"
        } else {
            ""
        };
        format!(
            "table inet wimpex {{
                counter all_in {{ }}
                counter all_out {{ }}
                counter lost_in {{ }}
                counter lost_out {{ }}
                chain impair {{ }}
                chain input {{ type filter hook input priority 0; {guard}; }}
                chain forward {{ type filter hook forward priority 0; {udp}; {guard}; jump impair; }}
                chain leaving {{ type nat hook postrouting priority 100; {nat}; }}
            }}\n"
        )
    }
}
