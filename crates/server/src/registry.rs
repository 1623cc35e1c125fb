//! Everybody's sessions and open connections, with the hub that decides who gets
//! what; the registry carries that out.
//!
//! One lock around all, held for no longer than it takes to decide and to put
//! texts into queues; nothing in here waits for a peer. It must not know
//! WebSockets.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tracing::{debug, info};
use wimpex_hub::{Counts, Hub, Identity, Input, Output, SessionId};
use wimpex_protocol::{Ack, PresenceWatch, Relayed, Resume, ServerMessage, Welcome};
use wimpex_sansio::{Machine, Now, outputs};
use wimpex_stream::Ahead;

use crate::connection_id::ConnectionId;
use crate::frame::Body;
use crate::resumable_session::{QueueLimits, Receipt, ResumableSession};
use crate::send_queue::{self, CloseReason, CloseSignal, SendQueue, SendQueueReader};

/// See the module.
pub(crate) struct SessionRegistry {
    inner: Mutex<Inner>,
    /// Begins the session ids of this run of the server, so that those of an
    /// earlier one mean nothing to it.
    run: String,
    limits: QueueLimits,
    /// How long after its last sign of life a session without a connection counts as away.
    away_after: Duration,
    /// How long after its last sign of life it ends.
    keep: Duration,
}

#[derive(Default)]
struct Inner {
    hub: Hub,
    connections: HashMap<ConnectionId, ConnectionHandle>,
    sessions: HashMap<SessionId, ResumableSession>,
    last_connection: u64,
    last_session: u64,
    closing: bool,
}

/// An open connection.
struct ConnectionHandle {
    queue: SendQueue,
    session: Option<SessionId>,
}

impl SessionRegistry {
    pub(crate) fn new(
        run: String,
        limits: QueueLimits,
        away_after: Duration,
        keep: Duration,
    ) -> Self {
        Self {
            inner: Mutex::default(),
            run,
            limits,
            away_after,
            keep,
        }
    }

    /// Lets a connection in; it is nobody until [`SessionRegistry::join`].
    pub(crate) fn enter(&self) -> (ConnectionId, SendQueueReader, CloseSignal) {
        let (queue, reader, close_signal) =
            send_queue::channel(self.limits.messages, self.limits.bytes);
        let mut inner = self.lock();
        inner.last_connection += 1;
        let connection = ConnectionId(inner.last_connection);
        if inner.closing {
            queue.close(CloseReason::GoingAway);
        } else {
            let session = None;
            inner
                .connections
                .insert(connection, ConnectionHandle { queue, session });
        }
        (connection, reader, close_signal)
    }

    /// A connection is gone, and its session with it. Does nothing if it is out already.
    pub(crate) fn leave(&self, connection: ConnectionId) {
        let mut inner = self.lock();
        if let Some(session) = inner.hang_up(connection) {
            let outputs = inner.end(session);
            inner.carry_out(outputs, self.limits);
        }
    }

    /// A connection broke; `heard` says when anything came over it last. A session
    /// that can be resumed waits for the next one.
    pub(crate) fn lose(&self, connection: ConnectionId, heard: Instant) {
        let mut inner = self.lock();
        let Some(id) = inner.hang_up(connection) else {
            return;
        };
        match inner.sessions.get_mut(&id) {
            Some(session) if session.is_numbered() => {
                session.connection = None;
                session.heard = heard;
            }
            _ => {
                let outputs = inner.end(id);
                inner.carry_out(outputs, self.limits);
            }
        }
    }

    /// Logs a connection in. `welcome` is the first that it gets as a member; if
    /// `resume` names a session that is still kept, it goes on.
    pub(crate) fn join(
        &self,
        connection: ConnectionId,
        identity: Identity,
        mut welcome: Welcome,
        resume: Option<&Resume>,
    ) {
        let mut inner = self.lock();
        // Closed in between: it must not stay behind in the hub.
        if !inner.connections.contains_key(&connection) {
            return;
        }
        if let Some(outputs) = self.resume(&mut inner, connection, &identity, &mut welcome, resume)
        {
            return inner.carry_out(outputs, self.limits);
        }
        inner.last_session += 1;
        let id = SessionId(inner.last_session);
        welcome.session = resume.map(|_| Resume {
            id: Some(self.wire(id)),
            received: 0,
        });
        let mut outputs = inner.direct(connection, &ServerMessage::Welcome(welcome));
        let session = ResumableSession::new(identity.clone(), connection, resume.is_some());
        inner.sessions.insert(id, session);
        if let Some(handle) = inner.connections.get_mut(&connection) {
            handle.session = Some(id);
        }
        let session = id;
        outputs.extend(inner.tell_hub(Input::Join { session, identity }));
        inner.carry_out(outputs, self.limits);
    }

    fn resume(
        &self,
        inner: &mut Inner,
        connection: ConnectionId,
        identity: &Identity,
        welcome: &mut Welcome,
        resume: Option<&Resume>,
    ) -> Option<Vec<Output>> {
        let resume = resume?;
        let id = self.read(resume.id.as_ref()?)?;
        let session = inner.sessions.get_mut(&id)?;
        if session.identity != *identity {
            return None;
        }
        let older = session.connection;
        let (received, again) = session.resume(connection, resume.received).ok()?;
        session.away = false;
        if let Some(handle) = older.and_then(|older| inner.connections.remove(&older)) {
            handle.queue.close(CloseReason::Superseded);
        }
        if let Some(handle) = inner.connections.get_mut(&connection) {
            handle.session = Some(id);
        }
        welcome.session = Some(Resume {
            id: Some(self.wire(id)),
            received,
        });
        let first = Body::of(&ServerMessage::Welcome(welcome.clone())).unnumbered();
        let handle = inner.connections.get(&connection)?;
        let mut frames = std::iter::once(first).chain(again);
        if frames.any(|frame| handle.queue.push(frame).is_err()) {
            return Some(inner.drop_slow_connection(connection));
        }
        debug!(connection = connection.0, session = id.0, "resumed");
        Some(inner.tell_hub(Input::SetAway {
            session: id,
            away: false,
        }))
    }

    /// A frame has arrived over a connection that is logged in.
    pub(crate) fn receive(&self, connection: ConnectionId, seq: Option<u64>) -> Receipt {
        match self.lock().session_of(connection) {
            Some(session) => session.receive(seq),
            // Closed in between.
            None => Receipt::Duplicate,
        }
    }

    /// Acknowledges to a client what has arrived.
    pub(crate) fn ack(&self, connection: ConnectionId) {
        let mut inner = self.lock();
        if let Some(received) = inner.session_of(connection).and_then(ResumableSession::ack) {
            let outputs = inner.direct(connection, &ServerMessage::Ack(Ack { received }));
            inner.carry_out(outputs, self.limits);
        }
    }

    /// A client has received so many.
    pub(crate) fn acknowledged(
        &self,
        connection: ConnectionId,
        received: u64,
    ) -> Result<(), Ahead> {
        match self.lock().session_of(connection) {
            Some(session) => session.acknowledged(received),
            None => Ok(()),
        }
    }

    pub(crate) fn relay(&self, connection: ConnectionId, relayed: Relayed) {
        self.with_session(connection, |session| Input::Relay { session, relayed });
    }

    pub(crate) fn watch(&self, connection: ConnectionId, watch: PresenceWatch) {
        self.with_session(connection, |session| Input::Watch { session, watch });
    }

    /// An answer to this connection's client alone.
    pub(crate) fn answer(&self, connection: ConnectionId, message: ServerMessage) {
        let mut inner = self.lock();
        match inner
            .connections
            .get(&connection)
            .and_then(|handle| handle.session)
        {
            Some(session) => {
                let to = vec![session];
                inner.carry_out(vec![Output::Deliver { to, message }], self.limits);
            }
            None => {
                let outputs = inner.direct(connection, &message);
                inner.carry_out(outputs, self.limits);
            }
        }
    }

    /// Looks after the sessions that are without a connection.
    pub(crate) fn tick(&self, now: Instant) {
        let mut inner = self.lock();
        let lost = inner
            .sessions
            .iter_mut()
            .filter(|(_, session)| session.connection.is_none());
        let (mut over, mut silent) = (Vec::new(), Vec::new());
        for (id, session) in lost {
            let silence = now.saturating_duration_since(session.heard);
            if silence >= self.keep {
                over.push(*id);
            } else if silence >= self.away_after && !std::mem::replace(&mut session.away, true) {
                silent.push(*id);
            }
        }
        let mut outputs = Vec::new();
        for id in silent {
            outputs.extend(inner.tell_hub(Input::SetAway {
                session: id,
                away: true,
            }));
        }
        for id in over {
            info!(session = id.0, "did not come back");
            outputs.extend(inner.end(id));
        }
        inner.carry_out(outputs, self.limits);
    }

    /// Tells every connection, also those that come later, that the server stops.
    pub(crate) fn close(&self) {
        let mut inner = self.lock();
        inner.closing = true;
        for (_, handle) in inner.connections.drain() {
            handle.queue.close(CloseReason::GoingAway);
        }
        inner.sessions.clear();
        inner.hub = Hub::default();
    }

    pub(crate) fn counts(&self) -> Counts {
        self.lock().hub.counts()
    }

    pub(crate) fn connections(&self) -> usize {
        self.lock().connections.len()
    }

    fn with_session(&self, connection: ConnectionId, input: impl FnOnce(SessionId) -> Input) {
        let mut inner = self.lock();
        if let Some(session) = inner
            .connections
            .get(&connection)
            .and_then(|handle| handle.session)
        {
            let outputs = inner.tell_hub(input(session));
            inner.carry_out(outputs, self.limits);
        }
    }

    /// A session's id as clients see it.
    fn wire(&self, id: SessionId) -> wimpex_protocol::SessionId {
        let text = format!("{}.{}", self.run, id.0);
        wimpex_protocol::SessionId::parse(text).expect("letters, digits and a point, and short")
    }

    fn read(&self, id: &wimpex_protocol::SessionId) -> Option<SessionId> {
        let (run, number) = id.as_str().rsplit_once('.')?;
        (run == self.run).then_some(SessionId(number.parse().ok()?))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic in here would be a bug, but not one to end all other calls for.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// None of the hub's decisions depends on time.
    fn tell_hub(&mut self, input: Input) -> Vec<Output> {
        self.hub.handle(input, Now::ZERO);
        outputs(&mut self.hub).collect()
    }

    fn session_of(&mut self, connection: ConnectionId) -> Option<&mut ResumableSession> {
        let id = self.connections.get(&connection)?.session?;
        self.sessions.get_mut(&id)
    }

    /// Forgets a connection; returns the session that went over it.
    fn hang_up(&mut self, connection: ConnectionId) -> Option<SessionId> {
        self.connections.remove(&connection)?.session
    }

    /// A session is over.
    fn end(&mut self, session: SessionId) -> Vec<Output> {
        self.sessions.remove(&session);
        self.tell_hub(Input::Leave { session })
    }

    fn carry_out(&mut self, outputs: Vec<Output>, limits: QueueLimits) {
        let mut todo = outputs;
        while !todo.is_empty() {
            let mut next = Vec::new();
            for output in todo {
                match output {
                    Output::Deliver { to, message } => {
                        for slow in self.deliver(&to, &message, limits) {
                            next.extend(self.drop_slow(slow));
                        }
                    }
                    Output::Supersede(session) => self.supersede(session),
                }
            }
            todo = next;
        }
    }

    /// Returns those for whom more waits than may.
    fn deliver(
        &mut self,
        to: &[SessionId],
        message: &ServerMessage,
        limits: QueueLimits,
    ) -> Vec<SessionId> {
        let body = Body::of(message);
        let (sessions, connections) = (&mut self.sessions, &self.connections);
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
            handle.is_none_or(|handle| handle.queue.push(frame).is_ok())
        };
        to.iter().copied().filter(|id| !fits(id)).collect()
    }

    /// To a connection, outside of any session's numbering.
    fn direct(&mut self, connection: ConnectionId, message: &ServerMessage) -> Vec<Output> {
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
        let Some(handle) = self.connections.remove(&connection) else {
            return Vec::new();
        };
        debug!(connection = connection.0, "takes too slowly what it gets");
        handle.queue.close(CloseReason::TooSlow);
        handle
            .session
            .map_or_else(Vec::new, |session| self.end(session))
    }

    /// The hub has forgotten the session already.
    fn supersede(&mut self, session: SessionId) {
        let connection = self
            .sessions
            .remove(&session)
            .and_then(|session| session.connection);
        if let Some(handle) = connection.and_then(|connection| self.connections.remove(&connection))
        {
            handle.queue.close(CloseReason::Superseded);
        }
    }
}
