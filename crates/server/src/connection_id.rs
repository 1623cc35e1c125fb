//! The name of a WebSocket connection within this process.

/// One connection, for as long as it lasts. Never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ConnectionId(pub(crate) u64);
