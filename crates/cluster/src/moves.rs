//! Sessions on their way from one node to another.

use std::collections::{BTreeMap, BTreeSet};

use wimpex_hub::{Identity, SessionId};
use wimpex_sansio::Now;

use crate::message::SessionName;
use crate::node_id::NodeId;

/// A session whose client has come here.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Take {
    pub(crate) name: SessionName,
    pub(crate) identity: Identity,
    pub(crate) received: u64,
    pub(crate) step: Step,
    /// Some node has given it to another, which may not have it yet.
    pub(crate) is_moving: bool,
    /// Who has said to have it, and gave nothing: it is another person's, or was heard of too little.
    pub(crate) refused: BTreeSet<NodeId>,
    pub(crate) parts: Vec<String>,
    pub(crate) again_at: Option<Now>,
    pub(crate) until: Now,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Step {
    /// Where it began is asked whether it lives.
    Home,
    /// All are asked who has it.
    Sought,
    /// This node is asked for it.
    Asked(NodeId),
}

/// Another node asks for a session.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Asked {
    pub(crate) node: NodeId,
    pub(crate) take: u64,
    pub(crate) name: SessionName,
    pub(crate) identity: Identity,
    pub(crate) received: u64,
    pub(crate) until: Now,
}

/// Sessions here that their clients know by other nodes' names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Names {
    pub(crate) names: BTreeMap<SessionId, SessionName>,
    pub(crate) sessions: BTreeMap<SessionName, SessionId>,
}
