//! Who sees whom across nodes.

use wimpex_hub::SessionId;
use wimpex_protocol::PresenceVisibility;

use super::world::{end, offer, ringing, there, two, user_id};
use crate::Outcome;

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
