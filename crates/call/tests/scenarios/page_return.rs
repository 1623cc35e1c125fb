//! A page that is left in the middle of a call, and another that comes back to it.

use crate::*;

use wimpex_protocol::MediaFlag;

fn both_are(world: &World, state: State) {
    assert_eq!(world.states()[..2], [state, state]);
}

fn call(world: &World, who: usize) -> wimpex_call::ActiveCall {
    world.pages[who].machine.snapshot().call.unwrap()
}

/// Report 11: a reload, a crashed tab.
#[test]
fn report_11_a_page_that_was_left_comes_back_to_the_call() {
    for who in [ALICE, BOB] {
        for says in [true, false] {
            let mut world = World::connected();
            let peer = 1 - who;
            world.command(who, Command::SetMuted(true));
            world.pass(SECOND * 100);
            let kept = world.leave_page(who, says).unwrap();
            if !says {
                world.notice_lost_ends();
            }
            assert_eq!(world.state(peer), State::Reconnecting);
            world.pass(SECOND * 3);
            world.ask_to_return(who, &kept);
            // The user takes their time.
            world.pass(SECOND * 20);
            assert_eq!(world.state(peer), State::Reconnecting);
            world.return_to_call(who, kept);
            world.settle();
            both_are(&world, State::Connected);
            for side in [ALICE, BOB] {
                assert_eq!(world.pages[side].open_connections(), 1);
                assert!(world.pages[side].camera_is_on());
            }
            let returned = call(&world, who);
            assert!(returned.muted);
            assert_eq!(returned.connected_at, Some(Now::from_millis(23_000)));
            let told = call(&world, peer).peer_media.unwrap();
            assert!(told.has(MediaFlag::Muted) && told.has(MediaFlag::Camera));
            // It is a call like any other, and can be left again.
            world.pass(SECOND * 60);
            both_are(&world, State::Connected);
            let kept = world.leave_page(who, says).unwrap();
            world.ask_to_return(who, &kept);
            world.return_to_call(who, kept);
            world.settle();
            both_are(&world, State::Connected);
            world.command(peer, Command::HangUp);
            world.settle();
            assert_eq!(world.end(who), Some(EndReason::PeerHungUp));
            world.assert_all_let_go();
        }
    }
}

#[test]
fn whoever_closes_the_page_frees_the_other_side() {
    for who in [ALICE, BOB] {
        let mut world = World::connected();
        world.leave_page(who, true).unwrap();
        let peer = 1 - who;
        assert_eq!(world.state(peer), State::Reconnecting);
        world.pass(limits::PAGE_BACK - SECOND);
        assert_eq!(world.state(peer), State::Reconnecting);
        world.pass(SECOND);
        assert_eq!(world.end(peer), Some(EndReason::PeerDidNotReturn));
        world.assert_all_let_go();
    }
}

#[test]
fn who_is_asked_and_does_not_return_ends_the_call_in_time() {
    let mut world = World::connected();
    let kept = world.leave_page(BOB, true).unwrap();
    world.ask_to_return(BOB, &kept);
    world.pass(limits::RECONNECT - SECOND);
    assert_eq!(world.state(ALICE), State::Reconnecting);
    world.pass(SECOND);
    assert_eq!(world.end(ALICE), Some(EndReason::PeerDidNotReturn));
    // Too late: the call is over, and its user is told so.
    world.return_to_call(BOB, kept);
    world.settle();
    assert_eq!(world.end(BOB), Some(EndReason::ConnectionLost));
    world.assert_all_let_go();
}

#[test]
fn an_offer_at_the_last_moment_has_its_time() {
    let mut world = World::connected();
    let kept = world.leave_page(BOB, true).unwrap();
    world.ask_to_return(BOB, &kept);
    world.pass(limits::RECONNECT - SECOND);
    world.path = false;
    world.return_to_call(BOB, kept);
    world.settle();
    world.pass(SECOND * 3);
    world.path = true;
    world.settle();
    both_are(&world, State::Connected);
}

#[test]
fn both_pages_may_be_left_at_once() {
    for first in [ALICE, BOB] {
        let mut world = World::connected();
        let mut kept = [ALICE, BOB].map(|who| world.leave_page(who, true));
        // Who is there first offers to nobody.
        for who in [first, 1 - first] {
            let kept = kept[who].take().unwrap();
            world.ask_to_return(who, &kept);
            world.return_to_call(who, kept);
            world.settle();
            world.pass(SECOND * 5);
        }
        both_are(&world, State::Connected);
        for side in [ALICE, BOB] {
            assert_eq!(world.pages[side].open_connections(), 1);
        }
    }
}

#[test]
fn who_returns_to_a_call_that_is_over_is_told_so() {
    let mut world = World::connected();
    let kept = world.leave_page(BOB, false).unwrap();
    world.command(ALICE, Command::HangUp);
    world.settle();
    // The page that asks hears of it already, and this one all the same.
    world.ask_to_return(BOB, &kept);
    let over = world.pages[BOB].machine.is_over(&kept.peer, &kept.call_id);
    assert!(over);
    world.return_to_call(BOB, kept);
    world.settle();
    assert_eq!(world.end(BOB), Some(EndReason::PeerHungUp));
    world.assert_all_let_go();
}

#[test]
fn a_peer_that_knows_nothing_of_it_hears_a_hang_up() {
    let mut world = World::new();
    world.tells = false;
    world.talk();
    assert_eq!(world.leave_page(BOB, true), None);
    assert_eq!(world.end(ALICE), Some(EndReason::PeerHungUp));
}

#[test]
fn a_page_that_could_keep_nothing_hangs_up() {
    let mut world = World::connected();
    world.command(BOB, Command::LeavePage);
    world.settle();
    assert_eq!(world.end(ALICE), Some(EndReason::PeerHungUp));
    assert_eq!(world.end(BOB), Some(EndReason::HungUp));
}

/// The caller's browser may have tried what it can by itself, meanwhile.
#[test]
fn a_restart_of_what_is_gone_does_no_harm() {
    let mut world = World::connected();
    let kept = world.leave_page(BOB, false).unwrap();
    world.notice_lost_ends();
    world.pass(SECOND * 5);
    world.ask_to_return(BOB, &kept);
    world.pass(SECOND * 5);
    world.return_to_call(BOB, kept);
    world.input(ALICE, Input::NetworkChanged);
    world.settle();
    both_are(&world, State::Connected);
}

#[test]
fn a_call_that_never_connected_is_not_kept() {
    let mut world = World::new();
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    assert_eq!(world.leave_page(ALICE, true), None);
    assert_eq!(world.end(BOB), Some(EndReason::Missed));
}
