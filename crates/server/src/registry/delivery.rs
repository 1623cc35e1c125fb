//! Carries out what the hub decides: what goes into which queue, and who loses theirs because it
//! is full or another's now.

use tracing::debug;
use wimpex_hub::{Output, SessionId};
use wimpex_protocol::ServerMessage;

use super::Inner;
use crate::connection_id::ConnectionId;
use crate::frame::Body;
use crate::send_queue::CloseReason;

impl Inner {
    pub(super) fn carry_out(&mut self, outputs: Vec<Output>) {
        let mut todo = outputs;
        while !todo.is_empty() {
            let mut next = Vec::new();
            for output in todo {
                match output {
                    Output::Deliver { to, message } => {
                        for slow in self.deliver(&to, &message) {
                            next.extend(self.drop_slow(slow));
                        }
                        if self.forward(&to, &message, None) {
                            next.extend(self.drain_node());
                        }
                        next.extend(self.limit_absent_bytes());
                    }
                    Output::Supersede(session) => self.supersede(session),
                }
            }
            todo = next;
        }
    }

    /// Returns those for whom more waits than may.
    fn deliver(&mut self, to: &[SessionId], message: &ServerMessage) -> Vec<SessionId> {
        let limits = self.limits.queue;
        self.metrics.sent(message, to.len());
        let body = Body::of(message);
        let (sessions, connections) = (&mut self.sessions, &self.connections);
        let mut absent_bytes = 0;
        let mut fits = |id: &SessionId| {
            let Some(session) = sessions.get_mut(id) else {
                return true;
            };
            let Some(frame) = session.enqueue(&body, limits) else {
                return false;
            };
            let handle = session
                .connection
                .and_then(|connection| connections.get(&connection));
            match handle {
                Some(handle) => handle.queue.push(frame).is_ok(),
                None => {
                    absent_bytes += frame.len();
                    true
                }
            }
        };
        let slow = to.iter().copied().filter(|id| !fits(id)).collect();
        self.absent_bytes += absent_bytes;
        slow
    }

    /// To a connection, outside of any session's numbering.
    pub(super) fn direct(
        &mut self,
        connection: ConnectionId,
        message: &ServerMessage,
    ) -> Vec<Output> {
        self.metrics.sent(message, 1);
        let frame = Body::of(message).unnumbered();
        match self.connections.get(&connection) {
            Some(handle) if handle.queue.push(frame).is_err() => {
                self.drop_slow_connection(connection)
            }
            _ => Vec::new(),
        }
    }

    fn drop_slow(&mut self, session: SessionId) -> Vec<Output> {
        let connection = self
            .sessions
            .get(&session)
            .and_then(|session| session.connection);
        match connection {
            Some(connection) => self.drop_slow_connection(connection),
            None => self.end(session),
        }
    }

    fn drop_slow_connection(&mut self, connection: ConnectionId) -> Vec<Output> {
        let Some(handle) = self.disconnect(connection) else {
            return Vec::new();
        };
        debug!(connection = connection.0, "takes too slowly what it gets");
        handle.queue.close(CloseReason::TooSlow);
        handle
            .session
            .map_or_else(Vec::new, |session| self.end(session))
    }

    /// The hub has forgotten the session already.
    pub(super) fn supersede(&mut self, session: SessionId) {
        let connection = self.forget(session).and_then(|session| session.connection);
        if let Some(handle) = connection.and_then(|connection| self.disconnect(connection)) {
            handle.queue.close(CloseReason::Superseded);
        }
    }
}
