//! A call that outlives its page: what is kept of it, and how the next page takes it up.

use wimpex_call::State;
use wimpex_sansio::{Machine, Now};
use wimpex_verification::{CallKey, Incoming, Input};

use super::Client;
use crate::host::Host;
use crate::io::Output;
use crate::left_call::{LeftCall, ReturnToCall};
use crate::signaling::SignalingInput;

impl<H: Host> Client<H> {
    /// What another page needs to come back to the present call; `None` where none can.
    pub fn keep_call(&self, now: Now) -> Option<LeftCall> {
        let call = self.call.keep(now)?;
        let key = CallKey::new(call.peer.clone(), call.call_id.clone());
        Some(LeftCall {
            handshake: self.verifier.keep_handshake(&key)?,
            session: self.signaling.left_session()?,
            opened: self.view.peer(&call.peer).is_some_and(|it| it.opened),
            compared: self.view.trust.compared,
            at: self.wall(now),
            call,
        })
    }

    /// Whether the user can return to that call no more: it is over at the other side, or there is
    /// another.
    pub fn is_call_gone(&self, left: &LeftCall) -> bool {
        let call = &left.call;
        self.call.state() != State::Idle || self.call.is_over(&call.peer, &call.call_id)
    }

    /// Whether the message is of a call that the user is asked to return to.
    pub(super) fn waits_for_return(&self, message: &Incoming, now: Now) -> bool {
        let is_idle = self.call.state() == State::Idle;
        let mut asked = self.asked.iter().filter(|_| is_idle);
        asked.any(|it| it.is_to_wait(&message.from, &message.signal, now))
    }

    pub(super) fn return_to_call(&mut self, left: ReturnToCall, now: Now) {
        if self.call.state() == State::Idle {
            // The connection does not wait for a relay: it gets it with the next restart of ICE.
            if !self.turn_servers.are_ready(now) {
                self.signaling
                    .handle(SignalingInput::RequestIceServers, now);
            }
            let key = left.handshake.key();
            self.look_at(key.peer, left.opened, None);
            self.verify(Input::Restore(Box::new(left.handshake)), now);
            self.emit(Output::PreloadChunk);
            self.returned_comparison = left.compared;
            self.call.return_to(left.call, now);
            self.demand_calls();
        }
    }
}
