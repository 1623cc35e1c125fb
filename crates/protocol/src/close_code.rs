//! The WebSocket close codes that this protocol defines (RFC 6455, section 7.4.2: private
//! use); docs/protocol.md lists the registered ones that it uses.

/// From the server: a newer connection of the same device has taken this one's place.
pub const SUPERSEDED: u16 = 4001;

/// From a client: it gives this connection up, and reconnects. The server keeps the
/// session, which it ends at any other code.
pub const RECONNECTING: u16 = 4002;
