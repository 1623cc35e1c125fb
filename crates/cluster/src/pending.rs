//! A message that has gone to other nodes, or waits to.

use std::collections::BTreeSet;

use wimpex_hub::{Identity, SessionId};
use wimpex_protocol::Envelope;
use wimpex_sansio::Now;

use crate::node_id::NodeId;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Pending {
    pub(crate) session: SessionId,
    pub(crate) from: Identity,
    pub(crate) relayed: Envelope,
    /// A device here has it: its sender need not hear of the others.
    pub(crate) is_delivered_here: bool,
    /// A device elsewhere has it, and its sender has been told.
    pub(crate) is_delivered: bool,
    /// For one of them too much waits.
    pub(crate) is_full: bool,
    /// Which nodes have got it …
    pub(crate) sent: BTreeSet<NodeId>,
    /// … and which of them have not said what became of it.
    pub(crate) waiting: BTreeSet<NodeId>,
    /// The question where the person is that has to be answered before nobody is there: one that
    /// was asked after the message had come to nothing elsewhere.
    pub(crate) needs: u64,
    /// That this was asked.
    pub(crate) has_asked_again: bool,
    /// From when on nobody is there if nobody says so: until then somebody may have come whom the
    /// medium does not know of everywhere.
    pub(crate) nobody_from: Now,
    /// Until when it is worth anything.
    pub(crate) until: Now,
}
