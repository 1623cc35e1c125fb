//! What the host sees of the sessions, and does to them.

use std::collections::HashSet;

use wimpex_hub::SessionId;
use wimpex_protocol::UserId;

use super::SessionRegistry;
use crate::send_queue::CloseReason;

/// One device of somebody, as the host sees it: no name, and no address.
#[derive(Clone, Debug, serde::Serialize)]
pub(crate) struct SessionSummary {
    pub(crate) session: u64,
    pub(crate) user: String,
    pub(crate) is_connected: bool,
    /// What waits for it, in bytes.
    pub(crate) owed_bytes: usize,
}

impl SessionRegistry {
    /// The first so many, by their numbers, and how many there are.
    pub(crate) fn sessions(&self, limit: usize) -> (Vec<SessionSummary>, usize) {
        let inner = self.lock();
        let mut ids: Vec<SessionId> = inner.sessions.keys().copied().collect();
        ids.sort_by_key(|id| id.0);
        let count = ids.len();
        let summary = |id: SessionId| {
            let session = inner.sessions.get(&id)?;
            Some(SessionSummary {
                session: id.0,
                user: session.identity.user.to_string(),
                is_connected: session.connection.is_some(),
                owed_bytes: session.owed_bytes(),
            })
        };
        let first = ids.into_iter().take(limit).filter_map(summary).collect();
        (first, count)
    }

    /// Everybody who has a session.
    pub(crate) fn people(&self) -> HashSet<UserId> {
        let inner = self.lock();
        let sessions = inner.sessions.values();
        sessions.map(|it| it.identity.user.clone()).collect()
    }

    /// Ends all sessions of this person, and says how many there were.
    pub(crate) fn dismiss(&self, user: &UserId) -> usize {
        let mut inner = self.lock();
        let theirs: Vec<(SessionId, Option<_>)> = inner
            .sessions
            .iter()
            .filter(|(_, session)| session.identity.user == *user)
            .map(|(id, session)| (*id, session.connection))
            .collect();
        let mut outputs = Vec::new();
        for (session, connection) in &theirs {
            outputs.extend(inner.end(*session));
            if let Some(handle) = connection.and_then(|connection| inner.disconnect(connection)) {
                handle.queue.close(CloseReason::Dismissed);
            }
        }
        inner.carry_out(outputs);
        theirs.len()
    }
}
