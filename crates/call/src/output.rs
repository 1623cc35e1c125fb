//! Everything that a call can ask for.

use wimpex_protocol::{CallEnd, CallType, Relayed, Sdp};
use wimpex_webrtc::IceCandidateInit;

use crate::input::{MediaRequest, PeerConnectionId};
use crate::snapshot::Role;

/// One thing to do, in the order in which they come out.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Output {
    /// Pass this to the server.
    Send(Relayed),
    /// Make an `RTCPeerConnection`. The caller's has its transceivers from the
    /// start; the callee's come with the offer.
    CreateConnection {
        /// Its number from now on.
        connection: PeerConnectionId,
        /// Which side of the call it is on.
        role: Role,
        /// Sound and picture, or sound alone.
        call_type: CallType,
    },
    /// `setLocalDescription` of an offer; the answer is [`crate::Input::LocalOffer`].
    CreateOffer {
        /// On which connection.
        connection: PeerConnectionId,
        /// Whether to gather new candidates (`restartIce`).
        ice_restart: bool,
    },
    /// `setRemoteDescription` of an offer, rolling back one of our own, and
    /// `setLocalDescription`; the answer is [`crate::Input::LocalAnswer`].
    SetRemoteOffer {
        /// On which connection.
        connection: PeerConnectionId,
        /// The peer's offer.
        sdp: Sdp,
    },
    /// `setRemoteDescription` of an answer.
    SetRemoteAnswer {
        /// On which connection.
        connection: PeerConnectionId,
        /// The peer's answer.
        sdp: Sdp,
    },
    /// `addIceCandidate`; always after the description that it belongs to.
    AddCandidate {
        /// On which connection.
        connection: PeerConnectionId,
        /// The path.
        candidate: IceCandidateInit,
    },
    /// Close the connection and let go of all that belongs to it.
    CloseConnection {
        /// Which one.
        connection: PeerConnectionId,
        /// What to tell the peer over the connection itself first: the server,
        /// which is told the same, may be away.
        goodbye: Option<CallEnd>,
    },
    /// `getUserMedia`; the answer is [`crate::Input::Media`].
    RequestMedia {
        /// The question's number.
        request: MediaRequest,
        /// Ask for the microphone.
        audio: bool,
        /// Ask for the camera.
        video: bool,
    },
    /// Send these of the request's tracks over the connection (`replaceTrack`),
    /// and stop its others.
    AttachMedia {
        /// On which connection.
        connection: PeerConnectionId,
        /// Whose tracks.
        request: MediaRequest,
        /// Send its sound.
        audio: bool,
        /// Send its picture.
        video: bool,
    },
    /// Let the microphone be heard or not (`MediaStreamTrack.enabled`).
    SetMuted(bool),
    /// Stop the camera, its light included.
    StopCamera,
    /// Stop all tracks of this request; it came too late.
    ReleaseMedia {
        /// Whose tracks.
        request: MediaRequest,
    },
    /// Stop all tracks, whatever request they came of.
    ReleaseAllMedia,
    /// What [`crate::CallMachine::snapshot`] says has changed.
    Changed,
}

impl Output {
    /// What it asks for, in a word: for records of what happened.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Send(relayed) => relayed.signal.type_name(),
            Self::CreateConnection { .. } => "create connection",
            Self::CreateOffer {
                ice_restart: true, ..
            } => "create offer, restart ICE",
            Self::CreateOffer {
                ice_restart: false, ..
            } => "create offer",
            Self::SetRemoteOffer { .. } => "set remote offer",
            Self::SetRemoteAnswer { .. } => "set remote answer",
            Self::AddCandidate { .. } => "add candidate",
            Self::CloseConnection { .. } => "close connection",
            Self::RequestMedia { .. } => "request media",
            Self::AttachMedia { .. } => "attach media",
            Self::SetMuted(_) => "set muted",
            Self::StopCamera => "stop camera",
            Self::ReleaseMedia { .. } => "release media",
            Self::ReleaseAllMedia => "release all media",
            Self::Changed => "changed",
        }
    }
}
