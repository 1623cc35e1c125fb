//! What people send each other across nodes.

use wimpex_hub::SessionId;
use wimpex_protocol::{CallEndReason, ErrorCode, PresenceVisibility, ServerMessage, Signal};
use wimpex_sansio::UnixTime;

use super::world::{World, end, offer, ringing, there, two};
use crate::{Input, Message, NodeId, Outcome};

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
fn a_later_login_counts_where_the_clock_is_behind() {
    let mut world = World::new(&[]);
    world.pass(10_000);
    world.begin("n1");
    world.begin_at("n2", UnixTime::from_millis(4_000));
    world.input("n2", Input::Medium { is_up: true });
    world.pass(1_000);
    world.join("n1", 1, "bob");
    world.pass(5);
    world.join("n2", 1, "bob");
    world.pass(2_000);
    assert_eq!(world.superseded, [("n1", 1)]);
}

#[test]
fn a_clock_that_is_a_week_ahead_is_not_gone_by() {
    let mut world = two();
    let node = NodeId::parse("wrong").unwrap();
    let time = UnixTime::from_millis(7 * 24 * 60 * 60 * 1_000);
    let beat = Message::Beat {
        node,
        age: 0,
        time,
        is_over: false,
    };
    world.input("n2", Input::Received(beat));
    world.join("n2", 2, "bob/phone");
    world.pass(10);
    world.join("n1", 7, "bob/phone");
    assert_eq!(world.superseded, [("n2", 2)]);
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
