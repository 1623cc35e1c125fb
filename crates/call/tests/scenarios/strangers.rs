//! Strangers who ring, and somebody whom the user knows who calls meanwhile.

use crate::*;

/// Carol rings at Bob, who knows Alice and not Carol.
fn carol_rings() -> World {
    let mut world = World::new();
    world.known.insert((BOB, ALICE));
    world.video_call(CAROL, BOB, "call_c");
    world.settle();
    assert_eq!(world.state(BOB), State::Ringing);
    world
}

fn caller_at_bob(world: &World) -> String {
    let call = world.pages[BOB].machine.snapshot().call.unwrap();
    call.call_id.to_string()
}

#[test]
fn a_contact_takes_the_place_of_a_strangers_prompt() {
    let mut world = carol_rings();
    world.video_call(ALICE, BOB, "call_a");
    world.settle();
    assert_eq!(
        world.states(),
        [State::Calling, State::Ringing, State::Ended]
    );
    assert_eq!(caller_at_bob(&world), "call_a");
    assert_eq!(world.callee(ALICE), Callee::Rings);
    assert_eq!(world.end(CAROL), Some(EndReason::Busy));
    let displaced = world.pages[BOB].outputs.iter().find_map(|it| match it {
        Output::Displaced(ended) => Some(ended.clone()),
        _ => None,
    });
    let displaced = displaced.unwrap();
    assert_eq!(displaced.call_id, call_id("call_c"));
    assert_eq!(displaced.reason, EndReason::Missed);
    world.accept(BOB);
    world.settle();
    assert_eq!(world.states()[..2], [State::Connected, State::Connected]);
}

#[test]
fn only_a_strangers_prompt_gives_way_to_a_contact() {
    // A contact's does not, ...
    let mut world = carol_rings();
    world.known.insert((BOB, CAROL));
    world.command(CAROL, Command::HangUp);
    world.settle();
    world.video_call(CAROL, BOB, "call_c2");
    world.settle();
    world.video_call(ALICE, BOB, "call_a");
    world.settle();
    assert_eq!(world.end(ALICE), Some(EndReason::Busy));
    assert_eq!(caller_at_bob(&world), "call_c2");
    // ... nor one that was answered: the contact's rings inside it, ...
    let mut world = carol_rings();
    world.accept(BOB);
    world.video_call(ALICE, BOB, "call_a");
    world.settle();
    assert_eq!(world.callee(ALICE), Callee::Rings);
    assert_eq!(caller_at_bob(&world), "call_c");
    assert_eq!(world.state(BOB), State::Connected);
    // ... nor any to another stranger.
    let mut world = carol_rings();
    world.known.clear();
    world.video_call(ALICE, BOB, "call_a");
    world.settle();
    assert_eq!(world.end(ALICE), Some(EndReason::Busy));
    assert_eq!(caller_at_bob(&world), "call_c");
}

#[test]
fn a_displaced_call_never_comes_back() {
    let mut world = carol_rings();
    world.video_call(ALICE, BOB, "call_a");
    // Carol has not heard of it, and repeats herself.
    while world.pages[CAROL].machine.state() == State::Calling && caller_at_bob(&world) != "call_a"
    {
        world.deliver();
    }
    world.signal(CAROL, BOB, offer("call_c", CallType::Video));
    world.signal(CAROL, BOB, end("call_c", CallEndReason::Cancelled));
    world.settle();
    assert_eq!(
        world.states(),
        [State::Calling, State::Ringing, State::Ended]
    );
    assert_eq!(caller_at_bob(&world), "call_a");
    world.pass(limits::RING);
    assert_eq!(world.end(ALICE), Some(EndReason::NoAnswer));
    assert_eq!(world.end(BOB), Some(EndReason::Missed));
    world.assert_all_let_go();
}

#[test]
fn a_second_contact_waits_in_line_behind_the_first() {
    let mut world = World::with(&[
        ("alice", "a1"),
        ("bob", "b1"),
        ("carol", "c1"),
        ("dora", "d1"),
    ]);
    let dora = 3;
    world.known.extend([(BOB, ALICE), (BOB, dora)]);
    world.video_call(CAROL, BOB, "call_c");
    world.settle();
    world.video_call(ALICE, BOB, "call_a");
    world.settle();
    world.video_call(dora, BOB, "call_d");
    world.settle();
    assert_eq!(world.end(dora), Some(EndReason::Busy));
    assert_eq!(caller_at_bob(&world), "call_a");
}

#[test]
fn a_silent_ring_is_told_as_one() {
    let mut world = World::new();
    world.freeze(BOB);
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    let silently = |silently| {
        Signal::CallRinging(CallRinging {
            call_id: call_id("call_1"),
            silently,
        })
    };
    world.signal(BOB, ALICE, silently(true));
    assert_eq!(world.callee(ALICE), Callee::RingsSilently);
    world.pass(limits::NO_RINGING_AFTER);
    assert_eq!(world.callee(ALICE), Callee::RingsSilently);
    // Another device rings aloud, and the first says again that it does not.
    world.signal(BOB, ALICE, silently(false));
    world.signal(BOB, ALICE, silently(true));
    assert_eq!(world.callee(ALICE), Callee::Rings);
    world.pass(limits::RING);
    assert_eq!(world.end(ALICE), Some(EndReason::NoAnswer));
}

#[test]
fn busy_is_the_only_word_a_displaced_caller_hears() {
    let mut world = carol_rings();
    let before = world.pages[BOB].sent.len();
    world.video_call(ALICE, BOB, "call_a");
    world.settle();
    let to_carol: Vec<Signal> = world.pages[BOB].sent[before..]
        .iter()
        .filter(|it| it.to_id == world.pages[CAROL].user)
        .map(|it| it.signal.clone())
        .collect();
    let busy = CallReject {
        call_id: call_id("call_c"),
        reason: Some(CallRejectReason::Busy),
    };
    assert_eq!(to_carol, [Signal::CallReject(busy)]);
}

#[test]
fn a_call_that_the_server_refuses_ends() {
    let refused = || Input::OfferRefused {
        call_id: call_id("call_1"),
    };
    let mut world = World::new();
    world.video_call(ALICE, BOB, "call_1");
    world.wire.clear();
    world.input(ALICE, refused());
    assert_eq!(world.end(ALICE), Some(EndReason::Refused));
    world.assert_all_let_go();
    // A second offer, as to another device, is no loss while the first one rings.
    let mut world = World::new();
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    world.input(ALICE, refused());
    assert_eq!(world.states()[..2], [State::Calling, State::Ringing]);
    world.accept(BOB);
    world.settle();
    world.input(ALICE, refused());
    assert_eq!(world.states()[..2], [State::Connected, State::Connected]);
}
