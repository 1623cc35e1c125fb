//! Whoever may publish can publish anything: messages of every kind are damaged in every way, and given
//! to a node in the midst of its work.

#![allow(
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is what is wanted"
)]

use fastrand::Rng;
use wimpex_cluster::{
    Arrival, Frame, Input, Message, Node, NodeId, Outcome, Output, Packet, SessionName,
};
use wimpex_hub::{Identity, SessionId};
use wimpex_protocol::{
    CallId, CallRinging, DeviceId, Envelope, Name, Presence, PresenceWatch, ServerMessage, Signal,
    UserId,
};
use wimpex_sansio::{Machine, Now, UnixTime};

/// Each begins anew; `WIMPEX_CASES` says how many others there are to be.
const CASES: u64 = 200;
/// Messages that a node gets in each.
const MESSAGES: usize = 200;

fn node_id(name: &str) -> NodeId {
    NodeId::parse(name).unwrap()
}

fn user(name: &str) -> UserId {
    UserId::parse(name).unwrap()
}

fn identity(name: &str) -> Identity {
    Identity {
        user: user(name),
        device: DeviceId::parse(format!("d-{name}")).unwrap(),
        name: Name::parse(name).unwrap(),
    }
}

fn envelope(from: &str, to: &str) -> Envelope {
    Envelope {
        to_id: user(to),
        to_device: None,
        from_id: Some(user(from)),
        from_device: None,
        signal: Signal::CallRinging(CallRinging {
            call_id: CallId::parse("c1").unwrap(),
            silently: false,
        }),
    }
}

/// Numbers at which something may be wrong.
fn number(rng: &mut Rng) -> u64 {
    match rng.u8(..6) {
        0 => 0,
        1 => u64::MAX,
        2 => u64::MAX - 1,
        3 => rng.u64(..),
        _ => rng.u64(..5),
    }
}

fn name(rng: &mut Rng) -> SessionName {
    SessionName {
        node: node_id(["n1", "n2", "evil"][rng.usize(..3)]),
        number: number(rng),
    }
}

fn frame(rng: &mut Rng) -> Frame {
    let who = ["alice", "bob", "mallory"][rng.usize(..3)];
    match rng.u8(..14) {
        0 => Frame::Watch {
            session: number(rng),
            from: identity("mallory"),
            user: user(who),
        },
        13 => Frame::Expect {
            user: user(who),
            caller: user("mallory"),
            call: CallId::parse("c1").unwrap(),
        },
        1 => Frame::Unwatch {
            session: number(rng),
            user: user(who),
        },
        2 => Frame::Presence {
            session: number(rng),
            presence: Presence {
                user_id: user(who),
                online: rng.bool(),
                username: None,
                devices: Vec::new(),
            },
        },
        3 => Frame::Relay {
            relay: number(rng),
            session: number(rng),
            from: identity("mallory"),
            envelope: envelope("mallory", who),
        },
        4 => Frame::Verdict {
            relay: number(rng),
            outcome: [
                Outcome::Delivered,
                Outcome::Nobody,
                Outcome::Full,
                Outcome::Unknown,
            ][rng.usize(..4)],
        },
        5 => Frame::Gone {
            user: user(who),
            hold: number(rng),
            next: rng.bool().then(|| (node_id("evil"), number(rng))),
        },
        6 => Frame::Take {
            take: number(rng),
            name: name(rng),
            from: identity(who),
            received: number(rng),
        },
        7 => Frame::State {
            take: number(rng),
            part: number(rng) as u32,
            parts: number(rng) as u32,
            text: "x".repeat(rng.usize(..100)),
        },
        8 => Frame::NoSession {
            take: number(rng),
            given_to: rng.bool().then(|| node_id("n1")),
        },
        9 => Frame::TookOver {
            take: number(rng),
            hold: number(rng),
        },
        10 | 11 => Frame::Forward {
            name: name(rng),
            origin: rng.bool().then(|| (node_id("n1"), number(rng))),
            hops: rng.u8(..),
            message: ServerMessage::Relay(envelope("mallory", who)),
        },
        _ => Frame::Void,
    }
}

fn message(rng: &mut Rng, seq: u64) -> Message {
    let node = node_id(["n1", "n2", "evil"][rng.usize(..3)]);
    let who = ["alice", "bob", "nobody"][rng.usize(..3)];
    match rng.u8(..12) {
        0 => Message::Beat {
            node,
            age: number(rng),
            time: UnixTime::from_millis(number(rng)),
            is_over: rng.u8(..8) == 0,
        },
        1 => Message::Locate {
            node,
            user: user(who),
            asked: number(rng),
        },
        2 => Message::Here {
            node,
            user: user(who),
            hold: number(rng),
            asked: rng.bool().then(|| number(rng)),
        },
        3 => Message::Joined {
            node,
            user: user("nobody"),
            device: DeviceId::parse("d").unwrap(),
            since: UnixTime::from_millis(number(rng)),
        },
        4 => Message::Seek {
            node,
            name: name(rng),
            take: number(rng),
        },
        5 => Message::Found {
            node,
            take: number(rng),
        },
        6 if rng.bool() => Message::Waiting { user: user(who) },
        6 => Message::Declined {
            user: user("mallory"),
            caller: user(who),
            call: CallId::parse("c1").unwrap(),
        },
        // In order on a link of its own mostly, so that it gets through.
        7..=9 => Message::Packet(Packet {
            node: node_id("evil"),
            link: 1,
            first: 1,
            frame: Some((seq, frame(rng))),
            ack: None,
            reset: None,
            time: UnixTime::from_millis(number(rng)),
        }),
        _ => Message::Packet(Packet {
            node,
            link: number(rng),
            first: number(rng),
            frame: rng.bool().then(|| (number(rng), frame(rng))),
            ack: rng.bool().then(|| (number(rng), number(rng))),
            reset: rng.bool().then(|| number(rng)),
            time: UnixTime::from_millis(number(rng)),
        }),
    }
}

/// Bytes that change on their way.
fn damaged(rng: &mut Rng, mut bytes: Vec<u8>) -> Vec<u8> {
    for _ in 0..rng.usize(..4) {
        if bytes.is_empty() {
            break;
        }
        let at = rng.usize(..bytes.len());
        match rng.u8(..5) {
            0 => bytes[at] = rng.u8(..),
            1 => bytes.truncate(at),
            2 => bytes.insert(at, rng.u8(..)),
            3 => {
                let until = rng.usize(at..bytes.len());
                bytes.drain(at..until);
            }
            _ => {
                let until = rng.usize(at..bytes.len());
                let part = bytes[at..until].to_vec();
                bytes.splice(at..at, part);
            }
        }
    }
    bytes
}

struct World {
    node: Node,
    now: Now,
    got: usize,
}

impl World {
    fn new() -> Self {
        let node = Node::new(node_id("n1"), None, UnixTime::default(), Now::ZERO);
        let mut world = Self {
            node,
            now: Now::ZERO,
            got: 0,
        };
        world.input(Input::Medium { is_up: true });
        for (session, who, other) in [(1, "alice", "bob"), (2, "bob", "alice")] {
            let session = SessionId(session);
            let identity = identity(who);
            world.hub(wimpex_hub::Input::Join {
                session,
                identity,
                hidden: false,
            });
            let watch = PresenceWatch {
                user_ids: vec![user(other), user("nobody")],
            };
            world.hub(wimpex_hub::Input::Watch { session, watch });
        }
        world
    }

    fn hub(&mut self, input: wimpex_hub::Input) {
        self.input(Input::Hub(input));
    }

    fn input(&mut self, input: Input) {
        self.node.handle(input, self.now);
        let mut arrived: Vec<Arrival> = Vec::new();
        while let Some(output) = self.node.poll_output() {
            match output {
                Output::Hub(wimpex_hub::Output::Deliver { to, message }) => {
                    let is_relay = matches!(message, ServerMessage::Relay(_));
                    self.got += usize::from(is_relay && to.contains(&SessionId(2)));
                }
                Output::Arrived { arrival, .. } => arrived.push(arrival),
                // What it publishes can be read.
                Output::Publish { message, .. } => {
                    assert_eq!(Message::decode(&message.encode()).as_ref(), Ok(&message));
                }
                _ => {}
            }
        }
        for arrival in arrived {
            self.input(Input::Delivered {
                arrival,
                is_delivered: true,
            });
        }
    }

    fn pass(&mut self, millis: u64) {
        let until = self.now + millis;
        // A node that never rests would not come to an end.
        for _ in 0..10_000 {
            match self.node.poll_timeout().filter(|at| *at <= until) {
                Some(at) => {
                    self.now = self.now.max(at);
                    self.input(Input::Timeout);
                }
                None => {
                    self.now = until;
                    return;
                }
            }
        }
        panic!("it does not rest");
    }
}

fn cases() -> u64 {
    let text = std::env::var("WIMPEX_CASES");
    text.map_or(CASES, |text| text.parse().unwrap())
}

#[test]
fn whatever_is_published_the_people_of_a_node_go_on() {
    let (mut read, mut refused) = (0, 0);
    for case in 0..cases() {
        let mut rng = Rng::with_seed(case);
        let mut world = World::new();
        let mut seq = 1;
        for _ in 0..MESSAGES {
            let message = message(&mut rng, seq);
            let bytes = damaged(&mut rng, message.encode());
            match Message::decode(&bytes) {
                Ok(message) => {
                    seq += u64::from(
                        matches!(&message, Message::Packet(it) if it.node.as_str() == "evil"),
                    );
                    read += 1;
                    world.input(Input::Received(message));
                }
                Err(_) => refused += 1,
            }
            if rng.u8(..10) == 0 {
                world.pass(rng.u64(..2_000));
            }
        }
        let counts = world.node.cluster_counts();
        assert!(counts.nodes <= 3, "{case}: {counts:?}");
        assert!(counts.observers <= MESSAGES, "{case}: {counts:?}");
        // Those who are here still reach each other.
        let before = world.got;
        let session = SessionId(1);
        let relayed = Envelope {
            from_id: None,
            ..envelope("alice", "bob")
        };
        world.hub(wimpex_hub::Input::Relay { session, relayed });
        assert_eq!(world.got, before + 1, "{case}");
        world.pass(60_000);
    }
    assert!(read > refused / 4 && refused > read / 4, "{read} {refused}");
}
