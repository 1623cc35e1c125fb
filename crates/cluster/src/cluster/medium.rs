//! The medium, and whether the nodes on it live.

use wimpex_hub::SessionId;
use wimpex_protocol::{DeviceId, UserId};

use super::{ASK_AGAIN, BEAT, Cluster, DEAD, FORGET, LINGER, SETTLE, SUSPECT, Turn};
use crate::event::Output;
use crate::message::{Frame, Message, Packet};
use crate::node_id::NodeId;
use crate::route::Route;
use crate::subject::{Interest, Subject};
use crate::timers::Timer;

impl Cluster {
    pub(super) fn medium(&mut self, is_up: bool, turn: &mut Turn<'_>) {
        if is_up == self.is_up {
            return;
        }
        self.is_up = is_up;
        if !is_up {
            return;
        }
        self.listening_since = turn.now;
        // Whoever was there is not asked for the first time to come back.
        let is_back = std::mem::replace(&mut self.was_up, true);
        if is_back {
            self.settled_at = turn.now + SETTLE;
        }
        self.beat(turn);
        let held: Vec<UserId> = self.held.keys().cloned().collect();
        for user in held {
            self.announce_all(&user, turn);
        }
        self.ask_all(turn);
        let nodes: Vec<NodeId> = self.peers.keys().cloned().collect();
        for node in nodes {
            self.send_again(&node, true, turn);
        }
        if !is_back {
            self.begin_takes(turn);
        }
    }

    /// That a person is here, and which of their devices.
    pub(super) fn announce_all(&mut self, user: &UserId, turn: &mut Turn<'_>) {
        self.announce(user, turn);
        let devices: Vec<(DeviceId, SessionId)> = turn
            .hub
            .sessions_of(user)
            .map(|(device, session)| (device.clone(), session))
            .collect();
        for (device, session) in devices {
            // One that is on its way elsewhere is claimed there.
            if let Some((_, since)) = self.sessions.get(&session)
                && !self.is_given(session)
            {
                self.claim(user, &device, *since, turn);
            }
        }
    }

    pub(super) fn beat(&mut self, turn: &mut Turn<'_>) {
        let message = Message::Beat {
            node: self.id.clone(),
            age: self.clock.age(turn.now),
            time: self.clock.time(turn.now),
            is_over: self.is_closed,
        };
        self.publish(Subject::Beat, message, None, turn);
        if !self.is_closed {
            self.timers.arm(Timer::Beat, turn.now + BEAT);
        }
    }

    pub(super) fn publish(
        &self,
        to: Subject,
        message: Message,
        answer: Option<Subject>,
        turn: &mut Turn<'_>,
    ) {
        if self.is_up {
            turn.say(Output::Publish {
                to,
                message,
                answer,
            });
        }
    }

    /// Sends a frame over the link to a node.
    pub(super) fn send(&mut self, node: &NodeId, frame: Frame, turn: &mut Turn<'_>) {
        let Some(peer) = self.peers.get_mut(node) else {
            return;
        };
        match peer.push(&self.id, frame, turn.now) {
            Some(packet) => {
                if let Some(due) = peer.due() {
                    self.timers.arm(Timer::Peer(node.clone()), due);
                }
                self.post(node, packet, turn);
            }
            None => self.forget(node, turn),
        }
    }

    pub(super) fn send_again(&mut self, node: &NodeId, at_once: bool, turn: &mut Turn<'_>) {
        if !self.is_up {
            return;
        }
        let Some(peer) = self.peers.get_mut(node) else {
            return;
        };
        let packets = peer.again(&self.id, turn.now, at_once);
        let ack = peer.ack(&self.id, turn.now);
        for packet in packets.into_iter().chain(ack) {
            self.post(node, packet, turn);
        }
    }

    pub(super) fn post(&self, node: &NodeId, packet: Packet, turn: &mut Turn<'_>) {
        let time = self.clock.time(turn.now);
        let message = Message::Packet(Packet { time, ..packet });
        self.publish(Subject::Node(node.clone()), message, None, turn);
    }

    pub(super) fn fire(&mut self, timer: Timer, turn: &mut Turn<'_>) {
        match timer {
            Timer::Beat => self.beat(turn),
            Timer::Announce(user) => self.announce_all(&user, turn),
            Timer::Peer(node) => self.look_after_peer(&node, turn),
            Timer::Route(user) => self.look_after_route(&user, turn),
            Timer::Take(take) => self.look_after_take(take, turn),
            // After each input.
            Timer::Asked => {}
        }
    }

    pub(super) fn look_after_peer(&mut self, node: &NodeId, turn: &mut Turn<'_>) {
        self.send_again(node, false, turn);
        let Some(peer) = self.peers.get(node) else {
            return;
        };
        // While the medium is away, nobody can be heard.
        let (silent_from, is_dead) = (self.silent_from(peer), peer.is_dead);
        let is_silent = |limit: u64| self.is_up && turn.now >= silent_from + limit;
        if is_silent(FORGET) {
            return self.forget(node, turn);
        }
        if is_silent(DEAD) && !is_dead {
            self.bury(node, turn);
        }
        let next = if self.is_up {
            let Some(peer) = self.peers.get(node) else {
                return;
            };
            let limits = [SUSPECT, DEAD, FORGET].map(|limit| silent_from + limit);
            let limits = limits.into_iter().find(|at| *at > turn.now);
            let due = peer.due().map(|due| due.max(turn.now + 1));
            limits.into_iter().chain(due).min()
        } else {
            Some(turn.now + BEAT)
        };
        if let Some(next) = next {
            self.timers.arm(Timer::Peer(node.clone()), next);
        }
    }

    pub(super) fn look_after_route(&mut self, user: &UserId, turn: &mut Turn<'_>) {
        let Some(route) = self.routes.get(user) else {
            return;
        };
        let is_unused = route.watchers.is_empty() && route.pending.is_empty();
        if is_unused && turn.now >= route.used + LINGER {
            self.routes.remove(user);
            return turn.say(Output::Unsubscribe(Interest::Of(user.clone())));
        }
        let is_wanted = !is_unused && !route.is_answered;
        if is_wanted && turn.now >= route.asked_at + ASK_AGAIN {
            self.ask(user, turn);
        }
        self.inform(user, turn);
        self.settle(user, turn);
        let Some(route) = self.routes.get(user) else {
            return;
        };
        let again = if !is_unused && !route.is_answered {
            Some(route.asked_at + ASK_AGAIN)
        } else if !route.pending.is_empty() {
            Some(turn.now.max(route.gathered_at) + ASK_AGAIN)
        } else {
            (route.watchers.is_empty()).then_some(route.used + LINGER)
        };
        let pending = route.pending.iter().filter_map(|id| self.pending.get(id));
        let watchers = route.watchers.iter();
        let watched = watchers.filter_map(|id| self.watched.get(&(*id, user.clone())));
        let untold = watched.filter(|watched| watched.told.is_none());
        let nobody_from = pending.map(|pending| pending.nobody_from);
        let nobody_from = nobody_from.chain(untold.map(|watched| watched.nobody_from));
        let next = nobody_from.filter(|at| *at > turn.now).chain(again).min();
        let Some(next) = next else {
            return;
        };
        let timer = Timer::Route(user.clone());
        self.timers.arm(timer, next.max(turn.now + 1));
    }

    /// A node is dead, as far as anybody can tell: what it holds counts for nothing.
    pub(super) fn bury(&mut self, node: &NodeId, turn: &mut Turn<'_>) {
        if let Some(peer) = self.peers.get_mut(node) {
            peer.is_dead = true;
            peer.void();
        }
        self.drop_holders(node, turn);
        self.drop_given(node, turn);
    }

    pub(super) fn drop_holders(&mut self, node: &NodeId, turn: &mut Turn<'_>) {
        let holds = |route: &Route| route.holders.contains_key(node);
        let held = self.routes.iter().filter(|(_, route)| holds(route));
        let held: Vec<UserId> = held.map(|(user, _)| user.clone()).collect();
        for pending in self.pending.values_mut() {
            // Whether it has arrived is not known; it is not sent there again, lest it come twice.
            if pending.waiting.remove(node) {
                pending.has_asked_again = false;
            }
        }
        for user in held {
            // Its people may be back elsewhere already.
            self.ask(&user, turn);
            self.drop_holder(node, &user, turn);
        }
    }

    /// Nothing of a node is kept.
    pub(super) fn forget(&mut self, node: &NodeId, turn: &mut Turn<'_>) {
        if self.peers.contains_key(node) {
            self.bury(node, turn);
            self.drop_observers(node, turn);
            self.peers.remove(node);
        }
    }

    pub(super) fn drop_observers(&mut self, node: &NodeId, turn: &mut Turn<'_>) {
        let of_node = self.observed.iter().filter(|(_, (of, ..))| of == node);
        let of_node: Vec<SessionId> = of_node.map(|(observer, _)| *observer).collect();
        for observer in of_node {
            if let Some((node, session, user)) = self.observed.remove(&observer)
                && let Some(observers) = self.observers.get_mut(&user)
            {
                observers.remove(&(node, session));
            }
            turn.hub(wimpex_hub::Input::Leave { session: observer });
        }
    }
}
