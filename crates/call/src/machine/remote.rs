//! What the other page says.
//!
//! Nothing in here is trusted: a signal counts only if it comes from the call's
//! peer (as the server stamped it) and names the call's id.

use std::time::Duration;

use wimpex_protocol::{
    CallEnd, CallEndReason, CallId, CallOffer, CallReject, CallRejectReason, CallRinging,
    Candidate, DeviceId, Sdp, Signal, UserId,
};

use super::Machine;
use crate::call::{Call, Phase, limits};
use crate::{EndReason, Output, Role};

/// Who speaks: a person and one of their devices.
struct Sender {
    user: UserId,
    device: DeviceId,
}

impl Machine {
    pub(super) fn remote(
        &mut self,
        user: UserId,
        device: DeviceId,
        addressed: bool,
        signal: Signal,
        now: Duration,
    ) {
        let from = Sender { user, device };
        match signal {
            Signal::CallOffer(offer) => self.offer(from, offer, now),
            Signal::CallAnswer(answer) => {
                self.answer(from, &answer.call_id, answer.answer.sdp, now)
            }
            Signal::IceCandidate(m) => self.candidate(from, m.call_id, m.candidate),
            Signal::CallReject(reject) => self.rejected(&from, &reject, now),
            Signal::CallRinging(ringing) => self.peer_rings(&from, &ringing.call_id),
            Signal::CallEnd(end) => self.ended_by_peer(&from, addressed, &end, now),
            // Part of the verified handshake, which this version does not speak.
            Signal::CallConfirm(_) => {}
        }
    }

    /// The call, if this sender may speak for it under that id.
    fn call_with(&mut self, from: &Sender, id: &CallId) -> Option<Call> {
        self.call
            .take_if(|call| call.id == *id && call.is_with(&from.user, &from.device))
    }

    fn offer(&mut self, from: Sender, offer: CallOffer, now: Duration) {
        let Some(call) = self.call.take() else {
            return self.ring(from, offer, now);
        };
        let same_peer = call.peer == from.user;
        let same_call = same_peer && call.id == offer.call_id;
        if same_call {
            return self.offer_in_call(call, &from, offer.offer.sdp);
        }
        if !same_peer {
            self.reply(&from, busy(offer.call_id));
            self.call = Some(call);
            return;
        }
        match call.phase {
            Phase::Calling { .. } => self.glare(call, from, offer, now),
            // Their answer to our offer overtook the offer of theirs that it beat.
            Phase::Connecting if call.role == Role::Caller && call.id > offer.call_id => {
                self.call = Some(call);
            }
            // They would not call if they still knew of the old one.
            Phase::Ringing | Phase::Connecting | Phase::Connected | Phase::Reconnecting => {
                if call.is_live() {
                    self.send_end(&call, CallEndReason::Superseded);
                }
                self.finish(call, EndReason::Superseded, now);
                self.ring(from, offer, now);
            }
        }
    }

    /// A first offer: show the prompt, and touch nothing else.
    fn ring(&mut self, from: Sender, offer: CallOffer, now: Duration) {
        let mut call = self.incoming(&from, offer);
        call.deadline = Some(now + self.ring_time());
        let ringing = Signal::CallRinging(CallRinging {
            call_id: call.id.clone(),
        });
        self.send_to_peer(&call, ringing);
        self.ended = None;
        self.call = Some(call);
        self.emit(Output::Changed);
    }

    fn incoming(&mut self, from: &Sender, offer: CallOffer) -> Call {
        let generation = self.next_generation();
        let mut call = Call::new(
            offer.call_id,
            from.user.clone(),
            offer.call_type,
            Role::Callee,
            generation,
        );
        call.peer_device = Some(from.device.clone());
        call.peer_name = offer.from_username;
        call.unopened = Some(offer.offer.sdp);
        call.negotiation.remote_candidates = self.orphans.claim(&call.peer, &call.id);
        call
    }

    /// Both called at the same moment. The greater id wins, on both sides alike;
    /// the side whose call loses takes the other's without asking, since its
    /// person wants that very call.
    fn glare(&mut self, ours: Call, from: Sender, offer: CallOffer, now: Duration) {
        let peer_has_seen_ours = ours.negotiation.offered;
        if peer_has_seen_ours && ours.id > offer.call_id {
            self.call = Some(ours);
            return;
        }
        self.emit(Output::CloseConnection {
            generation: ours.generation,
        });
        let mut theirs = self.incoming(&from, offer);
        self.open_offer(&mut theirs, now);
        self.inherit_media(&mut theirs, &ours);
        self.call = Some(theirs);
        self.emit(Output::Changed);
    }

    /// An offer with the id of the call that we have: a renegotiation, or a
    /// repetition. Perfect negotiation (webrtc, section 10.7): when both offer,
    /// the caller insists and the callee gives way.
    fn offer_in_call(&mut self, mut call: Call, from: &Sender, sdp: Sdp) {
        let repeated = call.negotiation.remote.as_ref() == Some(&sdp);
        let ours_pending = call.negotiation.offered || call.negotiation.describing;
        let insist = ours_pending && call.role == Role::Caller;
        if call.is_live() && call.is_with(&from.user, &from.device) && !repeated && !insist {
            call.restart_at = None;
            self.accept_offer(&mut call, sdp);
        }
        self.call = Some(call);
    }

    fn answer(&mut self, from: Sender, id: &CallId, sdp: Sdp, now: Duration) {
        let Some(mut call) = self.call_with(&from, id) else {
            return self.stray_answer(&from, id);
        };
        match call.phase {
            Phase::Calling { .. } if call.negotiation.offered => {
                // To all of the peer's devices, before one is settled on: the
                // others stop ringing, and the one that answered pays no heed.
                self.send_end(&call, CallEndReason::AnsweredElsewhere);
                call.peer_device = Some(from.device);
                call.phase = Phase::Connecting;
                call.deadline = Some(now + limits::CONNECT);
                self.accept_answer(&mut call, sdp);
                self.flush_local_candidates(&mut call);
                self.emit(Output::Changed);
            }
            Phase::Connecting | Phase::Connected | Phase::Reconnecting
                if call.negotiation.offered =>
            {
                self.accept_answer(&mut call, sdp);
            }
            // Repeated, or nobody asked.
            Phase::Calling { .. }
            | Phase::Ringing
            | Phase::Connecting
            | Phase::Connected
            | Phase::Reconnecting => {}
        }
        self.call = Some(call);
    }

    /// Somebody accepted a call that we do not have, or that another of their
    /// devices has accepted before. They must not be left connecting.
    fn stray_answer(&mut self, from: &Sender, id: &CallId) {
        let taken = self
            .call
            .as_ref()
            .is_some_and(|call| call.id == *id && call.peer == from.user);
        let reason = if taken {
            CallEndReason::AnsweredElsewhere
        } else {
            CallEndReason::Ended
        };
        let signal = Signal::CallEnd(CallEnd {
            call_id: id.clone(),
            reason,
        });
        self.reply(from, signal);
    }

    fn candidate(&mut self, from: Sender, id: Option<CallId>, candidate: Candidate) {
        let belongs = self.call.as_ref().is_some_and(|call| {
            call.is_with(&from.user, &from.device) && id.as_ref().is_none_or(|id| call.id == *id)
        });
        let Some(call) = self.call.as_mut().filter(|_| belongs) else {
            // The seed's candidates name no call, so there is none to wait for.
            if let Some(id) = id {
                self.orphans.keep(from.user, from.device, id, candidate);
            }
            return;
        };
        if call.negotiation.remote.is_some() {
            let generation = call.generation;
            self.emit(Output::AddCandidate {
                generation,
                candidate,
            });
        } else if call.negotiation.remote_candidates.len() < limits::WAITING_CANDIDATES {
            call.negotiation
                .remote_candidates
                .push((from.device, candidate));
        }
    }

    fn peer_rings(&mut self, from: &Sender, id: &CallId) {
        let Some(mut call) = self.call_with(from, id) else {
            return;
        };
        if let Phase::Calling { peer_rings } = &mut call.phase
            && !*peer_rings
        {
            *peer_rings = true;
            self.emit(Output::Changed);
        }
        self.call = Some(call);
    }

    fn rejected(&mut self, from: &Sender, reject: &CallReject, now: Duration) {
        let Some(call) = self.call_with(from, &reject.call_id) else {
            return;
        };
        let reason = match call.phase {
            Phase::Calling { .. } => {
                // The other devices of the person who declined stop ringing.
                self.send_end(&call, CallEndReason::DeclinedElsewhere);
                match reject.reason {
                    None | Some(CallRejectReason::Declined) => EndReason::PeerDeclined,
                    Some(CallRejectReason::Busy) => EndReason::Busy,
                    Some(CallRejectReason::Unsupported) => EndReason::Unsupported,
                }
            }
            // A client of the seed's four messages has no other word for it.
            Phase::Ringing => EndReason::Missed,
            Phase::Connecting | Phase::Connected | Phase::Reconnecting => EndReason::PeerHungUp,
        };
        self.finish(call, reason, now);
    }

    fn ended_by_peer(&mut self, from: &Sender, addressed: bool, end: &CallEnd, now: Duration) {
        let Some(call) = self.call_with(from, &end.call_id) else {
            return;
        };
        let reason = match (call.phase, end.reason) {
            (
                Phase::Connecting | Phase::Connected | Phase::Reconnecting,
                CallEndReason::AnsweredElsewhere | CallEndReason::DeclinedElsewhere,
            ) if !addressed => {
                // Meant for the devices that still ring; this one took the call.
                self.call = Some(call);
                return;
            }
            (_, CallEndReason::AnsweredElsewhere) => EndReason::AnsweredElsewhere,
            (_, CallEndReason::DeclinedElsewhere) => EndReason::DeclinedElsewhere,
            (_, CallEndReason::Superseded) => EndReason::Superseded,
            (Phase::Ringing, _) => EndReason::Missed,
            (Phase::Calling { .. }, CallEndReason::NoAnswer) => EndReason::NoAnswer,
            (Phase::Reconnecting, CallEndReason::Failed) => EndReason::ConnectionLost,
            (Phase::Calling { .. } | Phase::Connecting, CallEndReason::Failed) => {
                EndReason::ConnectionFailed
            }
            (Phase::Connected, CallEndReason::Failed) => EndReason::ConnectionLost,
            (
                Phase::Calling { .. } | Phase::Connecting | Phase::Connected | Phase::Reconnecting,
                CallEndReason::Ended | CallEndReason::Cancelled | CallEndReason::NoAnswer,
            ) => EndReason::PeerHungUp,
        };
        self.finish(call, reason, now);
    }

    pub(super) fn peer_offline(&mut self, id: &CallId, now: Duration) {
        let Some(call) = self.call.take_if(|call| call.id == *id) else {
            return;
        };
        match call.phase {
            Phase::Calling { .. } => self.finish(call, EndReason::PeerOffline, now),
            // A server that has just restarted may not know the peer again yet;
            // the deadlines decide, and a running call needs no server.
            Phase::Ringing | Phase::Connecting | Phase::Connected | Phase::Reconnecting => {
                self.call = Some(call);
            }
        }
    }

    fn reply(&mut self, from: &Sender, signal: Signal) {
        self.send(from.user.clone(), Some(from.device.clone()), signal);
    }
}

fn busy(call_id: CallId) -> Signal {
    Signal::CallReject(CallReject {
        call_id,
        reason: Some(CallRejectReason::Busy),
    })
}
