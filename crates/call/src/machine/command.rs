//! What the user wants.

use wimpex_protocol::{CallEndReason, CallId, CallRejectReason, CallType, UserId};
use wimpex_sansio::Now;

use super::CallMachine;
use crate::call::{Call, Phase, limits};
use crate::{Command, EndReason, Output, Role};

impl CallMachine {
    pub(super) fn command(&mut self, command: Command, now: Now) {
        match command {
            Command::StartCall {
                call_id,
                peer,
                call_type,
            } => self.start_call(call_id, peer, call_type, now),
            Command::Accept { camera } => self.accept(camera, now),
            Command::Decline => self.decline(now),
            Command::HangUp => self.hang_up(now),
            Command::Dismiss => self.dismiss(),
            Command::SetMuted(muted) => self.set_muted(muted),
            Command::SetCamera(on) => self.set_camera(on),
        }
    }

    fn start_call(&mut self, call_id: CallId, peer: UserId, call_type: CallType, now: Now) {
        if self.call.is_some() {
            return;
        }
        let connection = self.next_connection();
        let mut call = Call::new(call_id, peer, call_type, Role::Caller, connection);
        call.deadline = Some(now + self.ring_time());
        call.negotiation.offering = true;
        self.ended = None;
        self.emit(Output::CreateConnection {
            connection,
            role: Role::Caller,
            call_type,
        });
        // The offer does not wait for the user to allow the microphone: tracks
        // join later, and the other side rings meanwhile.
        self.emit(Output::CreateOffer {
            connection,
            ice_restart: false,
        });
        self.request_media(&mut call, true, call_type == CallType::Video);
        self.call = Some(call);
        self.emit(Output::Changed);
    }

    fn accept(&mut self, camera: bool, now: Now) {
        let Some(mut call) = self.call.take_if(|call| call.phase == Phase::Ringing) else {
            return;
        };
        let camera = camera && call.call_type == CallType::Video;
        self.open_offer(&mut call, now);
        self.request_media(&mut call, true, camera);
        self.call = Some(call);
        self.emit(Output::Changed);
    }

    /// From Ringing to Connecting, for the user or for the glare rule.
    pub(super) fn open_offer(&mut self, call: &mut Call, now: Now) {
        let Some(sdp) = call.pending_offer.take() else {
            return;
        };
        call.phase = Phase::Connecting;
        call.deadline = Some(now + limits::CONNECT);
        self.emit(Output::CreateConnection {
            connection: call.connection,
            role: Role::Callee,
            call_type: call.call_type,
        });
        self.set_remote_offer(call, sdp);
    }

    fn decline(&mut self, now: Now) {
        let Some(call) = self.call.take_if(|call| call.phase == Phase::Ringing) else {
            return;
        };
        self.send_reject(&call, CallRejectReason::Declined);
        self.finish(call, EndReason::Declined, None, now);
    }

    fn hang_up(&mut self, now: Now) {
        let Some(call) = self.call.take() else { return };
        match call.phase {
            Phase::Ringing => {
                self.send_reject(&call, CallRejectReason::Declined);
                self.finish(call, EndReason::Declined, None, now);
            }
            Phase::Calling { .. } => {
                self.end_call(call, CallEndReason::Cancelled, EndReason::Cancelled, now);
            }
            Phase::Connecting | Phase::Connected | Phase::Reconnecting => {
                self.end_call(call, CallEndReason::Ended, EndReason::HungUp, now);
            }
        }
    }

    fn dismiss(&mut self) {
        if self.ended.take().is_some() {
            self.emit(Output::Changed);
        }
    }
}
