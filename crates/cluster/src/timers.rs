//! When to look after what: one time for each, the earliest that was asked for.

use std::collections::{BTreeMap, BTreeSet};

use wimpex_protocol::UserId;
use wimpex_sansio::Now;

use crate::node_id::NodeId;

/// What is looked after.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Timer {
    Beat,
    Peer(NodeId),
    Route(UserId),
    Announce(UserId),
    Take(u64),
    Asked,
}

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Timers {
    by_time: BTreeSet<(Now, Timer)>,
    by_timer: BTreeMap<Timer, Now>,
}

impl Timers {
    /// Looks after it then, if not earlier.
    pub(crate) fn arm(&mut self, timer: Timer, at: Now) {
        if let Some(known) = self.by_timer.get(&timer) {
            if *known <= at {
                return;
            }
            self.by_time.remove(&(*known, timer.clone()));
        }
        self.by_timer.insert(timer.clone(), at);
        self.by_time.insert((at, timer));
    }

    pub(crate) fn next(&self) -> Option<Now> {
        self.by_time.first().map(|(at, _)| *at)
    }

    /// One that is due.
    pub(crate) fn pop(&mut self, now: Now) -> Option<Timer> {
        if self.next()? > now {
            return None;
        }
        let (_, timer) = self.by_time.pop_first()?;
        self.by_timer.remove(&timer);
        Some(timer)
    }
}
