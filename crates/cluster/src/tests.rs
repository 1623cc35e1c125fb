//! Nodes on a medium, in virtual time.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use wimpex_hub::{HubSession, Identity, Output as Told, SessionId};
use wimpex_protocol::{
    CallEnd, CallEndReason, CallId, CallOffer, CallRinging, CallType, DeviceId, Envelope,
    ErrorCode, Name, Offer, PresenceVisibility, PresenceWatch, Sdp, ServerMessage, Signal, UserId,
};
use wimpex_sansio::{Machine, Now, UnixTime};

use crate::message::{Frame, SessionName};
use crate::{Input, Interest, Message, Node, NodeId, Outcome, Output, Subject};

/// Nodes, and a medium that carries everything in order while it is up.
struct World {
    nodes: BTreeMap<&'static str, Node>,
    interests: BTreeMap<&'static str, BTreeSet<Interest>>,
    /// Not on the medium at the moment.
    cut: BTreeSet<&'static str>,
    /// What nodes have said that has not reached the medium.
    held_back: BTreeMap<&'static str, Vec<Output>>,
    mail: VecDeque<(&'static str, Input)>,
    now: Now,
    /// What sessions were told, by node and session.
    told: BTreeMap<(&'static str, u64), Vec<ServerMessage>>,
    settled: Vec<(u64, Outcome)>,
    superseded: Vec<(&'static str, u64)>,
    /// Sessions that were handed over.
    gone: BTreeMap<(&'static str, u64), NodeId>,
    /// How often messages have gone from one node to another.
    relays: BTreeMap<(&'static str, &'static str), usize>,
    /// What became of those that were to be taken up.
    taken: Vec<(&'static str, bool)>,
}

impl World {
    fn new(names: &[&'static str]) -> Self {
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

    fn begin(&mut self, name: &'static str) {
        self.begin_alone(name);
        self.input(name, Input::Medium { is_up: true });
    }

    /// The medium is not there yet.
    fn begin_alone(&mut self, name: &'static str) {
        let id = NodeId::parse(name).unwrap();
        let wall = UnixTime::from_millis(self.now.as_millis());
        let node = Node::new(id, None, wall, self.now);
        self.nodes.insert(name, node);
        self.interests.insert(name, BTreeSet::new());
    }

    fn input(&mut self, name: &'static str, input: Input) {
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

    fn output(&mut self, name: &'static str, output: Output) {
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
    fn moving(&mut self, name: &'static str, output: Output) {
        match output {
            Output::HandOver {
                to,
                take,
                name: session,
                ..
            } => {
                let id = SessionId(session.number);
                let node = &self.nodes[name];
                let saved = node.hub().save_one(id, self.now);
                let is_gone = self.gone.contains_key(&(name, id.0));
                let given = saved.filter(|_| !is_gone);
                let given = given.map(|saved| (id, saved.identity.user.to_string()));
                if given.is_some() {
                    self.gone.insert((name, id.0), to.clone());
                }
                let input = Input::HandedOver {
                    to,
                    take,
                    given,
                    given_to: None,
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

    fn publish(&mut self, from: &str, to: &Subject, message: &Message, answer: Option<Subject>) {
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
    fn pass(&mut self, millis: u64) {
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
    fn hold_back(&mut self, name: &'static str) {
        self.held_back.insert(name, Vec::new());
    }

    /// … until it does, in its order.
    fn catch_up(&mut self, name: &'static str) {
        for output in self.held_back.remove(name).unwrap_or_default() {
            self.output(name, output);
        }
        self.input(name, Input::Timeout);
    }

    fn cut(&mut self, name: &'static str) {
        self.cut.insert(name);
        self.input(name, Input::Medium { is_up: false });
    }

    fn heal(&mut self, name: &'static str) {
        self.cut.remove(name);
        self.input(name, Input::Medium { is_up: true });
    }

    fn kill(&mut self, name: &'static str) {
        self.nodes.remove(name);
        self.interests.remove(name);
    }

    fn join(&mut self, name: &'static str, session: u64, user: &str) {
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

    fn hub(&mut self, name: &'static str, input: wimpex_hub::Input) {
        self.input(name, Input::Hub(input));
    }

    fn leave(&mut self, name: &'static str, session: u64) {
        let session = SessionId(session);
        self.hub(name, wimpex_hub::Input::Leave { session });
    }

    fn watch(&mut self, name: &'static str, session: u64, users: &[&str]) {
        let user_ids = users.iter().map(|user| user_id(user)).collect();
        let (session, watch) = (SessionId(session), PresenceWatch { user_ids });
        self.hub(name, wimpex_hub::Input::Watch { session, watch });
    }

    fn send(&mut self, name: &'static str, session: u64, to: &str, signal: Signal) {
        self.send_to(name, session, (to, None), signal);
    }

    fn send_to(
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

    fn take(&mut self, name: &'static str, session: u64) -> Vec<ServerMessage> {
        self.told.remove(&(name, session)).unwrap_or_default()
    }

    /// How often that session has been told that somebody is there, or is not.
    fn presences(&mut self, name: &'static str, session: u64) -> Vec<(String, Vec<String>)> {
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
    fn signals(&mut self, name: &'static str, session: u64) -> Vec<String> {
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

fn user_id(id: &str) -> UserId {
    UserId::parse(id).unwrap()
}

/// `bob/phone` is a device of Bob's; `bob` has one of the same name.
fn identity(id: &str) -> Identity {
    let (user, device) = id.split_once('/').unwrap_or((id, id));
    Identity {
        user: user_id(user),
        device: DeviceId::parse(device).unwrap(),
        name: Name::parse(user).unwrap(),
    }
}

fn call(id: &str) -> CallId {
    CallId::parse(id).unwrap()
}

fn offer() -> Signal {
    Signal::CallOffer(CallOffer {
        call_id: call("c1"),
        call_type: CallType::Audio,
        from_username: None,
        offer: Offer::new(Sdp("v=0".to_owned())),
        sec: None,
        link: None,
    })
}

fn ringing(id: &str) -> Signal {
    let call_id = call(id);
    let silently = false;
    Signal::CallRinging(CallRinging { call_id, silently })
}

fn end() -> Signal {
    let (call_id, reason) = (call("c1"), CallEndReason::Cancelled);
    Signal::CallEnd(CallEnd { call_id, reason })
}

fn there(user: &str, devices: &[&str]) -> (String, Vec<String>) {
    let devices = devices.iter().map(ToString::to_string).collect();
    (user.to_owned(), devices)
}

/// Alice at one node, Bob at another.
fn two() -> World {
    let mut world = World::new(&["n1", "n2"]);
    world.join("n1", 1, "alice");
    world.join("n2", 1, "bob");
    world
}

#[test]
fn two_people_on_two_nodes_call_each_other() {
    let mut world = two();
    world.send("n1", 1, "bob", offer());
    assert_eq!(world.signals("n2", 1), ["alice call-offer"]);
    world.send("n2", 1, "alice", ringing("c1"));
    assert_eq!(world.signals("n1", 1), ["bob call-ringing"]);
    world.send("n1", 1, "bob", end());
    assert_eq!(world.signals("n2", 1), ["alice call-end"]);
    world.pass(2_000);
    assert_eq!(
        world.settled,
        [
            (1, Outcome::Delivered),
            (1, Outcome::Delivered),
            (1, Outcome::Delivered)
        ]
    );
}

#[test]
fn nobody_is_there_if_no_node_holds_them() {
    let mut world = two();
    world.send("n1", 1, "carol", offer());
    world.pass(1_100);
    assert_eq!(world.settled, [(1, Outcome::Nobody)]);
}

#[test]
fn who_is_hidden_is_refused_no_later_than_who_is_away() {
    let passed = |to: &str| {
        let mut world = two();
        let visibility = PresenceVisibility {
            user_ids: Some(vec![]),
        };
        let session = SessionId(1);
        world.hub(
            "n2",
            wimpex_hub::Input::SetVisibility {
                session,
                visibility,
            },
        );
        world.send("n1", 1, to, ringing("c1"));
        while world.settled.is_empty() {
            world.pass(1);
        }
        world.now
    };
    assert_eq!(passed("bob"), passed("carol"));
}

#[test]
fn whoever_has_just_come_elsewhere_is_not_away() {
    let mut world = two();
    world.join("n1", 2, "bob/phone");
    world.hold_back("n2");
    world.join("n2", 3, "carol");
    world.join("n2", 4, "bob/tablet");
    // The medium knows of neither, and says that nobody is there.
    world.send("n1", 1, "carol", offer());
    world.send_to("n1", 2, ("bob", Some("tablet")), ringing("c2"));
    world.watch("n1", 1, &["carol"]);
    world.pass(600);
    assert_eq!(world.settled, []);
    assert_eq!(world.presences("n1", 1), []);
    world.catch_up("n2");
    assert_eq!(world.presences("n1", 1), [there("carol", &["carol"])]);
    assert_eq!(world.signals("n2", 3), ["alice call-offer"]);
    assert_eq!(world.signals("n2", 4), ["phone call-ringing"]);
    world.pass(2_000);
    assert_eq!(
        world.settled,
        [(1, Outcome::Delivered), (2, Outcome::Delivered)]
    );
}

#[test]
fn all_devices_on_all_nodes_ring_once() {
    let mut world = World::new(&["n1", "n2", "n3"]);
    world.join("n1", 1, "alice");
    world.join("n1", 2, "bob/b1");
    world.join("n2", 1, "bob/b2");
    world.join("n3", 1, "bob/b3");
    world.send("n1", 1, "bob", offer());
    world.pass(1_000);
    for (name, session) in [("n1", 2), ("n2", 1), ("n3", 1)] {
        assert_eq!(world.signals(name, session), ["alice call-offer"], "{name}");
    }
    let mut answered = end();
    if let Signal::CallEnd(end) = &mut answered {
        end.reason = CallEndReason::AnsweredElsewhere;
    }
    for device in ["b1", "b3"] {
        world.send_to("n2", 1, ("bob", Some(device)), answered.clone());
    }
    assert_eq!(world.signals("n1", 2), ["b2 call-end"]);
    assert_eq!(world.signals("n3", 1), ["b2 call-end"]);
    assert_eq!(world.signals("n2", 1), [""; 0]);
}

#[test]
fn presence_is_told_across_nodes() {
    let mut world = two();
    world.watch("n1", 1, &["bob", "carol"]);
    world.pass(1_000);
    let mut told = world.presences("n1", 1);
    told.sort();
    assert_eq!(told, [there("bob", &["bob"]), there("carol", &[])]);
    world.join("n2", 2, "carol");
    assert_eq!(world.presences("n1", 1), [there("carol", &["carol"])]);
    world.join("n1", 3, "carol/c2");
    world.join("n2", 4, "bob/b2");
    let mut told = world.presences("n1", 1);
    told.sort();
    let both = [
        there("bob", &["b2", "bob"]),
        there("carol", &["c2", "carol"]),
    ];
    assert_eq!(told, both);
    world.leave("n2", 2);
    assert_eq!(world.presences("n1", 1), [there("carol", &["c2"])]);
    world.leave("n1", 3);
    assert_eq!(world.presences("n1", 1), [there("carol", &[])]);
}

#[test]
fn whoever_is_hidden_is_hidden_across_nodes() {
    let mut world = two();
    let visibility = PresenceVisibility {
        user_ids: Some(vec![user_id("carol")]),
    };
    world.hub(
        "n2",
        wimpex_hub::Input::SetVisibility {
            session: SessionId(1),
            visibility,
        },
    );
    world.watch("n1", 1, &["bob"]);
    world.pass(1_500);
    assert_eq!(world.presences("n1", 1), [there("bob", &[])]);
    world.send("n1", 1, "bob", ringing("c1"));
    world.pass(1_500);
    assert_eq!(world.settled, [(1, Outcome::Nobody)]);
    world.send("n1", 1, "bob", offer());
    assert_eq!(world.presences("n1", 1), [there("bob", &["bob"])]);
    assert_eq!(world.signals("n2", 1), ["alice call-offer"]);
    world.send("n1", 1, "bob", end());
    assert_eq!(world.presences("n1", 1), [there("bob", &[])]);
}

#[test]
fn whoever_calls_is_seen_by_whom_they_call_across_nodes() {
    let mut world = two();
    let visibility = PresenceVisibility {
        user_ids: Some(vec![]),
    };
    let session = SessionId(1);
    world.hub(
        "n1",
        wimpex_hub::Input::SetVisibility {
            session,
            visibility,
        },
    );
    world.watch("n2", 1, &["alice"]);
    world.pass(1_000);
    assert_eq!(world.presences("n2", 1), [there("alice", &[])]);
    world.send("n1", 1, "bob", offer());
    assert_eq!(world.presences("n2", 1), [there("alice", &["alice"])]);
}

#[test]
fn a_device_that_logs_in_elsewhere_takes_its_place() {
    let mut world = two();
    world.pass(10);
    world.join("n1", 7, "bob");
    assert_eq!(world.superseded, [("n2", 1)]);
    world.watch("n1", 1, &["bob"]);
    world.pass(500);
    assert_eq!(world.presences("n1", 1), [there("bob", &["bob"])]);
}

#[test]
fn nobody_is_offline_because_the_medium_is_away() {
    let mut world = two();
    world.watch("n1", 1, &["bob"]);
    world.watch("n2", 1, &["alice"]);
    world.pass(500);
    world.take("n1", 1);
    world.take("n2", 1);
    world.cut("n1");
    world.cut("n2");
    world.pass(20_000);
    assert_eq!(world.take("n1", 1), []);
    assert_eq!(world.take("n2", 1), []);
    world.send("n1", 1, "bob", offer());
    world.send("n1", 1, "bob", ringing("c1"));
    world.watch("n1", 1, &["bob", "carol"]);
    assert_eq!(world.presences("n1", 1), [there("bob", &["bob"])]);
    world.pass(1_000);
    assert_eq!(world.settled, []);
    world.heal("n1");
    world.pass(2_000);
    assert_eq!(world.settled, [], "the other may not be back yet");
    world.heal("n2");
    world.pass(4_000);
    assert_eq!(
        world.signals("n2", 1),
        ["alice call-offer", "alice call-ringing"]
    );
    assert_eq!(world.presences("n1", 1), [there("carol", &[])]);
    assert_eq!(
        world.settled,
        [(1, Outcome::Delivered), (1, Outcome::Delivered)]
    );
}

#[test]
fn whoever_comes_back_later_is_not_away() {
    let mut world = two();
    world.pass(3_000);
    world.cut("n1");
    world.cut("n2");
    world.send("n1", 1, "bob", offer());
    world.heal("n1");
    world.pass(2_000);
    assert_eq!(world.settled, []);
    world.heal("n2");
    world.pass(2_000);
    assert_eq!(world.signals("n2", 1), ["alice call-offer"]);
    assert_eq!(world.settled, [(1, Outcome::Delivered)]);
}

#[test]
fn people_of_one_node_call_each_other_without_the_medium() {
    let mut world = two();
    world.join("n1", 2, "carol");
    world.cut("n1");
    world.send("n1", 1, "carol", offer());
    assert_eq!(world.signals("n1", 2), ["alice call-offer"]);
    world.watch("n1", 1, &["carol"]);
    assert_eq!(world.presences("n1", 1), [there("carol", &["carol"])]);
    world.leave("n1", 2);
    world.pass(10_000);
    assert_eq!(world.presences("n1", 1), [], "they may be elsewhere");
    world.heal("n1");
    world.pass(5_000);
    assert_eq!(world.presences("n1", 1), [there("carol", &[])]);
}

#[test]
fn a_dead_nodes_people_are_gone_within_five_seconds() {
    let mut world = two();
    world.watch("n1", 1, &["bob"]);
    world.pass(3_000);
    world.take("n1", 1);
    world.kill("n2");
    world.send("n1", 1, "bob", offer());
    world.pass(5_000);
    assert_eq!(world.presences("n1", 1), [there("bob", &[])]);
    assert_eq!(world.settled, [(1, Outcome::Nobody)]);
}

#[test]
fn whom_a_dead_node_held_is_found_where_they_come_back() {
    let mut world = World::new(&["n1", "n2", "n3"]);
    world.join("n1", 1, "alice");
    world.join("n2", 1, "bob");
    world.watch("n1", 1, &["bob"]);
    world.pass(1_000);
    world.kill("n2");
    world.send("n1", 1, "bob", offer());
    world.pass(1_000);
    world.take("n1", 1);
    world.join("n3", 5, "bob");
    assert_eq!(world.signals("n3", 5), ["alice call-offer"]);
    world.pass(6_000);
    assert_eq!(world.settled, [(1, Outcome::Delivered)]);
    assert!(
        world
            .presences("n1", 1)
            .iter()
            .all(|(_, it)| it == &["bob"]),
        "and was never away"
    );
}

#[test]
fn a_node_that_ends_is_gone_at_once() {
    let mut world = two();
    world.watch("n1", 1, &["bob"]);
    world.pass(500);
    world.take("n1", 1);
    world.input("n2", Input::Close);
    world.kill("n2");
    assert_eq!(world.presences("n1", 1), [there("bob", &[])]);
}

#[test]
fn a_partition_that_heals_leaves_nothing_wrong() {
    for millis in [1_000, 10_000, 100_000] {
        let mut world = two();
        world.watch("n1", 1, &["bob"]);
        world.watch("n2", 1, &["alice"]);
        world.pass(500);
        // Neither notices: each has a medium of its own.
        world.cut.insert("n2");
        world.pass(millis);
        world.cut.remove("n2");
        world.pass(6_000);
        for (name, other) in [("n1", "bob"), ("n2", "alice")] {
            let told = world.presences(name, 1);
            assert_eq!(told.last(), Some(&there(other, &[other])), "{millis}");
        }
        world.send("n1", 1, "bob", ringing("c1"));
        world.send("n2", 1, "alice", ringing("c1"));
        world.pass(500);
        assert_eq!(world.signals("n1", 1), ["bob call-ringing"], "{millis}");
        assert_eq!(world.signals("n2", 1), ["alice call-ringing"], "{millis}");
    }
}

#[test]
fn nothing_is_left_of_those_who_left() {
    let mut world = two();
    world.watch("n1", 1, &["bob"]);
    world.watch("n2", 1, &["alice", "carol"]);
    world.send("n1", 1, "bob", offer());
    world.leave("n1", 1);
    world.leave("n2", 1);
    world.pass(40_000);
    for (name, node) in &world.nodes {
        let counts = node.cluster_counts();
        assert_eq!((counts.routes, counts.pending), (0, 0), "{name}");
        assert_eq!((counts.unacknowledged, counts.observers), (0, 0), "{name}");
        assert_eq!(node.hub().counts(), Default::default(), "{name}");
    }
    assert!(
        world
            .interests
            .values()
            .all(|interests| interests.len() == 3)
    );
}

#[test]
fn what_makes_no_sense_does_nothing() {
    let mut world = two();
    for bytes in [
        &b""[..],
        b"{}",
        b"null",
        b"{\"beat\":{\"node\":\"a.b\",\"age\":0}}",
        b"{\"here\":{\"node\":\"n2\",\"user\":\"> *\",\"hold\":1}}",
        b"{\"packet\":{\"node\":\"n2\",\"link\":1,\"first\":1,\"seq\":1}}",
        b"{\"packet\":{\"node\":\"n2\",\"link\":1,\"first\":1,\"seq\":1,\"frame\":{\"relay\":\
          {\"relay\":1,\"session\":1,\"from\":{\"user\":\"a\",\"device\":\"b\",\"name\":\"c\"},\
          \"message\":\"{}\"}}}}",
    ] {
        assert!(Message::decode(bytes).is_err());
    }
    let frame = |frame: &str| {
        let text = format!(
            "{{\"packet\":{{\"node\":\"evil\",\"link\":1,\"first\":1,\"seq\":1,\"frame\":{frame},\
             \"ack\":[99,99]}}}}"
        );
        Message::decode(text.as_bytes()).unwrap()
    };
    for text in [
        "{\"verdict\":{\"relay\":7,\"outcome\":\"delivered\"}}",
        "{\"gone\":{\"user\":\"bob\",\"hold\":18446744073709551615}}",
        "{\"unwatch\":{\"session\":9223372036854775809,\"user\":\"alice\"}}",
        "{\"presence\":{\"session\":1,\"message\":\
         \"{\\\"type\\\":\\\"presence\\\",\\\"userId\\\":\\\"bob\\\",\\\"online\\\":false}\"}}",
        "\"void\"",
    ] {
        world.input("n1", Input::Received(frame(text)));
    }
    world.watch("n1", 1, &["bob"]);
    world.pass(500);
    assert_eq!(world.presences("n1", 1), [there("bob", &["bob"])]);
}

#[test]
fn an_error_that_is_no_absence_stays_one() {
    let mut world = two();
    world.send("n1", 1, "alice", offer());
    let told = world.take("n1", 1);
    let [ServerMessage::Error(error)] = &told[..] else {
        panic!("{told:?}");
    };
    assert_eq!(error.code, ErrorCode::BadMessage);
    assert_eq!(world.settled, []);
}

impl World {
    fn take_up(&mut self, name: &'static str, take: u64, session: (&str, u64), user: &str) {
        let session = SessionName {
            node: NodeId::parse(session.0).unwrap(),
            number: session.1,
        };
        self.input(
            name,
            Input::TakeUp {
                take,
                name: session,
                identity: identity(user),
                received: 0,
            },
        );
    }
}

/// Whoever watches sees nothing of it, wherever they are, and what is sent afterwards arrives.
#[test]
fn a_session_that_goes_to_another_node_is_not_seen_to_go() {
    let mut world = World::new(&["a", "b", "c"]);
    world.join("a", 1, "alice");
    world.pass(2_000);
    for (node, watcher) in [("a", "bob"), ("b", "carol"), ("c", "dave")] {
        world.join(node, 2, watcher);
        world.watch(node, 2, &["alice"]);
    }
    world.pass(2_000);
    for node in ["a", "b", "c"] {
        assert_eq!(world.presences(node, 2).len(), 1);
    }
    world.take_up("b", 1, ("a", 1), "alice");
    world.pass(5_000);
    assert_eq!(world.taken, [("b", true)]);
    for node in ["a", "b", "c"] {
        assert_eq!(world.presences(node, 2), [], "at {node}");
        world.send(node, 2, "alice", ringing("c1"));
    }
    world.pass(2_000);
    assert_eq!(world.take("b", 1_001).len(), 3);
    assert!(
        world
            .settled
            .iter()
            .all(|(_, it)| *it == Outcome::Delivered)
    );
}

/// A node that is not heard of, as all are to one that has just begun, is asked all the same.
#[test]
fn a_session_is_found_at_a_node_that_has_not_been_heard_of() {
    let mut world = World::new(&["a"]);
    world.join("a", 1, "alice");
    world.pass(500);
    world.begin("b");
    world.take_up("b", 1, ("a", 1), "alice");
    assert_eq!(world.taken, [("b", true)]);
}

/// Nobody waits for a node that is gone.
/// A client may come to a node that has just started before that hears anybody.
#[test]
fn a_node_that_has_just_started_finds_a_session_when_it_hears_the_others() {
    let mut world = World::new(&["a"]);
    world.join("a", 1, "alice");
    world.pass(2_000);
    world.begin_alone("b");
    world.take_up("b", 1, ("a", 1), "alice");
    assert_eq!(world.taken, []);
    world.input("b", Input::Medium { is_up: true });
    world.pass(200);
    assert_eq!(world.taken, [("b", true)]);
    // It waits for a while only.
    world.begin_alone("c");
    world.take_up("c", 1, ("a", 2), "alice");
    world.pass(5_000);
    assert_eq!(world.taken, [("b", true), ("c", false)]);
}

#[test]
fn a_session_of_a_node_that_is_gone_is_nowhere_at_once() {
    let mut world = World::new(&["a", "b"]);
    world.join("a", 1, "alice");
    world.pass(2_000);
    world.kill("a");
    world.take_up("b", 1, ("a", 1), "alice");
    assert_eq!(world.taken, [("b", false)]);
}

/// What the node itself has sent to whoever comes, and is on its way to where they were, is not
/// overtaken by what it sends next.
#[test]
fn what_is_on_its_way_is_there_before_what_is_sent_after_a_session_has_come() {
    let mut world = World::new(&["a", "b"]);
    world.join("a", 1, "alice");
    world.join("b", 2, "bob");
    world.pass(2_000);
    // Where she is is not known yet, and not asked until a has given the session away.
    world.hold_back("b");
    world.send("b", 2, "alice", ringing("second"));
    let second = world.held_back.remove("b").unwrap();
    world.take_up("b", 1, ("a", 1), "alice");
    world.send("b", 2, "alice", ringing("third"));
    for output in second {
        world.output("b", output);
    }
    world.pass(2_000);
    let mut calls = Vec::new();
    for message in world.take("b", 1_001) {
        if let ServerMessage::Relay(relayed) = message {
            let call = relayed.signal.call_id().unwrap().to_string();
            // The registry drops what a session has had.
            if !calls.contains(&call) {
                calls.push(call);
            }
        }
    }
    assert_eq!(calls, ["second", "third"]);
}

/// What an ended node has said before it ended is no sign of life.
#[test]
fn who_has_said_to_end_is_not_waited_for() {
    let mut world = World::new(&["a", "b"]);
    world.pass(2_000);
    world.input("a", Input::Close);
    assert_eq!(world.nodes["b"].cluster_counts().nodes, 0);
    let node = NodeId::parse("a").unwrap();
    let late = Message::Here {
        node,
        user: user_id("alice"),
        hold: 1,
        asked: None,
    };
    world.input("b", Input::Received(late));
    assert_eq!(world.nodes["b"].cluster_counts().nodes, 0);
}

/// A node that holds nobody any more is told of no more messages.
#[test]
fn whoever_wrote_to_a_node_that_holds_a_person_no_longer_stops() {
    let mut world = World::new(&["a", "b", "c"]);
    world.join("a", 1, "alice");
    world.join("c", 2, "bob");
    world.pass(2_000);
    world.send("c", 2, "alice", ringing("c1"));
    world.pass(1_000);
    world.take_up("b", 1, ("a", 1), "alice");
    world.pass(2_000);
    world.relays.clear();
    for number in 0..3 {
        world.send("c", 2, "alice", ringing("c2"));
        world.pass(500);
        let wanted = if number == 0 { 1 } else { 0 };
        assert!(world.relays.remove(&("c", "a")).unwrap_or_default() <= wanted);
    }
}
