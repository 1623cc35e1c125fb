//! A call that the user starts before what runs calls is loaded.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod world;

use std::time::Duration;

use wimpex_call::{EndReason, Role, State};

use world::{ALICE, BOB, World};

const SECOND: Duration = Duration::from_secs(1);

fn reason(world: &World) -> Option<EndReason> {
    world.view(ALICE).call.ended.as_ref().map(|it| it.reason)
}

/// It is shown at once, and goes out as soon as it can.
#[test]
fn a_call_waits_for_what_runs_it() {
    for seed in 0..20 {
        let mut world = World::alice_and_bob(seed);
        world.verifier_takes = 4 * SECOND;
        world.start_call(ALICE, BOB);
        let shown = world.view(ALICE).call.call.clone().unwrap();
        assert_eq!(
            (world.state(ALICE), shown.role),
            (State::Calling, Role::Caller)
        );
        world.pass(3 * SECOND);
        assert_eq!(world.states(), [State::Calling, State::Idle]);
        assert!(world.tabs[ALICE].browser.connections.is_empty());
        assert!(world.pass_until(10 * SECOND, |world| world.state(BOB) == State::Ringing));
        world.accept(BOB);
        let are_connected = |world: &World| world.states() == [State::Connected, State::Connected];
        assert!(world.pass_until(10 * SECOND, are_connected), "seed {seed}");
        let now = world.view(ALICE).call.call.as_ref().unwrap();
        assert_eq!(now.call_id, shown.call_id);
    }
}

/// It ends with a reason when that does not come, and the next one begins anew.
#[test]
fn a_call_ends_that_nothing_can_run() {
    let mut world = World::alice_and_bob(1);
    world.tabs[ALICE].has_parts = false;
    world.start_call(ALICE, BOB);
    assert!(world.pass_until(30 * SECOND, |world| world.state(ALICE) == State::Ended));
    assert_eq!(reason(&world), Some(EndReason::NegotiationFailed));
    assert_eq!(world.view(ALICE).contacts.calls().len(), 1);
    world.call_command(ALICE, wimpex_call::Command::Dismiss);
    assert_eq!(world.state(ALICE), State::Idle);
    world.tabs[ALICE].has_parts = true;
    world.start_call(ALICE, BOB);
    assert!(world.pass_until(10 * SECOND, |world| world.state(BOB) == State::Ringing));
}

/// Nobody hears of a call that was given up before.
#[test]
fn a_call_is_given_up_before_it_has_begun() {
    for dismissed in [false, true] {
        let mut world = World::alice_and_bob(2);
        world.verifier_takes = 4 * SECOND;
        world.start_call(ALICE, BOB);
        world.pass(SECOND);
        if dismissed {
            world.call_command(ALICE, wimpex_call::Command::Dismiss);
            assert_eq!(world.state(ALICE), State::Idle);
        } else {
            world.call_command(ALICE, wimpex_call::Command::HangUp);
            assert_eq!(reason(&world), Some(EndReason::Cancelled));
        }
        let before = world.states();
        assert!(!world.pass_until(20 * SECOND, |world| world.state(BOB) == State::Ringing));
        assert_eq!(world.states()[BOB], before[BOB]);
        world.start_call(ALICE, BOB);
        assert!(world.pass_until(10 * SECOND, |world| world.state(BOB) == State::Ringing));
    }
}
