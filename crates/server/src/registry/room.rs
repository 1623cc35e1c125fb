//! Who gives way where there is no room: connections of a network, devices of a user, what waits
//! for who is absent.

use tracing::debug;
use wimpex_hub::{Identity, Input, Output, SessionId};
use wimpex_limits::Network;

use super::Inner;

impl Inner {
    /// Sessions without a connection count as if they had one; where that is too
    /// many, the oldest of them give way.
    pub(super) fn make_room(&mut self, network: Network) -> Vec<Output> {
        let mut outputs = Vec::new();
        let exceeds = |limit: usize, count: usize| limit != 0 && count > limit;
        loop {
            let connected = self.by_network.get(&network).copied().unwrap_or_default();
            let of_network = connected + self.lost.len_of(network);
            let all = self.connections.len() + self.lost.len();
            let surplus = if exceeds(self.limits.per_network, of_network) {
                self.lost.oldest_of(network)
            } else if exceeds(self.limits.total, all) {
                self.lost.oldest()
            } else {
                None
            };
            match surplus {
                Some(session) => {
                    debug!(session = session.0, "gives way");
                    outputs.extend(self.end(session));
                }
                None => return outputs,
            }
        }
    }

    /// Where sessions without a connection are owed more than may wait for all of
    /// them, whoever is owed most gives way: one that nobody floods stays.
    pub(super) fn limit_absent_bytes(&mut self) -> Vec<Output> {
        let mut outputs = Vec::new();
        let limit = self.limits.absent_bytes;
        while limit != 0 && self.absent_bytes > limit {
            let Some(session) = self.most_owed() else {
                return outputs;
            };
            debug!(session = session.0, "is owed too much");
            outputs.extend(self.end(session));
        }
        outputs
    }

    /// Of the sessions without a connection.
    pub(super) fn most_owed(&self) -> Option<SessionId> {
        let owed = |id: &SessionId| self.sessions.get(id).map(|it| it.owed_bytes());
        self.lost.iter().max_by_key(owed)
    }

    /// Before one more device of a user: the oldest gives way where there are as
    /// many as may be, one without a connection before any other.
    pub(super) fn limit_devices(&mut self, joining: &Identity) -> Vec<Output> {
        let limit = self.limits.devices_per_user;
        let mut outputs = Vec::new();
        loop {
            let others: Vec<SessionId> = self
                .node
                .hub()
                .sessions_of(&joining.user)
                .filter(|(device, _)| **device != joining.device)
                .map(|(_, session)| session)
                .collect();
            if limit == 0 || others.len() < limit {
                return outputs;
            }
            let lost = others.iter().find(|id| self.lost.contains(**id));
            let Some(&surplus) = lost.or(others.first()) else {
                return outputs;
            };
            self.supersede(surplus);
            outputs.extend(self.tell_hub(Input::Leave { session: surplus }));
        }
    }
}
