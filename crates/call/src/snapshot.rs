//! The call, as a user interface shows it.

use std::time::Duration;

use wimpex_protocol::{CallId, CallType, MediaState, UserId};
use wimpex_sansio::Now;
use wimpex_webrtc::MediaError;

use crate::callee::Callee;
use crate::input::PeerConnectionId;
use crate::sharing::Sharing;

/// Where a call stands. See the diagram in the crate's documentation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum State {
    /// No call.
    #[default]
    Idle,
    /// We called, and wait for an answer.
    Calling,
    /// Somebody calls us, and the prompt is shown.
    Ringing,
    /// Accepted; no connection yet.
    Connecting,
    /// Media flows.
    Connected,
    /// Media flowed, and the path was lost: ICE looks for another.
    Reconnecting,
    /// It is over; how it ended is being shown.
    Ended,
}

/// Which side of the call this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The side whose offer the call began with. Impolite, in the sense of
    /// perfect negotiation (webrtc, section 10.7).
    Caller,
    /// The other one. Polite.
    Callee,
}

/// Why a call ended, from this side's point of view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EndReason {
    /// This side hung up.
    HungUp,
    /// The other side hung up.
    PeerHungUp,
    /// The other side closed the connection and said nothing: its user, who hangs up so in a minimal
    /// client, or its browser.
    PeerClosed,
    /// This side gave up calling.
    Cancelled,
    /// The caller gave up before this side answered.
    Missed,
    /// This side said no.
    Declined,
    /// The other side said no.
    PeerDeclined,
    /// The other side is in another call.
    Busy,
    /// The link that this side has called by is too old.
    LinkExpired,
    /// The link that this side has called by was for so many calls, and no more.
    LinkUsedUp,
    /// The other side has taken back the link that this side has called by.
    LinkRevoked,
    /// The other side does not know the link that this side has called by.
    LinkUnknown,
    /// The other side's browser cannot take such a call.
    Unsupported,
    /// The other side did not answer in time.
    NoAnswer,
    /// None of the other side's devices is online.
    PeerOffline,
    /// The other side's device was there, but asleep: it never rang.
    PeerAsleep,
    /// The server did not pass the call on: too much was sent to the other side.
    Refused,
    /// The other side's device went offline before there was a connection.
    PeerGone,
    /// Another device of this user took the call.
    AnsweredElsewhere,
    /// Another device of this user declined the call.
    DeclinedElsewhere,
    /// No path between the two sides was found.
    ConnectionFailed,
    /// The path between the two sides was lost, and no other found in time.
    ConnectionLost,
    /// The other side's page was left in the middle of the call, and nobody came back in time.
    PeerDidNotReturn,
    /// This device was asleep, and the call was over when it woke up.
    Slept,
    /// A browser could not create, or did not accept, a description.
    NegotiationFailed,
    /// The same user called anew; that call took this one's place.
    Superseded,
}

/// How the last call ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ended {
    /// The call.
    pub call_id: CallId,
    /// The user at the other end.
    pub peer: UserId,
    /// What the peer calls itself, if it called us.
    pub peer_name: Option<String>,
    /// With or without video.
    pub call_type: CallType,
    /// Which side of it this page was.
    pub role: Role,
    /// Why it ended.
    pub reason: EndReason,
    /// From the first connection to the end; `None` if it never connected.
    pub duration: Option<Duration>,
    /// Why there was no microphone at the end, if it was wanted.
    pub microphone: Option<MediaError>,
    /// Why there was no camera at the end, if it was wanted.
    pub camera: Option<MediaError>,
}

/// The microphone or the camera, as far as this call is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Capture {
    /// Not in use.
    Off,
    /// The browser prompts the user.
    Asking,
    /// In use.
    On,
    /// Wanted, but not available.
    Failed(MediaError),
}

impl Capture {
    /// Whether it is in use, or about to be.
    pub(crate) fn is_wanted(self) -> bool {
        match self {
            Self::Asking | Self::On => true,
            Self::Off | Self::Failed(_) => false,
        }
    }

    /// Why it is not available, if it was wanted.
    pub(crate) fn failure(self) -> Option<MediaError> {
        match self {
            Self::Failed(error) => Some(error),
            Self::Off | Self::Asking | Self::On => None,
        }
    }
}

/// Whether a call has video. A video call has; an audio call gets it once both sides want it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CallVideo {
    /// An audio call with a peer that cannot change that, or may not be able to.
    #[default]
    Unavailable,
    /// An audio call; the peer can be asked for video.
    Available,
    /// This side has asked for it.
    Asked,
    /// The peer has asked for it.
    Wanted,
    /// Either side may send it.
    On,
}

/// A call that is not over.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ActiveCall {
    /// The call.
    pub call_id: CallId,
    /// The user at the other end.
    pub peer: UserId,
    /// What the peer calls itself, if it called us.
    pub peer_name: Option<String>,
    /// With or without video.
    pub call_type: CallType,
    /// Which side of it this page is.
    pub role: Role,
    /// The connection that carries it.
    pub connection: PeerConnectionId,
    /// While calling: what has been heard of the peer's devices.
    pub callee: Callee,
    /// When media first flowed; `None` before.
    pub connected_at: Option<Now>,
    /// The user has muted the microphone.
    pub muted: bool,
    /// Whether the microphone is in use.
    pub microphone: Capture,
    /// Whether the camera is in use.
    pub camera: Capture,
    /// Whether there is, or can be, video.
    pub video: CallVideo,
    /// How the peer's side is; `None` of one that does not say.
    pub peer_media: Option<MediaState>,
    /// The system has taken the microphone away for a while: silence leaves, whatever the user
    /// chose. The track is still there, and goes on by itself.
    pub microphone_interrupted: bool,
    /// The same of the camera: black leaves.
    pub camera_interrupted: bool,
    /// Whether a screen is sent, and how.
    pub sharing: Sharing,
    /// This side has put the call on hold.
    pub on_hold: bool,
}

/// The calls of a machine at one moment; [`crate::Output::Changed`] announces each change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct CallSnapshot {
    /// Where the call stands.
    pub state: State,
    /// The call, if it is not over.
    pub call: Option<ActiveCall>,
    /// A second call, which rings inside this one. There is never one beside [`Self::held`].
    pub waiting: Option<ActiveCall>,
    /// A second call, which is on hold while this one is talked in.
    pub held: Option<ActiveCall>,
    /// How the last call ended, until the user has dismissed that. It may be one that ended
    /// beside the call that there is.
    pub ended: Option<Ended>,
}
