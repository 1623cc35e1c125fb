//! Who comes, goes, and comes back: connections, and the sessions that go over them.

use std::time::{Duration, Instant, SystemTime};

use tracing::debug;
use wimpex_hub::{Identity, Input, Output, SessionId};
use wimpex_limits::Network;
use wimpex_protocol::{Login, Resume, ServerMessage, Welcome};

use super::{ConnectionHandle, Inner, SessionRegistry};
use crate::connection_id::ConnectionId;
use crate::frame::Body;
use crate::resumable_session::ResumableSession;
use crate::send_queue::{self, CloseReason, SendQueueReader, reconnect_window};

impl SessionRegistry {
    /// Lets a connection from this network in; it is nobody until
    /// [`SessionRegistry::join`].
    pub(crate) fn enter(&self, network: Network) -> (ConnectionId, SendQueueReader) {
        let (queue, reader) = send_queue::channel(self.limits.queue);
        let mut inner = self.lock();
        inner.last_connection += 1;
        let connection = ConnectionId(inner.last_connection);
        if inner.closing {
            let reconnect_within = reconnect_window(0);
            queue.close(CloseReason::GoingAway { reconnect_within });
        } else {
            let handle = ConnectionHandle {
                queue,
                network,
                session: None,
            };
            inner.connections.insert(connection, handle);
            *inner.by_network.entry(network).or_default() += 1;
        }
        (connection, reader)
    }

    /// A connection is gone, and its session with it. Does nothing if it is out already.
    pub(crate) fn leave(&self, connection: ConnectionId) {
        let mut inner = self.lock();
        if let Some(session) = inner.hang_up(connection) {
            let outputs = inner.end(session);
            inner.carry_out(outputs);
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
                let (network, owed) = (session.network, session.owed_bytes());
                inner.absent_bytes += owed;
                inner.lost.insert(id, network);
                let mut outputs = inner.make_room(network);
                outputs.extend(inner.limit_absent_bytes());
                inner.carry_out(outputs);
            }
            _ => {
                let outputs = inner.end(id);
                inner.carry_out(outputs);
            }
        }
    }

    /// Whether a connection has not been told to end. While a [frame](Self::frame) is being dealt
    /// with, the server does not end it.
    pub(crate) fn is_open(&self, connection: ConnectionId) -> bool {
        self.lock().connections.contains_key(&connection)
    }

    /// Logs a connection in. `welcome` is the first that it gets as a member; if
    /// `login` names a session that is still kept, it goes on.
    pub(crate) fn join(
        &self,
        connection: ConnectionId,
        identity: Identity,
        mut welcome: Welcome,
        login: &Login,
    ) {
        let resume = login.session.as_ref();
        let mut inner = self.lock();
        // Closed in between: it must not stay behind in the hub.
        if !inner.connections.contains_key(&connection) {
            return;
        }
        let resumed = self.resume(&mut inner, connection, &identity, &mut welcome, resume);
        if resume.is_some_and(|resume| resume.id.is_some()) {
            inner.metrics.resumption(resumed.is_some());
        }
        if let Some(outputs) = resumed {
            if let Some(session) = inner.session_of(connection) {
                session.know_missed(login.missed_since);
            }
            return inner.carry_out(outputs);
        }
        let mut outputs = inner.limit_devices(&identity);
        inner.last_session += 1;
        let id = SessionId(inner.last_session);
        welcome.session = resume.map(|_| Resume {
            id: Some(inner.wire(id)),
            received: 0,
        });
        outputs.extend(inner.direct(connection, &ServerMessage::Welcome(welcome)));
        let Some(handle) = inner.connections.get_mut(&connection) else {
            return inner.carry_out(outputs);
        };
        handle.session = Some(id);
        let network = handle.network;
        let mut session =
            ResumableSession::new(identity.clone(), connection, network, resume.is_some());
        if !inner.ice.comes_with_calls(&identity.user) {
            session.relay_access.issue(Instant::now());
        }
        session.know_missed(login.missed_since);
        inner.sessions.insert(id, Box::new(session));
        outputs.extend(inner.make_room(network));
        outputs.extend(inner.tell_hub(Input::Join {
            session: id,
            identity,
            hidden: login.hidden,
        }));
        inner.carry_out(outputs);
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
        let id = inner.read(resume.id.as_ref()?)?;
        let network = inner.connections.get(&connection)?.network;
        let session = inner.sessions.get_mut(&id)?;
        if session.identity != *identity {
            return None;
        }
        let (older, owed) = (session.connection, session.owed_bytes());
        let (received, again) = session.resume(connection, network, resume.received).ok()?;
        session.away = false;
        let (user, now) = (&session.identity.user, Instant::now());
        let is_active = |ttl: Duration| session.relay_access.is_active(ttl, now);
        // In the middle of a call a guest goes on having them.
        if inner.ice.ttl(user).is_some_and(is_active) {
            welcome.ice_servers = inner.ice.servers(user, SystemTime::now());
            session.relay_access.issue(now);
        }
        if inner.lost.remove(id) {
            inner.absent_bytes -= owed;
        }
        if let Some(handle) = older.and_then(|older| inner.disconnect(older)) {
            handle.queue.close(CloseReason::Superseded);
        }
        if let Some(handle) = inner.connections.get_mut(&connection) {
            handle.session = Some(id);
        }
        welcome.session = Some(Resume {
            id: Some(inner.wire(id)),
            received,
        });
        let first = Body::of(&ServerMessage::Welcome(welcome.clone())).unnumbered();
        let handle = inner.connections.get(&connection)?;
        for frame in std::iter::once(first).chain(again) {
            handle.queue.push_owed(frame);
        }
        debug!(connection = connection.0, session = id.0, "resumed");
        Some(inner.tell_hub(Input::SetAway {
            session: id,
            away: false,
        }))
    }
}
