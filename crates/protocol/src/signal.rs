//! What two pages send each other; the server passes it on unread.

use serde::ser::SerializeMap;
use wimpex_webrtc::IceCandidateInit;

use crate::codec::{Body, Fields, Unreadable, message, messages, put, texts};
use crate::error::References;
use crate::{Answer, CallId, CallType, DeviceId, Offer, Sec, UserId};

/// A signal with its addresses. A client fills in `to_*`; the server fills in
/// `from_*`, and overwrites whatever the client claimed there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Envelope {
    /// The user that it is for.
    pub to_id: UserId,
    /// Which of their devices it is for; `None` means all of them.
    pub to_device: Option<DeviceId>,
    /// Who sent it: set by the server.
    pub from_id: Option<UserId>,
    /// The device that sent it: set by the server.
    pub from_device: Option<DeviceId>,
    /// The signal itself.
    pub signal: Signal,
}

impl Envelope {
    /// What it is about, for an error that refuses it.
    pub fn references(&self) -> References {
        References {
            ref_type: Some(self.type_name().to_owned()),
            call_id: self.signal.call_id().cloned(),
            to_id: Some(self.to_id.clone()),
        }
    }

    pub(crate) fn type_name(&self) -> &'static str {
        self.signal.type_name()
    }

    pub(crate) fn read(fields: Fields<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            to_id: fields.get("toId")?,
            to_device: fields.get("toDevice")?,
            from_id: fields.get("fromId")?,
            from_device: fields.get("fromDevice")?,
            signal: Signal::read(fields)?,
        })
    }
}

impl Body for Envelope {
    fn write<M: SerializeMap>(&self, object: &mut M) -> Result<(), M::Error> {
        put(object, "toId", &self.to_id)?;
        put(object, "toDevice", &self.to_device)?;
        put(object, "fromId", &self.from_id)?;
        put(object, "fromDevice", &self.from_device)?;
        self.signal.write(object)
    }
}

messages! {
    /// What one page sends to another.
    pub enum Signal {
        /// See [`CallOffer`].
        CallOffer(CallOffer),
        /// See [`CallAnswer`].
        CallAnswer(CallAnswer),
        /// See [`IceCandidate`].
        IceCandidate(IceCandidate),
        /// See [`CallReject`].
        CallReject(CallReject),
        /// See [`CallRinging`].
        CallRinging(CallRinging),
        /// See [`CallEnd`].
        CallEnd(CallEnd),
        /// See [`CallConfirm`].
        CallConfirm(CallConfirm),
    } all with call_id: CallId
}

message! {
    /// Ring; or, with the `callId` of a call that is going on, renegotiate it.
    #[derive(Debug)]
    pub struct CallOffer = "call-offer" {
        /// The call's id, chosen at random by the caller; a signal with another one is ignored.
        pub call_id: CallId = "callId",
        /// The caller's description.
        pub offer: Offer = "offer",
        /// Audio and video, or audio alone.
        pub call_type: CallType = "callType",
        /// The caller's name: set by the server.
        pub from_username: Option<String> = "fromUsername",
        /// The proof of who sent it; see [`Sec`].
        pub sec: Option<Sec> = "sec",
        /// The proof that the caller has a link of the callee's that ends.
        pub link: Option<Sec> = "link",
    }
}

message! {
    /// The call is accepted, or a renegotiation answered.
    #[derive(Debug)]
    pub struct CallAnswer = "call-answer" {
        /// The call's id, chosen at random by the caller; a signal with another one is ignored.
        pub call_id: CallId = "callId",
        /// The callee's description.
        pub answer: Answer = "answer",
        /// The proof of who sent it; see [`Sec`].
        pub sec: Option<Sec> = "sec",
    }
}

message! {
    /// One trickled candidate (RFC 8838).
    #[derive(Debug)]
    pub struct IceCandidate = "ice-candidate" {
        /// The call; absent in the form that the minimal client in docs/protocol.md sends.
        pub call_id: Option<CallId> = "callId",
        /// The candidate.
        pub candidate: IceCandidateInit = "candidate",
    }
}

message! {
    /// The call is not taken.
    #[derive(Debug)]
    pub struct CallReject = "call-reject" {
        /// The call's id, chosen at random by the caller; a signal with another one is ignored.
        pub call_id: CallId = "callId",
        /// Why; `None` means declined.
        pub reason: Option<CallRejectReason> = "reason",
    }
}

texts! {
    /// Why a call was not taken.
    pub enum CallRejectReason {
        /// The callee is in another call.
        Busy = "busy",
        /// The device cannot take such a call.
        Unsupported = "unsupported",
        /// The link that the caller has called by is too old.
        LinkExpired = "link-expired",
        /// As many calls as the link was for have been answered.
        LinkUsedUp = "link-used-up",
        /// The callee has taken the link back.
        LinkRevoked = "link-revoked",
        /// The callee has given out no such link.
        LinkUnknown = "link-unknown",
        /// The callee said no. An unknown reason is read as this.
        Declined = "declined",
    } else Declined
}

message! {
    /// A device of the callee is showing the prompt, or has taken note of the call without
    /// a sound.
    #[derive(Debug)]
    pub struct CallRinging = "call-ringing" {
        /// The call's id, chosen at random by the caller; a signal with another one is ignored.
        pub call_id: CallId = "callId",
        /// Nothing is heard and no prompt is shown: the callee does not want strangers to
        /// ring at the moment, and finds the call among those that were missed.
        pub silently: bool = "silently" or false,
    }
}

message! {
    /// Hang up, cancel, or stop ringing.
    #[derive(Debug)]
    pub struct CallEnd = "call-end" {
        /// The call's id, chosen at random by the caller; a signal with another one is ignored.
        pub call_id: CallId = "callId",
        /// An unknown value is read as `ended`.
        pub reason: CallEndReason = "reason",
    }
}

texts! {
    /// Why a call is over.
    pub enum CallEndReason {
        /// The caller gave up before an answer.
        Cancelled = "cancelled",
        /// Another device of the callee took it.
        AnsweredElsewhere = "answered-elsewhere",
        /// Another device of the callee declined it.
        DeclinedElsewhere = "declined-elsewhere",
        /// It rang for too long.
        NoAnswer = "no-answer",
        /// No connection came about, or it was lost for good.
        Failed = "failed",
        /// A newer call took its place.
        Superseded = "superseded",
        /// The sender's page was left in the middle of the call, and may come back. Said only to
        /// who waits for that ([`crate::MediaFlag::AwaitsReturn`]).
        MayReturn = "may-return",
        /// Somebody hung up. An unknown reason is read as this.
        Ended = "ended",
    } else Ended
}

message! {
    /// Third step of the verified handshake.
    #[derive(Debug)]
    pub struct CallConfirm = "call-confirm" {
        /// The call's id, chosen at random by the caller; a signal with another one is ignored.
        pub call_id: CallId = "callId",
        /// The proof of who sent it; see [`Sec`].
        pub sec: Option<Sec> = "sec",
    }
}
