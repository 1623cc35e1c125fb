//! What the user of the page wants of a call.

use wimpex_protocol::{CallId, CallType, UserId};

use crate::sharing::Sharing;

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
    /// The page is left. Ends the call as [`Command::HangUp`] does, unless the page can come back
    /// to it ([`crate::Input::Kept`]) and the peer waits for that.
    LeavePage,
    /// Closes the notice of how the last call ended.
    Dismiss,
    /// Mutes or unmutes the microphone. Unmuting asks anew for a microphone that was
    /// not to be had.
    SetMuted(bool),
    /// Turns the camera on or off. In an audio call, turning it on asks the peer for video;
    /// where the peer has asked, it agrees.
    SetCamera(bool),
    /// A screen is sent from now on, elsewhere, or no longer. In an audio call it asks the peer
    /// for video, as the camera does.
    SetSharing(Sharing),
    /// Answers the second call, which rings inside the first.
    AnswerWaiting {
        /// Whether the first call is put on hold for it, rather than ended.
        hold: bool,
    },
    /// Declines the second call, which rings inside the first.
    DeclineWaiting,
    /// Puts the call on hold, or goes on with it.
    SetOnHold(bool),
    /// Puts the call on hold, and goes on with the one that was.
    Swap,
    /// Ends the second call: hangs up the one that is on hold behind this one, or declines the
    /// one that rings inside it.
    EndOther,
    /// Agrees to the video that the peer wants in an audio call.
    AcceptVideo {
        /// Whether to send video too, rather than stay unseen.
        camera: bool,
    },
}
