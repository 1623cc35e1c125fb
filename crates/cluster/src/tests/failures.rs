//! The medium goes away, nodes die, end and are parted.

use super::world::{World, offer, ringing, there, two, user_id};
use crate::{Input, Message, NodeId, Outcome};

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
