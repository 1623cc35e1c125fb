//! Everything that can happen to a call.

use wimpex_protocol::{CallEnd, CallId, DeviceId, Sdp, Signal, UserId};

use wimpex_webrtc::{IceCandidateInit, MediaError, PeerConnectionState, TrackKind};

use crate::command::Command;

/// Names one `RTCPeerConnection`. Whatever comes back with an older number is
/// about a connection that is gone, and is ignored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(transparent)
)]
pub struct PeerConnectionId(pub u64);

/// Names one question to the person for microphone or camera, and the tracks
/// that came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(transparent)
)]
pub struct MediaRequest(pub u64);

/// What can happen to a call. What comes with the id of a connection that is closed
/// already has no effect.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case", rename_all_fields = "camelCase")
)]
pub enum Input {
    /// The user wants something.
    Command(Command),

    /// A signal came from another page, by way of the server.
    Signal {
        /// The sender, as the server stamped it.
        from: UserId,
        /// The sender's device, as the server stamped it.
        device: DeviceId,
        /// Whether it was sent to this device, rather than to all of the user's.
        to_this_device: bool,
        /// What it says.
        signal: Signal,
    },
    /// The server says that a message about this call reached nobody.
    PeerOffline {
        /// The call.
        call_id: CallId,
        /// Whether that message was a `call-offer` (the error's `refType`).
        offer: bool,
    },
    /// The server says who is there: its `presence` of one person.
    PeerDevices {
        /// The person.
        user: UserId,
        /// Their devices that are there; empty means that nobody is.
        devices: Vec<DeviceId>,
    },
    /// The page is logged in anew, and the server remembers nothing from before:
    /// it has restarted, or the page was away for too long.
    SessionRenewed,
    /// The browser says that this machine is on another network.
    NetworkChanged,
    /// The peer says over the call's own data channel, which needs no server, that the
    /// call is over.
    DataChannelMessage {
        /// Over which connection.
        connection: PeerConnectionId,
        /// The same message as the one by way of the server.
        end: CallEnd,
    },

    /// The local description of an offer is set.
    LocalOffer {
        /// Of which connection.
        connection: PeerConnectionId,
        /// The description.
        sdp: Sdp,
    },
    /// The local description of an answer is set.
    LocalAnswer {
        /// Of which connection.
        connection: PeerConnectionId,
        /// The description.
        sdp: Sdp,
    },
    /// `onicecandidate`.
    LocalCandidate {
        /// Of which connection.
        connection: PeerConnectionId,
        /// The path.
        candidate: IceCandidateInit,
    },
    /// The browser could not carry out [`crate::Output::CreateConnection`].
    CreateConnectionFailed {
        /// Which connection.
        connection: PeerConnectionId,
    },
    /// No local description came of [`crate::Output::CreateOffer`] or
    /// [`crate::Output::SetRemoteOffer`], or it cannot be signed.
    LocalDescriptionFailed {
        /// Of which connection.
        connection: PeerConnectionId,
    },
    /// The browser refused the answer of [`crate::Output::SetRemoteAnswer`].
    SetRemoteAnswerFailed {
        /// Of which connection.
        connection: PeerConnectionId,
    },
    /// `onconnectionstatechange`; or, as [`PeerConnectionState::Closed`], the end of
    /// the peer's DTLS transport.
    ConnectionStateChanged {
        /// Of which connection.
        connection: PeerConnectionId,
        /// The new state.
        state: PeerConnectionState,
    },
    /// `getUserMedia` has an answer. What was not asked for is `None`.
    Media {
        /// Which question.
        request: MediaRequest,
        /// The microphone.
        audio: Option<Result<(), MediaError>>,
        /// The camera.
        video: Option<Result<(), MediaError>>,
    },
    /// A captured track ended by itself.
    TrackEnded {
        /// The question that it had come of.
        request: MediaRequest,
        /// Which one.
        kind: TrackKind,
    },
    /// The time that [`crate::CallMachine::poll_timeout`] named has come.
    Timeout,
}
