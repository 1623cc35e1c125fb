//! The server has restarted, or a page was away for too long: messages are lost.

use crate::*;

/// Everybody's session is new, and all that was on the way is lost.
fn restart_server(world: &mut World) {
    world.wire.clear();
    for who in 0..world.pages.len() {
        world.input(who, Input::SessionRenewed);
    }
    world.tell_presence();
    world.settle();
}

#[test]
fn an_offer_lost_in_a_restart_is_sent_again() {
    let mut world = World::new();
    world.video_call(ALICE, BOB, "call_1");
    restart_server(&mut world);
    assert_eq!(world.states()[..2], [State::Calling, State::Ringing]);
    assert_eq!(world.callee(ALICE), Callee::Rings);
}

#[test]
fn an_answer_lost_in_a_restart_is_sent_again() {
    for renewed in [&[ALICE][..], &[BOB], &[ALICE, BOB]] {
        let mut world = World::new();
        world.video_call(ALICE, BOB, "call_1");
        world.settle();
        world.accept(BOB);
        world.wire.clear();
        for &who in renewed {
            world.renew(who);
        }
        world.settle();
        assert_eq!(world.states()[..2], [State::Connected, State::Connected]);
        for who in [ALICE, BOB] {
            assert!(!world.pages[who].candidates_added().is_empty());
        }
    }
}

#[test]
fn lost_candidates_are_sent_again() {
    for renewed in [ALICE, BOB] {
        let mut world = World::new();
        world.path = false;
        world.video_call(ALICE, BOB, "call_1");
        world.settle();
        world.accept(BOB);
        // The answer arrives; the candidates of both are lost.
        world.deliver();
        world.wire.clear();
        assert_eq!(world.states()[..2], [State::Connecting, State::Connecting]);
        world.renew(renewed);
        world.settle();
        for who in [ALICE, BOB] {
            assert!(!world.pages[who].candidates_added().is_empty());
        }
    }
}

#[test]
fn a_lost_cancel_is_learnt_by_a_returning_callee() {
    let mut world = World::new();
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    world.command(ALICE, Command::HangUp);
    world.wire.clear();
    world.renew(BOB);
    world.settle();
    assert_eq!(world.end(BOB), Some(EndReason::Missed));
    world.assert_all_let_go();
}

#[test]
fn a_lost_decline_is_sent_again_for_the_offer() {
    let mut world = World::new();
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    world.command(BOB, Command::Decline);
    world.wire.clear();
    world.renew(ALICE);
    world.settle();
    assert_eq!(world.state(BOB), State::Ended, "it does not ring again");
    assert_eq!(world.end(ALICE), Some(EndReason::PeerDeclined));
}

#[test]
fn a_lost_answered_elsewhere_is_sent_again() {
    let mut world = World::with(&[("alice", "a1"), ("bob", "b1"), ("bob", "b2")]);
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    world.pages[2].online = false;
    world.accept(1);
    world.settle();
    assert_eq!(world.state(2), State::Ringing);
    world.pages[2].online = true;
    world.renew(2);
    world.settle();
    assert_eq!(world.end(2), Some(EndReason::AnsweredElsewhere));
    assert_eq!(world.states()[..2], [State::Connected, State::Connected]);
}

#[test]
fn a_restart_gives_peers_ten_seconds_to_log_in() {
    let mut world = World::new();
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    world.pages[BOB].online = false;
    world.renew(ALICE);
    world.settle();
    world.pass(limits::PEER_LEFT_AFTER_RENEWAL - SECOND);
    assert_eq!(world.state(ALICE), State::Calling);
    world.pages[BOB].online = true;
    world.tell_presence();
    world.renew(BOB);
    world.pass(limits::PEER_LEFT_AFTER_RENEWAL);
    assert_eq!(world.states()[..2], [State::Calling, State::Ringing]);

    world.pages[BOB].online = false;
    world.renew(ALICE);
    world.pass(limits::PEER_LEFT_AFTER_RENEWAL);
    assert_eq!(world.end(ALICE), Some(EndReason::PeerGone));
}

#[test]
fn a_connected_call_does_not_notice_a_restart() {
    let mut world = World::connected();
    let sent: Vec<usize> = world.pages.iter().map(|p| p.sent.len()).collect();
    restart_server(&mut world);
    let after: Vec<usize> = world.pages.iter().map(|p| p.sent.len()).collect();
    assert_eq!(sent, after);
    assert_eq!(world.states()[..2], [State::Connected, State::Connected]);
}

#[test]
fn an_ice_restart_lost_in_a_restart_is_sent_again() {
    let mut world = World::connected();
    world.cut(PeerConnectionState::Failed);
    world.path = true;
    restart_server(&mut world);
    assert_eq!(world.states()[..2], [State::Connected, State::Connected]);
}

#[test]
fn a_lost_end_is_told_to_who_still_restarts_ice() {
    let mut world = World::connected();
    world.command(BOB, Command::HangUp);
    world.wire.clear();
    world.cut(PeerConnectionState::Failed);
    world.settle();
    assert_eq!(world.end(ALICE), Some(EndReason::PeerHungUp));
    assert_eq!(world.state(BOB), State::Ended, "and it does not ring");
}

#[test]
fn glare_across_a_restart_ends_in_one_call() {
    for lost in 0..=2 {
        let mut world = World::new();
        world.video_call(ALICE, BOB, "call_2");
        world.video_call(BOB, ALICE, "call_1");
        for _ in 0..lost {
            world.wire.pop_front();
        }
        world.renew(BOB);
        world.settle();
        assert_eq!(world.states()[..2], [State::Connected, State::Connected]);
    }
}

#[test]
fn a_caller_back_after_its_callee_ends_the_ringing() {
    let mut world = World::new();
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    world.command(ALICE, Command::HangUp);
    world.wire.clear();
    // The server has restarted, and Bob is there first.
    world.pages[ALICE].online = false;
    world.renew(BOB);
    world.settle();
    assert_eq!(world.state(BOB), State::Ringing);
    world.back(ALICE);
    world.settle();
    assert_eq!(world.end(BOB), Some(EndReason::Missed));
}
