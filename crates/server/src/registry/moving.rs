//! Sessions that go on at another server of the same cluster, because their clients have come to
//! it; `wimpex_cluster` decides who asks whom.

use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tracing::{debug, warn};
use wimpex_cluster::{Arrival, Input as NodeInput, NodeId, SessionName};
use wimpex_hub::{Identity, Input, Output, SessionId};
use wimpex_protocol::{Resume, ServerMessage, UserId};
use wimpex_sansio::Machine;

use super::handover::{restore, save};
use super::moved::{Gone, Request};
use super::{Inner, SessionRegistry};
use crate::connection_id::ConnectionId;
use crate::saved_state::{MovedSession, SavedWake};
use crate::send_queue::{CloseReason, reconnect_window};

/// What comes for a session is passed on for so long after it has gone: as long as a message waits
/// to be delivered, and longer.
const FORWARD: Duration = Duration::from_secs(45);
/// Over how long those come back whom the only server lets in no more: it is about to stop.
const NOBODY_ELSE: Duration = Duration::from_secs(30);
/// A session that has gone on so often while a message was behind it is not followed further.
const MOST_HOPS: u8 = 16;

impl SessionRegistry {
    /// Fetches a session that lives at another server, if it may be one. To be waited for; then
    /// [`SessionRegistry::join`] resumes it, or begins a new one.
    pub(crate) fn fetch(
        &self,
        identity: &Identity,
        resume: &Resume,
    ) -> Option<oneshot::Receiver<()>> {
        let mut inner = self.lock();
        let id = resume.id.as_ref()?;
        let is_here = |here: &SessionId| inner.sessions.contains_key(here);
        if !inner.node.is_clustered() || inner.read(id).as_ref().is_some_and(is_here) {
            return None;
        }
        let (node, number) = id.as_str().rsplit_once('.')?;
        let (node, number) = (NodeId::parse(node).ok()?, number.parse().ok()?);
        inner.takes.last += 1;
        let take = inner.takes.last;
        let (told, waiting) = oneshot::channel();
        inner.takes.waiting.insert(take, told);
        let name = SessionName { node, number };
        let given_to = inner.moved.by_name.get(&name).map(|gone| gone.to.clone());
        let input = NodeInput::TakeUp {
            take,
            name,
            identity: identity.clone(),
            received: resume.received,
            given_to,
        };
        let now = inner.clock.now();
        inner.node.handle(input, now);
        let outputs = inner.drain_node();
        inner.carry_out(outputs);
        Some(waiting)
    }

    /// Gives sessions to the servers that have asked for them.
    pub(super) fn hand_over_asked(&self) {
        // Whatever frame is being dealt with counts as arrived; so it is, first.
        let _frames = self.frames_gate();
        let mut inner = self.lock();
        while let Some(request) = inner.moved.requests.pop_front() {
            let given = inner.give_away(&request);
            let gone = inner.moved.by_name.get(&request.name);
            let given_to = gone.map(|gone| gone.to.clone());
            let Request { to, take, .. } = request;
            let input = NodeInput::HandedOver {
                to,
                take,
                given,
                given_to,
            };
            let now = inner.clock.now();
            inner.node.handle(input, now);
            let outputs = inner.drain_node();
            inner.carry_out(outputs);
        }
    }

    /// Tells everybody to come back, at another server; their sessions stay for those to fetch.
    /// Sessions of clients that do not number their frames end. Returns over how long they come.
    pub(crate) fn retire(&self) -> Duration {
        // As above.
        let _frames = self.frames_gate();
        let mut inner = self.lock();
        inner.closing = true;
        let reconnect_within = reconnect_window(inner.connections.len());
        let all = inner.connections.keys().copied().collect();
        inner.send_away(all, reconnect_within);
        reconnect_within
    }

    /// The same for so many of those who are logged in, while this server goes on; says how many
    /// there were, or `None` if it does not go on. They come back soon: it is for the caller to
    /// spread them.
    pub(crate) fn move_away(&self, most: usize) -> Option<usize> {
        let _frames = self.frames_gate();
        let mut inner = self.lock();
        if inner.closing {
            return None;
        }
        let connections = inner.connections.iter();
        let logged_in = connections.filter(|(_, handle)| handle.session.is_some());
        let some: Vec<ConnectionId> = logged_in.map(|(id, _)| *id).take(most).collect();
        let count = some.len();
        inner.send_away(some, reconnect_window(count));
        Some(count)
    }

    /// Over how long those come back whom this server lets in no more: soon where another one may
    /// take them.
    pub(crate) fn drained_window(&self) -> Duration {
        match self.has_others() {
            true => reconnect_window(self.connections()),
            false => NOBODY_ELSE,
        }
    }

    /// Whether another server is there that sessions may go to.
    pub(crate) fn has_others(&self) -> bool {
        let inner = self.lock();
        let counts = inner.node.cluster_counts();
        counts.is_up && counts.nodes > 0
    }

    /// Whether no session is left here, and nothing that is to go to other servers.
    pub(crate) fn is_empty(&self) -> bool {
        let inner = self.lock();
        let counts = inner.node.cluster_counts();
        inner.sessions.is_empty() && counts.pending == 0 && counts.unacknowledged == 0
    }
}

impl Inner {
    /// Tells these clients to come back. Their sessions stay, those of clients that do not number
    /// their frames end.
    fn send_away(&mut self, connections: Vec<ConnectionId>, reconnect_within: Duration) {
        let now = Instant::now();
        for connection in connections {
            let Some(handle) = self.disconnect(connection) else {
                continue;
            };
            handle
                .queue
                .close(CloseReason::GoingAway { reconnect_within });
            let Some(id) = handle.session else {
                continue;
            };
            match self.sessions.get_mut(&id) {
                Some(session) if session.is_numbered() => {
                    (session.connection, session.heard) = (None, now);
                    self.absent_bytes += session.owed_bytes();
                    self.lost.insert(id, session.network);
                }
                Some(_) | None => {
                    let outputs = self.end(id);
                    self.carry_out(outputs);
                }
            }
        }
    }

    fn give_away(&mut self, request: &Request) -> Option<(SessionId, String)> {
        let Request {
            to, name, identity, ..
        } = request;
        let id = self.named(name.node.as_str(), name.number)?;
        let (now, clock_now) = (Instant::now(), self.clock.now());
        let session = self.sessions.get_mut(&id)?;
        if session.identity != *identity || session.acknowledged(request.received).is_err() {
            return None;
        }
        let hub_session = self.node.hub().save_one(id, clock_now)?;
        let saved = save(session, &hub_session, now)?;
        let older = session.connection;
        if let Some(handle) = older.and_then(|older| self.disconnect(older)) {
            handle.queue.close(CloseReason::Superseded);
        }
        let wakes = self.save_wakes(|caller| caller == id, now);
        let talks = self.stranger_limiter.talks_of(&identity.user, clock_now);
        let talks = talks.map(|(user, left)| (user.as_str().to_owned(), left));
        let state = MovedSession::new(saved, talks.collect(), wakes).to_text();
        self.forget(id);
        debug!(session = id.0, to = %to, "goes on at another server");
        let gone = Gone {
            to: to.clone(),
            name: name.clone(),
            until: now + FORWARD,
        };
        self.moved.by_name.insert(name.clone(), gone.clone());
        self.moved.gone.insert(id, gone);
        Some((id, state))
    }

    /// What has become of a session that was to come here.
    pub(super) fn taken(
        &mut self,
        take: u64,
        identity: &Identity,
        name: SessionName,
        state: Option<(NodeId, String)>,
    ) -> Vec<Output> {
        let waiting = self.takes.waiting.remove(&take);
        if let Some((node, text)) = state {
            match MovedSession::from_text(&text) {
                Ok(moved) => self.settle_in(take, identity, name, node, moved),
                Err(error) => warn!(%error, "a session of another server cannot be read"),
            }
        }
        if let Some(waiting) = waiting {
            // Whose connection has broken meanwhile comes again.
            let _ = waiting.send(());
        }
        Vec::new()
    }

    fn settle_in(
        &mut self,
        take: u64,
        identity: &Identity,
        name: SessionName,
        node: NodeId,
        moved: MovedSession,
    ) {
        let (now, clock_now) = (Instant::now(), self.clock.now());
        self.last_session += 1;
        let id = SessionId(self.last_session);
        let mut saved = moved.session;
        saved.id = id.0;
        // Whose client has come is without a connection for this moment only.
        saved.silent = Some(0);
        let Some((hub_session, session)) = restore(saved, now) else {
            return warn!("a session of another server makes no sense");
        };
        if hub_session.identity != *identity {
            return warn!("another server has given somebody else's session");
        }
        self.absent_bytes += session.owed_bytes();
        self.lost.insert(id, session.network);
        self.sessions.insert(id, Box::new(session));
        self.homes.insert(id, name.clone());
        let user = &identity.user;
        for (with, left) in moved.talks {
            if let Ok(with) = UserId::parse(with) {
                let limiter = &mut self.stranger_limiter;
                limiter.restore_talk(user.clone(), with, left, clock_now);
            }
        }
        self.node.adopt(hub_session, clock_now);
        let wakes = moved.wakes.into_iter();
        let wakes = wakes.map(|wake| SavedWake {
            session: id.0,
            ..wake
        });
        self.restore_wakes(wakes.collect(), now);
        self.moved.by_name.remove(&name);
        let session = id;
        let named = NodeInput::Named { session, name };
        let took_over = NodeInput::TookOver {
            node,
            take,
            session,
        };
        self.node.handle(named, clock_now);
        self.node.handle(took_over, clock_now);
        debug!(session = id.0, "goes on here");
    }

    /// Passes something on to those of these sessions that have gone to other servers; says whether
    /// there are any. Whoever calls drains the machine.
    pub(super) fn forward(
        &mut self,
        to: &[SessionId],
        message: &ServerMessage,
        origin: Option<&Arrival>,
    ) -> bool {
        // How others are they are told where they are now.
        if self.moved.gone.is_empty() || matches!(message, ServerMessage::Presence(_)) {
            return false;
        }
        let now = self.clock.now();
        let mut is_any = false;
        for id in to {
            if let Some(gone) = self.moved.gone.get(id) {
                is_any = true;
                let input = NodeInput::Forward {
                    to: gone.to.clone(),
                    name: gone.name.clone(),
                    origin: origin.cloned(),
                    hops: 0,
                    message: message.clone(),
                };
                self.node.handle(input, now);
            }
        }
        is_any
    }

    /// Something has come for a session at the server that it was taken from.
    pub(super) fn forwarded(
        &mut self,
        name: &SessionName,
        origin: Option<&Arrival>,
        hops: u8,
        message: ServerMessage,
    ) -> Vec<Output> {
        let id = self.named(name.node.as_str(), name.number);
        let Some(id) = id.filter(|id| self.sessions.contains_key(id)) else {
            // It may have gone on meanwhile.
            if let Some(gone) = self.moved.by_name.get(name)
                && hops < MOST_HOPS
            {
                let input = NodeInput::Forward {
                    to: gone.to.clone(),
                    name: name.clone(),
                    origin: origin.cloned(),
                    hops,
                    message,
                };
                self.node.handle(input, self.clock.now());
            }
            return Vec::new();
        };
        if let (Some(origin), Some(session)) = (origin, self.sessions.get_mut(&id)) {
            let (node, relay) = origin.key();
            if !session.see(node, relay) {
                return Vec::new();
            }
        }
        let to = vec![id];
        vec![Output::Deliver { to, message }]
    }

    /// What is still on its way to those that have gone long ago is of no use.
    pub(super) fn forget_moved(&mut self, now: Instant) -> Vec<Output> {
        self.moved.by_name.retain(|_, gone| gone.until > now);
        let over = self.moved.gone.extract_if(|_, gone| gone.until <= now);
        let over: Vec<SessionId> = over.map(|(session, _)| session).collect();
        let leave = |session| self.tell_hub(Input::Leave { session });
        over.into_iter().flat_map(leave).collect()
    }
}
