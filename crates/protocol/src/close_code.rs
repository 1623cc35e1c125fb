//! The WebSocket close codes that this protocol defines (RFC 6455, section 7.4.2: private
//! use); docs/protocol.md lists the registered ones that it uses. And the reason that a
//! server gives with 1001 and 1013.

use std::time::Duration;

/// From the server: a newer connection of the same device has taken this one's place.
pub const SUPERSEDED: u16 = 4001;

/// From a client: it gives this connection up, and reconnects. The server keeps the
/// session, which it ends at any other code.
pub const RECONNECTING: u16 = 4002;

const RECONNECT_WITHIN: &str = "reconnect within ";

/// The reason of a server that stops (1001), or lets nobody in for now (1013): those who were
/// connected, or wanted to be, come back at any time of this window, so that no server has all of
/// them at the same moment.
///
/// ```
/// use std::time::Duration;
/// use wimpex_protocol::close_code::{reconnect_reason, reconnect_window};
///
/// let window = Duration::from_millis(4_500);
/// assert_eq!(reconnect_reason(window), "reconnect within 4500 ms");
/// assert_eq!(reconnect_window("reconnect within 4500 ms"), Some(window));
/// assert_eq!(reconnect_window("going away"), None);
/// ```
pub fn reconnect_reason(window: Duration) -> String {
    format!("{RECONNECT_WITHIN}{} ms", window.as_millis())
}

/// Reads that reason, or another server's; at most [`MAX_RECONNECT_WINDOW`].
pub fn reconnect_window(reason: &str) -> Option<Duration> {
    let rest = reason.strip_prefix(RECONNECT_WITHIN)?.strip_suffix(" ms")?;
    let window = Duration::from_millis(rest.parse().ok()?);
    Some(window.min(MAX_RECONNECT_WINDOW))
}

/// A server may not keep its clients away for longer.
pub const MAX_RECONNECT_WINDOW: Duration = Duration::from_secs(60);
