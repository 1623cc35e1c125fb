//! Where a person is, as far as somebody here wants to know.

use std::collections::{BTreeMap, BTreeSet};

use wimpex_hub::SessionId;
use wimpex_protocol::Presence;
use wimpex_sansio::Now;

use crate::node_id::NodeId;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Route {
    /// The nodes that hold them, and since which time of doing so.
    pub(crate) holders: BTreeMap<NodeId, u64>,
    /// Up to which time of holding them a node has said that it is over.
    pub(crate) gone: BTreeMap<NodeId, u64>,
    /// The number of the last question.
    pub(crate) asked: u64,
    pub(crate) asked_at: Now,
    /// It has been answered.
    pub(crate) is_answered: bool,
    /// One has been answered: what is known is true until something else is heard.
    pub(crate) is_known: bool,
    /// When all who answer the last question have done so.
    pub(crate) gathered_at: Now,
    /// Whose presence it is for.
    pub(crate) watchers: BTreeSet<SessionId>,
    /// The messages, in their order.
    pub(crate) pending: BTreeSet<u64>,
    /// When it was of use last.
    pub(crate) used: Now,
}

/// What one session is told of one person: what is known of them here, and from each node that
/// holds them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Watched {
    pub(crate) here: Option<Presence>,
    pub(crate) parts: BTreeMap<NodeId, Presence>,
    /// Whose name counts: where a device has come or gone last.
    pub(crate) last: Option<NodeId>,
    /// What it was told last.
    pub(crate) told: Option<Presence>,
    /// From when on it is told that nobody is there, if it has been told nothing yet: until then
    /// somebody may have come whom the medium does not know of everywhere.
    pub(crate) nobody_from: Now,
}

impl Watched {
    /// How the person is; `None` before anything is known here.
    pub(crate) fn merged(&self) -> Option<Presence> {
        let mut merged = self.here.clone()?;
        for part in self.parts.values().filter(|part| part.online) {
            merged.online = true;
            merged.devices.extend(part.devices.iter().cloned());
            if merged.username.is_none() {
                merged.username.clone_from(&part.username);
            }
        }
        let last = self.last.as_ref().and_then(|node| self.parts.get(node));
        if let Some(name) = last.and_then(|part| part.username.clone()) {
            merged.username = Some(name);
        }
        merged.devices.sort();
        merged.devices.dedup();
        Some(merged)
    }
}
