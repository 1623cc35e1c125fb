//! What this browser's peer connection reports, and the repair of a lost path.

use std::time::Duration;

use wimpex_protocol::{
    Answer, CallAnswer, CallEndReason, CallOffer, DeviceId, IceCandidate, Offer, Sdp, Signal,
};
use wimpex_sansio::Now;
use wimpex_webrtc::IceCandidateInit;

use super::CallMachine;
use crate::call::{Call, Phase, limits};
use crate::negotiation::Local;
use crate::{EndReason, Output, PeerConnectionId, PeerConnectionState, Role};

impl CallMachine {
    /// The call whose connection that is; a stale number finds none.
    fn call_of(&mut self, connection: PeerConnectionId) -> Option<Call> {
        self.call.take_if(|call| call.connection == connection)
    }

    pub(super) fn local_offer(&mut self, connection: PeerConnectionId, sdp: Sdp) {
        let Some(mut call) = self.call_of(connection) else {
            return;
        };
        // If the peer's offer has come meanwhile, the browser rolls ours back.
        if std::mem::take(&mut call.negotiation.offering) {
            call.negotiation.offered = true;
            self.describe(&mut call, Local::Offer(sdp));
        }
        self.call = Some(call);
    }

    pub(super) fn local_answer(&mut self, connection: PeerConnectionId, sdp: Sdp) {
        let Some(mut call) = self.call_of(connection) else {
            return;
        };
        let due = call.negotiation.answering;
        call.negotiation.answering = due.saturating_sub(1);
        // An answer to an offer that another has overtaken is of no use.
        if due == 1 {
            self.describe(&mut call, Local::Answer(sdp));
        }
        self.call = Some(call);
    }

    /// Our description is ready: off it goes, and its candidates after it.
    fn describe(&mut self, call: &mut Call, local: Local) {
        call.negotiation.local = Some(local);
        self.send_description(call, call.peer_device.clone());
        self.flush_local_candidates(call);
    }

    /// Our description as it stands, to one device of the peer or to all.
    pub(super) fn send_description(&mut self, call: &Call, device: Option<DeviceId>) {
        let call_id = call.id.clone();
        let signal = match call.negotiation.local.clone() {
            Some(Local::Offer(sdp)) => Signal::CallOffer(CallOffer {
                call_id,
                offer: Offer::new(sdp),
                call_type: call.call_type,
                from_username: None,
                sec: None,
            }),
            Some(Local::Answer(sdp)) => Signal::CallAnswer(CallAnswer {
                call_id,
                answer: Answer::new(sdp),
                sec: None,
            }),
            None => return,
        };
        self.send(call.peer.clone(), device, signal);
    }

    pub(super) fn local_candidate(
        &mut self,
        connection: PeerConnectionId,
        candidate: IceCandidateInit,
    ) {
        let Some(mut call) = self.call_of(connection) else {
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
        let kept = &call.negotiation.local_candidates;
        let from = std::mem::replace(&mut call.negotiation.sent, kept.len());
        for candidate in &kept[from..] {
            let signal = Signal::IceCandidate(IceCandidate {
                call_id: Some(call.id.clone()),
                candidate: candidate.clone(),
            });
            self.send_to_peer(call, signal);
        }
    }

    /// Takes the peer's offer, and then the candidates that waited for it.
    pub(super) fn set_remote_offer(&mut self, call: &mut Call, sdp: Sdp) {
        call.negotiation.offering = false;
        call.negotiation.answering += 1;
        call.negotiation.offered = false;
        call.negotiation.forget_local();
        call.negotiation.set_remote(&sdp);
        self.emit(Output::SetRemoteOffer {
            connection: call.connection,
            sdp,
        });
        self.flush_remote_candidates(call);
    }

    /// Takes the peer's answer, and then the candidates that waited for it.
    pub(super) fn set_remote_answer(&mut self, call: &mut Call, sdp: Sdp) {
        call.negotiation.offered = false;
        call.negotiation.set_remote(&sdp);
        self.emit(Output::SetRemoteAnswer {
            connection: call.connection,
            sdp,
        });
        self.flush_remote_candidates(call);
    }

    pub(super) fn add_candidate(&mut self, call: &mut Call, candidate: IceCandidateInit) {
        if call.negotiation.added < limits::CANDIDATES {
            call.negotiation.added += 1;
            self.emit(Output::AddCandidate {
                connection: call.connection,
                candidate,
            });
        }
    }

    fn flush_remote_candidates(&mut self, call: &mut Call) {
        for (device, candidate) in std::mem::take(&mut call.negotiation.remote_candidates) {
            // Another device of the peer may have spoken before one was settled on.
            if call
                .peer_device
                .as_ref()
                .is_none_or(|known| *known == device)
            {
                self.add_candidate(call, candidate);
            }
        }
    }

    /// No local description was made, or the one that was cannot be sent.
    pub(super) fn local_description_failed(&mut self, connection: PeerConnectionId, now: Now) {
        if let Some(call) = &mut self.call
            && call.connection == connection
        {
            call.negotiation.offering = false;
            call.negotiation.answering = call.negotiation.answering.saturating_sub(1);
            call.negotiation.offered = false;
        }
        self.cannot_connect(connection, now);
    }

    /// The two descriptions that are needed will not be there: no connection comes about.
    pub(super) fn cannot_connect(&mut self, connection: PeerConnectionId, now: Now) {
        let Some(call) = self.call_of(connection) else {
            return;
        };
        match call.phase {
            Phase::Calling { .. } | Phase::Connecting => {
                self.end_call(
                    call,
                    CallEndReason::Failed,
                    EndReason::NegotiationFailed,
                    now,
                );
            }
            // The path in use is none the worse for it; if it is lost, its own
            // deadline ends the call.
            Phase::Ringing | Phase::Connected | Phase::Reconnecting => self.call = Some(call),
        }
    }

    pub(super) fn connection_state_changed(
        &mut self,
        connection: PeerConnectionId,
        state: PeerConnectionState,
        now: Now,
    ) {
        let Some(mut call) = self.call_of(connection) else {
            return;
        };
        if call.is_live() && state == PeerConnectionState::Closed {
            self.send_end(&call, CallEndReason::Ended);
            return self.finish(call, EndReason::PeerHungUp, None, now);
        }
        if call.is_live() {
            match state {
                PeerConnectionState::Connected => self.connected(&mut call, now),
                PeerConnectionState::Disconnected => {
                    let patience = match call.role {
                        Role::Caller => limits::RESTART_AFTER,
                        Role::Callee => limits::CALLEE_RESTART_AFTER,
                    };
                    self.path_lost(&mut call, patience, now);
                }
                PeerConnectionState::Failed => {
                    let patience = match call.role {
                        Role::Caller => Duration::ZERO,
                        Role::Callee => limits::CALLEE_RESTART_AFTER,
                    };
                    self.path_lost(&mut call, patience, now);
                }
                PeerConnectionState::New
                | PeerConnectionState::Connecting
                | PeerConnectionState::Closed => {}
            }
        }
        self.call = Some(call);
        self.timeout(now);
    }

    fn connected(&mut self, call: &mut Call, now: Now) {
        call.phase = Phase::Connected;
        call.connected_at.get_or_insert(now);
        call.deadline = None;
        call.restart_at = None;
        call.peer_left_at = None;
        self.emit(Output::Changed);
    }

    /// The path does not answer: repair it after some patience, within a limit.
    fn path_lost(&mut self, call: &mut Call, patience: Duration, now: Now) {
        let restart_at = now + patience;
        call.restart_at = Some(call.restart_at.map_or(restart_at, |at| at.min(restart_at)));
        if call.phase == Phase::Connected {
            call.phase = Phase::Reconnecting;
            call.deadline = Some(now + limits::RECONNECT);
            self.emit(Output::Changed);
        }
    }

    /// The next step of the repair. A step that does not help is taken again,
    /// until the call is connected or its deadline passes.
    pub(super) fn restart_ice(&mut self, now: Now) {
        let Some(mut call) = self.call.take() else {
            return;
        };
        call.restart_at = Some(now + limits::RESEND_AFTER);
        if call.negotiation.offered {
            // The offer, or its answer, may have been lost.
            self.retransmit(&mut call);
        } else {
            self.offer_restart(&mut call);
        }
        self.call = Some(call);
    }

    /// Moves a call over to another network without waiting for the path to be
    /// lost. It need not be lost: one restart, and ICE decides the rest.
    pub(super) fn network_changed(&mut self, now: Now) {
        let Some(mut call) = self.call.take() else {
            return;
        };
        match call.phase {
            Phase::Calling { .. } | Phase::Ringing => self.call = Some(call),
            Phase::Connected => {
                if !call.negotiation.offered {
                    self.offer_restart(&mut call);
                }
                self.call = Some(call);
            }
            Phase::Connecting | Phase::Reconnecting => {
                self.call = Some(call);
                self.restart_ice(now);
            }
        }
    }

    fn offer_restart(&mut self, call: &mut Call) {
        if call.negotiation.is_describing() {
            return;
        }
        call.negotiation.offering = true;
        call.negotiation.forget_local();
        self.emit(Output::CreateOffer {
            connection: call.connection,
            ice_restart: true,
        });
    }

    /// The descriptions of a restart are exchanged: it has some time to work.
    pub(super) fn repairing(&mut self, call: &mut Call, now: Now) {
        if call.restart_at.is_some() {
            call.restart_at = Some(now + limits::RESTART_AGAIN_AFTER);
        }
    }
}
