//! Outputs of the call machine.

use wimpex_protocol::{CallEnd, CallType, Envelope, MediaState, Sdp};
use wimpex_webrtc::IceCandidateInit;

use crate::input::{MediaRequest, PeerConnectionId};
use crate::snapshot::Ended;

/// What is to be done. The order matters: a candidate, for example, always comes after
/// the description that it belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Output {
    /// Send this to the server, signed if its call is one that can be verified.
    Send(Envelope),
    /// Create an `RTCPeerConnection`, with the certificate of the call: each call has one, and
    /// all of its connections the same. If that fails, the answer is
    /// [`crate::Input::CreateConnectionFailed`].
    CreateConnection {
        /// What it is called from now on.
        connection: PeerConnectionId,
        /// Whether it begins with an offer of ours. Then it has its transceivers from the start,
        /// that for video too, which is inactive in an audio call; else they come with the
        /// peer's offer.
        offers: bool,
        /// With or without video.
        call_type: CallType,
    },
    /// `setLocalDescription` of an offer; the answer is [`crate::Input::LocalOffer`], or
    /// [`crate::Input::LocalDescriptionFailed`].
    CreateOffer {
        /// On which connection.
        connection: PeerConnectionId,
        /// Whether to gather new candidates (`restartIce`).
        ice_restart: bool,
        /// Whether its video section is to send and receive; it is inactive otherwise.
        video: bool,
    },
    /// `setRemoteDescription` of an offer, with a rollback of a local one, and then
    /// `setLocalDescription` of the answer; the answer is [`crate::Input::LocalAnswer`],
    /// or [`crate::Input::LocalDescriptionFailed`].
    SetRemoteOffer {
        /// On which connection.
        connection: PeerConnectionId,
        /// The peer's offer.
        sdp: Sdp,
        /// Whether the answer is to send and receive video, if the offer has it.
        video: bool,
    },
    /// `setRemoteDescription` of an answer. If that fails, the answer is
    /// [`crate::Input::SetRemoteAnswerFailed`].
    SetRemoteAnswer {
        /// On which connection.
        connection: PeerConnectionId,
        /// The peer's answer.
        sdp: Sdp,
    },
    /// `addIceCandidate`. Whether that works is of no interest: it is one path fewer.
    AddCandidate {
        /// On which connection.
        connection: PeerConnectionId,
        /// The candidate.
        candidate: IceCandidateInit,
    },
    /// Close the connection, and release all that belongs to it.
    CloseConnection {
        /// Which one.
        connection: PeerConnectionId,
        /// What to tell the peer over the connection itself first: the server,
        /// which is told the same, may be away.
        goodbye: Option<CallEnd>,
    },
    /// `getUserMedia`; the answer is [`crate::Input::Media`].
    RequestMedia {
        /// What the request is called from now on.
        request: MediaRequest,
        /// Ask for the microphone.
        audio: bool,
        /// Ask for the camera.
        video: bool,
    },
    /// Send these of the request's tracks over the connection (`replaceTrack`), and stop its
    /// others.
    AttachMedia {
        /// On which connection.
        connection: PeerConnectionId,
        /// Whose tracks.
        request: MediaRequest,
        /// Send its audio track.
        audio: bool,
        /// Send its video track.
        video: bool,
    },
    /// Put this connection on hold: send nothing over it (`replaceTrack(null)`), and let nothing
    /// of it be heard or seen, until it is taken off again. What is captured goes on; it is
    /// attached anew afterwards. A new connection is not on hold.
    SetOnHold {
        /// Which connection.
        connection: PeerConnectionId,
        /// Whether it is on hold from now on.
        on_hold: bool,
    },
    /// Mute the microphone or not (`MediaStreamTrack.enabled`).
    SetMuted(bool),
    /// Stop the camera's tracks, so that its light goes off.
    StopCamera,
    /// Stop all tracks of this request, which came too late.
    ReleaseMedia {
        /// Whose tracks.
        request: MediaRequest,
    },
    /// Stop all tracks, whatever request they came of.
    ReleaseAllMedia,
    /// Tell the peer over the connection how this side is: the last one counts.
    TellPeer {
        /// Over which connection.
        connection: PeerConnectionId,
        /// All of it: the peer keeps nothing of what it was told before (docs/protocol.md).
        state: MediaState,
    },
    /// A call that rang has given way to that of somebody whom the user knows, and was
    /// told "busy". No snapshot ever shows its end.
    Displaced(Ended),
    /// [`crate::CallMachine::snapshot`] has changed.
    Changed,
}

impl Output {
    /// What it asks for, in a few words: for records of what happened. For
    /// [`Output::Send`] it is the message's `type`.
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
            Self::SetOnHold { on_hold: true, .. } => "hold",
            Self::SetOnHold { on_hold: false, .. } => "resume",
            Self::SetMuted(_) => "set muted",
            Self::StopCamera => "stop camera",
            Self::ReleaseMedia { .. } => "release media",
            Self::ReleaseAllMedia => "release all media",
            Self::TellPeer { .. } => "tell peer",
            Self::Displaced(_) => "displaced",
            Self::Changed => "changed",
        }
    }
}
