//! What this browser's peer connection reports, and the repair of a lost path.

use std::time::Duration;

use wimpex_protocol::{
    Answer, CallAnswer, CallEndReason, CallOffer, Candidate, IceCandidate, Offer, Sdp, Signal,
};

use super::Machine;
use crate::call::{Call, Phase, limits};
use crate::{EndReason, Generation, Output, PeerConnectionState, Role};

impl Machine {
    /// The call whose connection that is; a stale number finds none.
    fn call_of(&mut self, generation: Generation) -> Option<Call> {
        self.call.take_if(|call| call.generation == generation)
    }

    pub(super) fn local_offer(&mut self, generation: Generation, sdp: Sdp) {
        let Some(mut call) = self.call_of(generation) else {
            return;
        };
        call.negotiation.describing = false;
        call.negotiation.offered = true;
        let signal = Signal::CallOffer(CallOffer {
            call_id: call.id.clone(),
            offer: Offer::new(sdp),
            call_type: call.call_type,
            from_username: None,
        });
        self.send_to_peer(&call, signal);
        self.flush_local_candidates(&mut call);
        self.call = Some(call);
    }

    pub(super) fn local_answer(&mut self, generation: Generation, sdp: Sdp) {
        let Some(mut call) = self.call_of(generation) else {
            return;
        };
        call.negotiation.describing = false;
        let signal = Signal::CallAnswer(CallAnswer {
            call_id: call.id.clone(),
            answer: Answer::new(sdp),
        });
        self.send_to_peer(&call, signal);
        self.flush_local_candidates(&mut call);
        self.call = Some(call);
    }

    pub(super) fn local_candidate(&mut self, generation: Generation, candidate: Candidate) {
        let Some(mut call) = self.call_of(generation) else {
            return;
        };
        if call.negotiation.local_candidates.len() < limits::WAITING_CANDIDATES {
            call.negotiation.local_candidates.push(candidate);
        }
        self.flush_local_candidates(&mut call);
        self.call = Some(call);
    }

    pub(super) fn flush_local_candidates(&mut self, call: &mut Call) {
        if !call.may_send_candidates() {
            return;
        }
        for candidate in std::mem::take(&mut call.negotiation.local_candidates) {
            let signal = Signal::IceCandidate(IceCandidate {
                call_id: Some(call.id.clone()),
                candidate,
            });
            self.send_to_peer(call, signal);
        }
    }

    /// Takes the peer's offer, and then the candidates that waited for it.
    pub(super) fn accept_offer(&mut self, call: &mut Call, sdp: Sdp) {
        call.negotiation.describing = true;
        call.negotiation.offered = false;
        call.negotiation.remote = Some(sdp.clone());
        self.emit(Output::AcceptOffer {
            generation: call.generation,
            sdp,
        });
        self.flush_remote_candidates(call);
    }

    /// Takes the peer's answer, and then the candidates that waited for it.
    pub(super) fn accept_answer(&mut self, call: &mut Call, sdp: Sdp) {
        call.negotiation.offered = false;
        call.negotiation.remote = Some(sdp.clone());
        self.emit(Output::AcceptAnswer {
            generation: call.generation,
            sdp,
        });
        self.flush_remote_candidates(call);
    }

    fn flush_remote_candidates(&mut self, call: &mut Call) {
        for (device, candidate) in std::mem::take(&mut call.negotiation.remote_candidates) {
            // Another device of the peer may have spoken before one was settled on.
            if call
                .peer_device
                .as_ref()
                .is_none_or(|known| *known == device)
            {
                self.emit(Output::AddCandidate {
                    generation: call.generation,
                    candidate,
                });
            }
        }
    }

    pub(super) fn negotiation_failed(&mut self, generation: Generation, now: Duration) {
        let Some(mut call) = self.call_of(generation) else {
            return;
        };
        call.negotiation.describing = false;
        call.negotiation.offered = false;
        match call.phase {
            Phase::Calling { .. } | Phase::Connecting => {
                self.send_end(&call, CallEndReason::Failed);
                self.finish(call, EndReason::NegotiationFailed, now);
            }
            // The path in use is none the worse for it; if it is lost, its own
            // deadline ends the call.
            Phase::Ringing | Phase::Connected | Phase::Reconnecting => self.call = Some(call),
        }
    }

    pub(super) fn connection(
        &mut self,
        generation: Generation,
        state: PeerConnectionState,
        now: Duration,
    ) {
        let Some(mut call) = self.call_of(generation) else {
            return;
        };
        if call.is_live() && state == PeerConnectionState::Closed {
            self.send_end(&call, CallEndReason::Ended);
            return self.finish(call, EndReason::PeerHungUp, now);
        }
        if call.is_live() {
            match state {
                PeerConnectionState::Connected => self.connected(&mut call, now),
                PeerConnectionState::Disconnected => {
                    let patience = match call.role {
                        Role::Caller => limits::RESTART_AFTER,
                        Role::Callee => limits::CALLEE_RESTART_AFTER,
                    };
                    self.lost(&mut call, patience, now);
                }
                PeerConnectionState::Failed => {
                    let patience = match call.role {
                        Role::Caller => Duration::ZERO,
                        Role::Callee => limits::CALLEE_RESTART_AFTER,
                    };
                    self.lost(&mut call, patience, now);
                }
                PeerConnectionState::New
                | PeerConnectionState::Connecting
                | PeerConnectionState::Closed => {}
            }
        }
        self.call = Some(call);
        self.timeout(now);
    }

    fn connected(&mut self, call: &mut Call, now: Duration) {
        call.phase = Phase::Connected;
        call.connected_at.get_or_insert(now);
        call.deadline = None;
        call.restart_at = None;
        self.emit(Output::Changed);
    }

    /// The path does not answer: repair it after some patience, within a limit.
    fn lost(&mut self, call: &mut Call, patience: Duration, now: Duration) {
        let restart_at = now + patience;
        call.restart_at = Some(call.restart_at.map_or(restart_at, |at| at.min(restart_at)));
        if call.phase == Phase::Connected {
            call.phase = Phase::Reconnecting;
            call.deadline = Some(now + limits::RECONNECT);
            self.emit(Output::Changed);
        }
    }

    pub(super) fn restart_ice(&mut self) {
        let Some(call) = &mut self.call else { return };
        call.restart_at = None;
        // One offer at a time: its answer, or the deadline, settles the matter.
        if call.negotiation.offered || call.negotiation.describing {
            return;
        }
        call.negotiation.describing = true;
        let generation = call.generation;
        self.emit(Output::MakeOffer {
            generation,
            ice_restart: true,
        });
    }
}
