//! Nodes on a medium, in virtual time.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use wimpex_hub::{HubSession, Identity, Output as Told, SessionId};
use wimpex_protocol::{
    CallEnd, CallEndReason, CallId, CallOffer, CallRinging, CallType, DeviceId, Envelope, Name,
    Offer, PresenceWatch, Sdp, ServerMessage, Signal, UserId,
};
use wimpex_sansio::{Machine, Now, UnixTime};

use crate::message::{Frame, SessionName};
use crate::{Input, Interest, Message, Node, NodeId, Outcome, Output, Subject};

/// Nodes, and a medium that carries everything in order while it is up.
pub(super) struct World {
    pub(super) nodes: BTreeMap<&'static str, Node>,
    pub(super) interests: BTreeMap<&'static str, BTreeSet<Interest>>,
    /// Not on the medium at the moment.
    pub(super) cut: BTreeSet<&'static str>,
    /// What nodes have said that has not reached the medium.
    pub(super) held_back: BTreeMap<&'static str, Vec<Output>>,
    pub(super) mail: VecDeque<(&'static str, Input)>,
    pub(super) now: Now,
    /// What sessions were told, by node and session.
    pub(super) told: BTreeMap<(&'static str, u64), Vec<ServerMessage>>,
    pub(super) settled: Vec<(u64, Outcome)>,
    pub(super) superseded: Vec<(&'static str, u64)>,
    /// Sessions that were handed over.
    pub(super) gone: BTreeMap<(&'static str, u64), NodeId>,
    /// How often messages have gone from one node to another.
    pub(super) relays: BTreeMap<(&'static str, &'static str), usize>,
    /// What became of those that were to be taken up.
    pub(super) taken: Vec<(&'static str, bool)>,
}

impl World {
    pub(super) fn new(names: &[&'static str]) -> Self {
        let mut world = Self {
            nodes: BTreeMap::new(),
            interests: BTreeMap::new(),
            cut: BTreeSet::new(),
            held_back: BTreeMap::new(),
            mail: VecDeque::new(),
            now: Now::ZERO,
            told: BTreeMap::new(),
            settled: Vec::new(),
            superseded: Vec::new(),
            gone: BTreeMap::new(),
            relays: BTreeMap::new(),
            taken: Vec::new(),
        };
        for name in names {
            world.begin(name);
        }
        world
    }

    pub(super) fn begin(&mut self, name: &'static str) {
        self.begin_alone(name);
        self.input(name, Input::Medium { is_up: true });
    }

    /// The medium is not there yet.
    pub(super) fn begin_alone(&mut self, name: &'static str) {
        let clock = UnixTime::from_millis(self.now.as_millis());
        self.begin_at(name, clock);
    }

    /// The same with a clock that shows this.
    pub(super) fn begin_at(&mut self, name: &'static str, wall: UnixTime) {
        let id = NodeId::parse(name).unwrap();
        let node = Node::new(id, None, wall, self.now);
        self.nodes.insert(name, node);
        self.interests.insert(name, BTreeSet::new());
    }

    pub(super) fn input(&mut self, name: &'static str, input: Input) {
        self.mail.push_back((name, input));
        while let Some((name, input)) = self.mail.pop_front() {
            let Some(node) = self.nodes.get_mut(name) else {
                continue;
            };
            // What the medium does not know of: the wire.
            let input = match input {
                Input::Received(message) => {
                    Input::Received(Message::decode(&message.encode()).unwrap())
                }
                other => other,
            };
            node.handle(input, self.now);
            let outputs: Vec<Output> = wimpex_sansio::outputs(node).collect();
            for output in outputs {
                self.output(name, output);
            }
        }
    }

    pub(super) fn output(&mut self, name: &'static str, output: Output) {
        match output {
            Output::Hub(Told::Deliver { to, message }) => {
                for session in to {
                    let told = self.told.entry((name, session.0)).or_default();
                    told.push(message.clone());
                }
            }
            Output::Hub(Told::Supersede(session)) => self.superseded.push((name, session.0)),
            Output::Arrived {
                arrival,
                to,
                message,
            } => {
                for session in to {
                    let told = self.told.entry((name, session.0)).or_default();
                    told.push(message.clone());
                }
                let is_delivered = true;
                self.mail.push_back((
                    name,
                    Input::Delivered {
                        arrival,
                        is_delivered,
                    },
                ));
            }
            Output::Settled {
                session, outcome, ..
            } => self.settled.push((session.0, outcome)),
            output @ (Output::Subscribe(_) | Output::Unsubscribe(_) | Output::Publish { .. })
                if self.held_back.contains_key(name) =>
            {
                self.held_back.entry(name).or_default().push(output);
            }
            Output::Subscribe(interest) => {
                self.interests.get_mut(name).unwrap().insert(interest);
            }
            Output::Unsubscribe(interest) => {
                self.interests.get_mut(name).unwrap().remove(&interest);
            }
            Output::Publish {
                to,
                message,
                answer,
            } => self.publish(name, &to, &message, answer),
            output
            @ (Output::Taken { .. } | Output::HandOver { .. } | Output::Forwarded { .. }) => {
                self.moving(name, output);
            }
        }
    }

    /// As the registry of a server does it; what is known of a session is whose it is.
    pub(super) fn moving(&mut self, name: &'static str, output: Output) {
        match output {
            Output::HandOver {
                to,
                take,
                name: session,
                identity,
                ..
            } => {
                let hub = self.nodes[name].hub();
                // One that has come here has another number.
                let come = SessionId(1_000 + session.number);
                let is_come = hub.save_one(come, self.now).is_some();
                let id = if is_come {
                    come
                } else {
                    SessionId(session.number)
                };
                let saved = hub.save_one(id, self.now);
                let given_to = self.gone.get(&(name, id.0)).cloned();
                let is_theirs = |saved: &HubSession| saved.identity == identity;
                let given = saved.filter(|saved| given_to.is_none() && is_theirs(saved));
                let given = given.map(|saved| (id, saved.identity.user.to_string()));
                if given.is_some() {
                    self.gone.insert((name, id.0), to.clone());
                }
                let input = Input::HandedOver {
                    to,
                    take,
                    given,
                    given_to,
                };
                self.mail.push_back((name, input));
            }
            Output::Taken {
                take,
                name: session,
                identity,
                state,
            } => {
                self.taken.push((name, state.is_some()));
                let Some((node, user)) = state else {
                    return;
                };
                assert_eq!(user, identity.user.as_str());
                let id = SessionId(1_000 + session.number);
                let saved = HubSession {
                    session: id,
                    identity,
                    away: false,
                    watching: Vec::new(),
                    visible_to: None,
                    shown_to: Vec::new(),
                };
                self.nodes.get_mut(name).unwrap().adopt(saved, self.now);
                let session_name = session;
                let named = Input::Named {
                    session: id,
                    name: session_name,
                };
                let took_over = Input::TookOver {
                    node,
                    take,
                    session: id,
                };
                self.mail.push_back((name, named));
                self.mail.push_back((name, took_over));
            }
            Output::Forwarded {
                name: session,
                message,
                ..
            } => {
                let told = self.told.entry((name, 1_000 + session.number)).or_default();
                told.push(message);
            }
            _ => {}
        }
    }

    pub(super) fn publish(
        &mut self,
        from: &str,
        to: &Subject,
        message: &Message,
        answer: Option<Subject>,
    ) {
        if self.cut.contains(from) {
            return;
        }
        if let (Subject::Node(node), Message::Packet(packet)) = (to, message)
            && let Some((_, Frame::Relay { .. })) = &packet.frame
        {
            let names: Vec<&'static str> = self.nodes.keys().copied().collect();
            let name = |wanted: &str| names.iter().copied().find(|name| *name == wanted);
            if let (Some(from), Some(to)) = (name(from), name(node.as_str())) {
                *self.relays.entry((from, to)).or_default() += 1;
            }
        }
        let hears = |name: &str| {
            name != from
                && !self.cut.contains(name)
                && self.interests[name].iter().any(|it| to.is_heard_by(it))
        };
        let heard: Vec<&'static str> = self.nodes.keys().copied().filter(|it| hears(it)).collect();
        for name in &heard {
            self.mail
                .push_back((name, Input::Received(message.clone())));
        }
        if let (true, Some(answer)) = (heard.is_empty(), answer) {
            let text = answer.text("town");
            let from = self.nodes.keys().find(|it| **it == from).unwrap();
            let nobody = match Subject::sought(&text, "town") {
                Some(take) => Input::NobodyHasIt(take),
                None => {
                    let (user, asked) = Subject::question(&text, "town").unwrap();
                    Input::NoResponders(user, asked)
                }
            };
            self.mail.push_back((from, nobody));
        }
    }

    /// Lets time pass, timer by timer.
    pub(super) fn pass(&mut self, millis: u64) {
        let end = self.now + millis;
        loop {
            let due = self.nodes.iter().filter_map(|(name, node)| {
                let at = node.poll_timeout()?;
                Some((at, *name))
            });
            let Some((at, name)) = due.min().filter(|(at, _)| *at <= end) else {
                break;
            };
            self.now = self.now.max(at);
            self.input(name, Input::Timeout);
        }
        self.now = end;
    }

    /// From now on nothing that the node says reaches the medium …
    pub(super) fn hold_back(&mut self, name: &'static str) {
        self.held_back.insert(name, Vec::new());
    }

    /// … until it does, in its order.
    pub(super) fn catch_up(&mut self, name: &'static str) {
        for output in self.held_back.remove(name).unwrap_or_default() {
            self.output(name, output);
        }
        self.input(name, Input::Timeout);
    }

    pub(super) fn cut(&mut self, name: &'static str) {
        self.cut.insert(name);
        self.input(name, Input::Medium { is_up: false });
    }

    pub(super) fn heal(&mut self, name: &'static str) {
        self.cut.remove(name);
        self.input(name, Input::Medium { is_up: true });
    }

    pub(super) fn kill(&mut self, name: &'static str) {
        self.nodes.remove(name);
        self.interests.remove(name);
    }

    pub(super) fn join(&mut self, name: &'static str, session: u64, user: &str) {
        let identity = identity(user);
        let (session, hidden) = (SessionId(session), false);
        self.hub(
            name,
            wimpex_hub::Input::Join {
                session,
                identity,
                hidden,
            },
        );
    }

    pub(super) fn hub(&mut self, name: &'static str, input: wimpex_hub::Input) {
        self.input(name, Input::Hub(input));
    }

    pub(super) fn leave(&mut self, name: &'static str, session: u64) {
        let session = SessionId(session);
        self.hub(name, wimpex_hub::Input::Leave { session });
    }

    pub(super) fn watch(&mut self, name: &'static str, session: u64, users: &[&str]) {
        let user_ids = users.iter().map(|user| user_id(user)).collect();
        let (session, watch) = (SessionId(session), PresenceWatch { user_ids });
        self.hub(name, wimpex_hub::Input::Watch { session, watch });
    }

    pub(super) fn send(&mut self, name: &'static str, session: u64, to: &str, signal: Signal) {
        self.send_to(name, session, (to, None), signal);
    }

    pub(super) fn send_to(
        &mut self,
        name: &'static str,
        session: u64,
        (to, device): (&str, Option<&str>),
        signal: Signal,
    ) {
        let relayed = Envelope {
            to_id: user_id(to),
            to_device: device.map(|device| DeviceId::parse(device).unwrap()),
            from_id: None,
            from_device: None,
            signal,
        };
        let session = SessionId(session);
        self.hub(name, wimpex_hub::Input::Relay { session, relayed });
    }

    pub(super) fn take(&mut self, name: &'static str, session: u64) -> Vec<ServerMessage> {
        self.told.remove(&(name, session)).unwrap_or_default()
    }

    /// How often that session has been told that somebody is there, or is not.
    pub(super) fn presences(
        &mut self,
        name: &'static str,
        session: u64,
    ) -> Vec<(String, Vec<String>)> {
        let told = self.take(name, session);
        let presences = told.into_iter().filter_map(|message| match message {
            ServerMessage::Presence(it) => Some((
                it.user_id.to_string(),
                it.devices.iter().map(ToString::to_string).collect(),
            )),
            _ => None,
        });
        presences.collect()
    }

    /// From whom that session has got which signals.
    pub(super) fn signals(&mut self, name: &'static str, session: u64) -> Vec<String> {
        let told = self.take(name, session);
        let signals = told.into_iter().filter_map(|message| match message {
            ServerMessage::Relay(it) => Some(format!(
                "{} {}",
                it.from_device.unwrap(),
                it.signal.type_name()
            )),
            _ => None,
        });
        signals.collect()
    }
}

pub(super) fn user_id(id: &str) -> UserId {
    UserId::parse(id).unwrap()
}

/// `bob/phone` is a device of Bob's; `bob` has one of the same name.
pub(super) fn identity(id: &str) -> Identity {
    let (user, device) = id.split_once('/').unwrap_or((id, id));
    Identity {
        user: user_id(user),
        device: DeviceId::parse(device).unwrap(),
        name: Name::parse(user).unwrap(),
    }
}

pub(super) fn call(id: &str) -> CallId {
    CallId::parse(id).unwrap()
}

pub(super) fn offer() -> Signal {
    Signal::CallOffer(CallOffer {
        call_id: call("c1"),
        call_type: CallType::Audio,
        from_username: None,
        offer: Offer::new(Sdp("v=0".to_owned())),
        sec: None,
        link: None,
    })
}

pub(super) fn ringing(id: &str) -> Signal {
    let call_id = call(id);
    let silently = false;
    Signal::CallRinging(CallRinging { call_id, silently })
}

pub(super) fn end() -> Signal {
    let (call_id, reason) = (call("c1"), CallEndReason::Cancelled);
    Signal::CallEnd(CallEnd { call_id, reason })
}

pub(super) fn there(user: &str, devices: &[&str]) -> (String, Vec<String>) {
    let devices = devices.iter().map(ToString::to_string).collect();
    (user.to_owned(), devices)
}

/// Alice at one node, Bob at another.
pub(super) fn two() -> World {
    let mut world = World::new(&["n1", "n2"]);
    world.join("n1", 1, "alice");
    world.join("n2", 1, "bob");
    world
}

impl World {
    pub(super) fn take_up(
        &mut self,
        name: &'static str,
        take: u64,
        session: (&str, u64),
        user: &str,
    ) {
        self.take_up_from(name, take, session, user, None);
    }

    /// The same of one that was at the node, and went from it to another.
    pub(super) fn take_up_from(
        &mut self,
        name: &'static str,
        take: u64,
        session: (&str, u64),
        user: &str,
        given_to: Option<&str>,
    ) {
        let session = SessionName {
            node: NodeId::parse(session.0).unwrap(),
            number: session.1,
        };
        let given_to = given_to.map(|node| NodeId::parse(node).unwrap());
        self.input(
            name,
            Input::TakeUp {
                take,
                name: session,
                identity: identity(user),
                received: 0,
                given_to,
            },
        );
    }
}
