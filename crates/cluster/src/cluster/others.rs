//! What other nodes say, and what their sessions do here.

use wimpex_hub::{Identity, SessionId};
use wimpex_protocol::{DeviceId, Envelope, Presence, PresenceWatch, ServerMessage, UserId};
use wimpex_sansio::UnixTime;

use super::{Cluster, DEAD, MOST_ENDED, MOST_OBSERVERS, MOST_PEERS, OBSERVERS, SUSPECT, Turn};
use crate::event::{Arrival, Output};
use crate::link::{Peer, Taken};
use crate::message::{Frame, Message, Outcome, Packet};
use crate::node_id::NodeId;
use crate::subject::Subject;
use crate::timers::Timer;

impl Cluster {
    pub(super) fn received(&mut self, message: Message, turn: &mut Turn<'_>) {
        match message {
            Message::Beat {
                node,
                age,
                time,
                is_over,
            } => {
                self.clock.hear(time, turn.now);
                if is_over {
                    self.forget(&node, turn);
                    if self.ended.len() >= MOST_ENDED {
                        self.ended.pop_front();
                    }
                    self.ended.push_back(node);
                } else {
                    self.heard(&node, Some(age), turn);
                }
            }
            Message::Locate { node, user, asked } => {
                self.heard(&node, None, turn);
                if let Some(hold) = self.held.get(&user).copied()
                    && node != self.id
                    && !self.is_closed
                {
                    let to = Subject::Where(node, user.clone(), asked);
                    let message = Message::Here {
                        node: self.id.clone(),
                        user,
                        hold,
                        asked: Some(asked),
                    };
                    self.publish(to, message, None, turn);
                }
            }
            Message::Here {
                node,
                user,
                hold,
                asked,
            } => {
                if node != self.id {
                    self.here((node, user), hold, asked, turn);
                }
            }
            Message::Joined {
                node,
                user,
                device,
                since,
            } => {
                if node != self.id {
                    self.clock.hear(since, turn.now);
                    self.supersede(&node, &user, &device, since, turn);
                }
            }
            Message::Seek { node, name, take } => {
                if node != self.id {
                    self.sought(node, &name, take, turn);
                }
            }
            Message::Found { node, take } => {
                if node != self.id {
                    self.found(node, take, turn);
                }
            }
            Message::Waiting { .. } | Message::Declined { .. } => {}
            Message::Packet(packet) => {
                if packet.node != self.id {
                    self.packet(packet, turn);
                }
            }
        }
    }

    /// A device has logged in elsewhere.
    pub(super) fn supersede(
        &mut self,
        node: &NodeId,
        user: &UserId,
        device: &DeviceId,
        since: UnixTime,
        turn: &mut Turn<'_>,
    ) {
        let own = turn
            .hub
            .sessions_of(user)
            .find(|(known, _)| *known == device);
        let Some(session) = own.map(|(_, session)| session) else {
            return;
        };
        let Some((_, own)) = self.sessions.get(&session) else {
            return;
        };
        if self.is_given(session) {
            // It goes as soon as it is there.
            return;
        }
        if (*own, &self.id) > (since, node) {
            let own = *own;
            return self.claim(user, device, own, turn);
        }
        turn.say(Output::Hub(wimpex_hub::Output::Supersede(session)));
        let told = turn.hub(wimpex_hub::Input::Leave { session });
        self.tell(told, turn);
        self.left(session, turn);
    }

    /// Something has come from that node.
    pub(super) fn heard(&mut self, node: &NodeId, age: Option<u64>, turn: &mut Turn<'_>) {
        if *node == self.id || self.ended.contains(node) {
            return;
        }
        let (id, link) = (node.clone(), self.last_link + 1);
        let is_full = self.peers.len() >= MOST_PEERS;
        let mut is_back = match self.peers.get_mut(node) {
            Some(peer) => {
                peer.heard = turn.now;
                std::mem::take(&mut peer.is_dead)
            }
            None if is_full => return,
            None => {
                self.last_link = link;
                self.peers.insert(id.clone(), Peer::new(link, turn.now));
                false
            }
        };
        if let (Some(age), Some(peer)) = (age, self.peers.get_mut(node)) {
            // One that is not new has been cut off for so long that nothing is known of it.
            is_back |= !std::mem::replace(&mut peer.has_beaten, true) && age > DEAD;
        }
        self.timers.arm(Timer::Peer(id), turn.now + SUSPECT);
        if is_back {
            self.ask_all(turn);
        }
    }

    /// Asks anew where everybody is who is wanted here.
    pub(super) fn ask_all(&mut self, turn: &mut Turn<'_>) {
        let users: Vec<UserId> = self.routes.keys().cloned().collect();
        for user in users {
            self.ask(&user, turn);
        }
    }

    pub(super) fn packet(&mut self, packet: Packet, turn: &mut Turn<'_>) {
        let (node, link) = (packet.node.clone(), packet.link);
        self.clock.hear(packet.time, turn.now);
        self.heard(&node, None, turn);
        let Some(peer) = self.peers.get_mut(&node) else {
            return;
        };
        if let Some(reset) = packet.reset {
            if reset == peer.link() {
                self.last_link += 1;
                peer.restart(self.last_link);
                self.drop_holders(&node, turn);
                self.ask_all(turn);
                self.inform_observers(&node, turn);
            }
            return;
        }
        let taken = peer.take(packet, turn.now);
        if let Some(due) = peer.due() {
            self.timers.arm(Timer::Peer(node.clone()), due);
        }
        match taken {
            Taken::Nothing => {}
            Taken::Frame(frame) => self.frame(&node, frame, turn),
            Taken::FirstOfNew(frame) => {
                self.drop_observers(&node, turn);
                self.frame(&node, frame, turn);
            }
            Taken::Unknown => {
                let reset = peer.reset(&self.id, link);
                self.post(&node, reset, turn);
            }
        }
    }

    pub(super) fn frame(&mut self, node: &NodeId, frame: Frame, turn: &mut Turn<'_>) {
        match frame {
            Frame::Watch {
                session,
                from,
                user,
            } => self.observe(node, session, from, user, turn),
            Frame::Expect { user, caller, call } => {
                if self.held.contains_key(&user) {
                    let told = turn.hub(wimpex_hub::Input::Expect { user, caller, call });
                    self.tell(told, turn);
                }
            }
            Frame::Unwatch { session, user } => {
                let observers = self.observers.get_mut(&user);
                let key = (node.clone(), session);
                if let Some(observer) = observers.and_then(|all| all.remove(&key)) {
                    self.observed.remove(&observer);
                    turn.hub(wimpex_hub::Input::Leave { session: observer });
                }
            }
            Frame::Presence { session, presence } => self.part(node, session, presence, turn),
            Frame::Relay {
                relay,
                session,
                from,
                envelope,
            } => self.relay_of(node, (relay, session), from, envelope, turn),
            Frame::Verdict { relay, outcome } => self.verdict(node, relay, outcome, turn),
            Frame::Gone { user, hold, next } => {
                // First, so that nobody is told in between that nobody is there.
                if let Some((next, since)) = next {
                    self.holds((next, user.clone()), since, None, turn);
                }
                self.gone(node, &user, hold, turn);
            }
            Frame::Take {
                take,
                name,
                from,
                received,
            } => self.ask_of(node.clone(), take, name, from, received, turn),
            Frame::State {
                take,
                part,
                parts,
                text,
            } => self.state(node, take, (part, parts), text, turn),
            Frame::NoSession { take, given_to } => self.no_session(node, take, given_to, turn),
            Frame::TookOver { take, hold } => self.took_over(node, take, Some(hold), turn),
            Frame::Forward {
                name,
                origin,
                hops,
                message,
            } => self.forwarded(name, origin, hops, message, turn),
            Frame::Void => {}
        }
    }

    pub(super) fn observe(
        &mut self,
        node: &NodeId,
        session: u64,
        from: Identity,
        user: UserId,
        turn: &mut Turn<'_>,
    ) {
        if !self.held.contains_key(&user) {
            let hold = self.last_hold;
            let next = None;
            return self.send(node, Frame::Gone { user, hold, next }, turn);
        }
        let key = (node.clone(), session);
        let known = self.observers.get(&user).and_then(|all| all.get(&key));
        let observer = match known {
            Some(observer) => *observer,
            None if self.observed.len() >= MOST_OBSERVERS => return,
            None => {
                let observer = self.next_observer();
                let observers = self.observers.entry(user.clone()).or_default();
                observers.insert(key, observer);
                let of = (node.clone(), session, user.clone());
                self.observed.insert(observer, of);
                turn.hub(wimpex_hub::Input::Observe {
                    session: observer,
                    identity: from,
                });
                observer
            }
        };
        let watch = PresenceWatch {
            user_ids: vec![user],
        };
        let told = turn.hub(wimpex_hub::Input::Watch {
            session: observer,
            watch,
        });
        self.tell(told, turn);
    }

    /// Says anew what a node's sessions see of people here: what was said before is lost with the
    /// link that it went over.
    fn inform_observers(&mut self, node: &NodeId, turn: &mut Turn<'_>) {
        let observed = self.observed.iter().filter(|(_, (of, ..))| of == node);
        let observed = observed.map(|(observer, (.., user))| (*observer, user.clone()));
        for (session, user) in observed.collect::<Vec<_>>() {
            let watch = PresenceWatch {
                user_ids: vec![user],
            };
            let told = turn.hub(wimpex_hub::Input::Watch { session, watch });
            self.tell(told, turn);
        }
    }

    pub(super) fn next_observer(&mut self) -> SessionId {
        self.last_observer += 1;
        SessionId(OBSERVERS | self.last_observer)
    }

    /// A message of a session of that node's to somebody here.
    pub(super) fn relay_of(
        &mut self,
        node: &NodeId,
        (relay, session): (u64, u64),
        from: Identity,
        envelope: Envelope,
        turn: &mut Turn<'_>,
    ) {
        let user = envelope.to_id.clone();
        let key = (node.clone(), session);
        let known = self.observers.get(&user).and_then(|all| all.get(&key));
        let known = known.copied();
        let observer = known.unwrap_or_else(|| self.next_observer());
        if known.is_none() {
            turn.hub(wimpex_hub::Input::Observe {
                session: observer,
                identity: from,
            });
        }
        let told = turn.hub(wimpex_hub::Input::Relay {
            session: observer,
            relayed: envelope,
        });
        if known.is_none() {
            turn.hub(wimpex_hub::Input::Leave { session: observer });
        }
        let (mut rest, mut has_arrived) = (Vec::new(), false);
        for output in told {
            match output {
                wimpex_hub::Output::Deliver {
                    to,
                    message: message @ ServerMessage::Relay(_),
                } => {
                    has_arrived = true;
                    let arrival = Arrival {
                        node: node.clone(),
                        relay,
                    };
                    turn.say(Output::Arrived {
                        arrival,
                        to,
                        message,
                    });
                }
                other => rest.push(other),
            }
        }
        if !has_arrived {
            // So that it is not sent more: only those who watch have been told.
            if !self.held.contains_key(&user) {
                let (hold, next) = (self.last_hold, None);
                self.send(node, Frame::Gone { user, hold, next }, turn);
            }
            let outcome = Outcome::Nobody;
            self.send(node, Frame::Verdict { relay, outcome }, turn);
        }
        self.tell(rest, turn);
    }

    pub(super) fn part(
        &mut self,
        node: &NodeId,
        session: u64,
        presence: Presence,
        turn: &mut Turn<'_>,
    ) {
        let (session, user) = (SessionId(session), presence.user_id.clone());
        let route = self.routes.get(&user);
        if !route.is_some_and(|route| route.holders.contains_key(node)) {
            return;
        }
        if let Some(watched) = self.watched.get_mut(&(session, user.clone())) {
            watched.parts.insert(node.clone(), presence);
            watched.last = Some(node.clone());
            self.inform_one(session, &user, turn);
        }
    }
}
