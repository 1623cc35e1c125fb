//! Sessions that are without a connection, oldest first, in all and by network.

use std::collections::{BTreeMap, HashMap};

use wimpex_hub::SessionId;
use wimpex_limits::Network;

/// See the module.
#[derive(Default)]
pub(crate) struct LostSessions {
    /// By the order in which they were lost.
    all: BTreeMap<u64, SessionId>,
    by_network: HashMap<Network, BTreeMap<u64, SessionId>>,
    places: HashMap<SessionId, (u64, Network)>,
    last: u64,
}

impl LostSessions {
    /// A session has lost its connection, which came from this network.
    pub(crate) fn insert(&mut self, session: SessionId, network: Network) {
        self.remove(session);
        self.last += 1;
        self.all.insert(self.last, session);
        let of_network = self.by_network.entry(network).or_default();
        of_network.insert(self.last, session);
        self.places.insert(session, (self.last, network));
    }

    /// A session has a connection again, or is over. Says whether it was lost.
    pub(crate) fn remove(&mut self, session: SessionId) -> bool {
        let Some((place, network)) = self.places.remove(&session) else {
            return false;
        };
        self.all.remove(&place);
        if let Some(of_network) = self.by_network.get_mut(&network) {
            of_network.remove(&place);
            if of_network.is_empty() {
                self.by_network.remove(&network);
            }
        }
        true
    }

    pub(crate) fn contains(&self, session: SessionId) -> bool {
        self.places.contains_key(&session)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = SessionId> {
        self.all.values().copied()
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    pub(crate) fn len_of(&self, network: Network) -> usize {
        self.by_network.get(&network).map_or(0, BTreeMap::len)
    }

    pub(crate) fn oldest(&self) -> Option<SessionId> {
        self.all.values().next().copied()
    }

    pub(crate) fn oldest_of(&self, network: Network) -> Option<SessionId> {
        self.by_network.get(&network)?.values().next().copied()
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}
