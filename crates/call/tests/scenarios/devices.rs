//! A user with two devices.

use crate::*;

#[test]
fn an_answer_ends_the_ringing_on_other_devices() {
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
fn a_decline_ends_the_ringing_on_other_devices() {
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
fn ringing_that_times_out_ends_on_other_devices() {
    let mut world = World::with(&[("alice", "a1"), ("bob", "b1"), ("bob", "b2")]);
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    world.now = Now::ZERO + limits::RING;
    world.input(2, Input::Timeout);
    world.settle();
    assert_eq!(world.end(ALICE), Some(EndReason::NoAnswer));
    assert_eq!(world.end(1), Some(EndReason::Missed));
}
