//! What the other page says.
//!
//! Nothing in here is trusted: a signal counts only if it comes from the call's
//! peer (as the server stamped it) and names the call's id.

use std::time::Duration;

use wimpex_protocol::{
    CallEnd, CallEndReason, CallId, CallOffer, CallReject, CallRejectReason, Candidate, DeviceId,
    Sdp, Signal, UserId,
};

use super::{Machine, presence};
use crate::call::{Call, Phase, Presence, limits};
use crate::memory::Verdict;
use crate::negotiation::Local;
use crate::{EndReason, Generation, Output, Role};

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
            // Part of the verified handshake, which is not the machine's (wimpex-verification).
            Signal::CallConfirm(_) => {}
        }
    }

    /// The call, if this sender may speak for it under that id.
    fn call_with(&mut self, from: &Sender, id: &CallId) -> Option<Call> {
        self.call
            .take_if(|call| call.id == *id && call.is_with(&from.user, &from.device))
    }

    fn offer(&mut self, from: Sender, offer: CallOffer, now: Duration) {
        if let Some(verdict) = self.over.verdict(&from.user, &offer.call_id) {
            self.reply(&from, verdict.signal(offer.call_id));
            return self.insist(&from);
        }
        let Some(call) = self.call.take() else {
            return self.ring(from, offer, Presence::default(), now);
        };
        let same_peer = call.peer == from.user;
        let same_call = same_peer && call.id == offer.call_id;
        if same_call {
            return self.offer_in_call(call, &from, offer.offer.sdp, now);
        }
        if !same_peer {
            let busy = Verdict::Rejected(CallRejectReason::Busy);
            self.remember(&from.user, &offer.call_id, busy);
            self.reply(&from, busy.signal(offer.call_id));
            self.call = Some(call);
            return;
        }
        match call.phase {
            Phase::Calling { .. } => self.glare(call, from, offer, now),
            // Their answer to our offer overtook the offer of theirs that it beat.
            Phase::Connecting
                if call.role == Role::Caller
                    && call.id > offer.call_id
                    && call.peer_device.as_ref() == Some(&from.device) =>
            {
                self.call = Some(call);
            }
            // They would not call if they still knew of the old one.
            Phase::Ringing | Phase::Connecting | Phase::Connected | Phase::Reconnecting => {
                let known = call.presence.clone();
                self.end_call(call, CallEndReason::Superseded, EndReason::Superseded, now);
                self.ring(from, offer, known, now);
            }
        }
    }

    /// They still call with a call that is over here, and may have taken ours
    /// for the losing one of two that collide. Now that theirs ends, ours rings.
    fn insist(&mut self, from: &Sender) {
        if let Some(call) = self.call.take() {
            let calling = matches!(call.phase, Phase::Calling { .. });
            if calling && call.peer == from.user && call.negotiation.offered {
                self.send_description(&call, Some(from.device.clone()));
            }
            self.call = Some(call);
        }
    }

    /// A first offer: show the prompt, and touch nothing else.
    fn ring(&mut self, from: Sender, offer: CallOffer, known: Presence, now: Duration) {
        let mut call = self.incoming(&from, offer);
        presence::inherit(&mut call, known, now);
        call.deadline = Some(now + self.ring_time());
        self.send_ringing(&call);
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
            // In case they have not: they would wait for an answer forever.
            self.send_description(&ours, Some(from.device));
            self.call = Some(ours);
            return;
        }
        if peer_has_seen_ours {
            // Should our offer be on its way still, it must not ring.
            self.send_end(&ours, CallEndReason::Superseded);
        }
        let superseded = Verdict::Ended(CallEndReason::Superseded);
        self.remember(&ours.peer, &ours.id, superseded);
        self.emit(Output::CloseConnection {
            generation: ours.generation,
            farewell: None,
        });
        let mut theirs = self.incoming(&from, offer);
        presence::inherit(&mut theirs, ours.presence.clone(), now);
        self.open_offer(&mut theirs, now);
        self.inherit_media(&mut theirs, &ours);
        self.call = Some(theirs);
        self.emit(Output::Changed);
    }

    /// An offer with the id of the call that we have: a renegotiation, or a
    /// repetition. Perfect negotiation (webrtc, section 10.7): when both offer,
    /// the caller insists and the callee gives way.
    fn offer_in_call(&mut self, mut call: Call, from: &Sender, sdp: Sdp, now: Duration) {
        if call.is_with(&from.user, &from.device) {
            match call.phase {
                Phase::Calling { .. } => {}
                // They may not know that it rings here.
                Phase::Ringing => self.send_ringing(&call),
                Phase::Connecting | Phase::Connected | Phase::Reconnecting => {
                    self.renegotiate(&mut call, sdp, now);
                }
            }
        }
        self.call = Some(call);
    }

    fn renegotiate(&mut self, call: &mut Call, sdp: Sdp, now: Duration) {
        let ours_pending = call.negotiation.offered || call.negotiation.offering;
        if call.negotiation.has_heard(&sdp) {
            let answered = matches!(call.negotiation.local, Some(Local::Answer(_)));
            // Our answer may have been lost.
            if answered && call.negotiation.is_remote(&sdp) {
                self.say_again(call);
            }
        } else if !ours_pending || call.role == Role::Callee {
            self.accept_offer(call, sdp);
            self.repairing(call, now);
        }
    }

    fn answer(&mut self, from: Sender, id: &CallId, sdp: Sdp, now: Duration) {
        let Some(mut call) = self.call_with(&from, id) else {
            return self.stray(&from, id);
        };
        let repeated = call.negotiation.has_heard(&sdp);
        let expected = call.negotiation.offered && !repeated;
        match call.phase {
            Phase::Calling { .. } if expected => {
                // To all of the peer's devices, before one is settled on: the
                // others stop ringing, and the one that answered pays no heed.
                self.send_end(&call, CallEndReason::AnsweredElsewhere);
                call.peer_device = Some(from.device);
                call.phase = Phase::Connecting;
                call.deadline = Some(now + limits::CONNECT);
                call.gone_at = None;
                self.accept_answer(&mut call, sdp);
                self.flush_local_candidates(&mut call);
                self.emit(Output::Changed);
            }
            Phase::Connecting | Phase::Connected | Phase::Reconnecting if expected => {
                self.accept_answer(&mut call, sdp);
                self.repairing(&mut call, now);
            }
            // They would not say it again if they had all that they need.
            Phase::Connecting | Phase::Reconnecting if call.negotiation.is_remote(&sdp) => {
                call.negotiation.sent = 0;
                self.flush_local_candidates(&mut call);
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

    /// Somebody rings for, or has accepted, a call that we do not have, or that
    /// another of their devices has accepted. They must not be left waiting.
    fn stray(&mut self, from: &Sender, id: &CallId) {
        let taken = self
            .call
            .as_ref()
            .is_some_and(|call| call.id == *id && call.peer == from.user);
        let verdict = if taken {
            Verdict::Ended(CallEndReason::AnsweredElsewhere)
        } else {
            let known = self.over.verdict(&from.user, id);
            known.unwrap_or(Verdict::Ended(CallEndReason::Ended))
        };
        self.reply(from, verdict.signal(id.clone()));
    }

    fn candidate(&mut self, from: Sender, id: Option<CallId>, candidate: Candidate) {
        let belongs = self.call.as_ref().is_some_and(|call| {
            call.is_with(&from.user, &from.device) && id.as_ref().is_none_or(|id| call.id == *id)
        });
        let Some(mut call) = self.call.take_if(|_| belongs) else {
            // The seed's candidates name no call, so there is none to wait for.
            if let Some(id) = id
                && self.over.verdict(&from.user, &id).is_none()
            {
                self.orphans.keep(from.user, from.device, id, candidate);
            }
            return;
        };
        if call.negotiation.has_remote() {
            self.add_candidate(&mut call, candidate);
        } else if call.negotiation.remote_candidates.len() < limits::WAITING_CANDIDATES {
            call.negotiation
                .remote_candidates
                .push((from.device, candidate));
        }
        self.call = Some(call);
    }

    fn peer_rings(&mut self, from: &Sender, id: &CallId) {
        let Some(mut call) = self.call_with(from, id) else {
            return self.stray(from, id);
        };
        if let Phase::Calling { peer_rings } = &mut call.phase {
            if !call.reached.contains(&from.device) {
                call.reached.push(from.device.clone());
            }
            if !*peer_rings {
                *peer_rings = true;
                self.emit(Output::Changed);
            }
        }
        self.call = Some(call);
    }

    fn rejected(&mut self, from: &Sender, reject: &CallReject, now: Duration) {
        let Some(call) = self.call_with(from, &reject.call_id) else {
            return self.over_before_it_began(from, &reject.call_id, CallEndReason::Cancelled);
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
        self.finish(call, reason, None, now);
    }

    /// An end may overtake its offer, which must not ring then. Only the peer
    /// of a call that we have can end it, and only from the right device.
    fn over_before_it_began(&mut self, from: &Sender, id: &CallId, reason: CallEndReason) {
        if self.call.as_ref().is_none_or(|call| call.id != *id) {
            self.remember(&from.user, id, Verdict::Ended(reason));
        }
    }

    /// Over the connection itself, so that it is surely the call's peer.
    pub(super) fn direct(&mut self, generation: Generation, end: &CallEnd, now: Duration) {
        let Some(call) = self
            .call
            .take_if(|call| call.generation == generation && call.id == end.call_id)
        else {
            return;
        };
        if call.is_live() {
            self.end_by_peer(call, true, end.reason, now);
        } else {
            self.call = Some(call);
        }
    }

    fn ended_by_peer(&mut self, from: &Sender, addressed: bool, end: &CallEnd, now: Duration) {
        match self.call_with(from, &end.call_id) {
            Some(call) => self.end_by_peer(call, addressed, end.reason, now),
            None => self.over_before_it_began(from, &end.call_id, end.reason),
        }
    }

    fn end_by_peer(&mut self, call: Call, addressed: bool, reason: CallEndReason, now: Duration) {
        let reason = match (call.phase, reason) {
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
        if matches!(call.phase, Phase::Calling { .. }) {
            // The other devices of the person stop ringing too.
            self.send_end(&call, CallEndReason::Cancelled);
        }
        self.finish(call, reason, None, now);
    }

    fn reply(&mut self, from: &Sender, signal: Signal) {
        self.send(from.user.clone(), Some(from.device.clone()), signal);
    }
}
