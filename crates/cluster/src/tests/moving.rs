//! Sessions that go on at other nodes.

use wimpex_protocol::{DeviceId, ServerMessage, UserId};
use wimpex_sansio::UnixTime;

use super::world::{World, ringing};
use crate::{Input, Interest, Message, NodeId, Outcome};

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

/// That it was logged in where it was may be heard after it has come, and all within a millisecond.
#[test]
fn a_session_that_has_come_is_later_than_where_it_was() {
    let mut world = World::new(&["a", "b"]);
    world.pass(1_000);
    world.join("b", 1, "alice");
    let message = Message::Joined {
        node: NodeId::parse("b").unwrap(),
        user: UserId::parse("alice").unwrap(),
        device: DeviceId::parse("alice").unwrap(),
        since: UnixTime::from_millis(world.now.as_millis()),
    };
    world.take_up("a", 1, ("b", 1), "alice");
    assert_eq!(world.taken, [("a", true)]);
    world.input("a", Input::Received(message));
    assert_eq!(world.superseded, []);
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

/// Whoever has it gives it to its person alone, and is not asked for it for ever.
#[test]
fn who_is_refused_a_session_is_soon_let_go() {
    let mut world = World::new(&["a", "b", "c"]);
    world.join("a", 1, "alice");
    world.pass(2_000);
    world.take_up("c", 1, ("a", 1), "alice");
    world.pass(1_000);
    assert_eq!(world.taken, [("c", true)]);
    world.take_up("b", 2, ("a", 1), "mallory");
    world.pass(100);
    assert_eq!(world.taken, [("c", true), ("b", false)]);
}

/// Its client is told that it goes on there before the medium knows that it is to be found there.
#[test]
fn a_session_comes_back_before_it_is_known_where_it_went() {
    let mut world = World::new(&["a", "b"]);
    world.join("a", 1, "alice");
    world.pass(2_000);
    world.take_up("b", 1, ("a", 1), "alice");
    let interests = world.interests.get_mut("b").unwrap();
    interests.retain(|interest| !matches!(interest, Interest::Session(_)));
    world.take_up_from("a", 2, ("a", 1), "alice", Some("b"));
    assert_eq!(world.taken, [("b", true), ("a", true)]);
}
