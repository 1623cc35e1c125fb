//! A peer that vanishes, comes back, or comes while it is being called.

use crate::*;

#[test]
fn a_callee_that_closes_ends_calling_in_5_seconds() {
    let mut world = World::new();
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    world.vanish(BOB);
    assert_eq!(world.state(ALICE), State::Calling, "it may come back");
    world.pass(limits::PEER_LEFT_AFTER);
    assert_eq!(world.end(ALICE), Some(EndReason::PeerGone));
    world.assert_all_let_go();
}

#[test]
fn a_caller_that_closes_ends_ringing_in_5_seconds() {
    let mut world = World::new();
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    world.vanish(ALICE);
    world.pass(limits::PEER_LEFT_AFTER);
    assert_eq!(world.end(BOB), Some(EndReason::Missed));
    world.assert_all_let_go();
}

#[test]
fn either_side_may_vanish_while_connecting() {
    for gone in [ALICE, BOB] {
        let mut world = World::new();
        world.path = false;
        world.talk();
        world.vanish(gone);
        world.pass(limits::PEER_LEFT_AFTER);
        assert_eq!(world.end(1 - gone), Some(EndReason::PeerGone));
        world.assert_all_let_go();
    }
}

#[test]
fn a_peer_that_comes_back_in_time_is_called_on() {
    for away in [ALICE, BOB] {
        let mut world = World::new();
        world.video_call(ALICE, BOB, "call_1");
        world.settle();
        world.away(away);
        world.pass(limits::PEER_LEFT_AFTER - SECOND);
        world.back(away);
        world.pass(limits::PEER_LEFT_AFTER);
        assert_eq!(world.states()[..2], [State::Calling, State::Ringing]);
        world.accept(BOB);
        world.settle();
        assert_eq!(world.states()[..2], [State::Connected, State::Connected]);
    }
}

#[test]
fn a_device_that_comes_back_too_late_stops_ringing() {
    let mut world = World::new();
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    world.away(BOB);
    world.pass(limits::PEER_LEFT_AFTER);
    assert_eq!(world.end(ALICE), Some(EndReason::PeerGone));
    // The cancel reached nobody. What Bob hears of is his own login.
    world.back(BOB);
    world.renew(BOB);
    world.settle();
    assert_eq!(world.end(BOB), Some(EndReason::Missed));
}

#[test]
fn a_page_opened_while_it_is_called_rings() {
    let mut world = World::with(&[("alice", "a1"), ("bob", "b1"), ("bob", "b2")]);
    world.pages[2].online = false;
    world.video_call(ALICE, BOB, "call_1");
    world.tell_presence();
    world.settle();
    assert_eq!(world.state(2), State::Idle);
    world.back(2);
    world.settle();
    assert_eq!(world.state(2), State::Ringing);
    // The first device is reloaded, and is another one now.
    world.pages[BOB].machine = wimpex_call::CallMachine::new();
    world.pages[BOB].device = wimpex_protocol::DeviceId::parse("b3").unwrap();
    world.tell_presence();
    world.settle();
    assert_eq!(world.state(BOB), State::Ringing);
    world.accept(BOB);
    world.settle();
    assert_eq!(
        world.states(),
        [State::Connected, State::Connected, State::Ended]
    );
}

#[test]
fn one_of_two_devices_leaves_the_other_rings_on() {
    let mut world = World::with(&[("alice", "a1"), ("bob", "b1"), ("bob", "b2")]);
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    world.vanish(BOB);
    world.pass(limits::PEER_LEFT_AFTER);
    assert_eq!(world.state(ALICE), State::Calling);
    world.accept(2);
    world.settle();
    assert_eq!(world.state(2), State::Connected);
}

/// The answer to presence-watch may come after the offer has left. A client that knows only
/// the minimal protocol would take the same offer for a second call, and decline it.
#[test]
fn whoever_was_there_for_the_offer_gets_it_once() {
    let mut world = World::with(&[("alice", "a1"), ("bob", "b1"), ("bob", "b2")]);
    world.pages[2].online = false;
    world.video_call(ALICE, BOB, "call_1");
    let offers = |world: &World| {
        let is_offer = |(_, it): &&(usize, wimpex_protocol::Envelope)| {
            matches!(it.signal, Signal::CallOffer(_))
        };
        world.wire.iter().filter(is_offer).count()
    };
    let before = offers(&world);
    world.presence(ALICE);
    assert_eq!(offers(&world), before);
    // Whoever comes later gets it too.
    world.pages[2].online = true;
    world.presence(ALICE);
    assert_eq!(offers(&world), before + 1);
}

#[test]
fn an_offer_that_misses_a_device_ends_no_call() {
    let mut world = World::with(&[("alice", "a1"), ("bob", "b1"), ("bob", "b2")]);
    world.pages[2].online = false;
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    // It was there for a moment only.
    let devices = ["b1", "b2"].map(|d| wimpex_protocol::DeviceId::parse(d).unwrap());
    let input = Input::PeerDevices {
        user: world.pages[BOB].user.clone(),
        devices: devices.to_vec(),
    };
    world.input(ALICE, input);
    world.settle();
    assert_eq!(world.states()[..2], [State::Calling, State::Ringing]);
}

#[test]
fn presence_does_not_end_a_connected_call() {
    let mut world = World::connected();
    world.away(BOB);
    world.pass(100 * SECOND);
    assert_eq!(world.states()[..2], [State::Connected, State::Connected]);
    world.cut(PeerConnectionState::Disconnected);
    world.path = true;
    world.pass(100 * SECOND);
    assert_eq!(world.states()[..2], [State::Connected, State::Connected]);
}

#[test]
fn hanging_up_works_while_the_server_is_away() {
    let mut world = World::connected();
    world.away(ALICE);
    world.command(ALICE, Command::HangUp);
    world.wire.clear();
    let end_call = world.pages[ALICE].goodbyes.pop().unwrap();
    assert_eq!(end_call.reason, CallEndReason::Ended);
    let connection_id = world.pages[BOB].machine.snapshot().call.unwrap().connection;
    let stale = Input::DataChannelMessage {
        connection: connection_id,
        end: CallEnd {
            call_id: call_id("call_0"),
            ..end_call.clone()
        },
    };
    world.input(BOB, stale);
    assert_eq!(world.state(BOB), State::Connected);
    let end = end_call;
    world.input(
        BOB,
        Input::DataChannelMessage {
            connection: connection_id,
            end,
        },
    );
    assert_eq!(world.end(BOB), Some(EndReason::PeerHungUp));
    assert!(world.pages[BOB].goodbyes.is_empty(), "the peer knows");
    world.assert_all_let_go();
}

#[test]
fn a_device_that_sleeps_is_called_so_within_10_seconds() {
    let mut world = World::new();
    world.freeze(BOB);
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    assert_eq!(world.callee(ALICE), Callee::Unheard);
    world.pass(limits::NO_RINGING_AFTER);
    assert_eq!(world.callee(ALICE), Callee::Unresponsive);
    // The server misses an acknowledgment.
    world.pass(SECOND);
    world.presence(ALICE);
    world.settle();
    assert_eq!(world.callee(ALICE), Callee::Asleep);
    // It wakes up in time, and rings.
    world.pass(10 * SECOND);
    world.thaw(BOB);
    world.settle();
    assert_eq!(world.callee(ALICE), Callee::Rings);
    world.accept(BOB);
    world.settle();
    assert_eq!(world.states()[..2], [State::Connected, State::Connected]);
}

#[test]
fn a_call_to_a_device_that_sleeps_on_ends() {
    let mut world = World::new();
    world.freeze(BOB);
    world.video_call(ALICE, BOB, "call_1");
    world.pass(limits::NO_RINGING_AFTER + SECOND);
    world.presence(ALICE);
    world.pass(limits::RING);
    assert_eq!(world.end(ALICE), Some(EndReason::PeerAsleep));
    // What it hears when it wakes up does not ring.
    world.thaw(BOB);
    world.settle();
    assert_eq!(world.end(BOB), Some(EndReason::Missed));
    world.assert_all_let_go();
}

#[test]
fn who_closes_the_page_that_slept_is_not_asleep() {
    let mut world = World::new();
    world.freeze(BOB);
    world.video_call(ALICE, BOB, "call_1");
    world.pass(limits::NO_RINGING_AFTER);
    world.vanish(BOB);
    world.pass(SECOND);
    assert_eq!(world.end(ALICE), Some(EndReason::PeerOffline));
}

#[test]
fn who_does_not_react_is_heard_of_no_more() {
    let mut world = World::new();
    world.freeze(BOB);
    world.video_call(ALICE, BOB, "call_1");
    world.pass(limits::RING - SECOND);
    assert_eq!(world.callee(ALICE), Callee::Unresponsive);
    world.pass(SECOND);
    assert_eq!(world.end(ALICE), Some(EndReason::NoAnswer));
    world.assert_all_let_go();
}

#[test]
fn a_device_that_is_woken_gets_the_offer_when_it_comes() {
    let mut world = World::new();
    world.wakes = true;
    world.away(BOB);
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    assert_eq!(world.callee(ALICE), Callee::Waking);
    world.presence(ALICE);
    world.pass(limits::PEER_LEFT_AFTER * 3);
    assert_eq!(world.callee(ALICE), Callee::Waking);
    world.back(BOB);
    world.presence(ALICE);
    world.settle();
    assert_eq!(world.state(BOB), State::Ringing);
    assert_eq!(world.callee(ALICE), Callee::Rings);
}

#[test]
fn a_device_that_does_not_wake_up_has_not_answered() {
    let mut world = World::new();
    world.wakes = true;
    world.away(BOB);
    world.video_call(ALICE, BOB, "call_1");
    world.pass(limits::RING);
    assert_eq!(world.end(ALICE), Some(EndReason::NoAnswer));
    world.assert_all_let_go();
}
