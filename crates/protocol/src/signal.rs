//! What two pages say to each other; the server only passes it on.

use serde::Serialize;

use crate::decode::{self, Fields, Unreadable};
use crate::{Answer, CallId, CallType, Candidate, DeviceId, Offer, Sec, UserId, ice};

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
    pub(crate) fn read(type_name: &str, fields: Fields<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            to_id: fields.id("toId")?,
            to_device: fields.may_id("toDevice")?,
            from_id: fields.may_id("fromId")?,
            from_device: fields.may_id("fromDevice")?,
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
    /// Third step of the verified handshake.
    CallConfirm(CallConfirm),
}

impl Signal {
    /// Reads what came over the channel between two pages, where nobody needs an
    /// address.
    ///
    /// # Errors
    /// It is no signal that this version knows.
    pub fn decode(text: &str) -> Result<Self, Unreadable> {
        let object = decode::object(text)?;
        let fields = Fields(&object);
        Self::read(fields.text("type")?, fields)
    }

    /// As [`Signal::decode`] reads it.
    pub fn encode(&self) -> String {
        crate::message::encode(self)
    }

    fn read(type_name: &str, fields: Fields<'_>) -> Result<Self, Unreadable> {
        Ok(match type_name {
            "call-offer" => Self::CallOffer(CallOffer::read(fields)?),
            "call-answer" => Self::CallAnswer(CallAnswer::read(fields)?),
            "ice-candidate" => Self::IceCandidate(IceCandidate::read(fields)?),
            "call-reject" => Self::CallReject(CallReject::read(fields)?),
            "call-ringing" => Self::CallRinging(CallRinging::read(fields)?),
            "call-end" => Self::CallEnd(CallEnd::read(fields)?),
            "call-confirm" => Self::CallConfirm(CallConfirm::read(fields)?),
            _ => return Err(Unreadable::Field),
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
    /// The proof of who says it; see [`Sec`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sec: Option<Sec>,
}

impl CallOffer {
    pub(crate) fn read(fields: Fields<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            call_id: fields.id("callId")?,
            offer: Offer::read(fields.fields("offer")?)?,
            call_type: CallType::parse(fields.text("callType")?)?,
            from_username: fields.may_string("fromUsername")?,
            sec: Sec::read(fields)?,
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
    /// The proof of who says it; see [`Sec`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sec: Option<Sec>,
}

impl CallAnswer {
    pub(crate) fn read(fields: Fields<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            call_id: fields.id("callId")?,
            answer: Answer::read(fields.fields("answer")?)?,
            sec: Sec::read(fields)?,
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
    pub(crate) fn read(fields: Fields<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            call_id: fields.may_id("callId")?,
            candidate: ice::read_candidate(fields.fields("candidate")?)?,
        })
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
    pub(crate) fn read(fields: Fields<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            call_id: fields.id("callId")?,
            reason: fields.may_text("reason")?.map(CallRejectReason::parse),
        })
    }
}

/// Why a call was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallRejectReason {
    /// The person is in another call.
    Busy,
    /// The device cannot take such a call.
    Unsupported,
    /// The person said no. Also what an unknown reason counts as.
    Declined,
}

impl CallRejectReason {
    fn parse(text: &str) -> Self {
        match text {
            "busy" => Self::Busy,
            "unsupported" => Self::Unsupported,
            _ => Self::Declined,
        }
    }
}

/// See [`Signal::CallRinging`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CallRinging {
    /// The call.
    pub call_id: CallId,
}

impl CallRinging {
    pub(crate) fn read(fields: Fields<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            call_id: fields.id("callId")?,
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
    pub(crate) fn read(fields: Fields<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            call_id: fields.id("callId")?,
            reason: CallEndReason::parse(fields.text("reason")?),
        })
    }
}

/// Why a call is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
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
    Ended,
}

impl CallEndReason {
    fn parse(text: &str) -> Self {
        match text {
            "cancelled" => Self::Cancelled,
            "answered-elsewhere" => Self::AnsweredElsewhere,
            "declined-elsewhere" => Self::DeclinedElsewhere,
            "no-answer" => Self::NoAnswer,
            "failed" => Self::Failed,
            "superseded" => Self::Superseded,
            _ => Self::Ended,
        }
    }
}

/// See [`Signal::CallConfirm`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CallConfirm {
    /// The call.
    pub call_id: CallId,
    /// The proof of who says it; see [`Sec`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sec: Option<Sec>,
}

impl CallConfirm {
    pub(crate) fn read(fields: Fields<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            call_id: fields.id("callId")?,
            sec: Sec::read(fields)?,
        })
    }
}
