//! The hub, with everybody's seat and open sockets beside it: carries out what
//! the hub decides.
//!
//! One lock around all, held for no longer than it takes to decide and to put
//! texts into queues; nothing in here waits for a peer. It must not know
//! WebSockets.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio_tungstenite::tungstenite::Utf8Bytes;
use tracing::{debug, info};
use wimpex_hub::{Counts, Hub, Identity, Input, Output, SessionId};
use wimpex_protocol::{Ack, PresenceWatch, Relayed, Resume, ServerMessage, Welcome};
use wimpex_sansio::{Machine, Now, outputs};
use wimpex_stream::Ahead;

use crate::outbox::{self, Dismissal, Dismissed, Outbox, Queue};
use crate::seat::{Bounds, Reception, Seat};

/// One socket, for as long as it lasts. Never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ConnId(pub(crate) u64);

/// See the module.
pub(crate) struct Lobby {
    inner: Mutex<Inner>,
    /// Begins the session ids of this run of the server, so that those of an
    /// earlier one mean nothing to it.
    run: String,
    bounds: Bounds,
    /// How long after its last sign of life a session without a socket counts as away.
    away_after: Duration,
    /// How long after its last sign of life it ends.
    keep: Duration,
}

#[derive(Default)]
struct Inner {
    hub: Hub,
    lines: HashMap<ConnId, Line>,
    seats: HashMap<SessionId, Seat>,
    last_conn: u64,
    last_session: u64,
    closing: bool,
}

/// An open socket.
struct Line {
    outbox: Outbox,
    session: Option<SessionId>,
}

impl Lobby {
    pub(crate) fn new(run: String, bounds: Bounds, away_after: Duration, keep: Duration) -> Self {
        Self {
            inner: Mutex::default(),
            run,
            bounds,
            away_after,
            keep,
        }
    }

    /// Lets a socket in; it is nobody until [`Lobby::join`].
    pub(crate) fn enter(&self) -> (ConnId, Queue, Dismissed) {
        let (outbox, queue, dismissed) = outbox::channel(self.bounds.messages, self.bounds.bytes);
        let mut inner = self.lock();
        inner.last_conn += 1;
        let conn = ConnId(inner.last_conn);
        if inner.closing {
            outbox.dismiss(Dismissal::GoingAway);
        } else {
            let session = None;
            inner.lines.insert(conn, Line { outbox, session });
        }
        (conn, queue, dismissed)
    }

    /// A socket is gone, and its session with it. Does nothing if it is out already.
    pub(crate) fn leave(&self, conn: ConnId) {
        let mut inner = self.lock();
        if let Some(session) = inner.hang_up(conn) {
            let outputs = inner.end(session);
            inner.carry_out(outputs, self.bounds);
        }
    }

    /// A socket broke; `heard` says when anything came over it last. A session
    /// that can be resumed waits for the next one.
    pub(crate) fn lose(&self, conn: ConnId, heard: Instant) {
        let mut inner = self.lock();
        let Some(session) = inner.hang_up(conn) else {
            return;
        };
        match inner.seats.get_mut(&session) {
            Some(seat) if seat.is_numbered() => {
                seat.conn = None;
                seat.heard = heard;
            }
            _ => {
                let outputs = inner.end(session);
                inner.carry_out(outputs, self.bounds);
            }
        }
    }

    /// Logs a socket in. `welcome` is the first that it gets as a member; if
    /// `resume` names a session that is still kept, it goes on.
    pub(crate) fn join(
        &self,
        conn: ConnId,
        identity: Identity,
        mut welcome: Welcome,
        resume: Option<&Resume>,
    ) {
        let mut inner = self.lock();
        // Dismissed in between: it must not stay behind in the hub.
        if !inner.lines.contains_key(&conn) {
            return;
        }
        if let Some(outputs) = self.resume(&mut inner, conn, &identity, &mut welcome, resume) {
            return inner.carry_out(outputs, self.bounds);
        }
        inner.last_session += 1;
        let id = SessionId(inner.last_session);
        welcome.session = resume.map(|_| Resume {
            id: Some(self.wire(id)),
            received: 0,
        });
        let mut outputs = inner.direct(conn, &ServerMessage::Welcome(welcome));
        let seat = Seat::new(identity.clone(), conn, resume.is_some());
        inner.seats.insert(id, seat);
        if let Some(line) = inner.lines.get_mut(&conn) {
            line.session = Some(id);
        }
        let session = id;
        outputs.extend(inner.tell_hub(Input::Join { session, identity }));
        inner.carry_out(outputs, self.bounds);
    }

    fn resume(
        &self,
        inner: &mut Inner,
        conn: ConnId,
        identity: &Identity,
        welcome: &mut Welcome,
        resume: Option<&Resume>,
    ) -> Option<Vec<Output>> {
        let resume = resume?;
        let id = self.read(resume.id.as_ref()?)?;
        let seat = inner.seats.get_mut(&id)?;
        if seat.identity != *identity {
            return None;
        }
        let older = seat.conn;
        let (received, again) = seat.resume(conn, resume.received).ok()?;
        seat.away = false;
        if let Some(line) = older.and_then(|older| inner.lines.remove(&older)) {
            line.outbox.dismiss(Dismissal::Superseded);
        }
        if let Some(line) = inner.lines.get_mut(&conn) {
            line.session = Some(id);
        }
        welcome.session = Some(Resume {
            id: Some(self.wire(id)),
            received,
        });
        let first = Utf8Bytes::from(ServerMessage::Welcome(welcome.clone()).encode());
        let line = inner.lines.get(&conn)?;
        let mut texts = std::iter::once(first).chain(again);
        if texts.any(|text| line.outbox.push(text).is_err()) {
            return Some(inner.drop_slow_line(conn));
        }
        debug!(conn = conn.0, session = id.0, "resumed");
        Some(inner.tell_hub(Input::SetAway {
            session: id,
            away: false,
        }))
    }

    /// A frame has arrived over a socket that is logged in.
    pub(crate) fn arrive(&self, conn: ConnId, seq: Option<u64>) -> Reception {
        match self.lock().seat(conn) {
            Some(seat) => seat.arrive(seq),
            // Dismissed in between.
            None => Reception::Ignore,
        }
    }

    /// Tells a client what has arrived.
    pub(crate) fn tell(&self, conn: ConnId) {
        let mut inner = self.lock();
        if let Some(received) = inner.seat(conn).and_then(Seat::tell) {
            let outputs = inner.direct(conn, &ServerMessage::Ack(Ack { received }));
            inner.carry_out(outputs, self.bounds);
        }
    }

    /// A client says what has arrived.
    pub(crate) fn acknowledge(&self, conn: ConnId, received: u64) -> Result<(), Ahead> {
        match self.lock().seat(conn) {
            Some(seat) => seat.acknowledge(received),
            None => Ok(()),
        }
    }

    pub(crate) fn relay(&self, conn: ConnId, relayed: Relayed) {
        self.with_session(conn, |session| Input::Relay { session, relayed });
    }

    pub(crate) fn watch(&self, conn: ConnId, watch: PresenceWatch) {
        self.with_session(conn, |session| Input::Watch { session, watch });
    }

    /// An answer to this socket's client alone.
    pub(crate) fn answer(&self, conn: ConnId, message: ServerMessage) {
        let mut inner = self.lock();
        match inner.lines.get(&conn).and_then(|line| line.session) {
            Some(session) => {
                let to = vec![session];
                inner.carry_out(vec![Output::Deliver { to, message }], self.bounds);
            }
            None => {
                let outputs = inner.direct(conn, &message);
                inner.carry_out(outputs, self.bounds);
            }
        }
    }

    /// Looks after the sessions that are without a socket.
    pub(crate) fn tick(&self, now: Instant) {
        let mut inner = self.lock();
        let lost = inner
            .seats
            .iter_mut()
            .filter(|(_, seat)| seat.conn.is_none());
        let (mut over, mut silent) = (Vec::new(), Vec::new());
        for (id, seat) in lost {
            let silence = now.saturating_duration_since(seat.heard);
            if silence >= self.keep {
                over.push(*id);
            } else if silence >= self.away_after && !std::mem::replace(&mut seat.away, true) {
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
        inner.carry_out(outputs, self.bounds);
    }

    /// Tells every socket, also those that come later, that the server stops.
    pub(crate) fn close(&self) {
        let mut inner = self.lock();
        inner.closing = true;
        for (_, line) in inner.lines.drain() {
            line.outbox.dismiss(Dismissal::GoingAway);
        }
        inner.seats.clear();
        inner.hub = Hub::default();
    }

    pub(crate) fn counts(&self) -> Counts {
        self.lock().hub.counts()
    }

    pub(crate) fn sockets(&self) -> usize {
        self.lock().lines.len()
    }

    fn with_session(&self, conn: ConnId, input: impl FnOnce(SessionId) -> Input) {
        let mut inner = self.lock();
        if let Some(session) = inner.lines.get(&conn).and_then(|line| line.session) {
            let outputs = inner.tell_hub(input(session));
            inner.carry_out(outputs, self.bounds);
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

    fn seat(&mut self, conn: ConnId) -> Option<&mut Seat> {
        let session = self.lines.get(&conn)?.session?;
        self.seats.get_mut(&session)
    }

    /// Forgets a socket; returns the session that went over it.
    fn hang_up(&mut self, conn: ConnId) -> Option<SessionId> {
        self.lines.remove(&conn)?.session
    }

    /// A session is over.
    fn end(&mut self, session: SessionId) -> Vec<Output> {
        self.seats.remove(&session);
        self.tell_hub(Input::Leave { session })
    }

    fn carry_out(&mut self, outputs: Vec<Output>, bounds: Bounds) {
        let mut todo = outputs;
        while !todo.is_empty() {
            let mut next = Vec::new();
            for output in todo {
                match output {
                    Output::Deliver { to, message } => {
                        for slow in self.deliver(&to, &message, bounds) {
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
        bounds: Bounds,
    ) -> Vec<SessionId> {
        let text = Utf8Bytes::from(message.encode());
        let (seats, lines) = (&mut self.seats, &self.lines);
        let mut fits = |id: &SessionId| {
            let Some(seat) = seats.get_mut(id) else {
                return true;
            };
            let Some(text) = seat.address(&text, bounds) else {
                return false;
            };
            let line = seat.conn.and_then(|conn| lines.get(&conn));
            line.is_none_or(|line| line.outbox.push(text).is_ok())
        };
        to.iter().copied().filter(|id| !fits(id)).collect()
    }

    /// To a socket, outside of any session's numbering.
    fn direct(&mut self, conn: ConnId, message: &ServerMessage) -> Vec<Output> {
        let text = Utf8Bytes::from(message.encode());
        match self.lines.get(&conn) {
            Some(line) if line.outbox.push(text).is_err() => self.drop_slow_line(conn),
            _ => Vec::new(),
        }
    }

    fn drop_slow(&mut self, session: SessionId) -> Vec<Output> {
        let conn = self.seats.get(&session).and_then(|seat| seat.conn);
        match conn {
            Some(conn) => self.drop_slow_line(conn),
            None => self.end(session),
        }
    }

    fn drop_slow_line(&mut self, conn: ConnId) -> Vec<Output> {
        let Some(line) = self.lines.remove(&conn) else {
            return Vec::new();
        };
        debug!(conn = conn.0, "takes too slowly what it gets");
        line.outbox.dismiss(Dismissal::TooSlow);
        line.session
            .map_or_else(Vec::new, |session| self.end(session))
    }

    /// The hub has forgotten the session already.
    fn supersede(&mut self, session: SessionId) {
        let conn = self.seats.remove(&session).and_then(|seat| seat.conn);
        if let Some(line) = conn.and_then(|conn| self.lines.remove(&conn)) {
            line.outbox.dismiss(Dismissal::Superseded);
        }
    }
}
