//! Which call, and with whom.

use wimpex_protocol::{CallId, UserId};

/// Names one call of this user. The id alone does not: the caller chooses it, and two
/// callers may choose the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CallKey {
    /// The other side, by the user id that signaling names.
    pub peer: UserId,
    /// The `callId` of the call's messages.
    pub call_id: CallId,
}

impl CallKey {
    /// The call with this peer that has this id.
    pub const fn new(peer: UserId, call_id: CallId) -> Self {
        Self { peer, call_id }
    }
}
