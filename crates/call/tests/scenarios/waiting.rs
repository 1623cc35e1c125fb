//! A second call inside the first: it waits, is answered, and one of the two is on hold.

use wimpex_call::CallSnapshot;
use wimpex_protocol::MediaFlag;

use crate::*;

/// Alice and Bob talk, with video; Carol, whom Bob knows, calls Bob.
fn carol_waits(call_type: CallType) -> World {
    let mut world = World::connected();
    for of in [ALICE, CAROL] {
        world.known.insert((BOB, of));
    }
    world.start_call(CAROL, BOB, "call_c", call_type);
    world.settle();
    let bob = calls(&world, BOB);
    assert_eq!(bob.state, State::Connected);
    assert_eq!(bob.waiting.unwrap().call_id, call_id("call_c"));
    assert_eq!(world.callee(CAROL), Callee::Rings);
    world
}

/// Bob talks with Carol, and Alice is on hold.
fn alice_on_hold() -> World {
    let mut world = carol_waits(CallType::Video);
    answer(&mut world, true);
    assert_eq!(world.states(), [State::Connected; 3]);
    assert_eq!(on(&world), "call_c");
    assert_eq!(held(&world), Some("call_1".to_owned()));
    world
}

fn answer(world: &mut World, hold: bool) {
    world.command(BOB, Command::AnswerWaiting { hold });
    world.settle();
}

fn calls(world: &World, who: usize) -> CallSnapshot {
    world.pages[who].machine.snapshot()
}

/// Bob's call.
fn on(world: &World) -> String {
    calls(world, BOB).call.unwrap().call_id.to_string()
}

/// The one that Bob has on hold behind it.
fn held(world: &World) -> Option<String> {
    Some(calls(world, BOB).held?.call_id.to_string())
}

/// What Bob sends goes to this one alone; the other is told that it is on hold.
fn assert_bob_talks_in(world: &World, id: &str) {
    let call = calls(world, BOB).call.unwrap();
    assert_eq!(call.call_id, call_id(id));
    assert!(!call.on_hold);
    for kind in ["audio", "video"] {
        assert_eq!(world.pages[BOB].sends(kind), [call.connection], "{kind}");
    }
    for who in [ALICE, CAROL] {
        if let Some(call) = calls(world, who).call {
            let is_held = call.call_id != call_id(id);
            assert_eq!(is_told_of_hold(world, who), is_held, "{who}");
        }
    }
}

fn is_told_of_hold(world: &World, who: usize) -> bool {
    let state = calls(world, who).call.unwrap().peer_media.unwrap();
    state.has(MediaFlag::OnHold)
}

#[test]
fn a_second_call_rings_inside_the_first_and_is_answered() {
    let mut world = alice_on_hold();
    assert_bob_talks_in(&world, "call_c");
    // Neither microphone nor camera was asked for a second time.
    let asked = |it: &&Output| matches!(it, Output::RequestMedia { .. });
    assert_eq!(world.pages[BOB].outputs.iter().filter(asked).count(), 1);
    for id in ["call_1", "call_c", "call_1"] {
        world.command(BOB, Command::Swap);
        world.settle();
        assert_bob_talks_in(&world, id);
    }
    world.command(BOB, Command::HangUp);
    world.settle();
    assert_bob_talks_in(&world, "call_c");
    assert_eq!(held(&world), None);
    assert_eq!(world.end(ALICE), Some(EndReason::PeerHungUp));
    world.command(BOB, Command::HangUp);
    world.settle();
    world.assert_all_let_go();
}

#[test]
fn the_first_call_ends_for_the_second() {
    let mut world = carol_waits(CallType::Video);
    answer(&mut world, false);
    assert_bob_talks_in(&world, "call_c");
    assert_eq!(world.end(ALICE), Some(EndReason::PeerHungUp));
    let ended = calls(&world, BOB).ended.unwrap();
    assert_eq!(
        (ended.call_id, ended.reason),
        (call_id("call_1"), EndReason::HungUp)
    );
    world.command(CAROL, Command::HangUp);
    world.settle();
    world.assert_all_let_go();
}

#[test]
fn a_second_call_is_declined_and_the_first_goes_on() {
    for command in [Command::DeclineWaiting, Command::EndOther] {
        let mut world = carol_waits(CallType::Video);
        world.command(BOB, command);
        world.settle();
        assert_eq!(world.end(CAROL), Some(EndReason::PeerDeclined));
        assert_bob_talks_in(&world, "call_1");
        assert_eq!(world.end(BOB), Some(EndReason::Declined));
    }
}

#[test]
fn a_second_call_that_is_given_up_or_rings_out_is_a_missed_one() {
    let mut world = carol_waits(CallType::Audio);
    world.command(CAROL, Command::HangUp);
    world.settle();
    assert_eq!(world.end(BOB), Some(EndReason::Missed));
    assert_bob_talks_in(&world, "call_1");

    let mut world = carol_waits(CallType::Audio);
    world.pass(limits::RING + SECOND);
    assert_eq!(world.end(BOB), Some(EndReason::Missed));
    assert_eq!(world.end(CAROL), Some(EndReason::NoAnswer));
    assert_bob_talks_in(&world, "call_1");
}

#[test]
fn whoever_is_not_known_is_told_that_the_line_is_busy() {
    let mut world = World::connected();
    world.known.insert((BOB, ALICE));
    world.video_call(CAROL, BOB, "call_c");
    world.settle();
    assert_eq!(world.end(CAROL), Some(EndReason::Busy));
    assert_bob_talks_in(&world, "call_1");
}

#[test]
fn there_is_no_third_call() {
    for answered in [false, true] {
        let people = [
            ("alice", "a1"),
            ("bob", "b1"),
            ("carol", "c1"),
            ("dan", "d1"),
        ];
        let mut world = World::with(&people);
        let dan = 3;
        for of in [ALICE, CAROL, dan] {
            world.known.insert((BOB, of));
        }
        world.talk();
        world.video_call(CAROL, BOB, "call_c");
        world.settle();
        if answered {
            answer(&mut world, true);
        }
        world.video_call(dan, BOB, "call_d");
        world.settle();
        assert_eq!(world.end(dan), Some(EndReason::Busy));
        assert_eq!(world.state(BOB), State::Connected);
        assert_eq!(calls(&world, BOB).waiting.is_some(), !answered);
    }
}

/// Whoever is on hold hangs up, or the one that is talked with does.
#[test]
fn either_of_two_calls_ends_and_the_other_is_there() {
    let mut world = alice_on_hold();
    world.command(ALICE, Command::HangUp);
    world.settle();
    assert_bob_talks_in(&world, "call_c");
    assert_eq!(held(&world), None);
    assert_eq!(world.end(BOB), Some(EndReason::PeerHungUp));

    let mut world = alice_on_hold();
    world.command(CAROL, Command::HangUp);
    world.settle();
    assert_eq!((on(&world).as_str(), held(&world)), ("call_1", None));
    let call = calls(&world, BOB).call.unwrap();
    // Nobody hears Bob who has done nothing for it, and nobody films him.
    assert!(call.on_hold && is_told_of_hold(&world, ALICE));
    assert!(world.pages[BOB].sends("audio").is_empty());
    assert!(!world.pages[BOB].camera_is_on());
    world.command(BOB, Command::SetOnHold(false));
    world.settle();
    assert_bob_talks_in(&world, "call_1");
    world.command(BOB, Command::HangUp);
    world.settle();
    world.assert_all_let_go();
}

#[test]
fn the_first_call_ends_while_the_second_rings() {
    let mut world = carol_waits(CallType::Video);
    world.command(ALICE, Command::HangUp);
    world.settle();
    assert_eq!(world.state(BOB), State::Ringing);
    assert!(world.pages[BOB].live.is_empty());
    assert_eq!(world.end(BOB), Some(EndReason::PeerHungUp));
    world.accept(BOB);
    world.settle();
    assert_bob_talks_in(&world, "call_c");
}

/// One side puts the call on hold, without another one.
#[test]
fn a_call_is_put_on_hold_and_goes_on() {
    let mut world = World::connected();
    for _ in 0..2 {
        world.command(BOB, Command::SetOnHold(true));
        world.settle();
        assert!(is_told_of_hold(&world, ALICE));
        assert!(world.pages[BOB].sends("audio").is_empty());
        assert!(!world.pages[BOB].camera_is_on());
        // Nothing gets out by another button.
        world.command(BOB, Command::SetCamera(true));
        world.command(BOB, Command::SetMuted(true));
        world.command(BOB, Command::SetMuted(false));
        assert!(!world.pages[BOB].camera_is_on());
        world.command(BOB, Command::SetOnHold(false));
        world.settle();
        assert_bob_talks_in(&world, "call_1");
    }
    // Both may.
    for who in [ALICE, BOB] {
        world.command(who, Command::SetOnHold(true));
    }
    world.settle();
    assert!(is_told_of_hold(&world, ALICE) && is_told_of_hold(&world, BOB));
}

#[test]
fn a_camera_that_was_off_stays_off() {
    let mut world = carol_waits(CallType::Video);
    world.command(BOB, Command::SetCamera(false));
    answer(&mut world, true);
    assert!(!world.pages[BOB].camera_is_on());
    // It is on in this call only.
    world.command(BOB, Command::SetCamera(true));
    world.settle();
    assert_eq!(world.pages[BOB].sends("video").len(), 1);
    world.command(BOB, Command::Swap);
    world.settle();
    assert!(!world.pages[BOB].camera_is_on());
    world.command(BOB, Command::Swap);
    world.settle();
    assert_bob_talks_in(&world, "call_c");
}

#[test]
fn nobody_who_calls_without_video_gets_the_camera() {
    let mut world = carol_waits(CallType::Audio);
    answer(&mut world, true);
    assert!(!world.pages[BOB].camera_is_on());
    world.command(BOB, Command::Swap);
    world.settle();
    assert_bob_talks_in(&world, "call_1");
}

/// The camera is still being asked for when the call is put on hold for another one.
#[test]
fn a_device_that_comes_late_goes_where_it_is_wanted() {
    let mut world = World::new();
    for of in [ALICE, CAROL] {
        world.known.insert((BOB, of));
    }
    world.pages[BOB].permission = None;
    world.talk();
    world.start_call(CAROL, BOB, "call_c", CallType::Audio);
    world.settle();
    answer(&mut world, true);
    world.answer_prompt(BOB, Ok(()));
    world.settle();
    let call = calls(&world, BOB).call.unwrap();
    assert_eq!(world.pages[BOB].sends("audio"), [call.connection]);
    assert!(!world.pages[BOB].camera_is_on());
}

#[test]
fn a_call_on_hold_outlives_its_path_and_its_connection() {
    let mut world = alice_on_hold();
    world.cut(PeerConnectionState::Disconnected);
    world.pass(10 * SECOND);
    world.path = true;
    world.pass(20 * SECOND);
    assert_eq!(world.states(), [State::Connected; 3]);
    assert_bob_talks_in(&world, "call_c");
    // The browser of whoever is on hold closes the connection.
    let connection = world.lose_connection(ALICE, true);
    world.input(ALICE, Input::ConnectionClosed { connection });
    world.settle();
    assert_eq!(world.states(), [State::Connected; 3]);
    assert_bob_talks_in(&world, "call_c");
    world.command(BOB, Command::Swap);
    world.settle();
    assert_bob_talks_in(&world, "call_1");
}

#[test]
fn both_calls_end_when_the_path_is_gone_for_good() {
    let mut world = alice_on_hold();
    world.cut(PeerConnectionState::Failed);
    world.pass(limits::RECONNECT + 2 * SECOND);
    assert_eq!(world.states(), [State::Ended; 3]);
    world.assert_all_let_go();
}

/// Alice's tab crashed while she was on hold, and she calls anew.
#[test]
fn whoever_is_on_hold_calls_anew_and_waits() {
    let mut world = alice_on_hold();
    world.vanish(ALICE);
    world.back(ALICE);
    world.video_call(ALICE, BOB, "call_2");
    world.settle();
    assert_eq!(on(&world), "call_c");
    let bob = calls(&world, BOB);
    assert_eq!(bob.held, None);
    assert_eq!(bob.waiting.unwrap().call_id, call_id("call_2"));
    answer(&mut world, true);
    assert_eq!(
        (on(&world).as_str(), held(&world)),
        ("call_2", Some("call_c".to_owned()))
    );
    // And so does whoever was talked with.
    let mut world = alice_on_hold();
    world.vanish(CAROL);
    world.back(CAROL);
    world.video_call(CAROL, BOB, "call_c2");
    world.settle();
    assert_eq!(on(&world), "call_1");
    assert!(calls(&world, BOB).call.unwrap().on_hold);
    answer(&mut world, true);
    assert_eq!(
        (on(&world).as_str(), held(&world)),
        ("call_c2", Some("call_1".to_owned()))
    );
}

#[test]
fn another_device_answers_the_call_that_waits() {
    let people = [
        ("alice", "a1"),
        ("bob", "b1"),
        ("carol", "c1"),
        ("bob", "b2"),
    ];
    let mut world = World::with(&people);
    let other = 3;
    for of in [ALICE, CAROL] {
        world.known.insert((BOB, of));
    }
    world.talk();
    world.video_call(CAROL, BOB, "call_c");
    world.settle();
    assert_eq!(world.state(other), State::Ringing);
    world.accept(other);
    world.settle();
    let bob = calls(&world, BOB);
    assert_eq!((bob.state, bob.waiting), (State::Connected, None));
    assert_eq!(world.end(BOB), Some(EndReason::AnsweredElsewhere));
    assert_eq!(world.state(other), State::Connected);
}

/// Of commands that cross the end of what they were meant for.
#[test]
fn what_is_not_there_is_not_answered_swapped_or_ended() {
    let mut world = World::connected();
    let before = calls(&world, BOB);
    for command in [
        Command::AnswerWaiting { hold: true },
        Command::AnswerWaiting { hold: false },
        Command::DeclineWaiting,
        Command::Swap,
        Command::EndOther,
    ] {
        world.command(BOB, command);
        assert_eq!(calls(&world, BOB), before);
    }
    let mut world = carol_waits(CallType::Video);
    world.command(BOB, Command::Swap);
    assert_eq!(on(&world), "call_1");
}

#[test]
fn an_empty_battery_is_told_in_each_call() {
    let is_low = |world: &World, who: usize| {
        let call = calls(world, who).call.unwrap();
        call.peer_media.unwrap().has(MediaFlag::BatteryLow)
    };
    let mut world = carol_waits(CallType::Video);
    world.input(BOB, Input::BatteryLow(true));
    world.settle();
    assert!(is_low(&world, ALICE));
    answer(&mut world, false);
    assert_eq!(on(&world), "call_c");
    assert!(is_low(&world, CAROL));
    world.input(BOB, Input::BatteryLow(false));
    world.settle();
    assert!(!is_low(&world, CAROL));
}
