//! What can be seen of a call from outside.

use std::time::Duration;

use wimpex_protocol::{CallId, CallType, UserId};
use wimpex_sansio::Now;
use wimpex_webrtc::MediaError;

use crate::input::PeerConnectionId;

/// Where a call stands. See the picture in the crate's documentation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum State {
    /// No call.
    #[default]
    Idle,
    /// We called, and wait for an answer.
    Calling,
    /// Somebody calls, and the prompt is shown.
    Ringing,
    /// Accepted; no connection yet.
    Connecting,
    /// Media flows.
    Connected,
    /// Media flowed; a new path is being looked for.
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
    /// The other side's browser cannot take such a call.
    Unsupported,
    /// The other side did not answer in time.
    NoAnswer,
    /// None of the other side's devices is there.
    PeerOffline,
    /// The other side's device vanished before there was a connection.
    PeerGone,
    /// Another device of this person took the call.
    AnsweredElsewhere,
    /// Another device of this person declined the call.
    DeclinedElsewhere,
    /// No path between the two sides was found.
    ConnectionFailed,
    /// The path between the two sides was lost, and no other found in time.
    ConnectionLost,
    /// The two browsers could not agree on how to talk.
    NegotiationFailed,
    /// The same person called anew; that call took this one's place.
    Superseded,
}

/// How the last call ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ended {
    /// Which call.
    pub call_id: CallId,
    /// With whom.
    pub peer: UserId,
    /// What the peer calls itself, if it called us.
    pub peer_name: Option<String>,
    /// Sound and picture, or sound alone.
    pub call_type: CallType,
    /// Which side of it this was.
    pub role: Role,
    /// Why.
    pub reason: EndReason,
    /// From the moment of connection to the end; `None` if it never connected.
    pub duration: Option<Duration>,
    /// Why the peer did not hear this side at the end, if the microphone was why.
    pub microphone: Option<MediaError>,
    /// Why the peer did not see this side at the end, if the camera was why.
    pub camera: Option<MediaError>,
}

/// Microphone or camera, as far as this call is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Capture {
    /// Not in use.
    Off,
    /// The browser is asking the person.
    Asking,
    /// In use.
    On,
    /// Wanted, but not to be had.
    Failed(MediaError),
}

impl Capture {
    /// Why it is not to be had.
    pub(crate) fn failure(self) -> Option<MediaError> {
        match self {
            Self::Failed(error) => Some(error),
            Self::Off | Self::Asking | Self::On => None,
        }
    }
}

/// A call that is not over.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ActiveCall {
    /// Which call.
    pub call_id: CallId,
    /// With whom.
    pub peer: UserId,
    /// What the peer calls itself, if it called us.
    pub peer_name: Option<String>,
    /// Sound and picture, or sound alone.
    pub call_type: CallType,
    /// Which side of it this is.
    pub role: Role,
    /// The connection that carries it.
    pub connection: PeerConnectionId,
    /// While calling: a device of the peer shows the prompt.
    pub peer_rings: bool,
    /// When media first flowed, on the clock of [`crate::CallMachine::handle`].
    pub connected_at: Option<Now>,
    /// The person does not want to be heard.
    pub muted: bool,
    /// The microphone.
    pub microphone: Capture,
    /// The camera.
    pub camera: Capture,
}

/// All that can be seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct CallSnapshot {
    /// Where it stands.
    pub state: State,
    /// The call that is not over.
    pub call: Option<ActiveCall>,
    /// How the last one ended, while that is being shown.
    pub ended: Option<Ended>,
}
