//! The hub with everybody's outbox beside it: carries out what the hub decides.
//!
//! One lock around both, held for no longer than it takes to decide and to put
//! texts into queues; nothing in here waits for a peer. It must not know
//! WebSockets.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio_tungstenite::tungstenite::Utf8Bytes;
use tracing::debug;
use wimpex_protocol::{PresenceWatch, Relayed, ServerMessage};

use crate::outbox::{self, Dismissal, Dismissed, Outbox, Queue};
use wimpex_hub::{Counts, Hub, Identity, Output, SessionId as ConnId};

/// See the module.
pub(crate) struct Lobby {
    inner: Mutex<Inner>,
    queue_messages: usize,
    queue_bytes: usize,
}

#[derive(Default)]
struct Inner {
    hub: Hub,
    outboxes: HashMap<ConnId, Outbox>,
    last_conn: u64,
    closing: bool,
}

impl Lobby {
    pub(crate) fn new(queue_messages: usize, queue_bytes: usize) -> Self {
        Self {
            inner: Mutex::default(),
            queue_messages,
            queue_bytes,
        }
    }

    /// Lets a connection in; it is nobody until [`Lobby::join`].
    pub(crate) fn enter(&self) -> (ConnId, Queue, Dismissed) {
        let (outbox, queue, dismissed) = outbox::channel(self.queue_messages, self.queue_bytes);
        let mut inner = self.lock();
        inner.last_conn += 1;
        let conn = ConnId(inner.last_conn);
        if inner.closing {
            outbox.dismiss(Dismissal::GoingAway);
        } else {
            inner.outboxes.insert(conn, outbox);
        }
        (conn, queue, dismissed)
    }

    /// Takes a connection out. Does nothing if it is out already.
    pub(crate) fn leave(&self, conn: ConnId) {
        let mut inner = self.lock();
        inner.outboxes.remove(&conn);
        let outputs = inner.hub.leave(conn);
        inner.carry_out(outputs);
    }

    /// `welcome` is the first that the connection gets as a member.
    pub(crate) fn join(&self, conn: ConnId, identity: Identity, welcome: ServerMessage) {
        let mut inner = self.lock();
        // Dismissed in between: it must not stay behind in the hub.
        if !inner.outboxes.contains_key(&conn) {
            return;
        }
        inner.deliver(&[conn], &welcome);
        let outputs = inner.hub.join(conn, identity);
        inner.carry_out(outputs);
    }

    pub(crate) fn relay(&self, conn: ConnId, relayed: Relayed) {
        let mut inner = self.lock();
        let outputs = inner.hub.relay(conn, relayed);
        inner.carry_out(outputs);
    }

    pub(crate) fn watch(&self, conn: ConnId, watch: PresenceWatch) {
        let mut inner = self.lock();
        let outputs = inner.hub.watch(conn, watch);
        inner.carry_out(outputs);
    }

    /// An answer to this connection alone.
    pub(crate) fn answer(&self, conn: ConnId, message: ServerMessage) {
        let to = vec![conn];
        self.lock().carry_out(vec![Output::Deliver { to, message }]);
    }

    /// Tells every connection, also those that come later, that the server stops.
    pub(crate) fn close(&self) {
        let mut inner = self.lock();
        inner.closing = true;
        for (_, outbox) in inner.outboxes.drain() {
            outbox.dismiss(Dismissal::GoingAway);
        }
        inner.hub = Hub::default();
    }

    pub(crate) fn counts(&self) -> Counts {
        self.lock().hub.counts()
    }

    pub(crate) fn sockets(&self) -> usize {
        self.lock().outboxes.len()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic in here would be a bug, but not one to end all other calls for.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn carry_out(&mut self, outputs: Vec<Output>) {
        let mut todo = outputs;
        while !todo.is_empty() {
            let mut next = Vec::new();
            for output in todo {
                match output {
                    Output::Deliver { to, message } => {
                        for slow in self.deliver(&to, &message) {
                            self.dismiss(slow, Dismissal::TooSlow);
                            next.extend(self.hub.leave(slow));
                        }
                    }
                    Output::Supersede(conn) => self.dismiss(conn, Dismissal::Superseded),
                }
            }
            todo = next;
        }
    }

    /// Returns those whose queue is full.
    fn deliver(&self, to: &[ConnId], message: &ServerMessage) -> Vec<ConnId> {
        let text = Utf8Bytes::from(message.encode());
        to.iter()
            .copied()
            .filter(|conn| {
                let outbox = self.outboxes.get(conn);
                outbox.is_some_and(|outbox| outbox.push(text.clone()).is_err())
            })
            .collect()
    }

    fn dismiss(&mut self, conn: ConnId, why: Dismissal) {
        if let Some(outbox) = self.outboxes.remove(&conn) {
            debug!(conn = conn.0, ?why, "dismissed");
            outbox.dismiss(why);
        }
    }
}
