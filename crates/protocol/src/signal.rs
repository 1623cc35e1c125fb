//! What two pages say to each other; the server only passes it on.

use std::fmt;

use serde::de::Error;
use serde::{Deserialize, Serialize};

use crate::decode::Fields;
use crate::{CallId, DeviceId, UserId};

/// A signal with its addresses. A client fills in `to_*`; the server fills in
/// `from_*`, and overwrites whatever the client claimed there.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Relayed {
    /// Whom it is for.
    pub to_id: UserId,
    /// Which of their devices it is for; absent means all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_device: Option<DeviceId>,
    /// Who sent it: stamped by the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_id: Option<UserId>,
    /// The device that sent it: stamped by the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_device: Option<DeviceId>,
    /// What it says.
    #[serde(flatten)]
    pub signal: Signal,
}

impl Relayed {
    /// Reads the frame of that type.
    pub(crate) fn read(type_name: &str, fields: &Fields<'_>) -> Result<Self, serde_json::Error> {
        Ok(Self {
            to_id: fields.need("toId")?,
            to_device: fields.may("toDevice")?,
            from_id: fields.may("fromId")?,
            from_device: fields.may("fromDevice")?,
            signal: Signal::read(type_name, fields)?,
        })
    }
}

/// What one page says to another.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Signal {
    /// Ring; or, with the `callId` of a live call, renegotiate it.
    CallOffer(CallOffer),
    /// Accepted.
    CallAnswer(CallAnswer),
    /// One network path.
    IceCandidate(IceCandidate),
    /// Declined.
    CallReject(CallReject),
    /// A device is showing the prompt.
    CallRinging(CallRinging),
    /// Hang up, cancel, or stop ringing.
    CallEnd(CallEnd),
    /// Third step of the verified handshake; its proof is not in this version.
    CallConfirm(CallConfirm),
}

impl Signal {
    fn read(type_name: &str, fields: &Fields<'_>) -> Result<Self, serde_json::Error> {
        Ok(match type_name {
            "call-offer" => Self::CallOffer(CallOffer::read(fields)?),
            "call-answer" => Self::CallAnswer(CallAnswer::read(fields)?),
            "ice-candidate" => Self::IceCandidate(IceCandidate::read(fields)?),
            "call-reject" => Self::CallReject(CallReject::read(fields)?),
            "call-ringing" => Self::CallRinging(CallRinging::read(fields)?),
            "call-end" => Self::CallEnd(CallEnd::read(fields)?),
            "call-confirm" => Self::CallConfirm(CallConfirm::read(fields)?),
            _ => return Err(Error::custom("unknown type")),
        })
    }

    /// The `type` on the wire.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::CallOffer(_) => "call-offer",
            Self::CallAnswer(_) => "call-answer",
            Self::IceCandidate(_) => "ice-candidate",
            Self::CallReject(_) => "call-reject",
            Self::CallRinging(_) => "call-ringing",
            Self::CallEnd(_) => "call-end",
            Self::CallConfirm(_) => "call-confirm",
        }
    }

    /// The call that it is about; the seed's `ice-candidate` does not say.
    pub fn call_id(&self) -> Option<&CallId> {
        match self {
            Self::CallOffer(m) => Some(&m.call_id),
            Self::CallAnswer(m) => Some(&m.call_id),
            Self::IceCandidate(m) => m.call_id.as_ref(),
            Self::CallReject(m) => Some(&m.call_id),
            Self::CallRinging(m) => Some(&m.call_id),
            Self::CallEnd(m) => Some(&m.call_id),
            Self::CallConfirm(m) => Some(&m.call_id),
        }
    }
}

/// Sound and picture, or sound alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallType {
    /// Microphone and camera.
    Video,
    /// Microphone only.
    Audio,
}

/// A session description (RFC 8866). It holds addresses, so its `Debug` does not.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sdp(pub String);

impl fmt::Debug for Sdp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sdp({} bytes)", self.0.len())
    }
}

macro_rules! description {
    ($(#[$doc:meta])* $name:ident, $kind:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub struct $name {
            r#type: $kind,
            /// The description.
            pub sdp: Sdp,
        }

        /// The only `type` that this description may have.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        enum $kind {
            $name,
        }

        impl $name {
            /// Wraps a session description.
            pub fn new(sdp: Sdp) -> Self {
                Self { r#type: $kind::$name, sdp }
            }
        }
    };
}

description! {
    /// An `RTCSessionDescriptionInit` whose `type` is `offer`.
    Offer, OfferType
}
description! {
    /// An `RTCSessionDescriptionInit` whose `type` is `answer`.
    Answer, AnswerType
}

/// See [`Signal::CallOffer`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CallOffer {
    /// The call.
    pub call_id: CallId,
    /// The caller's description.
    pub offer: Offer,
    /// Sound and picture, or sound alone.
    pub call_type: CallType,
    /// The caller's name: stamped by the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_username: Option<String>,
}

impl CallOffer {
    pub(crate) fn read(fields: &Fields<'_>) -> Result<Self, serde_json::Error> {
        Ok(Self {
            call_id: fields.need("callId")?,
            offer: fields.need("offer")?,
            call_type: fields.need("callType")?,
            from_username: fields.may("fromUsername")?,
        })
    }
}

/// See [`Signal::CallAnswer`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CallAnswer {
    /// The call.
    pub call_id: CallId,
    /// The callee's description.
    pub answer: Answer,
}

impl CallAnswer {
    pub(crate) fn read(fields: &Fields<'_>) -> Result<Self, serde_json::Error> {
        Ok(Self {
            call_id: fields.need("callId")?,
            answer: fields.need("answer")?,
        })
    }
}

/// See [`Signal::IceCandidate`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IceCandidate {
    /// The call; the seed's form lacks it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_id: Option<CallId>,
    /// The path.
    pub candidate: Candidate,
}

impl IceCandidate {
    pub(crate) fn read(fields: &Fields<'_>) -> Result<Self, serde_json::Error> {
        Ok(Self {
            call_id: fields.may("callId")?,
            candidate: fields.need("candidate")?,
        })
    }
}

/// An `RTCIceCandidateInit` (webrtc, section 4.8.1.1). It holds addresses, so
/// its `Debug` does not.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Candidate {
    /// `candidate-attribute` of RFC 8839, section 5.1; empty for "no more".
    pub candidate: String,
    /// Index of the media description.
    #[serde(default, rename = "sdpMLineIndex")]
    pub sdp_m_line_index: Option<u16>,
    /// Identification tag of the media description.
    #[serde(default)]
    pub sdp_mid: Option<String>,
    /// The ICE generation that it belongs to; the seed's form lacks it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username_fragment: Option<String>,
}

impl fmt::Debug for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Candidate")
            .field("sdp_mid", &self.sdp_mid)
            .finish_non_exhaustive()
    }
}

/// See [`Signal::CallReject`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CallReject {
    /// The call.
    pub call_id: CallId,
    /// Why; absent means declined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<CallRejectReason>,
}

impl CallReject {
    pub(crate) fn read(fields: &Fields<'_>) -> Result<Self, serde_json::Error> {
        Ok(Self {
            call_id: fields.need("callId")?,
            reason: fields.may("reason")?,
        })
    }
}

/// Why a call was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallRejectReason {
    /// The person is in another call.
    Busy,
    /// The device cannot take such a call.
    Unsupported,
    /// The person said no. Also what an unknown reason counts as.
    #[serde(other)]
    Declined,
}

/// See [`Signal::CallRinging`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CallRinging {
    /// The call.
    pub call_id: CallId,
}

impl CallRinging {
    pub(crate) fn read(fields: &Fields<'_>) -> Result<Self, serde_json::Error> {
        Ok(Self {
            call_id: fields.need("callId")?,
        })
    }
}

/// See [`Signal::CallEnd`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CallEnd {
    /// The call.
    pub call_id: CallId,
    /// Why.
    pub reason: CallEndReason,
}

impl CallEnd {
    pub(crate) fn read(fields: &Fields<'_>) -> Result<Self, serde_json::Error> {
        Ok(Self {
            call_id: fields.need("callId")?,
            reason: fields.need("reason")?,
        })
    }
}

/// Why a call is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallEndReason {
    /// The caller gave up before an answer.
    Cancelled,
    /// Another device of the callee took it.
    AnsweredElsewhere,
    /// Another device of the callee declined it.
    DeclinedElsewhere,
    /// It rang for too long.
    NoAnswer,
    /// No connection came about, or it was lost for good.
    Failed,
    /// A newer call took its place.
    Superseded,
    /// Somebody hung up. Also what an unknown reason counts as.
    #[serde(other)]
    Ended,
}

/// See [`Signal::CallConfirm`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CallConfirm {
    /// The call.
    pub call_id: CallId,
}

impl CallConfirm {
    pub(crate) fn read(fields: &Fields<'_>) -> Result<Self, serde_json::Error> {
        Ok(Self {
            call_id: fields.need("callId")?,
        })
    }
}
