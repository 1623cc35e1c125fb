//! Calls that nobody has heard, and telling those who were called.

use wimpex_hub::{Output, SessionId};
use wimpex_identity::is_key_id;
use wimpex_protocol::{MissedCalls, MissedCallsErase, ServerMessage, UserId};

use super::{Inner, SessionRegistry};
use crate::missed_calls::Kept;

impl SessionRegistry {
    /// Tells somebody, on every device that is there, of those calls that it has not been told of; the
    /// earliest first.
    pub(crate) fn tell_missed_calls(&self, user: &UserId, mut kept: Vec<Kept>) {
        let mut inner = self.lock();
        // One that rings still may be answered yet; whoever was told of a later one would not hear of it.
        let wakes = &inner.wakes;
        let rings = |it: &Kept| wakes.is_ringing(&it.call.from_id, &it.call.call_id);
        let first = kept.iter().position(rings);
        kept.truncate(first.unwrap_or(kept.len()));
        let Some(until) = kept.last().map(|it| it.number) else {
            return;
        };
        let devices = inner.node.hub().sessions_of(user);
        let devices: Vec<SessionId> = devices.map(|(_, id)| id).collect();
        let mut outputs = Vec::new();
        for id in devices {
            let session = inner.sessions.get_mut(&id);
            let Some(since) = session.and_then(|session| session.tell_missed(until)) else {
                continue;
            };
            let news = kept.iter().filter(|it| it.number > since);
            let calls = news.map(|it| it.call.clone()).collect();
            outputs.push(Output::Deliver {
                to: vec![id],
                message: ServerMessage::MissedCalls(MissedCalls { calls, until }),
            });
        }
        inner.carry_out(outputs);
    }

    /// Somebody wants nothing more to be kept.
    pub(crate) fn erase_missed_calls(&self, session: SessionId, erase: &MissedCallsErase) {
        let inner = self.lock();
        let Some(session) = inner.sessions.get(&session) else {
            return;
        };
        let user = session.identity.user.clone();
        if let Some(missed) = inner.missed_calls.as_ref().filter(|_| is_key_id(&user)) {
            missed.erase(user, erase.until);
        }
    }
}

impl Inner {
    /// Keeps the calls that have ended unheard; whoever has come meanwhile is told then.
    pub(super) fn take_missed(&mut self) {
        for (user, call) in self.wakes.take_missed() {
            if let Some(missed) = &self.missed_calls {
                missed.keep(user, call);
            }
        }
    }
}
