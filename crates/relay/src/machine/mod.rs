//! The relay's state and every decision about it (RFC 8656): who has which
//! allocation, which peers may pass, how much.
//!
//! ```text
//!  client ──request───► auth ──► allocate │ refresh │ permit ──► answer
//!         ──data──────► data: permission? route? budget? ──► peer, or another client
//!  peer   ──data──────► data: permission? budget?        ──► client
//! ```
//!
//! Pure but for [`Ports`], through which it opens relay sockets: no clock, no
//! sockets, no tasks. What it returns is carried out by whoever calls it.

mod allocate;
mod allocation;
mod auth;
mod data;
mod permit;

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use stun_types::attribute::{AttributeType, ErrorCode, XorMappedAddress};
use stun_types::message::{BINDING, Message, MessageClass};
use stun_types::prelude::AttributeWrite;
use turn_types::message::{ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION, REFRESH, SEND};

use crate::budget::Budget;
use crate::config::{Limits, Timing};
use crate::credentials::SharedSecret;
use crate::nonce::Nonces;
use crate::peers::PeerFilter;
use crate::wire::{self, Packet};
use allocation::Allocation;
use auth::Caller;

/// A moment, on the clock that only runs and on the one that people read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now {
    pub(crate) instant: Instant,
    /// Since the beginning of 1970, UTC.
    pub(crate) since_1970: Duration,
}

impl Now {
    /// In whole seconds since 1970.
    pub(crate) fn unix(&self) -> u64 {
        self.since_1970.as_secs()
    }
}

/// A client's 5-tuple: which of our sockets it talks to, and from where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ClientId {
    /// One number for each listening socket.
    pub(crate) listener: usize,
    pub(crate) remote: SocketAddr,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    V4,
    V6,
}

impl Family {
    pub(crate) fn of(ip: IpAddr) -> Self {
        if ip.is_ipv4() { Self::V4 } else { Self::V6 }
    }
}

/// Where relay sockets come from.
pub(crate) trait Ports {
    /// A handle; the socket closes when the last copy is gone.
    type Socket: Clone;
    /// Whether there are any of this family.
    fn has(&self, family: Family) -> bool;
    /// A new socket, and the address under which peers reach it.
    fn open(&mut self, family: Family, even: bool) -> Option<(Self::Socket, SocketAddr)>;
}

/// What is to be done with what a client sent.
pub(crate) enum Output<'d, S, C> {
    /// Nothing: it was wrong, or too much, or not worth an answer.
    Nothing,
    /// Send this back.
    Answer(Vec<u8>),
    /// Send this back, and pass on what peers send to these sockets.
    Opened {
        answer: Vec<u8>,
        sockets: Vec<(S, SocketAddr)>,
    },
    /// Send the data to a peer.
    ToPeer {
        socket: S,
        peer: SocketAddr,
        data: &'d [u8],
    },
    /// Send the data to another client of this relay.
    ToClient(Delivery<C>, &'d [u8]),
}

/// To which client, and wrapped how.
pub(crate) struct Delivery<C> {
    pub(crate) sink: C,
    pub(crate) framing: Framing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    Channel(u16),
    /// As an indication that names the peer.
    Indication(SocketAddr),
}

/// How much the relay holds at a moment. All of it is zero when nobody is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Allocations that have not run out.
    pub allocations: usize,
    /// Permissions of all of them.
    pub permissions: usize,
    /// Channels of all of them.
    pub channels: usize,
    /// Users who have an allocation, or had one so lately that their budget
    /// still counts.
    pub users: usize,
    /// TCP and TLS connections, with an allocation or not yet.
    pub connections: usize,
    /// Tasks that serve them and the relay sockets.
    pub tasks: usize,
}

/// What the machine must know from the beginning.
pub(crate) struct Rules {
    pub(crate) realm: String,
    pub(crate) secret: SharedSecret,
    pub(crate) filter: PeerFilter,
    pub(crate) limits: Limits,
    pub(crate) timing: Timing,
    /// Addresses that relayed addresses have.
    pub(crate) advertised: Vec<IpAddr>,
    /// Ports on which the relay itself listens.
    pub(crate) listening: Vec<u16>,
}

/// See the module. `C` is a way to send to a client.
pub(crate) struct Machine<P: Ports, C> {
    rules: Rules,
    nonces: Nonces,
    ports: P,
    /// Addresses of this host.
    own: HashSet<IpAddr>,
    allocations: HashMap<ClientId, Allocation<P::Socket, C>>,
    relayed: HashMap<SocketAddr, ClientId>,
    users: HashMap<Arc<str>, User>,
}

struct User {
    allocations: usize,
    budget: Budget,
}

/// A request that is refused, with a code of RFC 8489 or RFC 8656.
struct Refusal {
    code: u16,
    attributes: Vec<Box<dyn AttributeWrite>>,
}

impl From<u16> for Refusal {
    fn from(code: u16) -> Self {
        Self {
            code,
            attributes: Vec::new(),
        }
    }
}

/// A request that is granted.
struct Grant<S> {
    attributes: Vec<Box<dyn AttributeWrite>>,
    sockets: Vec<(S, SocketAddr)>,
}

impl<S> Grant<S> {
    fn with(attributes: Vec<Box<dyn AttributeWrite>>) -> Self {
        Self {
            attributes,
            sockets: Vec::new(),
        }
    }
}

impl<P: Ports, C: Clone> Machine<P, C> {
    /// `nonce_key` is fresh randomness.
    pub(crate) fn new(rules: Rules, ports: P, nonce_key: [u8; 32]) -> Self {
        Self {
            own: rules.advertised.iter().copied().collect(),
            rules,
            nonces: Nonces::new(nonce_key),
            ports,
            allocations: HashMap::new(),
            relayed: HashMap::new(),
            users: HashMap::new(),
        }
    }

    /// Which addresses this host has now; they are no peers.
    pub(crate) fn set_own_addresses(&mut self, addresses: impl IntoIterator<Item = IpAddr>) {
        self.own = addresses.into_iter().collect();
        self.own.extend(&self.rules.advertised);
    }

    /// A datagram, or one frame of a stream, from a client; `sink` leads back.
    pub(crate) fn client_sent<'d>(
        &mut self,
        client: ClientId,
        sink: &C,
        bytes: &'d [u8],
        now: Now,
    ) -> Output<'d, P::Socket, C> {
        match wire::parse(bytes) {
            Some(Packet::Channel { number, data }) => self.channel_data(client, number, data, now),
            Some(Packet::Stun(message)) => match message.class() {
                MessageClass::Request => self.request(client, sink, &message, now),
                MessageClass::Indication if message.has_method(SEND) => {
                    self.send_indication(client, bytes, &message, now)
                }
                _ => Output::Nothing,
            },
            None => Output::Nothing,
        }
    }

    fn request<'d>(
        &mut self,
        client: ClientId,
        sink: &C,
        message: &Message<'_>,
        now: Now,
    ) -> Output<'d, P::Socket, C> {
        if message.has_method(BINDING) {
            return Output::Answer(binding(client, message));
        }
        let known = [ALLOCATE, REFRESH, CREATE_PERMISSION, CHANNEL_BIND];
        if !known.contains(&message.method()) {
            return Output::Answer(wire::error(message, ErrorCode::BAD_REQUEST, &[], None));
        }
        let caller = match self.authenticate(client, message, now) {
            Ok(caller) => caller,
            Err(answer) => return Output::Answer(answer),
        };
        let key = Some(&caller.key);
        match self.authenticated(client, sink, message, &caller, now) {
            Ok(grant) => {
                let answer = wire::success(message, &grant.attributes, key);
                if grant.sockets.is_empty() {
                    Output::Answer(answer)
                } else {
                    Output::Opened {
                        answer,
                        sockets: grant.sockets,
                    }
                }
            }
            Err(refusal) => {
                Output::Answer(wire::error(message, refusal.code, &refusal.attributes, key))
            }
        }
    }

    fn authenticated(
        &mut self,
        client: ClientId,
        sink: &C,
        message: &Message<'_>,
        caller: &Caller,
        now: Now,
    ) -> Result<Grant<P::Socket>, Refusal> {
        let unknown = wire::unknown(message, KNOWN);
        if !unknown.is_empty() {
            return Err(Refusal {
                code: ErrorCode::UNKNOWN_ATTRIBUTE,
                attributes: vec![wire::unknown_attributes(&unknown)],
            });
        }
        match message.method() {
            ALLOCATE => self.allocate(client, sink, message, caller, now),
            REFRESH => self.refresh(client, message, caller, now),
            CREATE_PERMISSION => self.create_permission(client, message, caller, now),
            CHANNEL_BIND => self.channel_bind(client, message, caller, now),
            _ => Err(ErrorCode::BAD_REQUEST.into()),
        }
    }

    /// A stream has ended, and what belongs to it with it.
    pub(crate) fn disconnected(&mut self, client: ClientId) {
        self.remove(client);
    }

    /// Whether this client has an allocation that counts.
    pub(crate) fn has_allocation(&self, client: ClientId, now: Now) -> bool {
        self.allocations
            .get(&client)
            .is_some_and(|allocation| allocation.is_alive(now.instant))
    }

    /// Forgets everything that has run out. Nothing that has run out counts,
    /// swept or not.
    pub(crate) fn sweep(&mut self, now: Now) {
        let over: Vec<ClientId> = self
            .allocations
            .iter()
            .filter(|(_, allocation)| !allocation.is_alive(now.instant))
            .map(|(client, _)| *client)
            .collect();
        for client in over {
            self.remove(client);
        }
        for allocation in self.allocations.values_mut() {
            allocation.sweep(now.instant);
        }
        // A budget that could be had anew by leaving and coming back is none.
        self.users
            .retain(|_, user| user.allocations > 0 || !user.budget.is_full(now.instant));
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.allocations.clear();
        self.relayed.clear();
        self.users.clear();
    }

    /// What there is, but for connections and tasks.
    pub(crate) fn counts(&self) -> Counts {
        let sum = |count: fn(&Allocation<P::Socket, C>) -> usize| {
            self.allocations.values().map(count).sum()
        };
        Counts {
            allocations: self.allocations.len(),
            permissions: sum(Allocation::permissions),
            channels: sum(Allocation::channels),
            users: self.users.len(),
            connections: 0,
            tasks: 0,
        }
    }

    fn remove(&mut self, client: ClientId) {
        let Some(allocation) = self.allocations.remove(&client) else {
            return;
        };
        for (_, address) in allocation.relays() {
            self.relayed.remove(address);
        }
        if let Some(user) = self.users.get_mut(&allocation.user) {
            user.allocations = user.allocations.saturating_sub(1);
        }
    }
}

/// RFC 8489, section 12: who asks from where. No credentials are needed.
fn binding(client: ClientId, message: &Message<'_>) -> Vec<u8> {
    let unknown = wire::unknown(message, &wire::CREDENTIALS);
    if !unknown.is_empty() {
        let unknown = [wire::unknown_attributes(&unknown)];
        return wire::error(message, ErrorCode::UNKNOWN_ATTRIBUTE, &unknown, None);
    }
    let address = XorMappedAddress::new(client.remote, message.transaction_id());
    wire::success(message, &[Box::new(address)], None)
}

/// Attributes that must be understood, and are. DONT-FRAGMENT is not among
/// them, nor are RFC 8489's SHA-256 ones, which clients use only if invited to.
const KNOWN: &[AttributeType] = &[
    AttributeType::new(0x0006), // USERNAME
    AttributeType::new(0x0008), // MESSAGE-INTEGRITY
    AttributeType::new(0x000c), // CHANNEL-NUMBER
    AttributeType::new(0x000d), // LIFETIME
    AttributeType::new(0x0012), // XOR-PEER-ADDRESS
    AttributeType::new(0x0013), // DATA
    AttributeType::new(0x0014), // REALM
    AttributeType::new(0x0015), // NONCE
    AttributeType::new(0x0017), // REQUESTED-ADDRESS-FAMILY
    AttributeType::new(0x0018), // EVEN-PORT
    AttributeType::new(0x0019), // REQUESTED-TRANSPORT
    AttributeType::new(0x0022), // RESERVATION-TOKEN
];
