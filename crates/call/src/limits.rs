//! Timeouts and capacities of a call.

use std::time::Duration;

/// How long a call rings, on both sides, before it ends as `no-answer` (docs/protocol.md).
pub const RING: Duration = Duration::from_secs(60);
/// A device that has the offer says that it rings within this; afterwards the caller is told
/// that nothing is heard of it. Less than the 8 s after which a server says that a session
/// which acknowledges nothing is away, so that this comes first.
pub const NO_RINGING_AFTER: Duration = Duration::from_secs(7);
/// From the answer to `connected`; then the call ends as `failed`.
pub const CONNECT: Duration = Duration::from_secs(20);
/// From the loss of the path to `connected` again; then the call ends as `failed`.
pub const RECONNECT: Duration = Duration::from_secs(30);
/// A page that was left in the call says within this that it is back, and asks its user; then the
/// call ends. Loading a page takes a second or a few; whoever has closed theirs for good does not
/// keep the other side for longer.
pub const PAGE_BACK: Duration = Duration::from_secs(10);
/// From when a page was left to when its user may still return to the call: [`RECONNECT`] counts
/// at the other side meanwhile.
pub const RETURN: Duration = RECONNECT;
/// A connection that the peer offers, when it has returned, has this long at least.
pub const RETURNED: Duration = Duration::from_secs(10);
/// How long `disconnected` may heal by itself before the caller restarts ICE.
pub const RESTART_AFTER: Duration = Duration::from_secs(2);
/// The callee leaves the restart to the caller this much longer, so that the two
/// rarely collide.
pub const CALLEE_RESTART_AFTER: Duration = Duration::from_secs(6);
/// An offer in a live call is retransmitted after this long without an answer.
pub const RESEND_AFTER: Duration = Duration::from_secs(4);
/// An ICE restart that was answered has this long before the next one.
pub const RESTART_AGAIN_AFTER: Duration = Duration::from_secs(10);
/// A page that has not run for this long was asleep, rather than busy.
pub const ASLEEP: Duration = Duration::from_secs(15);
/// Connections before the present one whose descriptions are still told apart.
pub const PAST_CONNECTIONS: usize = 8;
/// A peer that goes offline before the connection may come back for this long.
pub const PEER_LEFT_AFTER: Duration = Duration::from_secs(3);
/// The same after a [`crate::Input::SessionRenewed`], counted from there: when a
/// server restarts, everybody logs in again at their own pace.
pub const PEER_LEFT_AFTER_RENEWAL: Duration = Duration::from_secs(10);
/// Candidates that may wait for the description that they belong to, and local ones
/// that are kept to be retransmitted.
pub const WAITING_CANDIDATES: usize = 200;
/// Remote candidates that the browser is given for one description: each makes it
/// send to an address of the peer's choice.
pub const CANDIDATES: usize = 1000;
/// Candidates kept for a call whose offer has not arrived yet (trickle ICE, RFC 8838). Browsers
/// gather about twenty for a description; whoever sends more is filling our memory.
pub const EARLY_CANDIDATES: usize = 64;
/// Remote descriptions that are recognised when they are repeated: a bound on what a peer can
/// make us remember.
pub const REMOTE_DESCRIPTIONS: usize = 32;
/// Ended calls of one peer that are remembered.
pub const ENDED_CALLS: usize = 32;
/// The same for all peers together, so that nobody can fill the memory.
pub const ENDED_CALLS_OF_ALL: usize = 128;
