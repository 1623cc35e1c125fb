//! Two who call each other, and the second call of the same peer.

use crate::*;

#[test]
fn glare_ends_in_one_call_whichever_id_is_greater() {
    for (alices, bobs) in [("call_1", "call_2"), ("call_2", "call_1")] {
        let mut world = World::new();
        world.video_call(ALICE, BOB, alices);
        world.video_call(BOB, ALICE, bobs);
        world.settle();
        assert_eq!(world.states()[..2], [State::Connected, State::Connected]);
        for who in [ALICE, BOB] {
            let call = world.pages[who].machine.snapshot().call.unwrap();
            assert_eq!(call.call_id, call_id("call_2"));
            assert_eq!(call.camera, Capture::On);
            assert_eq!(world.pages[who].open_connections(), 1);
        }
        world.command(BOB, Command::HangUp);
        world.settle();
        world.assert_all_let_go();
    }
}

#[test]
fn glare_before_our_offer_is_out_takes_theirs() {
    // "call_9" would win, but nobody has seen it yet.
    let mut world = World::new();
    world.pages[ALICE].slow_to_describe = true;
    world.video_call(ALICE, BOB, "call_9");
    world.video_call(BOB, ALICE, "call_1");
    world.settle();
    assert_eq!(world.state(ALICE), State::Connecting);
    world.describe_now(ALICE);
    world.settle();
    assert_eq!(world.states()[..2], [State::Connected, State::Connected]);
    let call = world.pages[ALICE].machine.snapshot().call.unwrap();
    assert_eq!(call.call_id, call_id("call_1"));
}

#[test]
fn glare_turns_on_no_camera_unasked() {
    let mut world = World::new();
    world.start_call(ALICE, BOB, "call_1", CallType::Audio);
    world.video_call(BOB, ALICE, "call_2");
    world.settle();
    assert_eq!(world.state(ALICE), State::Connected);
    assert!(!world.pages[ALICE].camera_is_on() && world.pages[BOB].camera_is_on());

    let mut world = World::new();
    world.video_call(ALICE, BOB, "call_1");
    world.start_call(BOB, ALICE, "call_2", CallType::Audio);
    world.settle();
    assert_eq!(world.state(ALICE), State::Connected);
    assert!(
        !world.pages[ALICE].camera_is_on(),
        "the winning call has no picture"
    );
}

#[test]
fn a_late_glare_offer_leaves_the_winning_call_alone() {
    let mut world = World::new();
    world.video_call(ALICE, BOB, "call_2");
    world.settle();
    world.path = false;
    world.accept(BOB);
    world.settle();
    assert_eq!(world.state(ALICE), State::Connecting);
    world.signal(BOB, ALICE, offer("call_1", CallType::Video));
    assert_eq!(world.state(ALICE), State::Connecting);
}

#[test]
fn a_peer_that_calls_anew_replaces_its_lost_call() {
    let mut world = World::connected();
    world.signal(BOB, ALICE, offer("call_9", CallType::Audio));
    assert_eq!(world.state(ALICE), State::Ringing);
    assert_eq!(world.pages[ALICE].open_connections(), 0);
    assert!(!world.pages[ALICE].camera_is_on());
}

#[test]
fn a_repeated_glare_offer_disturbs_no_connected_call() {
    let mut world = World::new();
    world.video_call(ALICE, BOB, "call_2");
    world.video_call(BOB, ALICE, "call_1");
    world.settle();
    let lost = world.pages[BOB].sent[0].clone();
    assert_eq!(lost.signal.call_id(), Some(&call_id("call_1")));
    world.deliver_one(BOB, lost.clone());
    world.settle();
    assert_eq!(world.states()[..2], [State::Connected, State::Connected]);
    world.command(ALICE, Command::HangUp);
    world.settle();
    world.deliver_one(BOB, lost);
    world.settle();
    assert_eq!(world.states()[..2], [State::Ended, State::Ended]);
    world.assert_all_let_go();
}

#[test]
fn a_reloaded_peer_rings_while_we_still_connect() {
    let mut world = World::new();
    world.video_call(ALICE, BOB, "call_9");
    world.settle();
    world.path = false;
    world.accept(BOB);
    world.settle();
    world.vanish(BOB);
    world.pages[BOB].device = wimpex_protocol::DeviceId::parse("b9").unwrap();
    world.back(BOB);
    world.video_call(BOB, ALICE, "call_1");
    world.settle();
    assert_eq!(world.states()[..2], [State::Ringing, State::Calling]);
}

#[test]
fn of_two_offers_of_one_page_the_later_one_rings() {
    let mut world = World::new();
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    world.signal(ALICE, BOB, offer("call_2", CallType::Video));
    assert_eq!(world.state(BOB), State::Ringing);
    world.settle();
    assert_eq!(world.end(ALICE), Some(EndReason::Superseded));
}

#[test]
fn glare_with_a_closed_page_ends_within_seconds() {
    let mut world = World::new();
    world.video_call(ALICE, BOB, "call_1");
    world.video_call(BOB, ALICE, "call_2");
    // The server says that Bob is gone before his offer is looked at.
    world.vanish(BOB);
    world.wire.pop_front();
    world.settle();
    assert_eq!(world.state(ALICE), State::Connecting);
    world.pass(limits::PEER_LEFT_AFTER);
    assert_eq!(world.end(ALICE), Some(EndReason::PeerGone));
    world.assert_all_let_go();
}

#[test]
fn a_new_call_rings_though_the_peers_decline_was_lost() {
    let mut world = World::new();
    world.video_call(BOB, ALICE, "call_2");
    world.settle();
    world.command(ALICE, Command::Decline);
    // The decline is lost; in Bob's eyes his call still wins.
    world.wire.clear();
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    assert_eq!(world.states()[..2], [State::Calling, State::Ringing]);
    let call = world.pages[BOB].machine.snapshot().call.unwrap();
    assert_eq!(call.call_id, call_id("call_1"));
}
