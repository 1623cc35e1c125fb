//! A person with two devices.

use crate::*;

#[test]
fn of_two_devices_one_answers_and_the_other_stops_ringing() {
    let mut world = World::with(&[("alice", "a1"), ("bob", "b1"), ("bob", "b2")]);
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    assert_eq!(
        world.states(),
        [State::Calling, State::Ringing, State::Ringing]
    );
    world.accept(2);
    world.settle();
    assert_eq!(
        world.states(),
        [State::Connected, State::Ended, State::Connected]
    );
    assert_eq!(world.end(1), Some(EndReason::AnsweredElsewhere));
}

#[test]
fn of_two_accepts_at_once_one_wins() {
    let mut world = World::with(&[("alice", "a1"), ("bob", "b1"), ("bob", "b2")]);
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    world.accept(1);
    world.accept(2);
    world.settle();
    assert_eq!(
        world.states(),
        [State::Connected, State::Connected, State::Ended]
    );
    assert_eq!(world.end(2), Some(EndReason::AnsweredElsewhere));
    assert!(world.pages[2].live.is_empty());
}

#[test]
fn a_decline_on_one_device_ends_the_ringing_on_the_other() {
    let mut world = World::with(&[("alice", "a1"), ("bob", "b1"), ("bob", "b2")]);
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    world.command(1, Command::Decline);
    world.settle();
    assert_eq!(world.end(ALICE), Some(EndReason::PeerDeclined));
    assert_eq!(world.end(2), Some(EndReason::DeclinedElsewhere));
    world.assert_all_let_go();
}

#[test]
fn a_device_that_stops_ringing_first_ends_the_ringing_on_the_other() {
    let mut world = World::with(&[("alice", "a1"), ("bob", "b1"), ("bob", "b2")]);
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    world.now = Now::ZERO + limits::RING;
    world.input(2, Input::Timeout);
    world.settle();
    assert_eq!(world.end(ALICE), Some(EndReason::NoAnswer));
    assert_eq!(world.end(1), Some(EndReason::Missed));
}
