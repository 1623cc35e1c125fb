//! Sessions that go on at another node, because their clients have come to it.
//!
//! The node that gets the client asks the one where the session began whether it lives, and then,
//! over the link between the two so that it comes once, for all that is known of the session. If
//! it is gone, or has handed the session over long ago, whoever says to have it is asked. What
//! comes for the session afterwards goes the same way behind it.

use std::collections::BTreeSet;

use wimpex_hub::{Identity, SessionId};
use wimpex_protocol::ServerMessage;

use super::{Cluster, Turn};
use crate::event::{Arrival, Output};
use crate::message::{Frame, Message, SessionName};
use crate::moves::{Asked, Step, Take};
use crate::node_id::NodeId;
use crate::pending::Pending;
use crate::subject::{Interest, Subject};
use crate::timers::Timer;

/// A client waits for so many milliseconds for its session, and has a new one then.
const PATIENCE: u64 = 5_000;
/// After so many it is sought again, if it is on its way from one node to another.
const SEEK_AGAIN: u64 = 200;
/// What a session has sent and is on its way comes before what it sends elsewhere: it waits here for
/// that, but for no longer than so many milliseconds.
const SENDING: u64 = 1_000;
/// Characters of one part of what is known of a session: escaped twice it fits into what NATS
/// carries at a time.
const PART: usize = 48 * 1024;
/// Parts of what is known of one session; it is owed a megabyte at most.
const MOST_PARTS: u32 = 256;
/// Clients that wait for their sessions at a time: all of a node that has gone may come at once.
const MOST_TAKES: usize = 100_000;

impl Cluster {
    pub(super) fn take_up(
        &mut self,
        take: u64,
        name: SessionName,
        (identity, received): (Identity, u64),
        given_to: Option<NodeId>,
        turn: &mut Turn<'_>,
    ) {
        let (home, until) = (name.node.clone(), turn.now + PATIENCE);
        let wanted = Take {
            name,
            identity,
            received,
            step: Step::Home,
            is_moving: false,
            refused: BTreeSet::new(),
            parts: Vec::new(),
            again_at: None,
            until,
        };
        let is_full = self.takes.len() >= MOST_TAKES;
        self.takes.insert(take, wanted);
        // A node that has just started hears nobody yet, and will in a moment.
        let is_away = !self.is_up && self.was_up;
        if is_away || is_full {
            return self.end_take(take, None, turn);
        }
        self.timers.arm(Timer::Take(take), until);
        if !self.is_up {
            return;
        }
        // Where it has gone from here a moment ago is known sooner than others hear that it is there.
        let next = given_to.filter(|next| self.is_alive(next));
        match (next, self.takes.get_mut(&take)) {
            (Some(next), Some(wanted)) => {
                wanted.is_moving = true;
                self.ask_for(take, next, turn);
            }
            _ => self.ask_home(take, home, turn),
        }
    }

    fn is_alive(&self, node: &NodeId) -> bool {
        self.peers.get(node).is_some_and(|peer| !peer.is_dead)
    }

    fn ask_home(&mut self, take: u64, home: NodeId, turn: &mut Turn<'_>) {
        match home == self.id {
            true => self.seek(take, turn),
            false => self.ask_who_has(take, Subject::Node(home), turn),
        }
    }

    /// The medium is there for the first time: whoever came before it is waited for.
    pub(super) fn begin_takes(&mut self, turn: &mut Turn<'_>) {
        let takes = self.takes.iter();
        let takes: Vec<(u64, NodeId)> = takes
            .map(|(take, wanted)| (*take, wanted.name.node.clone()))
            .collect();
        for (take, home) in takes {
            self.ask_home(take, home, turn);
        }
    }

    pub(super) fn look_after_take(&mut self, take: u64, turn: &mut Turn<'_>) {
        let Some(wanted) = self.takes.get_mut(&take) else {
            return;
        };
        let until = wanted.until;
        if turn.now >= until {
            return self.end_take(take, None, turn);
        }
        self.timers.arm(Timer::Take(take), until);
        if wanted.again_at.take_if(|at| *at <= turn.now).is_some() {
            self.seek(take, turn);
        }
    }

    /// Nobody hears who has been asked.
    pub(super) fn nobody_has(&mut self, take: u64, turn: &mut Turn<'_>) {
        let is_settled = turn.now >= self.settled_at;
        let Some(wanted) = self.takes.get_mut(&take) else {
            return;
        };
        match wanted.step {
            Step::Home => self.seek(take, turn),
            // Whoever has it may not be heard yet.
            Step::Sought if wanted.is_moving || !is_settled => {
                let again = turn.now + SEEK_AGAIN;
                wanted.again_at = Some(again);
                self.timers.arm(Timer::Take(take), again);
            }
            Step::Sought => self.end_take(take, None, turn),
            Step::Asked(_) => {}
        }
    }

    /// Another node seeks a session.
    pub(super) fn sought(
        &mut self,
        asker: NodeId,
        name: &SessionName,
        take: u64,
        turn: &mut Turn<'_>,
    ) {
        self.heard(&asker, None, turn);
        if name.node == self.id || self.names.sessions.contains_key(name) {
            let node = self.id.clone();
            let found = Message::Found { node, take };
            self.publish(Subject::Node(asker), found, None, turn);
        }
    }

    /// A node says to have what is sought, or to live where it began.
    pub(super) fn found(&mut self, node: NodeId, take: u64, turn: &mut Turn<'_>) {
        self.heard(&node, None, turn);
        let step = self.takes.get(&take).map(|wanted| &wanted.step);
        if matches!(step, Some(Step::Home | Step::Sought)) {
            self.ask_for(take, node, turn);
        }
    }

    /// The answer of the node that was asked for a session: it has none, or not any more.
    pub(super) fn no_session(
        &mut self,
        node: &NodeId,
        take: u64,
        given_to: Option<NodeId>,
        turn: &mut Turn<'_>,
    ) {
        let Some(wanted) = self.takes.get_mut(&take) else {
            return;
        };
        if !matches!(&wanted.step, Step::Asked(asked) if asked == node) {
            return;
        }
        wanted.is_moving |= given_to.is_some();
        // Whoever gives it to nobody would be found again and again.
        let has_refused = given_to.is_none() && !wanted.refused.insert(node.clone());
        match given_to.filter(|next| self.is_alive(next)) {
            Some(next) => self.ask_for(take, next, turn),
            None if has_refused => self.end_take(take, None, turn),
            None => self.seek(take, turn),
        }
    }

    /// The answer of the node that was asked for a session: part of it.
    pub(super) fn state(
        &mut self,
        node: &NodeId,
        take: u64,
        (part, parts): (u32, u32),
        text: String,
        turn: &mut Turn<'_>,
    ) {
        let Some(wanted) = self.takes.get_mut(&take) else {
            return;
        };
        let is_next = usize::try_from(part).is_ok_and(|part| part == wanted.parts.len());
        let is_asked = matches!(&wanted.step, Step::Asked(asked) if asked == node);
        if !is_asked || !is_next || parts > MOST_PARTS {
            return;
        }
        wanted.parts.push(text);
        if part + 1 >= parts {
            let state = wanted.parts.concat();
            self.end_take(take, Some((node.clone(), state)), turn);
        }
    }

    /// Another node asks for a session.
    pub(super) fn ask_of(
        &mut self,
        node: NodeId,
        take: u64,
        name: SessionName,
        identity: Identity,
        received: u64,
        turn: &mut Turn<'_>,
    ) {
        if self.asked.len() < MOST_TAKES {
            let until = turn.now + SENDING;
            self.timers.arm(Timer::Asked, until);
            self.asked.push(Asked {
                node,
                take,
                name,
                identity,
                received,
                until,
            });
        }
    }

    /// Has those sessions handed over that need not wait here any longer.
    pub(super) fn answer_asked(&mut self, turn: &mut Turn<'_>) {
        if self.asked.is_empty() {
            return;
        }
        let asked = std::mem::take(&mut self.asked);
        for asked in asked {
            let session = self.named(&asked.name);
            let is_sending = |pending: &Pending| {
                let is_there = pending.is_delivered || pending.is_delivered_here;
                Some(pending.session) == session && (!is_there || !pending.waiting.is_empty())
            };
            if turn.now < asked.until && self.pending.values().any(is_sending) {
                self.timers.arm(Timer::Asked, asked.until);
                self.asked.push(asked);
                continue;
            }
            turn.say(Output::HandOver {
                to: asked.node,
                take: asked.take,
                name: asked.name,
                identity: asked.identity,
                received: asked.received,
            });
        }
    }

    /// Gives a session to the node that has asked for it.
    pub(super) fn hand_over(
        &mut self,
        to: NodeId,
        take: u64,
        given: Option<(SessionId, String)>,
        given_to: Option<NodeId>,
        turn: &mut Turn<'_>,
    ) {
        let Some((session, state)) = given else {
            return self.send(&to, Frame::NoSession { take, given_to }, turn);
        };
        let texts = parts(&state);
        let parts = u32::try_from(texts.len()).unwrap_or(u32::MAX);
        for (part, text) in (0..).zip(texts) {
            let frame = Frame::State {
                take,
                part,
                parts,
                text: text.to_owned(),
            };
            self.send(&to, frame, turn);
        }
        self.given.insert((to, take), session);
    }

    /// A session that was given away lives there now, and that node holds its person since then;
    /// `None` if it is gone, with the node. Until then this node has held them, so that nobody has
    /// seen them go.
    pub(super) fn took_over(
        &mut self,
        node: &NodeId,
        take: u64,
        hold: Option<u64>,
        turn: &mut Turn<'_>,
    ) {
        let Some(session) = self.given.remove(&(node.clone(), take)) else {
            return;
        };
        let next = hold.map(|hold| (node.clone(), hold));
        let person = self.sessions.get(&session).map(|(identity, _)| identity);
        if let (Some(hold), Some(person)) = (hold, person) {
            let user = person.user.clone();
            self.holds((node.clone(), user), hold, None, turn);
        }
        let told = turn.hub(wimpex_hub::Input::Leave { session });
        self.tell(told, turn);
        self.left_for(session, next, turn);
    }

    /// The node is gone, and with it what it was given.
    pub(super) fn drop_given(&mut self, node: &NodeId, turn: &mut Turn<'_>) {
        let lost = self.given.keys().filter(|(to, _)| to == node);
        let lost: Vec<u64> = lost.map(|(_, take)| *take).collect();
        for take in lost {
            self.took_over(node, take, None, turn);
        }
        let asked = |wanted: &Take| matches!(&wanted.step, Step::Asked(asked) if asked == node);
        let asked = self.takes.iter().filter(|(_, wanted)| asked(wanted));
        let asked: Vec<u64> = asked.map(|(take, _)| *take).collect();
        for take in asked {
            self.no_session(node, take, None, turn);
        }
    }

    pub(super) fn is_given(&self, session: SessionId) -> bool {
        self.given.values().any(|given| *given == session)
    }

    pub(super) fn forwarded(
        &mut self,
        name: SessionName,
        origin: Option<(NodeId, u64)>,
        hops: u8,
        message: ServerMessage,
        turn: &mut Turn<'_>,
    ) {
        let origin = origin.map(|(node, relay)| Arrival { node, relay });
        turn.say(Output::Forwarded {
            name,
            origin,
            hops,
            message,
        });
    }

    /// From now on a session is found by that name.
    pub(super) fn name(&mut self, session: SessionId, name: SessionName, turn: &mut Turn<'_>) {
        if self.sessions.contains_key(&session) {
            turn.say(Output::Subscribe(Interest::Session(name.clone())));
            self.names.sessions.insert(name.clone(), session);
            self.names.names.insert(session, name);
        }
    }

    /// The session that its client knows by that name has left.
    pub(super) fn unname(&mut self, session: SessionId, turn: &mut Turn<'_>) {
        if let Some(name) = self.names.names.remove(&session)
            && self.names.sessions.get(&name) == Some(&session)
        {
            self.names.sessions.remove(&name);
            turn.say(Output::Unsubscribe(Interest::Session(name)));
        }
    }

    fn named(&self, name: &SessionName) -> Option<SessionId> {
        let known = self.names.sessions.get(name).copied();
        known.or((name.node == self.id).then_some(SessionId(name.number)))
    }

    fn ask_for(&mut self, take: u64, node: NodeId, turn: &mut Turn<'_>) {
        let Some(wanted) = self.takes.get_mut(&take) else {
            return;
        };
        let frame = Frame::Take {
            take,
            name: wanted.name.clone(),
            from: wanted.identity.clone(),
            received: wanted.received,
        };
        wanted.step = Step::Asked(node.clone());
        wanted.parts.clear();
        self.send(&node, frame, turn);
    }

    fn seek(&mut self, take: u64, turn: &mut Turn<'_>) {
        if let Some(wanted) = self.takes.get_mut(&take) {
            wanted.step = Step::Sought;
            let subject = Subject::Session(wanted.name.clone());
            self.ask_who_has(take, subject, turn);
        }
    }

    fn ask_who_has(&mut self, take: u64, whom: Subject, turn: &mut Turn<'_>) {
        if let Some(wanted) = self.takes.get(&take) {
            let (node, name) = (self.id.clone(), wanted.name.clone());
            let answer = Subject::Sought(self.id.clone(), take);
            self.publish(whom, Message::Seek { node, name, take }, Some(answer), turn);
        }
    }

    fn end_take(&mut self, take: u64, state: Option<(NodeId, String)>, turn: &mut Turn<'_>) {
        if let Some(Take { name, identity, .. }) = self.takes.remove(&take) {
            turn.say(Output::Taken {
                take,
                identity,
                name,
                state,
            });
        }
    }
}

/// Cut where characters begin; at least one.
fn parts(text: &str) -> Vec<&str> {
    let (mut parts, mut rest) = (Vec::new(), text);
    while rest.len() > PART {
        let (part, others) = rest.split_at(rest.floor_char_boundary(PART));
        parts.push(part);
        rest = others;
    }
    parts.push(rest);
    parts
}
