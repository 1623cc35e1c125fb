//! What a node knows of the others, and does for them.

mod medium;
mod moving;
mod others;
mod own;
mod telling;
mod whereabouts;

use std::collections::{BTreeMap, VecDeque};

use wimpex_hub::{Hub, HubSession, Identity, SessionId};
use wimpex_protocol::{PresenceWatch, UserId};
use wimpex_sansio::{Machine, Now, UnixTime, outputs};

use crate::clock::Clock;
use crate::event::{Arrival, Input, Output};
use crate::link::Peer;
use crate::message::{Frame, Outcome};
use crate::moves::{Asked, Names, Take};
use crate::node_id::NodeId;
use crate::pending::Pending;
use crate::route::{Route, Watched};
use crate::subject::Interest;
use crate::timers::Timers;

/// Milliseconds between two signs of life.
const BEAT: u64 = 1_000;
/// After so many milliseconds of silence a node may be about to die: that nobody answers says
/// nothing as long as one may.
const SUSPECT: u64 = 2_500;
/// After so many it is dead. With a beat, and the time to tell people, within five seconds.
const DEAD: u64 = 4_000;
/// After so many nothing of it is kept. As long as sessions outlive their sockets, and longer.
const FORGET: u64 = 60_000;
/// For so long after the medium has come back others may not be back yet.
const SETTLE: u64 = 3_000;
/// Milliseconds for all to answer a question, once one has; a round trip between regions.
const GATHER: u64 = 300;
/// A question that nobody answers at all is asked again.
const ASK_AGAIN: u64 = 500;
/// A message waits for so long, if need be for the medium to come back: shorter than a call rings.
const PATIENCE: u64 = 30_000;
/// A route that is of no use is kept for so long: what belongs to a call comes in a row.
const LINGER: u64 = 30_000;
/// Where a person is, is announced twice: a subscription may take that long to be known everywhere.
const ANNOUNCE_AGAIN: u64 = 1_000;
/// So many milliseconds after somebody has begun to ask for a person, nobody is there if nobody says
/// so: a device is told that it is logged in, and may say so to others, before the medium knows of
/// it. Its node announces it meanwhile.
const NEWCOMER: u64 = 700;
/// Observers have ids of their own.
const OBSERVERS: u64 = 1 << 63;
/// More nodes than this are not one cluster; nor more sessions of one person's on one node's behalf.
const MOST_PEERS: usize = 4_096;
const MOST_ENDED: usize = 256;
const MOST_OBSERVERS: usize = 4_000_000;

/// How much a node remembers of others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClusterCounts {
    /// Other nodes that live.
    pub nodes: usize,
    /// Persons that others are asked about.
    pub routes: usize,
    /// Messages on their way to other nodes.
    pub pending: usize,
    /// Frames that others who live have not acknowledged.
    pub unacknowledged: usize,
    /// Sessions of other nodes that watch somebody here.
    pub observers: usize,
    /// Whether the medium carries messages.
    pub is_up: bool,
}

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Cluster {
    id: NodeId,
    clock: Clock,
    is_up: bool,
    /// The medium has been up before.
    was_up: bool,
    /// From when on silence means something.
    settled_at: Now,
    listening_since: Now,
    is_closed: bool,
    peers: BTreeMap<NodeId, Peer>,
    /// The sessions of its own.
    sessions: BTreeMap<SessionId, (Identity, UnixTime)>,
    /// The persons that it holds.
    held: BTreeMap<UserId, u64>,
    routes: BTreeMap<UserId, Route>,
    watched: BTreeMap<(SessionId, UserId), Watched>,
    pending: BTreeMap<u64, Pending>,
    /// By the person who is watched, then by whose session.
    observers: BTreeMap<UserId, BTreeMap<(NodeId, u64), SessionId>>,
    observed: BTreeMap<SessionId, (NodeId, u64, UserId)>,
    /// Sessions whose clients have come here.
    takes: BTreeMap<u64, Take>,
    /// Those that other nodes have been given, and have not said to have; by their numbers.
    given: BTreeMap<(NodeId, u64), SessionId>,
    /// Sessions here that began elsewhere.
    names: Names,
    /// What other nodes ask for, and has to wait.
    asked: Vec<Asked>,
    /// Nodes that have said that they end, last ones last: what of theirs is on its way is no sign
    /// of life.
    ended: VecDeque<NodeId>,
    last_hold: u64,
    last_observer: u64,
    last_relay: u64,
    last_link: u64,
    timers: Timers,
}

/// What an input is dealt with by.
struct Turn<'a> {
    hub: &'a mut Hub,
    outputs: &'a mut VecDeque<Output>,
    now: Now,
}

impl Turn<'_> {
    fn say(&mut self, output: Output) {
        self.outputs.push_back(output);
    }

    fn hub(&mut self, input: wimpex_hub::Input) -> Vec<wimpex_hub::Output> {
        self.hub.handle(input, self.now);
        outputs(self.hub).collect()
    }
}

impl Cluster {
    pub(crate) fn new(
        id: NodeId,
        wall: UnixTime,
        now: Now,
        outputs: &mut VecDeque<Output>,
    ) -> Self {
        for interest in [
            Interest::Node(id.clone()),
            Interest::Where(id.clone()),
            Interest::Beat,
        ] {
            outputs.push_back(Output::Subscribe(interest));
        }
        Self {
            id,
            clock: Clock::new(wall, now),
            is_up: false,
            was_up: false,
            settled_at: now,
            listening_since: now,
            is_closed: false,
            peers: BTreeMap::new(),
            sessions: BTreeMap::new(),
            held: BTreeMap::new(),
            routes: BTreeMap::new(),
            watched: BTreeMap::new(),
            pending: BTreeMap::new(),
            observers: BTreeMap::new(),
            observed: BTreeMap::new(),
            takes: BTreeMap::new(),
            given: BTreeMap::new(),
            names: Names::default(),
            asked: Vec::new(),
            ended: VecDeque::new(),
            last_hold: 0,
            last_observer: 0,
            last_relay: 0,
            last_link: 0,
            timers: Timers::default(),
        }
    }

    pub(crate) fn handle(
        &mut self,
        hub: &mut Hub,
        outputs: &mut VecDeque<Output>,
        input: Input,
        now: Now,
    ) {
        let turn = &mut Turn { hub, outputs, now };
        match input {
            Input::Hub(input) => self.own(input, turn),
            Input::Received(message) => self.received(message, turn),
            Input::NoResponders(user, asked) => self.nobody_hears(&user, asked, turn),
            Input::Medium { is_up } => self.medium(is_up, turn),
            Input::Delivered {
                arrival,
                is_delivered,
            } => {
                let outcome = match is_delivered {
                    true => Outcome::Delivered,
                    false => Outcome::Full,
                };
                let relay = arrival.relay;
                if arrival.node == self.id {
                    if is_delivered {
                        self.delivered(relay, turn);
                    }
                    return;
                }
                self.send(&arrival.node, Frame::Verdict { relay, outcome }, turn);
            }
            Input::TakeUp {
                take,
                name,
                identity,
                received,
                given_to,
            } => self.take_up(take, name, (identity, received), given_to, turn),
            Input::NobodyHasIt(take) => self.nobody_has(take, turn),
            Input::Named { session, name } => self.name(session, name, turn),
            Input::TookOver {
                node,
                take,
                session,
            } => {
                let held = self.sessions.get(&session);
                let hold = held.and_then(|(identity, _)| self.held.get(&identity.user));
                let hold = hold.copied().unwrap_or_default();
                self.send(&node, Frame::TookOver { take, hold }, turn);
            }
            Input::HandedOver {
                to,
                take,
                given,
                given_to,
            } => self.hand_over(to, take, given, given_to, turn),
            Input::Forward {
                to,
                name,
                origin,
                hops,
                message,
            } => {
                let origin = origin.map(|Arrival { node, relay }| (node, relay));
                let hops = hops.saturating_add(1);
                let frame = Frame::Forward {
                    name,
                    origin,
                    hops,
                    message,
                };
                self.send(&to, frame, turn);
            }
            Input::Close => {
                self.is_closed = true;
                // Whoever asks after this hears at once that nobody is here.
                for user in self.held.keys() {
                    turn.say(Output::Unsubscribe(Interest::At(user.clone())));
                }
                self.beat(turn);
            }
            Input::Timeout => {
                let told = turn.hub(wimpex_hub::Input::Timeout);
                self.tell(told, turn);
                while let Some(timer) = self.timers.pop(now) {
                    self.fire(timer, turn);
                }
            }
        }
        self.answer_asked(turn);
    }

    /// The hub has taken up these sessions, who they are and whom they watch.
    pub(crate) fn restore(
        &mut self,
        hub: &mut Hub,
        outputs: &mut VecDeque<Output>,
        sessions: Vec<(SessionId, Identity, Vec<UserId>)>,
        now: Now,
    ) {
        let turn = &mut Turn { hub, outputs, now };
        for (session, identity, watching) in sessions {
            self.joined(session, identity, turn);
            let user_ids = watching;
            self.watch(session, PresenceWatch { user_ids }, turn);
        }
    }

    /// The same with one session that was another node's.
    pub(crate) fn adopt(
        &mut self,
        hub: &mut Hub,
        outputs: &mut VecDeque<Output>,
        saved: HubSession,
        now: Now,
    ) {
        let turn = &mut Turn { hub, outputs, now };
        let (session, identity) = (saved.session, saved.identity.clone());
        let watching = saved.watching.iter();
        let user_ids = watching.map(|(user, _)| user.clone()).collect();
        let told = turn.hub.adopt(saved, now);
        let user = identity.user.clone();
        self.joined(session, identity, turn);
        self.tell(told, turn);
        self.pass_here(&user, turn);
        self.watch(session, PresenceWatch { user_ids }, turn);
    }

    pub(crate) fn next(&self) -> Option<Now> {
        self.timers.next()
    }

    pub(crate) fn counts(&self) -> ClusterCounts {
        ClusterCounts {
            nodes: self.peers.values().filter(|peer| !peer.is_dead).count(),
            routes: self.routes.len(),
            pending: self.pending.len(),
            unacknowledged: (self.peers.values().filter(|peer| !peer.is_dead))
                .map(Peer::waiting)
                .sum(),
            observers: self.observed.len(),
            is_up: self.is_up,
        }
    }

    pub(crate) fn last_relay(&self) -> Arrival {
        Arrival::new(self.id.clone(), self.last_relay)
    }

    pub(crate) fn awaits(&self, session: SessionId, to: &UserId) -> bool {
        let route = self.routes.get(to);
        let mut pending = route.into_iter().flat_map(|route| &route.pending);
        pending.any(|id| {
            let pending = self.pending.get(id);
            pending.is_some_and(|it| it.session == session && !it.is_delivered)
        })
    }

    pub(crate) fn is_elsewhere(&self, user: &UserId) -> bool {
        let route = self.routes.get(user);
        route.is_some_and(|route| !route.holders.is_empty())
    }
}

/// Before all others.
fn least() -> UserId {
    UserId::parse("-").expect("a dash is an id, and the least character of one")
}
