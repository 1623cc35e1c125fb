//! What the user of the page wants of a call.

use wimpex_protocol::{CallId, CallType, UserId};

/// What the user asks for. A command that the state of the call does not allow has no
/// effect: a click may cross a message that has ended the call.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case", rename_all_fields = "camelCase")
)]
pub enum Command {
    /// Calls somebody, unless there is a call already.
    StartCall {
        /// The new call's id: fresh, and unguessable, since whoever knows it could
        /// collide with the call on purpose.
        call_id: CallId,
        /// Whom to call; all their devices ring.
        peer: UserId,
        /// With or without video.
        call_type: CallType,
    },
    /// Answers the call that is ringing.
    Accept {
        /// Whether to send video, in a video call.
        camera: bool,
    },
    /// Declines the call that is ringing.
    Decline,
    /// Ends the call, in whatever state: cancels it while calling, declines it while
    /// ringing.
    HangUp,
    /// Closes the notice of how the last call ended.
    Dismiss,
    /// Mutes or unmutes the microphone. Unmuting asks anew for a microphone that was
    /// not to be had.
    SetMuted(bool),
    /// Turns the camera on or off. In an audio call, turning it on asks the peer for video;
    /// where the peer has asked, it agrees.
    SetCamera(bool),
    /// Agrees to the video that the peer wants in an audio call.
    AcceptVideo {
        /// Whether to send video too, rather than stay unseen.
        camera: bool,
    },
}
