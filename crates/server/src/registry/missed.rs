//! Calls that nobody has heard, and telling those who were called.

use wimpex_hub::{Output, SessionId};
use wimpex_protocol::{MissedCall, MissedCalls, ServerMessage, UserId};

use super::{Inner, SessionRegistry};
use crate::missed_calls::MissedCallKey;

impl SessionRegistry {
    /// Tells somebody, on every device that is there, of calls that are kept. They are forgotten when
    /// one of them has got the message.
    pub(crate) fn tell_missed_calls(&self, user: &UserId, kept: Vec<(MissedCallKey, MissedCall)>) {
        let mut inner = self.lock();
        let kept = kept.into_iter();
        // Those that ring still may be answered yet.
        let (keys, calls): (Vec<_>, Vec<_>) = kept
            .filter(|(_, call)| !inner.wakes.is_ringing(&call.from_id, &call.call_id))
            .unzip();
        let to = inner.devices(user);
        if calls.is_empty() || to.is_empty() {
            return;
        }
        inner.tell_missed(to.clone(), calls);
        let mut told = Vec::new();
        for id in to {
            if let Some(session) = inner.sessions.get_mut(&id) {
                session.note_told(&keys);
                told.extend(session.take_told(0));
            }
        }
        if !told.is_empty()
            && let Some(missed) = &inner.missed_calls
        {
            missed.forget(user.clone(), told);
        }
    }
}

impl Inner {
    /// Keeps the calls that have ended unheard, for who is not there; who has come meanwhile is told
    /// at once.
    pub(super) fn take_missed(&mut self) {
        for (user, call) in self.wakes.take_missed() {
            let to = match self.node.hub().is_present(&user) {
                true => self.devices(&user),
                false => Vec::new(),
            };
            if !to.is_empty() {
                self.tell_missed(to, vec![call]);
            } else if let Some(missed) = &self.missed_calls {
                missed.keep(user, call);
            }
        }
    }

    fn tell_missed(&mut self, to: Vec<SessionId>, calls: Vec<MissedCall>) {
        let message = ServerMessage::MissedCalls(MissedCalls { calls });
        self.carry_out(vec![Output::Deliver { to, message }]);
    }

    fn devices(&self, user: &UserId) -> Vec<SessionId> {
        self.node
            .hub()
            .sessions_of(user)
            .map(|(_, id)| id)
            .collect()
    }
}
