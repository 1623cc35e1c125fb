//! Addresses by what they are: mixing them up would relay to the wrong side.

use std::net::{IpAddr, SocketAddr};

/// Where a client sends from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ClientAddr(SocketAddr);

/// Where a peer sends from, and where data for it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PeerAddr(SocketAddr);

/// A relayed transport address (RFC 8656, section 2): the port of a relay socket,
/// as peers reach it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RelayPort(SocketAddr);

/// A client's 5-tuple (RFC 8656, section 2): which of our sockets it talks to, and
/// from where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ClientId {
    /// One number for each listening socket.
    pub(crate) listener: usize,
    pub(crate) remote: ClientAddr,
}

/// Of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    V4,
    V6,
}

impl ClientAddr {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self(without_scope(address))
    }

    pub(crate) fn socket_addr(self) -> SocketAddr {
        self.0
    }

    pub(crate) fn ip(self) -> IpAddr {
        self.0.ip()
    }
}

impl PeerAddr {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self(without_scope(address))
    }

    pub(crate) fn socket_addr(self) -> SocketAddr {
        self.0
    }

    pub(crate) fn ip(self) -> IpAddr {
        self.0.ip()
    }

    pub(crate) fn port(self) -> u16 {
        self.0.port()
    }

    /// The relay socket that this address would be, if it is one.
    pub(crate) fn as_relay_port(self) -> RelayPort {
        RelayPort(self.0)
    }
}

impl RelayPort {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self(without_scope(address))
    }

    pub(crate) fn socket_addr(self) -> SocketAddr {
        self.0
    }

    pub(crate) fn family(self) -> Family {
        Family::of(self.0.ip())
    }

    /// Its client as other clients of this relay see it.
    pub(crate) fn as_peer(self) -> PeerAddr {
        PeerAddr(self.0)
    }
}

impl Family {
    pub(crate) fn of(ip: IpAddr) -> Self {
        if ip.is_ipv4() { Self::V4 } else { Self::V6 }
    }
}

/// Without IPv6's flow and scope, so that equal addresses are equal.
fn without_scope(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip(), address.port())
}
