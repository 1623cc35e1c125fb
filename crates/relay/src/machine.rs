//! The relay's state and every decision about it (RFC 8656): who has which
//! allocation, which peers may pass, how much.
//!
//! ```text
//!  client ──Request──────► allocate │ refresh │ permit │ bind ──► Respond, ReadFrom
//!         ──ClientData───► permission? route? bandwidth? ──► SendToPeer, SendToClient
//!  peer   ──PeerData─────► permission? bandwidth?        ──► SendToClient
//! ```
//!
//! [`TurnServer`] is a [`Machine`]: the driver
//!
//! 1. reads bytes into a typed input, and checks its credentials, by itself
//!    ([`crate::request`], [`crate::auth`]: neither needs the state);
//! 2. calls [`handle`](Machine::handle), and then
//!    [`poll_output`](Machine::poll_output) until there is none; outputs speak of
//!    the input before them, whose data the driver still holds;
//! 3. comes with [`Input::Timeout`] at [`poll_timeout`](Machine::poll_timeout).
//!
//! Wall time comes with the requests whose credentials end at one. Nothing that
//! has run out counts, whether a timeout has swept it away yet or not. The machine
//! reads no clock and no socket; relay sockets come from [`Ports`].

mod allocation;
mod io;
mod quota;

use std::collections::{HashMap, HashSet, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use stun_types::attribute::ErrorCode;
use stun_types::message::TransactionId;
use wimpex_limits::Network;
use wimpex_sansio::{Machine, Now, UnixTime};

pub(crate) use io::{Amount, DataTarget, Delivery, Framing, Input, Output, Ports};

use crate::addr::{ClientId, Family, PeerAddr, RelayPort};
use crate::auth::Caller;
use crate::config::{Limits, Timing};
use crate::peers::PeerFilter;
use crate::request::{Code, Request, Response, Wish};
use allocation::Allocation;
use quota::Quotas;

/// How much the relay holds at a moment. All of it is zero when nobody is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Allocations that have not run out.
    pub allocations: usize,
    /// Permissions of all of them.
    pub permissions: usize,
    /// Channels of all of them.
    pub channels: usize,
    /// Users who have an allocation, or had one so lately that their bandwidth
    /// still counts.
    pub users: usize,
    /// TCP and TLS connections, with an allocation or not yet.
    pub connections: usize,
    /// Tasks that serve them and the relay sockets.
    pub tasks: usize,
}

/// What the machine must know from the beginning.
pub(crate) struct Rules {
    pub(crate) filter: PeerFilter,
    pub(crate) limits: Limits,
    pub(crate) timing: Timing,
    /// Addresses that relayed addresses have.
    pub(crate) advertised: Vec<IpAddr>,
    /// Ports on which the relay itself listens.
    pub(crate) listening: Vec<u16>,
}

/// See the module. `C` is a way to send to a client.
pub(crate) struct TurnServer<P: Ports, C> {
    rules: Rules,
    ports: P,
    /// Addresses of this host.
    own: HashSet<IpAddr>,
    allocations: HashMap<ClientId, Allocation<P::Socket, C>>,
    relayed: HashMap<RelayPort, ClientId>,
    quotas: Quotas,
    /// When to look for what has run out, if there is anything that can.
    sweep_at: Option<Now>,
    outputs: VecDeque<Output<P::Socket, C>>,
}

/// Where a peer address leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Route {
    /// Out of a relay socket.
    Out,
    /// To another client of this relay, without a detour over the network:
    /// behind a NAT the relay may not even reach itself.
    Within(ClientId),
    Forbidden,
}

impl<P: Ports, C: Clone> Machine for TurnServer<P, C> {
    type Input = Input<C>;
    type Output = Output<P::Socket, C>;

    fn handle(&mut self, input: Input<C>, now: Now) {
        match input {
            Input::Request {
                client,
                caller,
                request,
                sink,
                wall,
            } => {
                let response = match self.request(client, &caller, request, sink, wall, now) {
                    Ok(response) => response,
                    Err(code) => Response::Refused(code),
                };
                self.outputs.push_back(Output::Respond(response));
            }
            Input::ClientData { client, to, amount } => {
                let output = self.client_data(client, to, amount, now);
                self.outputs.extend(output);
            }
            Input::PeerData { port, peer, amount } => {
                let output = self.peer_data(port, peer, amount, now);
                self.outputs.extend(output);
            }
            Input::Disconnected { client } => self.remove(client),
            Input::OwnAddresses(addresses) => {
                self.own = addresses.into_iter().collect();
                self.own.extend(&self.rules.advertised);
            }
            Input::Relays(relays) => {
                self.rules.advertised = relays.iter().map(|relay| relay.public).collect();
                self.own.extend(&self.rules.advertised);
                self.ports.move_to(relays);
            }
            Input::Shutdown => {
                self.allocations.clear();
                self.relayed.clear();
                self.quotas.clear();
            }
            Input::Timeout => {
                if self.sweep_at.is_some_and(|at| at <= now) {
                    self.sweep(now);
                }
            }
        }
        if self.quotas.are_unused() {
            self.sweep_at = None;
        } else if self.sweep_at.is_none() {
            self.sweep_at = Some(now + self.rules.timing.sweep);
        }
    }

    fn poll_output(&mut self) -> Option<Self::Output> {
        self.outputs.pop_front()
    }

    fn poll_timeout(&self) -> Option<Now> {
        self.sweep_at
    }
}

impl<P: Ports, C: Clone> TurnServer<P, C> {
    pub(crate) fn new(rules: Rules, ports: P) -> Self {
        Self {
            quotas: Quotas::new(rules.limits.clone()),
            own: rules.advertised.iter().copied().collect(),
            rules,
            ports,
            allocations: HashMap::new(),
            relayed: HashMap::new(),
            sweep_at: None,
            outputs: VecDeque::new(),
        }
    }

    /// Whether this client has an allocation that counts.
    pub(crate) fn has_allocation(&self, client: ClientId, now: Now) -> bool {
        self.allocation(client, now).is_some()
    }

    /// Who has an allocation that counts, by way of that listening socket.
    pub(crate) fn clients_of(&self, listener: usize, now: Now) -> Vec<ClientId> {
        let all = self.allocations.iter();
        all.filter(|(client, it)| client.listener == listener && it.is_alive(now))
            .map(|(client, _)| *client)
            .collect()
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
            users: self.quotas.users(),
            connections: 0,
            tasks: 0,
        }
    }

    fn request(
        &mut self,
        client: ClientId,
        caller: &Caller,
        request: Request,
        sink: C,
        wall: UnixTime,
        now: Now,
    ) -> Result<Response, Code> {
        match request {
            Request::Allocate { transaction, wish } => {
                if let Some(repeated) = self.repeated(client, transaction, caller, now)? {
                    return Ok(repeated);
                }
                self.allocate(client, sink, transaction, &wish?, caller, wall, now)
            }
            Request::Refresh { lifetime, family } => {
                self.refresh(client, lifetime, family, caller, wall, now)
            }
            Request::CreatePermission { peers } => {
                self.create_permission(client, &peers, caller, now)
            }
            Request::ChannelBind { number, peer } => {
                self.channel_bind(client, number, peer, caller, now)
            }
        }
    }

    /// The answer to an Allocate request that came before (RFC 8656, section 7.2):
    /// over UDP the first answer may have been lost.
    fn repeated(
        &mut self,
        client: ClientId,
        transaction: TransactionId,
        caller: &Caller,
        now: Now,
    ) -> Result<Option<Response>, Code> {
        let Some(old) = self.allocations.get(&client) else {
            return Ok(None);
        };
        if !old.is_alive(now) {
            self.remove(client);
            return Ok(None);
        }
        if old.transaction != transaction || old.username != caller.username {
            return Err(ErrorCode::ALLOCATION_MISMATCH);
        }
        Ok(Some(Response::Allocated {
            ports: old.relays().iter().map(|(_, port)| *port).collect(),
            lifetime: old.expires.since(now),
            failures: Vec::new(),
        }))
    }

    /// RFC 8656, section 7.2.
    #[expect(clippy::too_many_arguments, reason = "a request and when it came")]
    fn allocate(
        &mut self,
        client: ClientId,
        sink: C,
        transaction: TransactionId,
        wish: &Wish,
        caller: &Caller,
        wall: UnixTime,
        now: Now,
    ) -> Result<Response, Code> {
        let network = Network::of(client.remote.ip());
        self.quotas.check(&caller.user, network, now)?;
        let (relays, failures) = self.open(wish)?;
        let lifetime = self.lifetime(wish.lifetime, caller, wall);
        let user = self.quotas.add(&caller.user, network, now);
        for (socket, port) in &relays {
            self.relayed.insert(*port, client);
            self.outputs.push_back(Output::ReadFrom {
                socket: socket.clone(),
                port: *port,
            });
        }
        let ports = relays.iter().map(|(_, port)| *port).collect();
        let username = caller.username.clone();
        let expires = now + lifetime;
        self.allocations.insert(
            client,
            Allocation::new(
                sink,
                username,
                (user, network),
                transaction,
                relays,
                expires,
            ),
        );
        Ok(Response::Allocated {
            ports,
            lifetime,
            failures,
        })
    }

    /// One relay socket of each family, or of the one that can be had, and then
    /// why the other cannot.
    #[expect(clippy::type_complexity, reason = "named by the sentence above")]
    fn open(
        &mut self,
        wish: &Wish,
    ) -> Result<(Vec<(P::Socket, RelayPort)>, Vec<(Family, Code)>), Code> {
        let (mut relays, mut failures) = (Vec::new(), Vec::new());
        for &family in &wish.families {
            if !self.ports.has(family) {
                failures.push((family, ErrorCode::ADDRESS_FAMILY_NOT_SUPPORTED));
            } else if let Some(relay) = self.ports.open(family, wish.even) {
                relays.push(relay);
            } else {
                failures.push((family, ErrorCode::INSUFFICIENT_CAPACITY));
            }
        }
        match (&relays[..], failures.last()) {
            ([], Some((_, code))) => Err(*code),
            _ => Ok((relays, failures)),
        }
    }

    /// As long as asked, within bounds, and never longer than the credentials
    /// count.
    fn lifetime(&self, asked: Option<u32>, caller: &Caller, wall: UnixTime) -> Duration {
        let timing = &self.rules.timing;
        let asked = asked.map_or(timing.lifetime, |seconds| {
            Duration::from_secs(seconds.into())
        });
        let left = Duration::from_secs(caller.expiry)
            .saturating_sub(Duration::from_millis(wall.as_millis()));
        asked
            .max(timing.lifetime)
            .min(timing.max_lifetime)
            .min(left)
    }

    /// RFC 8656, section 8.2.
    fn refresh(
        &mut self,
        client: ClientId,
        asked: Option<u32>,
        family: Result<Option<Family>, Code>,
        caller: &Caller,
        wall: UnixTime,
        now: Now,
    ) -> Result<Response, Code> {
        let lifetime = self.lifetime(asked, caller, wall);
        let allocation = self.own_allocation(client, caller, now)?;
        let family = family?;
        if family.is_some_and(|family| allocation.relay(family).is_none()) {
            return Err(ErrorCode::PEER_ADDRESS_FAMILY_MISMATCH);
        }
        if asked != Some(0) {
            allocation.expires = now + lifetime;
            return Ok(Response::Refreshed { lifetime });
        }
        // Of two families one may go and the other stay.
        let gone = family.and_then(|family| Some(allocation.relay(family)?.1));
        if let (Some(family), 2..) = (family, allocation.relays().len()) {
            allocation.drop_relay(family);
            self.relayed.retain(|port, _| Some(*port) != gone);
        } else {
            self.remove(client);
        }
        Ok(Response::Refreshed {
            lifetime: Duration::ZERO,
        })
    }

    /// RFC 8656, section 10.2.
    fn create_permission(
        &mut self,
        client: ClientId,
        peers: &[IpAddr],
        caller: &Caller,
        now: Now,
    ) -> Result<Response, Code> {
        // All of them or none.
        self.check_permissions(client, caller, peers, now)?;
        let until = now + self.rules.timing.permission;
        let allocation = self.own_allocation(client, caller, now)?;
        for ip in peers {
            allocation.permit(*ip, until);
        }
        Ok(Response::Granted)
    }

    /// RFC 8656, section 12.2.
    fn channel_bind(
        &mut self,
        client: ClientId,
        number: u16,
        peer: PeerAddr,
        caller: &Caller,
        now: Now,
    ) -> Result<Response, Code> {
        self.check_permissions(client, caller, &[peer.ip()], now)?;
        if self.route(peer) == Route::Forbidden {
            return Err(ErrorCode::FORBIDDEN);
        }
        let timing = &self.rules.timing;
        let (permission, channel) = (timing.permission, timing.channel);
        let most = self.rules.limits.channels_per_allocation;
        let allocation = self.own_allocation(client, caller, now)?;
        let Ok(is_bound) = allocation.check_channel(number, peer, now) else {
            return Err(ErrorCode::BAD_REQUEST);
        };
        if !is_bound && allocation.channels() >= most {
            return Err(ErrorCode::INSUFFICIENT_CAPACITY);
        }
        allocation.bind(number, peer, now + channel);
        allocation.permit(peer.ip(), now + permission);
        Ok(Response::Granted)
    }

    fn check_permissions(
        &mut self,
        client: ClientId,
        caller: &Caller,
        ips: &[IpAddr],
        now: Now,
    ) -> Result<(), Code> {
        let most = self.rules.limits.permissions_per_allocation;
        let allocation = self.own_allocation(client, caller, now)?;
        if ips.len() > 2 * most || allocation.permissions_with(ips) > most {
            return Err(ErrorCode::INSUFFICIENT_CAPACITY);
        }
        let foreign = |ip: &IpAddr| allocation.relay(Family::of(*ip)).is_none();
        if ips.iter().any(foreign) {
            return Err(ErrorCode::PEER_ADDRESS_FAMILY_MISMATCH);
        }
        if !ips.iter().all(|ip| self.may_be_peer(*ip)) {
            return Err(ErrorCode::FORBIDDEN);
        }
        Ok(())
    }

    /// The allocation of this client, if these are the credentials it was made
    /// with.
    fn own_allocation(
        &mut self,
        client: ClientId,
        caller: &Caller,
        now: Now,
    ) -> Result<&mut Allocation<P::Socket, C>, Code> {
        let allocation = self
            .allocations
            .get_mut(&client)
            .filter(|allocation| allocation.is_alive(now))
            .ok_or(ErrorCode::ALLOCATION_MISMATCH)?;
        if allocation.username != caller.username {
            return Err(ErrorCode::WRONG_CREDENTIALS);
        }
        Ok(allocation)
    }

    fn allocation(&self, client: ClientId, now: Now) -> Option<&Allocation<P::Socket, C>> {
        self.allocations
            .get(&client)
            .filter(|allocation| allocation.is_alive(now))
    }

    fn client_data(
        &mut self,
        client: ClientId,
        to: DataTarget,
        amount: Amount,
        now: Now,
    ) -> Option<Output<P::Socket, C>> {
        let allocation = self.allocation(client, now)?;
        let peer = match to {
            DataTarget::Channel(number) => allocation.peer_of(number, now)?,
            DataTarget::Peer(peer) => peer,
        };
        if !allocation.permits(peer.ip(), now) {
            return None;
        }
        let (socket, port) = allocation.relay(Family::of(peer.ip())).cloned()?;
        let (user, network) = (Arc::clone(&allocation.user), allocation.network);
        let route = self.route(peer);
        if route == Route::Forbidden {
            return None;
        }
        let passes = self.quotas.take(&user, network, amount, now)?;
        match route {
            Route::Within(other) => self.deliver(other, port.as_peer(), amount.first(passes), now),
            Route::Out | Route::Forbidden => Some(Output::SendToPeer {
                socket,
                peer,
                passes,
            }),
        }
    }

    fn peer_data(
        &mut self,
        port: RelayPort,
        peer: PeerAddr,
        amount: Amount,
        now: Now,
    ) -> Option<Output<P::Socket, C>> {
        let client = *self.relayed.get(&port)?;
        self.deliver(client, peer, amount, now)
    }

    fn deliver(
        &mut self,
        client: ClientId,
        peer: PeerAddr,
        amount: Amount,
        now: Now,
    ) -> Option<Output<P::Socket, C>> {
        let allocation = self
            .allocation(client, now)
            .filter(|allocation| allocation.permits(peer.ip(), now))?;
        let sink = allocation.sink.clone();
        let framing = match allocation.channel_of(peer, now) {
            Some(number) => Framing::Channel(number),
            None => Framing::Indication(peer),
        };
        let (user, network) = (Arc::clone(&allocation.user), allocation.network);
        let passes = self.quotas.take(&user, network, amount, now)?;
        Some(Output::SendToClient(Delivery {
            sink,
            framing,
            passes,
        }))
    }

    /// Whether somebody at this address may be a peer at all. At the relay's own
    /// there may be: those who are relayed by it.
    fn may_be_peer(&self, ip: IpAddr) -> bool {
        let filter = &self.rules.filter;
        if self.rules.advertised.contains(&ip) {
            true
        } else if self.own.contains(&ip) {
            filter.explicitly_allows(ip)
        } else {
            filter.permits(ip)
        }
    }

    /// Where an address leads that may be a peer's. On this host it leads only
    /// to other allocations: its other sockets may trust whoever is local.
    fn route(&self, peer: PeerAddr) -> Route {
        if peer.port() == 0 {
            return Route::Forbidden;
        }
        if !self.own.contains(&peer.ip()) {
            return Route::Out;
        }
        if let Some(client) = self.relayed.get(&peer.as_relay_port()) {
            Route::Within(*client)
        } else if self.rules.filter.explicitly_allows(peer.ip())
            && !self.rules.listening.contains(&peer.port())
        {
            Route::Out
        } else {
            Route::Forbidden
        }
    }

    /// Forgets everything that has run out.
    fn sweep(&mut self, now: Now) {
        self.sweep_at = None;
        let over: Vec<ClientId> = self
            .allocations
            .iter()
            .filter(|(_, allocation)| !allocation.is_alive(now))
            .map(|(client, _)| *client)
            .collect();
        for client in over {
            self.remove(client);
        }
        for allocation in self.allocations.values_mut() {
            allocation.sweep(now);
        }
        self.quotas.sweep(now);
    }

    fn remove(&mut self, client: ClientId) {
        let Some(allocation) = self.allocations.remove(&client) else {
            return;
        };
        for (_, port) in allocation.relays() {
            self.relayed.remove(port);
        }
        self.quotas.remove(&allocation.user, allocation.network);
    }
}
