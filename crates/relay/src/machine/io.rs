//! What goes into the machine and what comes out of it.

use std::net::IpAddr;

use wimpex_sansio::UnixTime;

use crate::addr::{ClientId, Family, PeerAddr, RelayPort};
use crate::auth::Caller;
use crate::config::RelayAddress;
use crate::request::{Request, Response};

/// What can happen. `C` is a way to send to a client.
#[derive(Debug)]
pub(crate) enum Input<C> {
    /// A client with credentials that count asks for something.
    Request {
        client: ClientId,
        caller: Caller,
        request: Request,
        /// Leads back to the client.
        sink: C,
        /// When it came; credentials and what they allow end at a wall time.
        wall: UnixTime,
    },
    /// A client has data for a peer.
    ClientData {
        client: ClientId,
        to: DataTarget,
        amount: Amount,
    },
    /// Data came to a relay socket.
    PeerData {
        port: RelayPort,
        peer: PeerAddr,
        amount: Amount,
    },
    /// A stream has ended, and what belongs to it with it.
    Disconnected { client: ClientId },
    /// The addresses that this host has now; they are no peers.
    OwnAddresses(Vec<IpAddr>),
    /// Where relay sockets are from now on; those that are open stay where they are.
    Relays(Vec<RelayAddress>),
    /// Everything ends.
    Shutdown,
    /// It is time to look for what has run out.
    Timeout,
}

/// So many datagrams, of so many bytes each, but for the last, which may be shorter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Amount {
    pub(crate) count: usize,
    pub(crate) each: usize,
    pub(crate) last: usize,
}

impl Amount {
    /// Of all together.
    pub(crate) fn bytes(self) -> usize {
        match self.count {
            0 => 0,
            count => (count - 1) * self.each + self.last,
        }
    }

    /// The first of them.
    pub(crate) fn first(self, count: usize) -> Self {
        if count < self.count {
            let last = self.each;
            Self {
                count,
                last,
                ..self
            }
        } else {
            self
        }
    }
}

/// How a client names the peer that its data is for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum DataTarget {
    /// Channel data (RFC 8656, section 12.4).
    Channel(u16),
    /// A Send indication (RFC 8656, section 11.1).
    Peer(PeerAddr),
}

/// What is to be done. `S` is a relay socket. The data itself stays with the
/// driver: an output that sends means the data of the input before it, the first
/// so many datagrams; the others exceed what somebody may send.
#[derive(Debug)]
pub(crate) enum Output<S, C> {
    /// Answer the request.
    Respond(Response),
    /// Pass on what comes to this relay socket, until it closes.
    ReadFrom { socket: S, port: RelayPort },
    /// Send the data to a peer.
    SendToPeer {
        socket: S,
        peer: PeerAddr,
        passes: usize,
    },
    /// Send the data to a client.
    SendToClient(Delivery<C>),
}

/// To which client, and wrapped how.
#[derive(Debug)]
pub(crate) struct Delivery<C> {
    pub(crate) sink: C,
    pub(crate) framing: Framing,
    pub(crate) passes: usize,
}

/// How data is wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// As channel data.
    Channel(u16),
    /// As a Data indication that names the peer.
    Indication(PeerAddr),
}

/// Where relay sockets come from. The only thing that the machine does itself:
/// whether a port can be had is known when it is open.
pub(crate) trait Ports {
    /// A handle; the socket closes when the last copy is gone.
    type Socket: Clone;
    /// Opens them there from now on.
    fn move_to(&mut self, relays: Vec<RelayAddress>);

    /// Whether there are any of this family.
    fn has(&self, family: Family) -> bool;
    /// A new socket, and the address under which peers reach it.
    fn open(&mut self, family: Family, even: bool) -> Option<(Self::Socket, RelayPort)>;
}
