//! Everybody's sessions and open connections, with the hub that decides who gets
//! what; the registry carries that out.
//!
//! One lock around all, held for no longer than it takes to decide and to put
//! texts into queues; nothing in here waits for a peer. It must not know
//! WebSockets.

mod cluster;
mod coming;
mod delivery;
mod handover;
#[cfg(unix)]
mod host;
mod missed;
mod moved;
mod moving;
mod relaying;
mod room;
mod waking;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedSender;
use tracing::info;
use wimpex_cluster::{Input as NodeInput, Node, NodeId, Output as NodeOutput};
use wimpex_hub::{Counts, Input, Output, PresenceRate, SessionId};
use wimpex_limits::Network;
use wimpex_protocol::{
    Ack, Envelope, ErrorCode, ErrorMessage, PresenceVisibility, PresenceWatch, ServerMessage,
    UserId,
};
use wimpex_relay::clock::Clock;
use wimpex_sansio::Machine;
use wimpex_stream::AckOutOfRange;

use crate::acquaintances::Acquaintances;
use crate::connection_id::ConnectionId;
use crate::ice::Ice;
use crate::lost_sessions::LostSessions;
use crate::metrics::Metrics;
use crate::missed_calls::MissedCalls;
use crate::nats;
use crate::network_limiter::NetworkLimiter;
use crate::push::{Push, Wakes};
use crate::resumable_session::{Receipt, ResumableSession};
use crate::send_queue::{CloseReason, QueueLimits, SendQueue, reconnect_window};
use crate::stranger_limiter::{StrangerLimiter, StrangerLimits};

/// How often those who watch somebody are told of changes: enough for people who
/// come and go, and no way to fill somebody's queue by coming and going.
const PRESENCE_RATE: PresenceRate = PresenceRate {
    burst: 8,
    window: Duration::from_secs(2),
};

/// Calls to people who are not there, of one network, in a second and at once: each may be kept for
/// a month.
const MISSED_CALLS: (f64, f64) = (1.0 / 60.0, 30.0);
/// The same of one block of addresses: a home line has 256 networks.
const MISSED_CALLS_OF_BLOCK: (f64, f64) = (1000.0 / (24.0 * 60.0 * 60.0), 1000.0);

const TOO_MUCH: &str = "Too much was sent to that person; it was not delivered.";

/// See the module.
pub(crate) struct SessionRegistry {
    inner: Mutex<Inner>,
    /// Held by whoever deals with a frame from a client, so that sessions are not handed to
    /// another process between its number and what it says.
    frames: RwLock<()>,
    limits: RegistryLimits,
    /// With a frame unacknowledged for so long a session counts as away.
    unacked: Duration,
    /// How long after its last sign of life a session without a connection counts as away.
    away_after: Duration,
    /// How long after its last sign of life it ends.
    keep: Duration,
}

/// How much the registry may hold; 0 is no limit.
#[derive(Clone, Copy)]
pub(crate) struct RegistryLimits {
    /// For one client.
    pub(crate) queue: QueueLimits,
    /// Of one network: connections, and sessions without one.
    pub(crate) per_network: usize,
    /// The same of all networks.
    pub(crate) total: usize,
    pub(crate) devices_per_user: usize,
    /// What all sessions without a connection are owed.
    pub(crate) absent_bytes: usize,
    pub(crate) strangers: StrangerLimits,
}

struct Inner {
    /// Begins the session ids of this run of the server, so that those of an
    /// earlier one mean nothing to it, unless it goes on with its sessions.
    run: String,
    node: Node,
    /// Where goes what it says to other servers.
    outbox: Option<UnboundedSender<NodeOutput>>,
    /// Whether NATS was there when it was heard of last.
    is_medium_up: bool,
    stranger_limiter: StrangerLimiter,
    limits: RegistryLimits,
    clock: Clock,
    ice: Arc<Ice>,
    connections: HashMap<ConnectionId, ConnectionHandle>,
    /// How many of them come from where.
    by_network: HashMap<Network, usize>,
    /// Boxed, because a map has places for up to twice as many.
    sessions: HashMap<SessionId, Box<ResumableSession>>,
    lost: LostSessions,
    /// What the lost ones are owed together.
    absent_bytes: usize,
    last_connection: u64,
    last_session: u64,
    /// The names of sessions that began at other servers.
    homes: moved::Homes,
    /// Clients that wait for theirs.
    takes: moved::Takes,
    /// Sessions that have gone to other servers.
    moved: moved::Moved,
    closing: bool,
    metrics: Metrics,
    push: Option<Arc<Push>>,
    missed_calls: Option<MissedCalls>,
    acquaintances: Arc<Acquaintances>,
    wakes: Wakes,
    /// Of calls that are kept.
    missed_limiter: NetworkLimiter,
    missed_block_limiter: NetworkLimiter,
}

/// Where what concerns people without a session here goes.
pub(crate) struct Elsewhere {
    /// To their devices, if there is web push.
    pub(crate) push: Option<Arc<Push>>,
    /// Into the list for their next login, if there is one.
    pub(crate) missed_calls: Option<MissedCalls>,
    /// Whom they know.
    pub(crate) acquaintances: Arc<Acquaintances>,
    /// To the other nodes, if there are any.
    pub(crate) outbox: Option<UnboundedSender<NodeOutput>>,
}

/// An open connection.
struct ConnectionHandle {
    queue: SendQueue,
    network: Network,
    session: Option<SessionId>,
}

impl SessionRegistry {
    pub(crate) fn new(
        run: String,
        limits: RegistryLimits,
        clock: Clock,
        ice: Arc<Ice>,
        [unacked, away_after, keep]: [Duration; 3],
        metrics: Metrics,
        elsewhere: Elsewhere,
    ) -> Self {
        let Elsewhere {
            push,
            missed_calls,
            acquaintances,
            outbox,
        } = elsewhere;
        let mut inner = Inner {
            node: new_node(&run, outbox.is_some(), clock),
            outbox,
            is_medium_up: false,
            run,
            stranger_limiter: StrangerLimiter::new(limits.strangers),
            limits,
            clock,
            ice,
            connections: HashMap::new(),
            by_network: HashMap::new(),
            sessions: HashMap::new(),
            lost: LostSessions::default(),
            absent_bytes: 0,
            last_connection: 0,
            last_session: 0,
            homes: moved::Homes::default(),
            takes: moved::Takes::default(),
            moved: moved::Moved::default(),
            closing: false,
            metrics,
            push,
            missed_calls,
            acquaintances,
            wakes: Wakes::default(),
            missed_limiter: NetworkLimiter::new(MISSED_CALLS),
            missed_block_limiter: NetworkLimiter::new(MISSED_CALLS_OF_BLOCK),
        };
        inner.drain_node();
        Self {
            inner: Mutex::new(inner),
            frames: RwLock::default(),
            limits,
            unacked,
            away_after,
            keep,
        }
    }

    /// For as long as a frame from a client is being dealt with.
    pub(crate) fn frame(&self) -> RwLockReadGuard<'_, ()> {
        self.frames.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// A frame has arrived over a connection that is logged in. It counts for that session from now on,
    /// and is that session's, whatever becomes of the connection before it is dealt with. `None` if the
    /// connection was closed in between.
    pub(crate) fn receive(
        &self,
        connection: ConnectionId,
        seq: Option<u64>,
    ) -> Option<(SessionId, Receipt)> {
        let mut inner = self.lock();
        let id = inner.connections.get(&connection)?.session?;
        let session = inner.sessions.get_mut(&id)?;
        Some((id, session.receive(seq)))
    }

    /// Acknowledges to a client what has arrived.
    pub(crate) fn ack(&self, connection: ConnectionId) {
        let mut inner = self.lock();
        if let Some(received) = inner.session_of(connection).and_then(ResumableSession::ack) {
            let outputs = inner.direct(connection, &ServerMessage::Ack(Ack { received }));
            inner.carry_out(outputs);
        }
    }

    /// A client has received so many; says whether that is news.
    pub(crate) fn acknowledged(
        &self,
        connection: ConnectionId,
        received: u64,
    ) -> Result<bool, AckOutOfRange> {
        let mut inner = self.lock();
        let Some(session) = inner.session_of(connection) else {
            // Closed in between.
            return Ok(false);
        };
        let is_news = session.acknowledged(received)?;
        let is_back = std::mem::take(&mut session.away);
        if is_back {
            let session = inner.connections.get(&connection).and_then(|c| c.session);
            if let Some(session) = session {
                let outputs = inner.tell_hub(Input::SetAway {
                    session,
                    away: false,
                });
                inner.carry_out(outputs);
            }
        }
        Ok(is_news)
    }

    /// Passes a message of so many bytes on; or its sender is told why not.
    pub(crate) fn relay(&self, session: SessionId, relayed: Envelope, bytes: usize) {
        let mut inner = self.lock();
        let outputs = inner.relay(session, relayed, bytes);
        inner.carry_out(outputs);
    }

    pub(crate) fn watch(&self, session: SessionId, watch: PresenceWatch) {
        self.tell_hub(Input::Watch { session, watch });
    }

    pub(crate) fn set_visibility(&self, session: SessionId, visibility: PresenceVisibility) {
        self.tell_hub(Input::SetVisibility {
            session,
            visibility,
        });
    }

    /// A client is about to call, and asks for credentials for TURN.
    pub(crate) fn give_relay(&self, session: SessionId) {
        let mut inner = self.lock();
        let outputs = inner.give_relay(session);
        inner.carry_out(outputs.into_iter().collect());
    }

    /// Something that all devices of a user are to know, those that are there.
    pub(crate) fn tell(&self, user: &UserId, message: ServerMessage) -> bool {
        let mut inner = self.lock();
        let to: Vec<SessionId> = inner
            .node
            .hub()
            .sessions_of(user)
            .map(|(_, id)| id)
            .collect();
        let is_there = !to.is_empty();
        if is_there {
            inner.carry_out(vec![Output::Deliver { to, message }]);
        }
        is_there
    }

    /// Whether a device of somebody's is here, and shown to that other one.
    pub(crate) fn shows(&self, user: &UserId, to: &UserId) -> bool {
        self.lock().node.hub().shows(user, to)
    }

    /// Whether a device of somebody's is here.
    pub(crate) fn is_here(&self, user: &UserId) -> bool {
        self.lock().node.hub().is_present(user)
    }

    /// Whether NATS is there.
    pub(crate) fn is_medium_up(&self) -> bool {
        self.lock().is_medium_up
    }

    /// Tells the other servers that something is kept for somebody.
    pub(crate) fn tell_others(&self, user: &UserId) {
        if let Some(outbox) = &self.lock().outbox {
            let _ = outbox.send(nats::waiting(user));
        }
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
                inner.carry_out(vec![Output::Deliver { to, message }]);
            }
            None => {
                let outputs = inner.direct(connection, &message);
                inner.carry_out(outputs);
            }
        }
    }

    /// Looks after the sessions that are without a connection, and those that do not
    /// acknowledge: a page that is frozen has a browser that answers pings for it.
    pub(crate) fn tick(&self, now: Instant) {
        let mut inner = self.lock();
        let (mut over, mut silent) = (Vec::new(), Vec::new());
        let ice = Arc::clone(&inner.ice);
        let mut due = Vec::new();
        for (id, session) in &mut inner.sessions {
            if session.connection.is_some() {
                let user = &session.identity.user;
                let always = !ice.comes_with_calls(user);
                let is_due = |ttl| session.relay_access.is_due(ttl, always, now);
                if ice.ttl(user).is_some_and(is_due) {
                    due.push(*id);
                }
                let is_silent = session.unacked_for(now) >= self.unacked;
                if is_silent && !std::mem::replace(&mut session.away, true) {
                    silent.push(*id);
                }
                continue;
            }
            let silence = now.saturating_duration_since(session.heard);
            if silence >= self.keep {
                over.push(*id);
            } else if silence >= self.away_after && !std::mem::replace(&mut session.away, true) {
                silent.push(*id);
            }
        }
        let swept_at = inner.clock.now();
        inner.stranger_limiter.sweep(swept_at);
        let Inner {
            wakes, sessions, ..
        } = &mut *inner;
        wakes.tick(now, |session| sessions.contains_key(&session));
        inner.take_missed();
        let mut outputs = inner.tell_hub(Input::Timeout);
        outputs.extend(inner.forget_moved(now));
        for id in due {
            outputs.extend(inner.give_relay(id));
        }
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
        inner.carry_out(outputs);
    }

    /// Tells every connection, also those that come later, that the server stops.
    pub(crate) fn close(&self) {
        let _frames = self.frames_gate();
        let mut inner = self.lock();
        inner.closing = true;
        inner.wakes.close();
        inner.take_missed();
        let reconnect_within = reconnect_window(inner.connections.len());
        for (_, handle) in inner.connections.drain() {
            handle
                .queue
                .close(CloseReason::GoingAway { reconnect_within });
        }
        inner.forget_all();
    }

    pub(crate) fn counts(&self) -> Counts {
        self.lock().node.hub().counts()
    }

    /// What sessions without a connection are owed, in bytes.
    pub(crate) fn absent_bytes(&self) -> usize {
        self.lock().absent_bytes
    }

    /// How many messages wait to be written to all connections together, and how many bytes.
    pub(crate) fn queued(&self) -> (usize, usize) {
        let inner = self.lock();
        let waiting = inner
            .connections
            .values()
            .map(|handle| handle.queue.waiting());
        waiting.fold((0, 0), |(messages, bytes), (m, b)| {
            (messages + m, bytes + b)
        })
    }

    /// Whether nobody comes in any more, because the server ends or is handed over.
    pub(crate) fn is_closing(&self) -> bool {
        self.lock().closing
    }

    pub(crate) fn connections(&self) -> usize {
        self.lock().connections.len()
    }

    /// Of a session that is here no more the hub knows nothing.
    fn tell_hub(&self, input: Input) {
        let mut inner = self.lock();
        let outputs = inner.tell_hub(input);
        inner.carry_out(outputs);
    }

    fn frames_gate(&self) -> RwLockWriteGuard<'_, ()> {
        self.frames.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic in here would be a bug, but not one to end all other calls for.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// A session's id as clients see it.
    fn wire(&self, id: SessionId) -> wimpex_protocol::SessionId {
        let text = match self.homes.of(id) {
            Some((node, number)) => format!("{node}.{number}"),
            None => format!("{}.{}", self.run, id.0),
        };
        wimpex_protocol::SessionId::parse(text).expect("letters, digits and a point, and short")
    }

    fn read(&self, id: &wimpex_protocol::SessionId) -> Option<SessionId> {
        let (run, number) = id.as_str().rsplit_once('.')?;
        self.named(run, number.parse().ok()?)
    }

    /// Which session here is known by that name; it may have ended.
    fn named(&self, run: &str, number: u64) -> Option<SessionId> {
        // One that has been elsewhere, and is back, is known by the name that it began with.
        let moved = self.homes.session(run, number);
        moved.or((run == self.run).then_some(SessionId(number)))
    }

    /// Everybody but connections, which are out already.
    fn forget_all(&mut self) {
        self.by_network.clear();
        self.sessions.clear();
        self.homes = moved::Homes::default();
        self.lost.clear();
        self.absent_bytes = 0;
        if self.node.is_clustered() {
            let now = self.clock.now();
            self.node.handle(NodeInput::Close, now);
            self.drain_node();
        }
        self.node = Node::alone(Some(PRESENCE_RATE));
    }

    fn tell_hub(&mut self, input: Input) -> Vec<Output> {
        self.node.handle(NodeInput::Hub(input), self.clock.now());
        self.drain_node()
    }

    fn session_of(&mut self, connection: ConnectionId) -> Option<&mut ResumableSession> {
        let id = self.connections.get(&connection)?.session?;
        self.sessions.get_mut(&id).map(Box::as_mut)
    }

    /// Forgets a connection; returns the session that went over it.
    fn hang_up(&mut self, connection: ConnectionId) -> Option<SessionId> {
        self.disconnect(connection)?.session
    }

    /// The only way in which a connection gets out.
    fn disconnect(&mut self, connection: ConnectionId) -> Option<ConnectionHandle> {
        let handle = self.connections.remove(&connection)?;
        if let Some(count) = self.by_network.get_mut(&handle.network) {
            *count -= 1;
            if *count == 0 {
                self.by_network.remove(&handle.network);
            }
        }
        Some(handle)
    }

    /// A session is over.
    fn end(&mut self, session: SessionId) -> Vec<Output> {
        self.forget(session);
        self.tell_hub(Input::Leave { session })
    }

    /// The only way in which a session gets out.
    fn forget(&mut self, id: SessionId) -> Option<ResumableSession> {
        self.homes.remove(id);
        let session = self.sessions.remove(&id)?;
        if self.lost.remove(id) {
            self.absent_bytes -= session.owed_bytes();
        }
        Some(*session)
    }
}

/// The hub, alone or as one of several servers'.
fn new_node(run: &str, is_clustered: bool, clock: Clock) -> Node {
    let rate = Some(PRESENCE_RATE);
    match NodeId::parse(run) {
        Ok(id) if is_clustered => {
            let (wall, now) = clock.both();
            Node::new(id, rate, wall, now)
        }
        Ok(_) | Err(_) => Node::alone(rate),
    }
}

fn refuse(refused: &Envelope, code: ErrorCode, text: &str) -> ErrorMessage {
    ErrorMessage {
        code,
        message: text.to_owned(),
        ref_type: Some(refused.signal.type_name().to_owned()),
        call_id: refused.signal.call_id().cloned(),
        to_id: Some(refused.to_id.clone()),
        reason: None,
    }
}
