//! Data on its way (RFC 8656, sections 11 and 12): who may send where, and how
//! much.

use std::net::{IpAddr, SocketAddr};

use stun_types::message::Message;
use turn_types::attribute::Data;

use super::{ClientId, Delivery, Family, Framing, Machine, Now, Output, Ports};
use crate::wire;

/// Where a peer address leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// Out of a relay socket.
    Out,
    /// To another client of this relay, without a detour over the network:
    /// behind a NAT the relay may not even reach itself.
    Within(ClientId),
    Forbidden,
}

impl<P: Ports, C: Clone> Machine<P, C> {
    pub(super) fn channel_data<'d>(
        &mut self,
        client: ClientId,
        number: u16,
        data: &'d [u8],
        now: Now,
    ) -> Output<'d, P::Socket, C> {
        let peer = self
            .allocations
            .get(&client)
            .and_then(|allocation| allocation.peer_of(number, now.instant));
        match peer {
            Some(peer) => self.send(client, peer, data, now),
            None => Output::Nothing,
        }
    }

    /// `bytes` are the whole message, which the data is a part of.
    pub(super) fn send_indication<'d>(
        &mut self,
        client: ClientId,
        bytes: &'d [u8],
        message: &Message<'_>,
        now: Now,
    ) -> Output<'d, P::Socket, C> {
        let unknown = !wire::unknown(message, super::KNOWN).is_empty();
        let peers = wire::peers(message).unwrap_or_default();
        let (false, [peer], Some(range)) = (unknown, &peers[..], data_range(message)) else {
            return Output::Nothing;
        };
        self.send(client, *peer, &bytes[range], now)
    }

    /// A datagram that came to a relayed address.
    pub(crate) fn peer_sent(
        &mut self,
        relayed: SocketAddr,
        peer: SocketAddr,
        length: usize,
        now: Now,
    ) -> Option<Delivery<C>> {
        let client = *self.relayed.get(&relayed)?;
        self.deliver(client, wire::plain(peer), length, now)
    }

    fn send<'d>(
        &mut self,
        client: ClientId,
        peer: SocketAddr,
        data: &'d [u8],
        now: Now,
    ) -> Output<'d, P::Socket, C> {
        let route = self.route(peer);
        let Some(allocation) = self
            .allocations
            .get(&client)
            .filter(|allocation| allocation.is_alive(now.instant))
            .filter(|allocation| allocation.permits(peer.ip(), now.instant))
        else {
            return Output::Nothing;
        };
        let Some((socket, relayed)) = allocation.relay(Family::of(peer.ip())).cloned() else {
            return Output::Nothing;
        };
        let budget = self
            .users
            .get_mut(&allocation.user)
            .map(|user| &mut user.budget);
        if route == Route::Forbidden
            || !budget.is_some_and(|budget| budget.take(data.len(), now.instant))
        {
            return Output::Nothing;
        }
        match route {
            Route::Within(other) => match self.deliver(other, relayed, data.len(), now) {
                Some(delivery) => Output::ToClient(delivery, data),
                None => Output::Nothing,
            },
            Route::Out | Route::Forbidden => Output::ToPeer { socket, peer, data },
        }
    }

    fn deliver(
        &mut self,
        client: ClientId,
        peer: SocketAddr,
        length: usize,
        now: Now,
    ) -> Option<Delivery<C>> {
        let allocation = self
            .allocations
            .get(&client)
            .filter(|allocation| allocation.is_alive(now.instant))
            .filter(|allocation| allocation.permits(peer.ip(), now.instant))?;
        let user = self.users.get_mut(&allocation.user)?;
        user.budget.take(length, now.instant).then(|| Delivery {
            sink: allocation.sink.clone(),
            framing: match allocation.channel_of(peer, now.instant) {
                Some(number) => Framing::Channel(number),
                None => Framing::Indication(peer),
            },
        })
    }

    /// Whether somebody at this address may be a peer at all. At the relay's own
    /// there may be: those who are relayed by it.
    pub(super) fn may_be_peer(&self, ip: IpAddr) -> bool {
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
    pub(super) fn route(&self, peer: SocketAddr) -> Route {
        if peer.port() == 0 {
            return Route::Forbidden;
        }
        if !self.own.contains(&peer.ip()) {
            return Route::Out;
        }
        if let Some(client) = self.relayed.get(&peer) {
            Route::Within(*client)
        } else if self.rules.filter.explicitly_allows(peer.ip())
            && !self.rules.listening.contains(&peer.port())
        {
            Route::Out
        } else {
            Route::Forbidden
        }
    }
}

/// Where in the message the DATA attribute's value lies.
fn data_range(message: &Message<'_>) -> Option<std::ops::Range<usize>> {
    let (offset, data) = message.attribute_and_offset::<Data>().ok()?;
    // The attribute's own header of four bytes comes first.
    let start = offset + 4;
    Some(start..start + data.data().len())
}
