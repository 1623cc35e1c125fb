//! Which sessions have come from other servers or have gone to them, and who waits for theirs.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Instant;

use tokio::sync::oneshot;
use wimpex_cluster::{NodeId, SessionName};
use wimpex_hub::{Identity, SessionId};

/// The names of the sessions here that began at other servers.
#[derive(Default)]
pub(super) struct Homes {
    pub(super) names: BTreeMap<SessionId, SessionName>,
    pub(super) sessions: HashMap<(String, u64), SessionId>,
}

impl Homes {
    pub(super) fn insert(&mut self, id: SessionId, name: SessionName) {
        let key = (name.node.as_str().to_owned(), name.number);
        self.sessions.insert(key, id);
        self.names.insert(id, name);
    }

    pub(super) fn remove(&mut self, id: SessionId) {
        if let Some(name) = self.names.remove(&id) {
            let key = (name.node.as_str().to_owned(), name.number);
            self.sessions.remove(&key);
        }
    }

    /// The server where it began, and its number there.
    pub(super) fn of(&self, id: SessionId) -> Option<(String, u64)> {
        let name = self.names.get(&id)?;
        Some((name.node.as_str().to_owned(), name.number))
    }

    pub(super) fn session(&self, node: &str, number: u64) -> Option<SessionId> {
        self.sessions.get(&(node.to_owned(), number)).copied()
    }

    pub(super) fn all(&self) -> Vec<(SessionId, SessionName)> {
        let names = self.names.iter();
        names.map(|(id, name)| (*id, name.clone())).collect()
    }
}

/// Clients that wait for their sessions.
#[derive(Default)]
pub(super) struct Takes {
    pub(super) last: u64,
    pub(super) waiting: HashMap<u64, oneshot::Sender<()>>,
}

/// Sessions that have gone, and those that are asked for.
#[derive(Default)]
pub(super) struct Moved {
    pub(super) gone: HashMap<SessionId, Gone>,
    /// The last that is known of each, until it comes here again.
    pub(super) by_name: HashMap<SessionName, Gone>,
    pub(super) requests: VecDeque<Request>,
}

#[derive(Clone)]
pub(super) struct Gone {
    pub(super) to: NodeId,
    pub(super) name: SessionName,
    pub(super) until: Instant,
}

/// Another server asks for a session.
pub(super) struct Request {
    pub(super) to: NodeId,
    pub(super) take: u64,
    pub(super) name: SessionName,
    pub(super) identity: Identity,
    pub(super) received: u64,
}

impl Moved {
    pub(super) fn ask(&mut self, request: Request) {
        self.requests.push_back(request);
    }

    pub(super) fn has_requests(&self) -> bool {
        !self.requests.is_empty()
    }
}
