//! What the sessions of a node do.

use std::collections::BTreeSet;

use wimpex_hub::{Identity, SessionId};
use wimpex_protocol::{
    DeviceId, Envelope, ErrorCode, PresenceWatch, ServerMessage, UserId, limits,
};
use wimpex_sansio::UnixTime;

use super::{ANNOUNCE_AGAIN, Cluster, LINGER, NEWCOMER, PATIENCE, Turn, least};
use crate::event::Output;
use crate::message::{Frame, Message};
use crate::node_id::NodeId;
use crate::pending::Pending;
use crate::subject::{Interest, Subject};
use crate::timers::Timer;

impl Cluster {
    pub(super) fn own(&mut self, input: wimpex_hub::Input, turn: &mut Turn<'_>) {
        match input {
            wimpex_hub::Input::Join {
                session,
                ref identity,
                ..
            } => {
                let identity = identity.clone();
                let told = turn.hub(input);
                if turn
                    .hub
                    .sessions_of(&identity.user)
                    .any(|(_, id)| id == session)
                {
                    self.joined(session, identity, turn);
                }
                self.tell(told, turn);
            }
            wimpex_hub::Input::Leave { session } => {
                let told = turn.hub(input);
                self.tell(told, turn);
                self.left(session, turn);
            }
            wimpex_hub::Input::Watch { session, watch } => self.watch(session, watch, turn),
            wimpex_hub::Input::Relay { session, relayed } => self.relay(session, relayed, turn),
            wimpex_hub::Input::Observe { .. }
            | wimpex_hub::Input::Passed { .. }
            | wimpex_hub::Input::SetAway { .. }
            | wimpex_hub::Input::SetVisibility { .. }
            | wimpex_hub::Input::Expect { .. }
            | wimpex_hub::Input::Timeout => {
                let told = turn.hub(input);
                self.tell(told, turn);
            }
        }
    }

    pub(super) fn joined(&mut self, session: SessionId, identity: Identity, turn: &mut Turn<'_>) {
        let since = self.clock.stamp(turn.now);
        let (user, device) = (identity.user.clone(), identity.device.clone());
        self.sessions.insert(session, (identity, since));
        if !self.held.contains_key(&user) {
            self.last_hold += 1;
            self.held.insert(user.clone(), self.last_hold);
            turn.say(Output::Subscribe(Interest::At(user.clone())));
            self.announce(&user, turn);
        }
        self.claim(&user, &device, since, turn);
        let again = Timer::Announce(user);
        self.timers.arm(again, turn.now + ANNOUNCE_AGAIN);
    }

    /// Says that a device is here, and nowhere else any more.
    pub(super) fn claim(
        &self,
        user: &UserId,
        device: &DeviceId,
        since: UnixTime,
        turn: &mut Turn<'_>,
    ) {
        let message = Message::Joined {
            node: self.id.clone(),
            user: user.clone(),
            device: device.clone(),
            since,
        };
        self.publish(Subject::At(user.clone()), message, None, turn);
    }

    pub(super) fn announce(&self, user: &UserId, turn: &mut Turn<'_>) {
        if let Some(hold) = self.held.get(user) {
            let message = Message::Here {
                node: self.id.clone(),
                user: user.clone(),
                hold: *hold,
                asked: None,
            };
            self.publish(Subject::Of(user.clone()), message, None, turn);
        }
    }

    /// The hub has forgotten that session already.
    pub(super) fn left(&mut self, session: SessionId, turn: &mut Turn<'_>) {
        self.left_for(session, None, turn);
    }

    /// The same of one that has gone to another node, which holds its person since that time.
    pub(super) fn left_for(
        &mut self,
        session: SessionId,
        next: Option<(NodeId, u64)>,
        turn: &mut Turn<'_>,
    ) {
        let Some((identity, _)) = self.sessions.remove(&session) else {
            return;
        };
        self.unname(session, turn);
        self.given.retain(|_, given| *given != session);
        let range = self.watched.range((session, least())..);
        let watched = range.take_while(|((other, _), _)| *other == session);
        let watched: Vec<UserId> = watched.map(|((_, user), _)| user.clone()).collect();
        for user in watched {
            self.unwatch(session, &user, turn);
        }
        let user = identity.user;
        if turn.hub.sessions_of(&user).next().is_some() {
            return;
        }
        let Some(hold) = self.held.remove(&user) else {
            return;
        };
        turn.say(Output::Unsubscribe(Interest::At(user.clone())));
        let observers = self.observers.remove(&user).unwrap_or_default();
        let mut told = BTreeSet::new();
        for ((node, _), observer) in observers {
            self.observed.remove(&observer);
            turn.hub(wimpex_hub::Input::Leave { session: observer });
            if told.insert(node.clone()) {
                let (user, next) = (user.clone(), next.clone());
                self.send(&node, Frame::Gone { user, hold, next }, turn);
            }
        }
    }

    pub(super) fn watch(&mut self, session: SessionId, watch: PresenceWatch, turn: &mut Turn<'_>) {
        let is_known = self.sessions.contains_key(&session);
        if is_known && watch.user_ids.len() <= limits::WATCHED_USERS {
            let wanted = &watch.user_ids;
            let range = self.watched.range((session, least())..);
            let before = range.take_while(|((other, _), _)| *other == session);
            let dropped: Vec<UserId> = before
                .map(|((_, user), _)| user.clone())
                .filter(|user| !wanted.contains(user))
                .collect();
            for user in dropped {
                self.unwatch(session, &user, turn);
            }
            for user in wanted {
                let watched = self.watched.entry((session, user.clone())).or_default();
                (watched.told, watched.here) = (None, None);
                watched.nobody_from = turn.now + NEWCOMER;
                self.route(user, turn);
                let timer = Timer::Route(user.clone());
                self.timers.arm(timer, turn.now + NEWCOMER);
                let Some(route) = self.routes.get_mut(user) else {
                    continue;
                };
                if route.watchers.insert(session) {
                    let holders: Vec<NodeId> = route.holders.keys().cloned().collect();
                    for node in holders {
                        self.watch_at(&node, session, user, turn);
                    }
                }
            }
        }
        let told = turn.hub(wimpex_hub::Input::Watch { session, watch });
        self.tell(told, turn);
    }

    pub(super) fn watch_at(
        &mut self,
        node: &NodeId,
        session: SessionId,
        user: &UserId,
        turn: &mut Turn<'_>,
    ) {
        if let Some((from, _)) = self.sessions.get(&session) {
            let frame = Frame::Watch {
                session: session.0,
                from: from.clone(),
                user: user.clone(),
            };
            self.send(node, frame, turn);
        }
    }

    pub(super) fn unwatch(&mut self, session: SessionId, user: &UserId, turn: &mut Turn<'_>) {
        self.watched.remove(&(session, user.clone()));
        let Some(route) = self.routes.get_mut(user) else {
            return;
        };
        route.watchers.remove(&session);
        route.used = turn.now;
        let timer = Timer::Route(user.clone());
        self.timers.arm(timer, turn.now + LINGER);
        let holders: Vec<NodeId> = route.holders.keys().cloned().collect();
        for node in holders {
            let (session, user) = (session.0, user.clone());
            self.send(&node, Frame::Unwatch { session, user }, turn);
        }
    }

    pub(super) fn relay(&mut self, session: SessionId, relayed: Envelope, turn: &mut Turn<'_>) {
        let Some((from, _)) = self.sessions.get(&session) else {
            return;
        };
        let from = from.clone();
        // Also where it goes no further: a session here may be on its way to another node.
        self.last_relay += 1;
        let id = self.last_relay;
        let told = turn.hub(wimpex_hub::Input::Relay {
            session,
            relayed: relayed.clone(),
        });
        let (mut is_delivered_here, mut is_refused) = (false, false);
        let mut rest = Vec::new();
        for output in told {
            if let wimpex_hub::Output::Deliver { message, .. } = &output {
                match message {
                    ServerMessage::Relay(_) => is_delivered_here = true,
                    // Somebody may be elsewhere.
                    ServerMessage::Error(error) if error.code == ErrorCode::UserOffline => continue,
                    ServerMessage::Error(_) => is_refused = true,
                    ServerMessage::Hello(_)
                    | ServerMessage::Welcome(_)
                    | ServerMessage::Presence(_)
                    | ServerMessage::IceServers(_)
                    | ServerMessage::MissedCalls(_)
                    | ServerMessage::MessagesWaiting(_)
                    | ServerMessage::Ack(_) => {}
                }
            }
            rest.push(output);
        }
        self.tell(rest, turn);
        if is_refused || (is_delivered_here && relayed.to_device.is_some()) {
            return;
        }
        let user = relayed.to_id.clone();
        match self.routes.get_mut(&user) {
            None => self.route(&user, turn),
            Some(route) if route.holders.is_empty() => {
                // Those who come are announced; a question only tells more where nobody is.
                if is_delivered_here && route.is_known && route.is_answered {
                    route.used = turn.now;
                    return;
                }
                self.ask(&user, turn);
            }
            Some(_) => {}
        }
        let Some(route) = self.routes.get_mut(&user) else {
            return;
        };
        route.pending.insert(id);
        route.used = turn.now;
        let pending = Pending {
            session,
            from,
            relayed,
            is_delivered_here,
            is_delivered: false,
            is_full: false,
            sent: Default::default(),
            waiting: Default::default(),
            needs: route.asked,
            has_asked_again: false,
            nobody_from: turn.now + NEWCOMER,
            until: turn.now + PATIENCE,
        };
        let timer = Timer::Route(user.clone());
        self.timers.arm(timer, pending.nobody_from);
        self.pending.insert(id, pending);
        let holders: Vec<NodeId> = route.holders.keys().cloned().collect();
        for node in holders {
            self.pass(id, &node, turn);
        }
        // Nothing is new for those before it, of which there may be many.
        self.settle_one(&user, id, turn);
    }

    /// Sends a message to a node, once.
    pub(super) fn pass(&mut self, id: u64, node: &NodeId, turn: &mut Turn<'_>) {
        let Some(pending) = self.pending.get_mut(&id) else {
            return;
        };
        if !pending.sent.insert(node.clone()) {
            return;
        }
        pending.waiting.insert(node.clone());
        let frame = Frame::Relay {
            relay: id,
            session: pending.session.0,
            from: pending.from.clone(),
            envelope: pending.relayed.clone(),
        };
        self.send(node, frame, turn);
    }
}
