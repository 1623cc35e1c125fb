//! Where people are, and what becomes of the messages to them.

use wimpex_hub::SessionId;
use wimpex_protocol::{ServerMessage, UserId};
use wimpex_sansio::Now;

use super::{Cluster, GATHER, LINGER, SUSPECT, Turn};
use crate::event::{Arrival, Output};
use crate::link::Peer;
use crate::message::{Frame, Message, Outcome};
use crate::node_id::NodeId;
use crate::route::Route;
use crate::subject::{Interest, Subject};
use crate::timers::Timer;

impl Cluster {
    /// Has a route to a person, from now on if not before.
    pub(super) fn route(&mut self, user: &UserId, turn: &mut Turn<'_>) {
        if self.routes.contains_key(user) {
            return;
        }
        let route = Route {
            used: turn.now,
            ..Route::default()
        };
        self.routes.insert(user.clone(), route);
        turn.say(Output::Subscribe(Interest::Of(user.clone())));
        self.ask(user, turn);
    }

    /// Asks where a person is.
    pub(super) fn ask(&mut self, user: &UserId, turn: &mut Turn<'_>) {
        let Some(route) = self.routes.get_mut(user) else {
            return;
        };
        route.asked += 1;
        (route.asked_at, route.is_answered) = (turn.now, false);
        route.gathered_at = turn.now + GATHER;
        let asked = route.asked;
        let message = Message::Locate {
            node: self.id.clone(),
            user: user.clone(),
            asked,
        };
        let answer = Subject::Where(self.id.clone(), user.clone(), asked);
        self.publish(Subject::At(user.clone()), message, Some(answer), turn);
        let timer = Timer::Route(user.clone());
        self.timers.arm(timer, turn.now + GATHER);
    }

    pub(super) fn nobody_hears(&mut self, user: &UserId, asked: u64, turn: &mut Turn<'_>) {
        let is_settled = self.is_settled(turn.now);
        let Some(route) = self.routes.get_mut(user) else {
            return;
        };
        // Somebody may be there who has not come back yet. It is asked again.
        if route.asked != asked || !is_settled {
            return;
        }
        (route.is_answered, route.is_known, route.gathered_at) = (true, true, turn.now);
        self.inform(user, turn);
        self.settle(user, turn);
    }

    /// Whether silence means that nobody is there.
    pub(super) fn is_settled(&self, now: Now) -> bool {
        let is_suspect = |peer: &Peer| !peer.is_dead && now >= self.silent_from(peer) + SUSPECT;
        self.is_up && now >= self.settled_at && !self.peers.values().any(is_suspect)
    }

    /// Since when nothing has come from a node that could have.
    pub(super) fn silent_from(&self, peer: &Peer) -> Now {
        peer.heard.max(self.listening_since)
    }

    pub(super) fn here(
        &mut self,
        (node, user): (NodeId, UserId),
        hold: u64,
        asked: Option<u64>,
        turn: &mut Turn<'_>,
    ) {
        self.heard(&node, None, turn);
        self.holds((node, user), hold, asked, turn);
    }

    /// Somebody has said that a node holds a person.
    pub(super) fn holds(
        &mut self,
        (node, user): (NodeId, UserId),
        hold: u64,
        asked: Option<u64>,
        turn: &mut Turn<'_>,
    ) {
        if !self.peers.contains_key(&node) {
            return;
        }
        let Some(route) = self.routes.get_mut(&user) else {
            return;
        };
        if asked == Some(route.asked) {
            (route.is_answered, route.is_known) = (true, true);
        }
        if route.gone.get(&node).is_some_and(|gone| *gone >= hold) {
            return self.settle(&user, turn);
        }
        let is_new = (route.holders.get(&node)).is_none_or(|known| *known < hold);
        if is_new {
            route.holders.insert(node.clone(), hold);
            let watchers: Vec<SessionId> = route.watchers.iter().copied().collect();
            let pending = route.pending.clone();
            self.expect_at(&node, &user, turn);
            for session in watchers {
                if let Some(watched) = self.watched.get_mut(&(session, user.clone())) {
                    watched.parts.remove(&node);
                }
                self.watch_at(&node, session, &user, turn);
            }
            for id in pending {
                self.pass(id, &node, turn);
            }
        }
        self.settle(&user, turn);
    }

    /// Whoever is woken for a call is shown to the caller, wherever they come.
    fn expect_at(&mut self, node: &NodeId, user: &UserId, turn: &mut Turn<'_>) {
        let calls = turn.hub.expected(user, turn.now);
        let calls: Vec<_> = calls
            .map(|(caller, call)| (caller.clone(), call.clone()))
            .collect();
        for (caller, call) in calls {
            let user = user.clone();
            self.send(node, Frame::Expect { user, caller, call }, turn);
        }
    }

    /// A node holds a person no longer.
    pub(super) fn gone(&mut self, node: &NodeId, user: &UserId, hold: u64, turn: &mut Turn<'_>) {
        let Some(route) = self.routes.get_mut(user) else {
            return;
        };
        let gone = route.gone.entry(node.clone()).or_default();
        *gone = (*gone).max(hold);
        if route.holders.get(node).is_some_and(|known| *known <= hold) {
            self.drop_holder(node, user, turn);
        }
    }

    pub(super) fn drop_holder(&mut self, node: &NodeId, user: &UserId, turn: &mut Turn<'_>) {
        let Some(route) = self.routes.get_mut(user) else {
            return;
        };
        route.holders.remove(node);
        for session in route.watchers.clone() {
            if let Some(watched) = self.watched.get_mut(&(session, user.clone())) {
                watched.parts.remove(node);
            }
        }
        self.inform(user, turn);
        self.settle(user, turn);
    }

    /// Ends what has come to an end of the messages to a person.
    pub(super) fn settle(&mut self, user: &UserId, turn: &mut Turn<'_>) {
        let pending = self.routes.get(user).map(|route| route.pending.clone());
        self.settle_these(user, pending.into_iter().flatten(), turn);
    }

    /// The same of one message, when only of that one something is new.
    pub(super) fn settle_one(&mut self, user: &UserId, id: u64, turn: &mut Turn<'_>) {
        self.settle_these(user, [id].into_iter(), turn);
    }

    fn settle_these(
        &mut self,
        user: &UserId,
        pending: impl Iterator<Item = u64>,
        turn: &mut Turn<'_>,
    ) {
        let is_settled = self.is_settled(turn.now);
        let Some(route) = self.routes.get(user) else {
            return;
        };
        let (answered, asked) = (route.is_answered, route.asked);
        let holders: Vec<NodeId> = route.holders.keys().cloned().collect();
        // No sooner where nobody hears: else who is hidden could be told from who is not there.
        let is_gathered = answered && turn.now >= route.asked_at + GATHER;
        let mut asks = false;
        for id in pending {
            let Some(pending) = self.pending.get_mut(&id) else {
                continue;
            };
            let is_final = is_gathered && asked >= pending.needs;
            let outcome = if !pending.waiting.is_empty() {
                // What was sent may be somewhere still.
                (turn.now >= pending.until).then_some(Outcome::Unknown)
            } else if pending.is_delivered || pending.is_delivered_here {
                is_final.then_some(Outcome::Delivered)
            } else if pending.is_full {
                Some(Outcome::Full)
            } else if turn.now < pending.nobody_from {
                None
            } else if !pending.has_asked_again {
                pending.has_asked_again = true;
                pending.needs = asked + 1;
                asks = true;
                None
            } else if is_final && is_settled {
                // A node that was given up, and is back, may have it or not; and who has come here
                // meanwhile has not, but is not away.
                let may_have_it = holders.iter().any(|node| pending.sent.contains(node));
                Some(match may_have_it || self.held.contains_key(user) {
                    true => Outcome::Unknown,
                    false => Outcome::Nobody,
                })
            } else {
                (turn.now >= pending.until).then_some(Outcome::Unknown)
            };
            if let Some(outcome) = outcome {
                self.end_pending(user, id, outcome, turn);
            }
        }
        if asks {
            self.ask(user, turn);
        }
    }

    pub(super) fn end_pending(
        &mut self,
        user: &UserId,
        id: u64,
        outcome: Outcome,
        turn: &mut Turn<'_>,
    ) {
        if let Some(route) = self.routes.get_mut(user) {
            route.pending.remove(&id);
            route.used = turn.now;
            let timer = Timer::Route(user.clone());
            self.timers.arm(timer, turn.now + LINGER);
        }
        let Some(pending) = self.pending.remove(&id) else {
            return;
        };
        if !pending.is_delivered && !pending.is_delivered_here {
            let (session, relayed) = (pending.session, pending.relayed);
            turn.say(Output::Settled {
                session,
                relayed,
                outcome,
            });
        }
    }

    /// A device has a message.
    pub(super) fn delivered(&mut self, relay: u64, turn: &mut Turn<'_>) {
        let Some(pending) = self.pending.get_mut(&relay) else {
            return;
        };
        let is_first = !std::mem::replace(&mut pending.is_delivered, true);
        let (session, relayed) = (pending.session, pending.relayed.clone());
        let user = relayed.to_id.clone();
        if is_first && !pending.is_delivered_here {
            let told = turn.hub(wimpex_hub::Input::Passed {
                session,
                relayed: relayed.clone(),
            });
            let outcome = Outcome::Delivered;
            turn.say(Output::Settled {
                session,
                relayed,
                outcome,
            });
            self.tell(told, turn);
        }
        self.settle_one(&user, relay, turn);
    }

    /// A session of that person's has come here from another node: it gets what has gone to them
    /// and is on its way, so that nothing overtakes it that is sent from now on. What it has had
    /// already, or gets over the other node as well, counts once.
    pub(super) fn pass_here(&mut self, user: &UserId, turn: &mut Turn<'_>) {
        let route = self.routes.get(user);
        for relay in route.map(|route| route.pending.clone()).unwrap_or_default() {
            let Some(pending) = self.pending.get(&relay) else {
                continue;
            };
            let told = turn.hub(wimpex_hub::Input::Relay {
                session: pending.session,
                relayed: pending.relayed.clone(),
            });
            for output in told {
                if let wimpex_hub::Output::Deliver {
                    to,
                    message: message @ ServerMessage::Relay(_),
                } = output
                {
                    let arrival = Arrival::new(self.id.clone(), relay);
                    turn.say(Output::Arrived {
                        arrival,
                        to,
                        message,
                    });
                }
            }
        }
    }

    pub(super) fn verdict(
        &mut self,
        node: &NodeId,
        relay: u64,
        outcome: Outcome,
        turn: &mut Turn<'_>,
    ) {
        let Some(pending) = self.pending.get_mut(&relay) else {
            return;
        };
        if !pending.waiting.remove(node) {
            return;
        }
        let user = pending.relayed.to_id.clone();
        match outcome {
            Outcome::Delivered => return self.delivered(relay, turn),
            Outcome::Full => pending.is_full = true,
            // If they come to that node, it may have it again.
            Outcome::Nobody | Outcome::Unknown => {
                pending.sent.remove(node);
            }
        }
        self.settle_one(&user, relay, turn);
    }
}
