//! The same call over another peer connection: the browser has closed the one before by itself,
//! or ICE cannot repair it.
//!
//! Each connection has a session id of its own in its descriptions ([`Sdp::session_id`]), and all
//! connections of a call have one certificate. So an offer within the call that is of another
//! connection of the peer's says by itself that it is one, and verification finds in it the
//! fingerprint of the handshake. It is answered, without a prompt, by another connection here.
//! This is done only with a peer that has said that it can ([`MediaFlag::Reconnects`]); nobody else
//! makes another connection for a call.

use std::time::Duration;

use wimpex_protocol::{CallEndReason, MediaFlag, Sdp};
use wimpex_sansio::Now;

use super::{Call, Next};
use crate::ids::Ids;
use crate::limits;
use crate::negotiation::Session;
use crate::output::Output;
use crate::outputs::Outputs;
use crate::phase::Phase;
use crate::snapshot::{EndReason, Role, State};
use crate::timer::Timer;

impl Call {
    /// Whether the call can go on over another connection.
    pub(super) fn may_reconnect(&self) -> bool {
        let state = self.peer_media.state();
        self.phase.connected_at().is_some()
            && state.is_some_and(|state| state.has(MediaFlag::Reconnects))
    }

    /// Why the call ends if its path is not found again.
    pub(super) fn lost(&self) -> EndReason {
        if self.slept {
            EndReason::Slept
        } else if self.peer_left_page {
            EndReason::PeerDidNotReturn
        } else {
            EndReason::ConnectionLost
        }
    }

    /// This browser has closed the connection. Nobody has hung up.
    pub(crate) fn connection_closed(&mut self, now: Now, ids: &mut Ids, out: &mut Outputs) -> Next {
        if self.may_reconnect() {
            self.reconnecting(now, out);
            self.reconnect(now, ids, out);
            return Next::Keep;
        }
        match self.state() {
            State::Calling => self.end(CallEndReason::Cancelled, EndReason::ConnectionFailed, out),
            State::Connecting => self.end(CallEndReason::Failed, EndReason::ConnectionFailed, out),
            State::Connected | State::Reconnecting => {
                self.end(CallEndReason::Failed, self.lost(), out)
            }
            State::Idle | State::Ringing | State::Ended => Next::Keep,
        }
    }

    /// The peer's connection is closed, and it has not hung up: it would have said so before,
    /// over the connection. The peer offers another one as soon as it can, so that this side
    /// only waits.
    pub(super) fn peer_closed(&mut self, now: Now, out: &mut Outputs) {
        self.reconnecting(now, out);
        self.timers.stop(Timer::Restart);
        self.timers.stop(Timer::Resend);
    }

    /// The page has not run for a while.
    pub(crate) fn slept(&mut self, duration: Duration, now: Now, out: &mut Outputs) -> Next {
        if duration < limits::ASLEEP || self.phase.connected_at().is_none() {
            return Next::Keep;
        }
        self.slept = true;
        // The path may be gone, and so may the peer: the caller's offer brings either to light. The
        // callee leaves that to the caller, whose offers may be on their way.
        match self.role {
            Role::Caller => self.network_changed(now, out),
            Role::Callee => Next::Keep,
        }
    }

    /// From here on [`limits::RECONNECT`] counts.
    pub(super) fn reconnecting(&mut self, now: Now, out: &mut Outputs) {
        if let Phase::Connected { since } = self.phase {
            self.phase = Phase::Reconnecting { since };
            self.timers.set(Timer::Reconnect, now + limits::RECONNECT);
            out.push(Output::Changed);
        }
    }

    /// The next step of the repair of a lost path. Where a restart of ICE was of no use, the
    /// caller makes another connection; the callee leaves that to it.
    pub(super) fn repair(&mut self, now: Now, ids: &mut Ids, out: &mut Outputs) {
        let is_of_no_use = self.negotiation.was_restarted() && !self.negotiation.awaits_answer();
        if self.role == Role::Caller && is_of_no_use && self.may_reconnect() {
            self.reconnect(now, ids, out);
        } else {
            self.restart_ice(now, out);
        }
    }

    /// Makes another connection, and offers it.
    fn reconnect(&mut self, now: Now, ids: &mut Ids, out: &mut Outputs) {
        self.replace_connection(true, ids, out);
        self.negotiation.create_offer(false, out);
        self.timers
            .set_repair(Timer::Resend, now + limits::RESEND_AFTER);
    }

    fn replace_connection(&mut self, offers: bool, ids: &mut Ids, out: &mut Outputs) {
        out.push(Output::CloseConnection {
            connection: self.connection(),
            goodbye: None,
        });
        self.negotiation.reconnect(ids.next_connection());
        self.create_connection(offers, out);
        self.hold_connection(out);
        self.media.attach(self.connection(), out);
        // Nothing was said over this one.
        self.told = None;
        out.push(Output::Changed);
    }

    /// Whether this offer within the call is for another connection than the present one.
    pub(super) fn is_of_another_connection(&self, sdp: &Sdp) -> bool {
        self.may_reconnect() && self.negotiation.session_of_offer(sdp) != Session::Current
    }

    /// The peer offers another connection.
    pub(super) fn reconnect_offered(
        &mut self,
        sdp: Sdp,
        now: Now,
        ids: &mut Ids,
        out: &mut Outputs,
    ) {
        let is_fresh = self.negotiation.is_fresh();
        if self.negotiation.session_of_offer(&sdp) == Session::Past {
            // It has not got our offer yet, and restarts ICE on what is closed here.
        } else if is_fresh && self.role == Role::Caller {
            // Both offer a connection: the caller's counts (perfect negotiation). In case they
            // have not got it:
            self.retransmit(out);
        } else if is_fresh || !self.negotiation.has_seen(&sdp) {
            self.reconnecting(now, out);
            self.peer_returns(now);
            // Of the one that this side may have offered itself nothing can be used: its
            // transceivers would not meet those of the peer's (RFC 9429, section 5.10).
            self.replace_connection(false, ids, out);
            self.admit_video();
            self.negotiation.set_remote_offer(sdp, &self.peer, out);
            self.timers
                .set_repair(Timer::Restart, now + limits::RESTART_AGAIN_AFTER);
        }
    }

    /// Whether an answer is of no use for the present connection: it was meant for one before,
    /// or the peer has answered with another connection to an offer of this one, which no
    /// other can be the end of.
    pub(super) fn is_not_for_this_connection(
        &mut self,
        sdp: &Sdp,
        now: Now,
        ids: &mut Ids,
        out: &mut Outputs,
    ) -> bool {
        if !self.may_reconnect() {
            return false;
        }
        match self.negotiation.session_of_answer(sdp) {
            Session::Current => false,
            Session::Past => true,
            Session::New if self.negotiation.is_fresh() => false,
            Session::New => {
                self.reconnect(now, ids, out);
                true
            }
        }
    }
}
