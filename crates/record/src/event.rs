//! The machine's inputs, as they stand in a file.

use serde::{Deserialize, Serialize};
use wimpex_call::{
    Command, Input, MediaError, MediaRequest, PeerConnectionId, PeerConnectionState, TrackKind,
};
use wimpex_protocol::{CallEnd, CallId, CallType, DeviceId, Sdp, Signal, UserId};
use wimpex_webrtc::IceCandidateInit;

/// [`Input`], with plain texts and numbers in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "they are those of Input")]
pub enum Event {
    Place {
        call: String,
        peer: String,
        video: bool,
    },
    Accept {
        camera: bool,
    },
    Decline,
    HangUp,
    Dismiss,
    SetMuted {
        muted: bool,
    },
    SetCamera {
        on: bool,
    },
    Remote {
        from: String,
        device: String,
        addressed: bool,
        signal: serde_json::Value,
    },
    PeerOffline {
        call: String,
        offer: bool,
    },
    PeerDevices {
        user: String,
        devices: Vec<String>,
    },
    SessionRenewed,
    NetworkChanged,
    Direct {
        connection: u64,
        end: serde_json::Value,
    },
    LocalOffer {
        connection: u64,
        sdp: String,
    },
    LocalAnswer {
        connection: u64,
        sdp: String,
    },
    LocalCandidate {
        connection: u64,
        candidate: String,
        mid: Option<String>,
        index: Option<u16>,
    },
    NegotiationFailed {
        connection: u64,
    },
    Connection {
        connection: u64,
        state: ConnectionState,
    },
    Media {
        request: u64,
        audio: Option<Captured>,
        video: Option<Captured>,
    },
    TrackEnded {
        request: u64,
        video: bool,
    },
    Timeout,
}

/// [`PeerConnectionState`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "they are those of PeerConnectionState")]
pub enum ConnectionState {
    New,
    Connecting,
    Connected,
    Disconnected,
    Failed,
    Closed,
}

/// What came of asking for a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "they are those of MediaError, and success")]
pub enum Captured {
    Works,
    Denied,
    NotFound,
    InUse,
    Insecure,
    Lost,
    Other,
}

/// An event is none that this version knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable;

/// Pairs of the machine's word and the file's.
const STATES: [(PeerConnectionState, ConnectionState); 6] = [
    (PeerConnectionState::New, ConnectionState::New),
    (PeerConnectionState::Connecting, ConnectionState::Connecting),
    (PeerConnectionState::Connected, ConnectionState::Connected),
    (
        PeerConnectionState::Disconnected,
        ConnectionState::Disconnected,
    ),
    (PeerConnectionState::Failed, ConnectionState::Failed),
    (PeerConnectionState::Closed, ConnectionState::Closed),
];

const CAPTURED: [(Result<(), MediaError>, Captured); 7] = [
    (Ok(()), Captured::Works),
    (Err(MediaError::NotAllowed), Captured::Denied),
    (Err(MediaError::NotFound), Captured::NotFound),
    (Err(MediaError::NotReadable), Captured::InUse),
    (Err(MediaError::InsecureContext), Captured::Insecure),
    (Err(MediaError::Ended), Captured::Lost),
    (Err(MediaError::Other), Captured::Other),
];

fn written<A: PartialEq, B: Copy>(pairs: &[(A, B)], word: &A) -> B {
    let found = pairs.iter().find(|(theirs, _)| theirs == word);
    found
        .expect("each word of the machine has one in the file")
        .1
}

fn read<A: Copy, B: PartialEq>(pairs: &[(A, B)], word: &B) -> A {
    let found = pairs.iter().find(|(_, ours)| ours == word);
    found
        .expect("each word of the file has one of the machine")
        .0
}

impl Event {
    /// As it is written.
    pub fn of(input: &Input) -> Self {
        let captured =
            |it: &Option<Result<(), MediaError>>| it.as_ref().map(|it| written(&CAPTURED, it));
        match input {
            Input::Command(Command::StartCall {
                call_id,
                peer,
                call_type,
            }) => Self::Place {
                call: call_id.to_string(),
                peer: peer.to_string(),
                video: *call_type == CallType::Video,
            },
            Input::Command(Command::Accept { camera }) => Self::Accept { camera: *camera },
            Input::Command(Command::Decline) => Self::Decline,
            Input::Command(Command::HangUp) => Self::HangUp,
            Input::Command(Command::Dismiss) => Self::Dismiss,
            Input::Command(Command::SetMuted(muted)) => Self::SetMuted { muted: *muted },
            Input::Command(Command::SetCamera(on)) => Self::SetCamera { on: *on },
            Input::Signal {
                from,
                device,
                to_this_device,
                signal,
            } => Self::Remote {
                from: from.to_string(),
                device: device.to_string(),
                addressed: *to_this_device,
                signal: signal_value(signal),
            },
            Input::PeerOffline { call_id, offer } => Self::PeerOffline {
                call: call_id.to_string(),
                offer: *offer,
            },
            Input::PeerDevices { user, devices } => Self::PeerDevices {
                user: user.to_string(),
                devices: devices.iter().map(ToString::to_string).collect(),
            },
            Input::SessionRenewed => Self::SessionRenewed,
            Input::NetworkChanged => Self::NetworkChanged,
            Input::DataChannelMessage { connection, end } => Self::Direct {
                connection: connection.0,
                end: signal_value(&Signal::CallEnd(end.clone())),
            },
            Input::LocalOffer { connection, sdp } => Self::LocalOffer {
                connection: connection.0,
                sdp: sdp.0.clone(),
            },
            Input::LocalAnswer { connection, sdp } => Self::LocalAnswer {
                connection: connection.0,
                sdp: sdp.0.clone(),
            },
            Input::LocalCandidate {
                connection,
                candidate,
            } => Self::LocalCandidate {
                connection: connection.0,
                candidate: candidate.candidate.clone(),
                mid: candidate.sdp_mid.clone(),
                index: candidate.sdp_m_line_index,
            },
            Input::CreateConnectionFailed { connection }
            | Input::LocalDescriptionFailed { connection }
            | Input::SetRemoteAnswerFailed { connection } => Self::NegotiationFailed {
                connection: connection.0,
            },
            Input::ConnectionStateChanged { connection, state } => Self::Connection {
                connection: connection.0,
                state: written(&STATES, state),
            },
            Input::Media {
                request,
                audio,
                video,
            } => Self::Media {
                request: request.0,
                audio: captured(audio),
                video: captured(video),
            },
            Input::TrackEnded { request, kind } => Self::TrackEnded {
                request: request.0,
                video: *kind == TrackKind::Video,
            },
            Input::Timeout => Self::Timeout,
        }
    }

    /// What it was.
    ///
    /// # Errors
    /// Where an id or a signal in it is none.
    pub fn input(&self) -> Result<Input, Unreadable> {
        let call_id = |text: &String| CallId::parse(text.clone()).map_err(|_| Unreadable);
        let user = |text: &String| UserId::parse(text.clone()).map_err(|_| Unreadable);
        let device = |text: &String| DeviceId::parse(text.clone()).map_err(|_| Unreadable);
        let captured = |it: &Option<Captured>| it.as_ref().map(|it| read(&CAPTURED, it));
        Ok(match self {
            Self::Place { call, peer, video } => Input::Command(Command::StartCall {
                call_id: call_id(call)?,
                peer: user(peer)?,
                call_type: if *video {
                    CallType::Video
                } else {
                    CallType::Audio
                },
            }),
            Self::Accept { camera } => Input::Command(Command::Accept { camera: *camera }),
            Self::Decline => Input::Command(Command::Decline),
            Self::HangUp => Input::Command(Command::HangUp),
            Self::Dismiss => Input::Command(Command::Dismiss),
            Self::SetMuted { muted } => Input::Command(Command::SetMuted(*muted)),
            Self::SetCamera { on } => Input::Command(Command::SetCamera(*on)),
            Self::Remote {
                from,
                device: of,
                addressed,
                signal,
            } => Input::Signal {
                from: user(from)?,
                device: device(of)?,
                to_this_device: *addressed,
                signal: read_signal(signal)?,
            },
            Self::PeerOffline { call, offer } => Input::PeerOffline {
                call_id: call_id(call)?,
                offer: *offer,
            },
            Self::PeerDevices {
                user: whose,
                devices,
            } => Input::PeerDevices {
                user: user(whose)?,
                devices: devices.iter().map(device).collect::<Result<_, _>>()?,
            },
            Self::SessionRenewed => Input::SessionRenewed,
            Self::NetworkChanged => Input::NetworkChanged,
            Self::Direct { connection, end } => Input::DataChannelMessage {
                connection: PeerConnectionId(*connection),
                end: read_end(end)?,
            },
            Self::LocalOffer { connection, sdp } => Input::LocalOffer {
                connection: PeerConnectionId(*connection),
                sdp: Sdp(sdp.clone()),
            },
            Self::LocalAnswer { connection, sdp } => Input::LocalAnswer {
                connection: PeerConnectionId(*connection),
                sdp: Sdp(sdp.clone()),
            },
            Self::LocalCandidate {
                connection,
                candidate,
                mid,
                index,
            } => Input::LocalCandidate {
                connection: PeerConnectionId(*connection),
                candidate: IceCandidateInit {
                    candidate: candidate.clone(),
                    sdp_m_line_index: *index,
                    sdp_mid: mid.clone(),
                    username_fragment: None,
                },
            },
            Self::NegotiationFailed { connection } => Input::LocalDescriptionFailed {
                connection: PeerConnectionId(*connection),
            },
            Self::Connection { connection, state } => Input::ConnectionStateChanged {
                connection: PeerConnectionId(*connection),
                state: read(&STATES, state),
            },
            Self::Media {
                request,
                audio,
                video,
            } => Input::Media {
                request: MediaRequest(*request),
                audio: captured(audio),
                video: captured(video),
            },
            Self::TrackEnded { request, video } => Input::TrackEnded {
                request: MediaRequest(*request),
                kind: if *video {
                    TrackKind::Video
                } else {
                    TrackKind::Audio
                },
            },
            Self::Timeout => Input::Timeout,
        })
    }
}

fn signal_value(signal: &Signal) -> serde_json::Value {
    serde_json::from_str(&signal.encode()).expect("what is encoded is JSON")
}

fn read_signal(value: &serde_json::Value) -> Result<Signal, Unreadable> {
    Signal::decode(&value.to_string()).map_err(|_| Unreadable)
}

fn read_end(value: &serde_json::Value) -> Result<CallEnd, Unreadable> {
    match read_signal(value)? {
        Signal::CallEnd(end) => Ok(end),
        _ => Err(Unreadable),
    }
}
