//! Inputs of the call machine.

use std::time::Duration;

use wimpex_protocol::{CallEnd, CallId, DeviceId, MediaState, Sdp, Signal, UserId};
use wimpex_webrtc::{IceCandidateInit, MediaError, PeerConnectionState, TrackKind};

use crate::command::Command;
use crate::standing::Standing;

/// Names one `RTCPeerConnection` of a machine, from 1. What comes back with an older id is
/// about a connection that was closed, and is ignored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(transparent)
)]
pub struct PeerConnectionId(pub u64);

/// Names one call of `getUserMedia`, from 1, and the tracks that came of it.
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
    /// The user of the page clicked.
    Command(Command),

    /// A signal came from another page, by way of the server.
    Signal {
        /// The sender, as the server stamped it.
        from: UserId,
        /// The sender's device, as the server stamped it.
        device: DeviceId,
        /// Whether it was sent to this device, rather than to all of the user's.
        to_this_device: bool,
        /// Whether the user means the sender: decides which of two prompts is shown.
        #[cfg_attr(
            feature = "serde",
            serde(default, skip_serializing_if = "Standing::is_stranger")
        )]
        standing: Standing,
        /// What it says.
        signal: Signal,
    },
    /// The server says that a message about a call reached nobody: its error
    /// `user-offline`.
    PeerOffline {
        /// The call that the message was about.
        call_id: CallId,
        /// Whether the message was a `call-offer` (the error's `refType`).
        offer: bool,
    },
    /// The server says that no device of the peer is there, and that they are being woken: its
    /// error `user-waking`.
    PeerWaking {
        /// The id of the call whose offer has reached nobody yet.
        call_id: CallId,
    },
    /// The server says that it did not pass the call's offer on, since too much was sent to
    /// its user: its error `rate-limited` with a `toId`.
    OfferRefused {
        /// The id of the call whose offer was not put through.
        call_id: CallId,
    },
    /// The server says which devices of a user are online: its `presence`.
    PeerDevices {
        /// The user.
        user: UserId,
        /// Those that are online; empty means that the user is not.
        devices: Vec<DeviceId>,
    },
    /// The page is logged in anew, and the server remembers nothing from before:
    /// it has restarted, or the page was away for too long.
    SessionRenewed,
    /// The browser says that this device is on another network.
    NetworkChanged,
    /// The peer says over the call's own data channel, which needs no server, that the
    /// call is over.
    DataChannelMessage {
        /// Over which connection.
        connection: PeerConnectionId,
        /// The same message as the one by way of the server.
        end: CallEnd,
    },

    /// The peer says over the data channel how its side of the call is.
    PeerMediaState {
        /// Over which connection.
        connection: PeerConnectionId,
        /// The whole state.
        state: MediaState,
    },
    /// This device is about to go off, or no longer (Battery Status API).
    BatteryLow(bool),

    /// An offer is set as the local description: what [`crate::Output::CreateOffer`] asked
    /// for.
    LocalOffer {
        /// Of which connection.
        connection: PeerConnectionId,
        /// The local description.
        sdp: Sdp,
    },
    /// An answer is set as the local description: what
    /// [`crate::Output::SetRemoteOffer`] asked for.
    LocalAnswer {
        /// Of which connection.
        connection: PeerConnectionId,
        /// The local description.
        sdp: Sdp,
    },
    /// `onicecandidate`: a candidate to be trickled (RFC 8838).
    LocalCandidate {
        /// Of which connection.
        connection: PeerConnectionId,
        /// The candidate.
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
    /// This browser has closed the connection by itself, as Chromium does with all of them when
    /// the device goes to sleep: `connectionState` is `closed`, and nobody has hung up.
    ConnectionClosed {
        /// Which connection.
        connection: PeerConnectionId,
    },
    /// The page has not run for a while, in the middle of a call: the device slept, or the
    /// browser was stopped.
    Slept {
        /// By the wall clock, which runs on meanwhile.
        duration: Duration,
    },
    /// Whether the browser keeps what another page needs to come back to this call
    /// ([`crate::KeptCall`]).
    Kept(bool),
    /// `getUserMedia` has an answer: see [`crate::Output::RequestMedia`].
    Media {
        /// Which request.
        request: MediaRequest,
        /// Whether there is a track of the microphone; `None` if it was not asked for.
        audio: Option<Result<(), MediaError>>,
        /// The same of the camera.
        video: Option<Result<(), MediaError>>,
    },
    /// A captured track has ended by itself (it fired `ended`), and no other device took its
    /// place.
    TrackEnded {
        /// The request that it had come of.
        request: MediaRequest,
        /// The request may have come to one of each.
        kind: TrackKind,
        /// [`MediaError::Ended`] for a device that is gone; another error says why no device
        /// can be had, as when the permission was taken back.
        #[cfg_attr(
            feature = "serde",
            serde(default = "unplugged", skip_serializing_if = "is_unplugged")
        )]
        reason: MediaError,
    },
    /// The system has taken microphone or camera away for a while (a telephone call, a privacy
    /// switch), or given it back: a captured track fired `mute` or `unmute` (W3C
    /// mediacapture-streams, section 4.3.1). Nothing that the user did.
    TrackInterrupted {
        /// The request that it had come of.
        request: MediaRequest,
        /// The request may have come to one of each.
        kind: TrackKind,
        /// `MediaStreamTrack.muted`: silence or black leaves.
        interrupted: bool,
    },
    /// A device that was lost in this call is there again, and may be used without being asked
    /// for.
    DeviceReturned {
        /// Microphone or camera.
        kind: TrackKind,
    },
    /// The time has come that `poll_timeout` named.
    Timeout,
}

#[cfg(feature = "serde")]
fn unplugged() -> MediaError {
    MediaError::Ended
}

#[cfg(feature = "serde")]
fn is_unplugged(reason: &MediaError) -> bool {
    *reason == MediaError::Ended
}
