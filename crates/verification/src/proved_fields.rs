//! The fields of a signal that have to do with its proof.

use wimpex_identity::ReceivedMessage;
use wimpex_protocol::{CallAnswer, CallConfirm, CallId, CallOffer, Sec, Signal, UserId};

/// The call id of a signal that carries a proof; `None` for all others.
pub(crate) fn call_id(signal: &Signal) -> Option<&CallId> {
    match signal {
        Signal::CallOffer(offer) => Some(&offer.call_id),
        Signal::CallAnswer(answer) => Some(&answer.call_id),
        Signal::CallConfirm(confirm) => Some(&confirm.call_id),
        Signal::IceCandidate(_)
        | Signal::CallReject(_)
        | Signal::CallRinging(_)
        | Signal::CallEnd(_) => None,
    }
}

/// The session description of an offer or an answer.
pub(crate) fn description(signal: &Signal) -> Option<&str> {
    match signal {
        Signal::CallOffer(offer) => Some(&offer.offer.sdp.0),
        Signal::CallAnswer(answer) => Some(&answer.answer.sdp.0),
        Signal::CallConfirm(_)
        | Signal::IceCandidate(_)
        | Signal::CallReject(_)
        | Signal::CallRinging(_)
        | Signal::CallEnd(_) => None,
    }
}

/// Puts a proof into an offer, an answer or a confirmation.
pub(crate) fn attach(signal: &mut Signal, proof: Sec) {
    match signal {
        Signal::CallOffer(offer) => offer.sec = Some(proof),
        Signal::CallAnswer(answer) => answer.sec = Some(proof),
        Signal::CallConfirm(confirm) => confirm.sec = Some(proof),
        Signal::IceCandidate(_)
        | Signal::CallReject(_)
        | Signal::CallRinging(_)
        | Signal::CallEnd(_) => {}
    }
}

/// What is verified of a signal; `None` for those that carry no proof.
pub(crate) fn of_signal<'a>(from: &'a UserId, signal: &'a Signal) -> Option<ReceivedMessage<'a>> {
    match signal {
        Signal::CallOffer(offer) => Some(of_offer(from, offer)),
        Signal::CallAnswer(answer) => Some(of_answer(from, answer)),
        Signal::CallConfirm(confirm) => Some(of_confirm(from, confirm)),
        Signal::IceCandidate(_)
        | Signal::CallReject(_)
        | Signal::CallRinging(_)
        | Signal::CallEnd(_) => None,
    }
}

/// What is verified of an offer.
pub(crate) fn of_offer<'a>(from: &'a UserId, offer: &'a CallOffer) -> ReceivedMessage<'a> {
    ReceivedMessage {
        from,
        call: &offer.call_id,
        proof: offer.sec.as_ref(),
        sdp: Some(&offer.offer.sdp.0),
    }
}

/// What is verified of an answer.
pub(crate) fn of_answer<'a>(from: &'a UserId, answer: &'a CallAnswer) -> ReceivedMessage<'a> {
    ReceivedMessage {
        from,
        call: &answer.call_id,
        proof: answer.sec.as_ref(),
        sdp: Some(&answer.answer.sdp.0),
    }
}

/// What is verified of a confirmation.
pub(crate) fn of_confirm<'a>(from: &'a UserId, confirm: &'a CallConfirm) -> ReceivedMessage<'a> {
    ReceivedMessage {
        from,
        call: &confirm.call_id,
        proof: confirm.sec.as_ref(),
        sdp: None,
    }
}
