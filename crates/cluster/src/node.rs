//! The machine: a hub alone, or one that knows other nodes.

use std::collections::VecDeque;

use wimpex_hub::{Hub, HubSession, PresenceRate, SessionId};
use wimpex_protocol::UserId;
use wimpex_sansio::{Machine, Now, UnixTime, outputs};

use crate::cluster::{Cluster, ClusterCounts};
use crate::event::{Arrival, Input, Output};
use crate::node_id::NodeId;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Node {
    hub: Hub,
    cluster: Option<Box<Cluster>>,
    outputs: VecDeque<Output>,
}

impl Node {
    /// A hub alone.
    pub fn alone(rate: Option<PresenceRate>) -> Self {
        Self {
            hub: Hub::new(rate),
            ..Self::default()
        }
    }

    /// One that may know others; `wall` is the time at `now`.
    pub fn new(id: NodeId, rate: Option<PresenceRate>, wall: UnixTime, now: Now) -> Self {
        let mut node = Self::alone(rate);
        node.cluster = Some(Box::new(Cluster::new(id, wall, now, &mut node.outputs)));
        node
    }

    /// The hub of its own sessions.
    pub fn hub(&self) -> &Hub {
        &self.hub
    }

    /// Goes on with the sessions of another process; see [`Hub::restore`].
    pub fn restore(&mut self, saved: Vec<HubSession>, now: Now) {
        let sessions: Vec<_> = saved
            .iter()
            .map(|saved| {
                let watching = saved.watching.iter();
                let watching = watching.map(|(user, _)| user.clone()).collect();
                (saved.session, saved.identity.clone(), watching)
            })
            .collect();
        self.hub.restore(saved, now);
        if let Some(cluster) = &mut self.cluster {
            cluster.restore(&mut self.hub, &mut self.outputs, sessions, now);
        }
    }

    /// Goes on with a session that was another node's; see [`Hub::adopt`].
    pub fn adopt(&mut self, saved: HubSession, now: Now) {
        match &mut self.cluster {
            Some(cluster) => cluster.adopt(&mut self.hub, &mut self.outputs, saved, now),
            None => {
                let told = self.hub.adopt(saved, now);
                self.outputs.extend(told.into_iter().map(Output::Hub));
            }
        }
    }

    /// Whether it may know others.
    pub fn is_clustered(&self) -> bool {
        self.cluster.is_some()
    }

    /// Whether a message of that session to that person is on its way to other nodes.
    pub fn awaits(&self, session: SessionId, to: &UserId) -> bool {
        let cluster = self.cluster.as_ref();
        cluster.is_some_and(|cluster| cluster.awaits(session, to))
    }

    /// Whether another node is known to hold that person.
    pub fn is_elsewhere(&self, user: &UserId) -> bool {
        let cluster = self.cluster.as_ref();
        cluster.is_some_and(|cluster| cluster.is_elsewhere(user))
    }

    /// The last message of a session of its own, as other nodes know it; none where there are none.
    pub fn last_relay(&self) -> Option<Arrival> {
        self.cluster.as_ref().map(|cluster| cluster.last_relay())
    }

    /// What it remembers of others now.
    pub fn cluster_counts(&self) -> ClusterCounts {
        let cluster = self.cluster.as_ref();
        cluster.map_or_else(ClusterCounts::default, |cluster| cluster.counts())
    }
}

impl Machine for Node {
    type Input = Input;
    type Output = Output;

    fn handle(&mut self, input: Input, now: Now) {
        match (&mut self.cluster, input) {
            (Some(cluster), input) => cluster.handle(&mut self.hub, &mut self.outputs, input, now),
            (None, Input::Hub(input)) => {
                self.hub.handle(input, now);
                self.outputs.extend(outputs(&mut self.hub).map(Output::Hub));
            }
            (None, Input::Timeout) => {
                self.hub.handle(wimpex_hub::Input::Timeout, now);
                self.outputs.extend(outputs(&mut self.hub).map(Output::Hub));
            }
            (
                None,
                Input::TakeUp {
                    take,
                    name,
                    identity,
                    ..
                },
            ) => self.outputs.push_back(Output::Taken {
                take,
                identity,
                name,
                state: None,
            }),
            (
                None,
                Input::Received(_)
                | Input::NoResponders(..)
                | Input::Medium { .. }
                | Input::Delivered { .. }
                | Input::NobodyHasIt(_)
                | Input::Named { .. }
                | Input::TookOver { .. }
                | Input::HandedOver { .. }
                | Input::Forward { .. }
                | Input::Close,
            ) => {}
        }
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn poll_timeout(&self) -> Option<Now> {
        let cluster = self.cluster.as_ref().and_then(|cluster| cluster.next());
        self.hub.poll_timeout().into_iter().chain(cluster).min()
    }
}
