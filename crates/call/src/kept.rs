//! What is left of a call when its page is.

use std::fmt;
use std::time::Duration;

use wimpex_protocol::{CallId, CallType, DeviceId, MediaState, UserId};

/// All that another page of the same device needs of a call to go on with it
/// ([`crate::CallMachine::returning`]). Nothing in it is secret, but whom the call is with.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct KeptCall {
    /// Which call it is; the same on both sides.
    pub call_id: CallId,
    /// The user at the other end.
    pub peer: UserId,
    /// The one of their devices that the call is with.
    pub peer_device: DeviceId,
    /// What the peer calls itself, if it called us.
    pub peer_name: Option<String>,
    /// Which of the peer's connections the last one was to, as a hash of its session id; `None` of
    /// one that names none.
    pub peer_session: Option<u64>,
    /// How the peer's side was.
    pub peer_media: MediaState,
    /// As it was offered: whether it has become a video call says [`Self::has_video`].
    pub call_type: CallType,
    /// Whether this side has called.
    pub is_caller: bool,
    /// Whether there is video, as in an audio call that has become one.
    pub has_video: bool,
    /// From the first connection until now.
    pub duration: Duration,
    /// The user has muted the microphone.
    pub muted: bool,
    /// The user sends the camera's picture, and will again after a return.
    pub camera: bool,
}

impl fmt::Debug for KeptCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptCall").finish_non_exhaustive()
    }
}
