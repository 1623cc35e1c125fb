//! Two nodes, two people, and what is on its way between them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use wimpex_cluster::{Input, Interest, Message, Node, NodeId, Outcome, Output, Subject};
use wimpex_hub::{Identity, Output as Told, SessionId};
use wimpex_protocol::{
    CallId, CallRinging, DeviceId, Envelope, Name, PresenceWatch, ServerMessage, Signal, UserId,
};
use wimpex_sansio::{Machine, Now, UnixTime, outputs};

use super::bounds::NodesBounds;
use super::rule::NodesRule;
use crate::hashed::Hashed;

/// A node may take so many milliseconds of silence for its peer's death, and no fewer.
const REACH: u64 = 2_500;
/// What was said while the two were apart may arrive so many milliseconds later.
const LATE: u64 = 1_000;
/// See [`NodesRule::SeenInTime`].
const SEEN: u64 = 6_000;
/// See [`NodesRule::DecidedInTheEnd`].
const DECIDED: u64 = 40_000;
const NAMES: [&str; 2] = ["n0", "n1"];
const PEOPLE: [&str; 2] = ["alice", "bob"];

/// What may happen next.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum NodesAction {
    /// The first that is on its way from one to another arrives.
    Deliver(usize, usize),
    /// It is lost.
    Lose(usize, usize),
    /// It arrives, and once more later.
    Repeat(usize, usize),
    /// The second arrives before it.
    Swap(usize, usize),
    /// A person sends a message to the other.
    Send(usize),
    /// The second person leaves.
    Leave,
    /// And comes back at that node.
    Come(usize),
    /// A node loses the medium.
    Outage(usize),
    /// It has it again.
    Return(usize),
    /// The two are parted.
    Part,
    /// No longer.
    Heal,
    /// A node crashes, with all that it knows.
    Crash(usize),
    /// Time passes to the next timer.
    Tick,
    /// The same, although something else is about to happen.
    HastyTick,
}

/// A message, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Sent {
    from: usize,
    settled: Vec<Outcome>,
    /// The sessions that have got it.
    arrived: Vec<u64>,
    /// Since it was sent something has happened that may have cost it.
    is_excused: bool,
}

/// A person: where they are, as which session, and what that has been told of the other.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Person {
    at: Option<(usize, u64)>,
    /// Since when.
    since: Now,
    sees: Option<bool>,
    got: Vec<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Left {
    sends: [u8; 2],
    moves: u8,
    lost: u8,
    repeated: u8,
    swapped: u8,
    outages: u8,
    partings: u8,
    crashes: [bool; 2],
    hasty_timers: u8,
}

/// Everything, at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NodesState {
    now: Now,
    /// When a person last did something, or something went wrong.
    disturbed_at: Now,
    nodes: [Option<Hashed<Node>>; 2],
    interests: [Hashed<BTreeSet<Interest>>; 2],
    /// Whether each has the medium.
    is_up: [bool; 2],
    is_parted: bool,
    /// Since when the two cannot hear each other.
    apart_since: Option<Now>,
    /// Until when they count as apart, because they have been for long.
    excused_until: Now,
    /// From one to the other, or to itself: what the medium answers.
    mail: BTreeMap<(usize, usize), VecDeque<Hashed<Input>>>,
    people: [Person; 2],
    sent: Vec<Sent>,
    last_session: u64,
    left: Left,
    /// The rule that does not hold.
    pub(crate) broken: Option<NodesRule>,
}

impl NodesState {
    pub(crate) fn new(bounds: &NodesBounds) -> Self {
        let now = Now::ZERO;
        let node = |name: &str| {
            let id = NodeId::parse(name).expect("letters and digits are an id");
            Some(Hashed::new(Node::new(id, None, UnixTime::default(), now)))
        };
        let nobody = Person {
            at: None,
            since: now,
            sees: None,
            got: Vec::new(),
        };
        let mut state = Self {
            now,
            disturbed_at: now,
            nodes: [node(NAMES[0]), node(NAMES[1])],
            interests: [Hashed::new(BTreeSet::new()), Hashed::new(BTreeSet::new())],
            is_up: [true; 2],
            is_parted: false,
            apart_since: None,
            excused_until: now,
            mail: BTreeMap::new(),
            people: [nobody.clone(), nobody],
            sent: Vec::new(),
            last_session: 0,
            left: Left {
                sends: [bounds.sends, bounds.replies],
                moves: bounds.moves,
                lost: bounds.lost,
                repeated: bounds.repeated,
                swapped: bounds.swapped,
                outages: bounds.outages,
                partings: bounds.partings,
                crashes: [bounds.first_crashes, bounds.second_crashes],
                hasty_timers: bounds.hasty_timers,
            },
            broken: None,
        };
        for node in 0..2 {
            state.input(node, Input::Medium { is_up: true });
            state.come(node, node);
        }
        while let Some((from, to)) = state.mail.keys().next().copied() {
            state.step(NodesAction::Deliver(from, to));
        }
        state
    }

    /// Whether everybody sees who is there, and nothing is under way.
    pub(crate) fn is_at_rest(&self) -> bool {
        self.mail.is_empty() && self.is_seen() && self.is_settled()
    }

    pub(crate) fn has_arrived(&self) -> bool {
        let settled = |sent: &Sent| sent.settled == [Outcome::Delivered];
        self.sent.iter().any(settled)
    }

    pub(crate) fn has_missed(&self) -> bool {
        let settled = |sent: &Sent| sent.settled == [Outcome::Nobody];
        self.sent.iter().any(settled)
    }

    /// What happened, in one line.
    pub fn summary(&self) -> String {
        let people = self.people.iter().map(|person| {
            let at = person
                .at
                .map(|(node, session)| format!("n{node}/{session}"));
            format!(
                "{} sees {:?} got {:?}",
                at.unwrap_or_default(),
                person.sees,
                person.got
            )
        });
        let people: Vec<String> = people.collect();
        let ends: Vec<_> = self.sent.iter().map(|sent| &sent.settled).collect();
        format!(
            "{} ms, up {:?}, mail {:?}, {}, {ends:?}, {:?}",
            self.now.as_millis(),
            self.is_up,
            self.mail
                .iter()
                .map(|(way, mail)| (way, mail.len()))
                .collect::<Vec<_>>(),
            people.join("; "),
            self.broken,
        )
    }

    pub(crate) fn actions(&self) -> Vec<NodesAction> {
        let mut all = Vec::new();
        for ((from, to), mail) in &self.mail {
            let (from, to) = (*from, *to);
            all.push(NodesAction::Deliver(from, to));
            // The medium does not lose what it answers itself, as long as it is there.
            if from == to {
                continue;
            }
            if self.left.lost > 0 {
                all.push(NodesAction::Lose(from, to));
            }
            if self.left.repeated > 0 {
                all.push(NodesAction::Repeat(from, to));
            }
            if self.left.swapped > 0 && mail.len() > 1 {
                all.push(NodesAction::Swap(from, to));
            }
        }
        for who in 0..2 {
            if self.left.sends[who] > 0 && self.people[who].at.is_some() {
                all.push(NodesAction::Send(who));
            }
            if self.left.outages > 0 && self.is_up[who] && self.nodes[who].is_some() {
                all.push(NodesAction::Outage(who));
            }
            if !self.is_up[who] && self.nodes[who].is_some() {
                all.push(NodesAction::Return(who));
            }
            if self.left.crashes[who] && self.nodes.iter().all(Option::is_some) {
                all.push(NodesAction::Crash(who));
            }
        }
        match self.people[1].at {
            Some(_) if self.left.moves > 0 => all.push(NodesAction::Leave),
            Some(_) => {}
            None => {
                let alive = (0..2).filter(|node| self.nodes[*node].is_some());
                all.extend(alive.map(NodesAction::Come));
            }
        }
        match self.is_parted {
            true => all.push(NodesAction::Heal),
            false if self.left.partings > 0 => all.push(NodesAction::Part),
            false => {}
        }
        if self.mail.is_empty() {
            let is_patient = self.now.since(self.disturbed_at).as_millis() <= u128::from(DECIDED);
            if !self.is_at_rest() && is_patient {
                all.push(NodesAction::Tick);
            }
        } else if self.left.hasty_timers > 0 {
            all.push(NodesAction::HastyTick);
        }
        all
    }

    pub(crate) fn step(&mut self, action: NodesAction) {
        match action {
            NodesAction::Deliver(from, to) => {
                if let Some(input) = self.pop(from, to) {
                    self.input(to, input);
                }
            }
            NodesAction::Lose(from, to) => {
                self.left.lost -= 1;
                self.disturb();
                self.pop(from, to);
            }
            NodesAction::Repeat(from, to) => {
                self.left.repeated -= 1;
                self.disturb();
                if let Some(input) = self.pop(from, to) {
                    self.post(from, to, input.clone());
                    self.input(to, input);
                }
            }
            NodesAction::Swap(from, to) => {
                self.left.swapped -= 1;
                self.disturb();
                if let Some(mail) = self.mail.get_mut(&(from, to)) {
                    mail.swap(0, 1);
                }
            }
            NodesAction::Send(from) => self.send(from),
            NodesAction::Leave => {
                self.left.moves -= 1;
                self.disturb();
                if let Some((node, session)) = self.people[1].at.take() {
                    self.gone(1);
                    let session = SessionId(session);
                    self.hub(node, wimpex_hub::Input::Leave { session });
                }
            }
            NodesAction::Come(node) => {
                self.disturb();
                self.come(1, node);
            }
            NodesAction::Outage(node) => {
                self.left.outages -= 1;
                self.disturb();
                self.is_up[node] = false;
                self.mail
                    .retain(|(from, to), _| *from != node && *to != node);
                self.note_distance();
                self.input(node, Input::Medium { is_up: false });
            }
            NodesAction::Return(node) => {
                self.disturb();
                self.is_up[node] = true;
                self.note_distance();
                self.input(node, Input::Medium { is_up: true });
            }
            NodesAction::Part => {
                self.left.partings -= 1;
                self.disturb();
                self.is_parted = true;
                self.mail.retain(|(from, to), _| from == to);
                self.note_distance();
            }
            NodesAction::Heal => {
                self.disturb();
                self.is_parted = false;
                self.note_distance();
            }
            NodesAction::Crash(node) => {
                self.left.crashes[node] = false;
                self.disturb();
                self.nodes[node] = None;
                self.interests[node] = Hashed::new(BTreeSet::new());
                self.mail
                    .retain(|(from, to), _| *from != node && *to != node);
                for who in 0..2 {
                    if self.people[who].at.is_some_and(|(at, _)| at == node) {
                        self.people[who].at = None;
                        self.gone(who);
                    }
                }
            }
            NodesAction::Tick => self.tick(),
            NodesAction::HastyTick => {
                self.left.hasty_timers -= 1;
                self.disturb();
                self.tick();
            }
        }
    }

    pub(crate) fn check(&mut self) {
        if self.broken.is_some() {
            return;
        }
        self.broken = self.first_broken();
    }

    fn first_broken(&self) -> Option<NodesRule> {
        for person in &self.people {
            if person.got.windows(2).any(|two| two[0] >= two[1]) {
                return Some(NodesRule::OnceAndInOrder);
            }
        }
        for sent in &self.sent {
            if sent.settled.len() > 1 {
                return Some(NodesRule::SettledOnce);
            }
            if sent.settled == [Outcome::Delivered] && sent.arrived.is_empty() {
                return Some(NodesRule::DeliveredIsDelivered);
            }
        }
        if !self.mail.is_empty() || !self.can_all_hear() {
            return None;
        }
        let passed = self.now.since(self.disturbed_at).as_millis();
        if passed > u128::from(SEEN) && !self.is_seen() {
            return Some(NodesRule::SeenInTime);
        }
        if passed > u128::from(DECIDED) && !self.is_settled() {
            return Some(NodesRule::DecidedInTheEnd);
        }
        let is_lost = |sent: &Sent| {
            !sent.is_excused && !sent.settled.is_empty() && sent.settled != [Outcome::Delivered]
        };
        (self.sent.iter().any(is_lost)).then_some(NodesRule::NothingIsLost)
    }

    fn can_all_hear(&self) -> bool {
        !self.is_parted && (0..2).all(|node| self.is_up[node] || self.nodes[node].is_none())
    }

    /// Whether each who is there sees whether the other is.
    fn is_seen(&self) -> bool {
        (0..2).all(|who| {
            let other = &self.people[1 - who];
            self.people[who].at.is_none() || self.people[who].sees == Some(other.at.is_some())
        })
    }

    fn is_settled(&self) -> bool {
        let nodes = self.nodes.iter().flatten();
        nodes.into_iter().all(|node| {
            let counts = node.cluster_counts();
            let owes_the_living = counts.nodes > 0 && counts.unacknowledged > 0;
            counts.pending == 0 && !owes_the_living
        })
    }

    fn disturb(&mut self) {
        self.disturbed_at = self.now;
    }

    fn note_distance(&mut self) {
        let is_apart = self.is_parted || self.is_up != [true; 2];
        if is_apart {
            self.apart_since.get_or_insert(self.now);
            for sent in &mut self.sent {
                sent.is_excused = true;
            }
        } else if let Some(since) = self.apart_since.take()
            && self.now.since(since).as_millis() >= u128::from(REACH)
        {
            // What was said of it then is on its way still.
            self.excused_until = self.now + LATE;
        }
    }

    /// A person is not where they were.
    fn gone(&mut self, who: usize) {
        let person = &mut self.people[who];
        (person.sees, person.since) = (None, self.now);
        person.got.clear();
        for sent in &mut self.sent {
            sent.is_excused = true;
        }
    }

    fn come(&mut self, who: usize, node: usize) {
        self.last_session += 1;
        let session = SessionId(self.last_session);
        self.people[who].at = Some((node, session.0));
        self.people[who].since = self.now;
        let identity = Identity {
            user: user(who),
            // Each time another, lest an old one is superseded: that has tests of its own.
            device: DeviceId::parse(format!("d{}", session.0)).expect("letters and digits"),
            name: Name::parse(PEOPLE[who]).expect("letters are a name"),
        };
        self.hub(
            node,
            wimpex_hub::Input::Join {
                session,
                identity,
                hidden: false,
            },
        );
        let user_ids = vec![user(1 - who)];
        let watch = PresenceWatch { user_ids };
        self.hub(node, wimpex_hub::Input::Watch { session, watch });
    }

    fn send(&mut self, from: usize) {
        let Some((node, session)) = self.people[from].at else {
            return;
        };
        self.left.sends[from] -= 1;
        self.disturb();
        let is_there = self.people[1 - from].at.is_some();
        self.sent.push(Sent {
            from,
            settled: Vec::new(),
            arrived: Vec::new(),
            is_excused: !is_there || self.apart_since.is_some(),
        });
        let call_id = CallId::parse(format!("{}", self.sent.len() - 1)).expect("digits");
        let signal = Signal::CallRinging(CallRinging {
            call_id,
            silently: false,
        });
        let relayed = Envelope {
            to_id: user(1 - from),
            to_device: None,
            from_id: None,
            from_device: None,
            signal,
        };
        let session = SessionId(session);
        self.hub(node, wimpex_hub::Input::Relay { session, relayed });
    }

    fn tick(&mut self) {
        let due = self.nodes.iter().enumerate().filter_map(|(index, node)| {
            let at = node.as_ref()?.poll_timeout()?;
            Some((at, index))
        });
        if let Some((at, node)) = due.min() {
            self.now = self.now.max(at);
            self.input(node, Input::Timeout);
        }
    }

    fn hub(&mut self, node: usize, input: wimpex_hub::Input) {
        self.input(node, Input::Hub(input));
    }

    fn input(&mut self, index: usize, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            let now = self.now;
            let Some(node) = &mut self.nodes[index] else {
                return;
            };
            let all: Vec<Output> = node.change(|node| {
                node.handle(input, now);
                outputs(node).collect()
            });
            for output in all {
                inputs.extend(self.output(index, output));
            }
        }
    }

    fn output(&mut self, node: usize, output: Output) -> Option<Input> {
        match output {
            Output::Hub(Told::Deliver { to, message }) => self.told(node, &to, &message),
            Output::Hub(Told::Supersede(_)) => {}
            Output::Arrived {
                arrival,
                to,
                message,
            } => {
                self.told(node, &to, &message);
                let is_delivered = true;
                return Some(Input::Delivered {
                    arrival,
                    is_delivered,
                });
            }
            Output::Settled {
                relayed, outcome, ..
            } => self.settled(&relayed, outcome),
            Output::Subscribe(interest) => {
                self.interests[node].change(|all| all.insert(interest));
            }
            Output::Unsubscribe(interest) => {
                self.interests[node].change(|all| all.remove(&interest));
            }
            Output::Publish {
                to,
                message,
                answer,
            } => self.publish(node, &to, message, answer),
            // In this model a session stays at the node where it began.
            Output::Taken { .. } | Output::HandOver { .. } | Output::Forwarded { .. } => {}
        }
        None
    }

    fn told(&mut self, node: usize, to: &[SessionId], message: &ServerMessage) {
        for session in to {
            let is_there = |person: &Person| person.at == Some((node, session.0));
            let Some(who) = self.people.iter().position(is_there) else {
                continue;
            };
            match message {
                ServerMessage::Presence(presence) => {
                    if !presence.online {
                        self.said_away(1 - who);
                    }
                    self.people[who].sees = Some(presence.online);
                }
                ServerMessage::Relay(relayed) => {
                    if let Some(number) = number(relayed) {
                        self.people[who].got.push(number);
                        self.sent[number].arrived.push(session.0);
                        // A message that nobody has here has no end to be told.
                        if self.people[0].at.map(|at| at.0) == self.people[1].at.map(|at| at.0) {
                            self.sent[number].is_excused = true;
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn settled(&mut self, relayed: &Envelope, outcome: Outcome) {
        let Some(number) = number(relayed) else {
            return;
        };
        self.sent[number].settled.push(outcome);
        if outcome == Outcome::Nobody {
            self.said_away(1 - self.sent[number].from);
        }
    }

    /// Somebody hears that this person is not there.
    fn said_away(&mut self, who: usize) {
        let long = |since: Now| self.now.since(since).as_millis() >= u128::from(REACH);
        let is_long_here = self.people[who].at.is_some() && long(self.people[who].since);
        let is_within_reach =
            self.apart_since.is_none_or(|since| !long(since)) && self.now >= self.excused_until;
        if is_long_here && is_within_reach && self.broken.is_none() {
            self.broken = Some(NodesRule::NobodyIsAwayUnknown);
        }
    }

    fn publish(&mut self, from: usize, to: &Subject, message: Message, answer: Option<Subject>) {
        if !self.is_up[from] {
            return;
        }
        let other = 1 - from;
        let can_hear = self.is_up[other] && !self.is_parted && self.nodes[other].is_some();
        let hears = self.interests[other].iter().any(|it| to.is_heard_by(it));
        if can_hear && hears {
            self.post(from, other, Input::Received(message));
        } else if let Some(Subject::Where(_, user, asked)) = answer {
            self.post(from, from, Input::NoResponders(user, asked));
        }
    }

    fn post(&mut self, from: usize, to: usize, input: Input) {
        let mail = self.mail.entry((from, to)).or_default();
        mail.push_back(Hashed::new(input));
    }

    fn pop(&mut self, from: usize, to: usize) -> Option<Input> {
        let mail = self.mail.get_mut(&(from, to))?;
        let input = mail.pop_front();
        if mail.is_empty() {
            self.mail.remove(&(from, to));
        }
        input.map(|input| Input::clone(&input))
    }
}

fn user(who: usize) -> UserId {
    UserId::parse(PEOPLE[who]).expect("letters are an id")
}

fn number(relayed: &Envelope) -> Option<usize> {
    relayed.signal.call_id()?.as_str().parse().ok()
}
