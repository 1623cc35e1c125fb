//! The same call over another peer connection.

use crate::*;

use wimpex_protocol::{MediaFlag, MediaState};

fn connection(world: &World, who: usize) -> PeerConnectionId {
    let call = world.pages[who].machine.snapshot().call;
    call.expect("a call").connection
}

/// The browser closes the page's connection by itself; the other side's DTLS may say so.
fn close(world: &mut World, who: usize, peer_hears: bool) {
    let connection = world.lose_connection(who, peer_hears);
    world.input(who, Input::ConnectionClosed { connection });
}

fn both_are(world: &World, state: State) {
    assert_eq!(world.states()[..2], [state, state]);
}

/// Report 8: Chromium closes every connection when the device goes to sleep.
#[test]
fn a_connection_that_the_browser_closes_is_replaced() {
    for who in [ALICE, BOB] {
        for peer_hears in [true, false] {
            let mut world = World::connected();
            let before = [ALICE, BOB].map(|who| connection(&world, who));
            let since = world.pages[ALICE]
                .machine
                .snapshot()
                .call
                .unwrap()
                .connected_at;
            close(&mut world, who, peer_hears);
            assert_eq!(world.state(who), State::Reconnecting);
            world.settle();
            both_are(&world, State::Connected);
            for side in [ALICE, BOB] {
                assert!(connection(&world, side) > before[side]);
                assert_eq!(world.pages[side].open_connections(), 1);
                assert!(world.pages[side].camera_is_on());
                assert!(world.pages[side].goodbyes.is_empty());
                assert!(!world.pages[side].sent_types().contains(&"call-end") || side == ALICE);
            }
            let call = world.pages[ALICE].machine.snapshot().call.unwrap();
            assert_eq!(call.connected_at, since);
            // The tracks go on over it.
            let outputs = &world.pages[who].outputs;
            let attached = Output::AttachMedia {
                connection: connection(&world, who),
                request: wimpex_call::MediaRequest(1),
                audio: true,
                video: true,
            };
            assert!(outputs.contains(&attached));
            world.command(who, Command::HangUp);
            world.settle();
            world.assert_all_let_go();
        }
    }
}

#[test]
fn both_connections_may_be_closed_at_once() {
    for first in [ALICE, BOB] {
        let mut world = World::connected();
        let ids = [ALICE, BOB].map(|who| world.lose_connection(who, false));
        for who in [first, 1 - first] {
            let connection = ids[who];
            world.input(who, Input::ConnectionClosed { connection });
        }
        world.settle();
        both_are(&world, State::Connected);
        for side in [ALICE, BOB] {
            assert_eq!(world.pages[side].open_connections(), 1);
        }
    }
}

#[test]
fn who_sleeps_too_long_is_told_so_and_nobody_has_hung_up() {
    let mut world = World::connected();
    let connection = world.lose_connection(BOB, true);
    assert_eq!(world.state(ALICE), State::Reconnecting);
    world.freeze(BOB);
    world.pass(limits::RECONNECT);
    assert_eq!(world.end(ALICE), Some(EndReason::ConnectionLost));
    world.settle();
    // The server has given the session up meanwhile.
    world.pages[BOB].frozen = Some(Vec::new());
    world.now = world.now + SECOND * 600;
    world.thaw(BOB);
    let duration = SECOND * 630;
    world.input(BOB, Input::Slept { duration });
    world.input(BOB, Input::ConnectionClosed { connection });
    world.settle();
    assert_eq!(world.end(BOB), Some(EndReason::Slept));
    world.assert_all_let_go();
}

#[test]
fn who_sleeps_for_a_moment_goes_on() {
    let mut world = World::connected();
    let connection = world.lose_connection(BOB, true);
    world.freeze(BOB);
    world.pass(SECOND * 20);
    assert_eq!(world.state(ALICE), State::Reconnecting);
    world.thaw(BOB);
    let duration = SECOND * 20;
    world.input(BOB, Input::Slept { duration });
    world.input(BOB, Input::ConnectionClosed { connection });
    world.settle();
    both_are(&world, State::Connected);
    // What is lost later has another cause.
    world.cut(PeerConnectionState::Failed);
    world.pass(limits::RECONNECT);
    assert_eq!(world.end(BOB), Some(EndReason::ConnectionLost));
}

#[test]
fn a_page_that_was_busy_has_not_slept() {
    let mut world = World::connected();
    let duration = limits::ASLEEP - SECOND;
    world.input(BOB, Input::Slept { duration });
    world.cut(PeerConnectionState::Failed);
    world.pass(limits::RECONNECT);
    assert_eq!(world.end(BOB), Some(EndReason::ConnectionLost));
}

/// Restarts of ICE that are answered and change nothing.
#[test]
fn where_a_restart_is_of_no_use_there_is_another_connection() {
    let mut world = World::connected();
    let before = connection(&world, ALICE);
    world.cut(PeerConnectionState::Failed);
    world.pass(limits::RESTART_AGAIN_AFTER + SECOND * 2);
    world.path = true;
    world.settle();
    both_are(&world, State::Connected);
    assert!(connection(&world, ALICE) > before);
}

#[test]
fn a_peer_that_knows_nothing_of_it_gets_no_other_connection() {
    for peer_hears in [true, false] {
        let mut world = World::new();
        world.tells = false;
        world.talk();
        close(&mut world, BOB, peer_hears);
        assert_eq!(world.end(BOB), Some(EndReason::ConnectionLost));
        world.settle();
        let expected = if peer_hears {
            // A minimal client hangs up so, but nobody has here.
            EndReason::PeerClosed
        } else {
            EndReason::ConnectionLost
        };
        assert_eq!(world.end(ALICE), Some(expected));
        world.assert_all_let_go();
    }
}

/// An answer says nothing of what it answers.
#[test]
fn the_answer_to_a_restart_before_is_not_taken_for_that_to_the_new_offer() {
    let mut world = World::connected();
    world.path = false;
    world.input(ALICE, Input::NetworkChanged);
    // Bob's answer is on its way when Alice's browser closes the connection.
    assert!(world.deliver());
    let connection = world.lose_connection(ALICE, false);
    world.input(ALICE, Input::ConnectionClosed { connection });
    world.path = true;
    world.settle();
    both_are(&world, State::Connected);
}

#[test]
fn an_offer_that_was_lost_with_the_server_is_sent_again() {
    for who in [ALICE, BOB] {
        let mut world = World::connected();
        close(&mut world, who, true);
        world.wire.clear();
        for side in [ALICE, BOB] {
            world.input(side, Input::SessionRenewed);
        }
        world.settle();
        both_are(&world, State::Connected);
    }
}

#[test]
fn each_new_connection_says_anew_how_this_side_is() {
    let mut world = World::connected();
    world.command(BOB, Command::SetMuted(true));
    close(&mut world, BOB, true);
    world.settle();
    let call = world.pages[ALICE].machine.snapshot().call.unwrap();
    assert!(call.peer_media.is_some_and(|it| it.has(MediaFlag::Muted)));
    let told = Output::TellPeer {
        connection: connection(&world, BOB),
        state: MediaState::new(call_id("call_1"))
            .with(MediaFlag::Muted, true)
            .with(MediaFlag::Camera, true)
            .with(MediaFlag::VideoUpgrade, true)
            .with(MediaFlag::Reconnects, true)
            .with(MediaFlag::AwaitsReturn, true),
    };
    assert!(world.pages[BOB].outputs.contains(&told));
}

#[test]
fn a_connection_that_is_closed_before_the_call_is_connected_ends_it() {
    let mut world = World::new();
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    let connection = world.lose_connection(ALICE, false);
    world.input(ALICE, Input::ConnectionClosed { connection });
    assert_eq!(world.end(ALICE), Some(EndReason::ConnectionFailed));
    world.settle();
    assert_eq!(world.end(BOB), Some(EndReason::Missed));
}
