//! From the first offer to the answer, or to none.

use crate::*;

#[test]
fn a_video_call_from_click_to_hang_up() {
    let mut world = World::new();
    world.video_call(ALICE, BOB, "call_1");
    assert_eq!(world.state(ALICE), State::Calling);
    world.settle();
    assert_eq!(world.state(BOB), State::Ringing);
    assert_eq!(world.callee(ALICE), Callee::Rings);

    world.now = Now::ZERO + 5 * SECOND;
    world.accept(BOB);
    world.settle();
    assert_eq!(world.states()[..2], [State::Connected, State::Connected]);
    assert!(world.pages[ALICE].camera_is_on() && world.pages[BOB].camera_is_on());

    world.now = Now::ZERO + 65 * SECOND;
    world.command(ALICE, Command::HangUp);
    world.settle();
    assert_eq!(world.end(ALICE), Some(EndReason::HungUp));
    assert_eq!(world.end(BOB), Some(EndReason::PeerHungUp));
    let duration = world.pages[BOB].machine.snapshot().ended.unwrap().duration;
    assert_eq!(duration, Some(60 * SECOND));
    world.assert_all_let_go();

    world.command(BOB, Command::Dismiss);
    assert_eq!(world.state(BOB), State::Idle);
}

#[test]
fn before_accept_there_is_no_media_and_no_candidate() {
    let mut world = World::new();
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    let bob = &world.pages[BOB];
    assert_eq!(bob.open_connections(), 0);
    assert!(bob.live.is_empty() && bob.open_prompts.is_empty());
    assert_eq!(bob.sent_types(), ["call-ringing"]);
    assert_eq!(world.pages[ALICE].sent_types(), ["call-offer"]);
}

#[test]
fn decline() {
    let mut world = World::new();
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    world.command(BOB, Command::Decline);
    world.settle();
    assert_eq!(world.end(BOB), Some(EndReason::Declined));
    assert_eq!(world.end(ALICE), Some(EndReason::PeerDeclined));
    world.assert_all_let_go();
}

#[test]
fn cancel_while_ringing() {
    let mut world = World::new();
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    world.command(ALICE, Command::HangUp);
    world.settle();
    assert_eq!(world.end(ALICE), Some(EndReason::Cancelled));
    assert_eq!(world.end(BOB), Some(EndReason::Missed));
    world.assert_all_let_go();
}

#[test]
fn cancel_crossing_accept() {
    let mut world = World::new();
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    world.command(ALICE, Command::HangUp);
    world.accept(BOB);
    world.settle();
    assert_eq!(world.end(ALICE), Some(EndReason::Cancelled));
    assert_eq!(world.end(BOB), Some(EndReason::PeerHungUp));
    world.assert_all_let_go();
}

#[test]
fn hang_up_crossing_hang_up() {
    let mut world = World::connected();
    world.command(ALICE, Command::HangUp);
    world.command(BOB, Command::HangUp);
    world.settle();
    assert_eq!(world.end(ALICE), Some(EndReason::HungUp));
    assert_eq!(world.end(BOB), Some(EndReason::HungUp));
    world.assert_all_let_go();
}

#[test]
fn no_answer_ends_the_ringing_on_both_sides() {
    let mut world = World::new();
    world.video_call(ALICE, BOB, "call_1");
    world.pass(limits::RING - SECOND);
    assert_eq!(world.states()[..2], [State::Calling, State::Ringing]);
    world.pass(SECOND);
    assert_eq!(world.end(ALICE), Some(EndReason::NoAnswer));
    assert_eq!(world.end(BOB), Some(EndReason::Missed));
    world.assert_all_let_go();
}

#[test]
fn ringing_ends_without_a_word_of_the_caller() {
    let mut world = World::new();
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    world.pages[ALICE].online = false;
    world.pages[ALICE].machine = wimpex_call::CallMachine::new();
    world.pass(limits::RING);
    assert_eq!(world.end(BOB), Some(EndReason::Missed));
}

#[test]
fn a_third_user_gets_busy() {
    let mut world = World::connected();
    world.video_call(CAROL, ALICE, "call_2");
    world.settle();
    assert_eq!(world.end(CAROL), Some(EndReason::Busy));
    assert_eq!(world.states()[..2], [State::Connected, State::Connected]);
}

#[test]
fn an_offline_peer_ends_the_call_at_once() {
    let mut world = World::new();
    world.pages[BOB].online = false;
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    assert_eq!(world.end(ALICE), Some(EndReason::PeerOffline));
    world.assert_all_let_go();
    // Who keeps it as a missed call need not wait whether more comes of it.
    let said = world.pages[ALICE].sent_types();
    assert_eq!(said, ["call-offer", "call-end"]);
}

#[test]
fn the_minimal_client_cancels_with_a_reject() {
    let mut world = World::new();
    world.signal(CAROL, BOB, offer("call_1", CallType::Audio));
    assert_eq!(world.state(BOB), State::Ringing);
    let reject = CallReject {
        call_id: call_id("call_1"),
        reason: None,
    };
    world.signal(CAROL, BOB, Signal::CallReject(reject));
    assert_eq!(world.end(BOB), Some(EndReason::Missed));
}

#[test]
fn a_repeated_offer_is_only_answered_again() {
    let mut world = World::new();
    world.signal(CAROL, BOB, offer("call_1", CallType::Video));
    let shown = world.pages[BOB].machine.snapshot();
    world.signal(CAROL, BOB, offer("call_1", CallType::Video));
    assert_eq!(world.pages[BOB].machine.snapshot(), shown);
    assert_eq!(
        world.pages[BOB].sent_types(),
        ["call-ringing", "call-ringing"]
    );
    world.accept(BOB);
    world.signal(CAROL, BOB, offer("call_1", CallType::Video));
    let bob = &world.pages[BOB];
    let taken = bob
        .outputs
        .iter()
        .filter(|o| matches!(o, Output::SetRemoteOffer { .. }))
        .count();
    assert_eq!(taken, 1);
    let answers: Vec<_> = bob
        .sent
        .iter()
        .filter(|relayed| matches!(relayed.signal, Signal::CallAnswer(_)))
        .collect();
    assert_eq!(answers.len(), 2);
    assert_eq!(answers[0], answers[1]);
}

#[test]
fn hang_up_crossing_answer_ringing_and_decline() {
    for cross in ["accept", "decline", "ringing"] {
        let mut world = World::new();
        world.video_call(ALICE, BOB, "call_1");
        world.deliver();
        match cross {
            "accept" => world.accept(BOB),
            "decline" => world.command(BOB, Command::Decline),
            _ => {}
        }
        world.command(ALICE, Command::HangUp);
        world.settle();
        assert_eq!(world.end(ALICE), Some(EndReason::Cancelled), "{cross}");
        assert_eq!(world.state(BOB), State::Ended, "{cross}");
        world.assert_all_let_go();
    }
}

#[test]
fn hang_up_crossing_an_ice_restart() {
    let mut world = World::connected();
    world.cut(PeerConnectionState::Failed);
    world.command(BOB, Command::HangUp);
    world.settle();
    assert_eq!(world.states()[..2], [State::Ended, State::Ended]);
    world.assert_all_let_go();
}
