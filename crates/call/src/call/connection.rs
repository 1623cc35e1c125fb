//! What the browser's connection reports, and how a lost path is repaired.

use std::time::Duration;

use wimpex_protocol::{CallEndReason, Sdp};
use wimpex_sansio::Now;
use wimpex_webrtc::{IceCandidateInit, PeerConnectionState};

use super::{Call, Next};
use crate::ids::Ids;
use crate::limits;
use crate::output::Output;
use crate::outputs::Outputs;
use crate::phase::Phase;
use crate::snapshot::{EndReason, Role, State};
use crate::timer::Timer;

impl Call {
    pub(crate) fn local_offer(&mut self, sdp: Sdp, now: Now, out: &mut Outputs) -> Next {
        if self.negotiation.offer_created(sdp) {
            if self.state() == State::Calling {
                self.timers
                    .set(Timer::NoRinging, now + limits::NO_RINGING_AFTER);
            }
            self.send_description(out);
            self.send_candidates(out);
        }
        Next::Keep
    }

    pub(crate) fn local_answer(&mut self, sdp: Sdp, out: &mut Outputs) -> Next {
        if self.negotiation.answer_created(sdp) {
            self.send_description(out);
            self.send_candidates(out);
        }
        Next::Keep
    }

    pub(crate) fn local_candidate(
        &mut self,
        candidate: IceCandidateInit,
        out: &mut Outputs,
    ) -> Next {
        self.negotiation.keep_local_candidate(candidate);
        self.send_candidates(out);
        Next::Keep
    }

    pub(crate) fn local_description_failed(&mut self, out: &mut Outputs) -> Next {
        self.negotiation.local_failed();
        self.negotiation_failed(out)
    }

    /// A description that is needed will not be there, so that no connection comes
    /// about.
    pub(crate) fn negotiation_failed(&mut self, out: &mut Outputs) -> Next {
        match self.phase {
            Phase::Calling { .. } | Phase::Connecting => {
                self.end(CallEndReason::Failed, EndReason::NegotiationFailed, out)
            }
            // The path in use is none the worse for it; if it is lost, its own deadline
            // ends the call.
            Phase::Ringing { .. } | Phase::Connected { .. } | Phase::Reconnecting { .. } => {
                Next::Keep
            }
        }
    }

    pub(crate) fn connection_state_changed(
        &mut self,
        state: PeerConnectionState,
        now: Now,
        ids: &mut Ids,
        out: &mut Outputs,
    ) -> Next {
        if self.phase.is_live() {
            match (state, self.role) {
                (PeerConnectionState::Connected, _) => self.connected(now, out),
                (PeerConnectionState::Disconnected, Role::Caller) => {
                    self.path_lost(limits::RESTART_AFTER, now, out);
                }
                (PeerConnectionState::Failed, Role::Caller) => {
                    self.path_lost(Duration::ZERO, now, out);
                }
                (PeerConnectionState::Disconnected | PeerConnectionState::Failed, Role::Callee) => {
                    self.path_lost(limits::CALLEE_RESTART_AFTER, now, out);
                }
                (PeerConnectionState::Closed, _) if self.may_reconnect() => {
                    self.peer_closed(now, out)
                }
                (PeerConnectionState::Closed, _) => {
                    // This side has not hung up either.
                    self.peer.send_end(CallEndReason::Failed, out);
                    return Next::end(EndReason::PeerClosed);
                }
                (PeerConnectionState::New | PeerConnectionState::Connecting, _) => {}
            }
        }
        self.timeout(now, ids, out)
    }

    pub(super) fn connecting(&mut self, now: Now) {
        self.phase = Phase::Connecting;
        self.timers.stop(Timer::Ring);
        self.timers.stop(Timer::NoRinging);
        self.timers.set(Timer::Connect, now + limits::CONNECT);
    }

    pub(super) fn connected(&mut self, now: Now, out: &mut Outputs) {
        let since = self.phase.connected_at().unwrap_or(now);
        self.phase = Phase::Connected { since };
        self.timers.stop_all();
        self.negotiation.connected();
        self.slept = false;
        self.peer_left_page = false;
        out.push(Output::Changed);
    }

    /// The path does not answer: ICE is restarted after some patience, within a limit.
    pub(super) fn path_lost(&mut self, patience: Duration, now: Now, out: &mut Outputs) {
        let at = now + patience;
        if self.timers.repair().is_none_or(|before| at < before) {
            self.timers.set_repair(Timer::Restart, at);
        }
        if let Phase::Connected { since } = self.phase {
            self.phase = Phase::Reconnecting { since };
            self.timers.set(Timer::Reconnect, now + limits::RECONNECT);
            out.push(Output::Changed);
        }
    }

    /// The descriptions of a restart are exchanged: it has some time to work.
    pub(super) fn restart_negotiated(&mut self, now: Now) {
        if self.timers.repair().is_some() {
            self.negotiation.restarted();
            self.timers
                .set_repair(Timer::Restart, now + limits::RESTART_AGAIN_AFTER);
        }
    }

    /// The next step of the repair. A step that does not help is taken again, until the
    /// call is connected or its deadline passes.
    pub(super) fn restart_ice(&mut self, now: Now, out: &mut Outputs) {
        self.timers
            .set_repair(Timer::Resend, now + limits::RESEND_AFTER);
        if self.negotiation.awaits_answer() {
            // The offer, or its answer, may have been lost.
            self.retransmit(out);
        } else {
            self.offer_restart(out);
        }
    }

    pub(super) fn offer_restart(&mut self, out: &mut Outputs) {
        if !self.negotiation.is_creating() {
            self.negotiation.create_offer(true, out);
        }
    }

    /// Moves the call over to another network without waiting for the path to be lost.
    /// It need not be lost: one restart, and ICE decides the rest. Chromium leaves an old
    /// path that ICE prefers to the new one only after 2.5 s of silence on it; no API
    /// shortens that.
    pub(crate) fn network_changed(&mut self, now: Now, out: &mut Outputs) -> Next {
        match self.phase {
            Phase::Calling { .. } | Phase::Ringing { .. } => {}
            Phase::Connected { .. } if self.negotiation.awaits_answer() => {}
            Phase::Connected { .. } => self.offer_restart(out),
            Phase::Connecting | Phase::Reconnecting { .. } => self.restart_ice(now, out),
        }
        Next::Keep
    }

    // Microphone and camera.
}
