//! What a TCP connection holds from its beginning to its end, across an upgrade.

use std::net::IpAddr;

use tokio::sync::OwnedSemaphorePermit;
use wimpex_limits::Permit;

/// See the module. Travels with each request of the connection.
pub(crate) struct TcpClient {
    /// Who connected: the client, or a proxy.
    pub(crate) peer: IpAddr,
    pub(crate) _room: OwnedSemaphorePermit,
    /// `None` for a trusted proxy.
    pub(crate) _permit: Option<Permit>,
}
