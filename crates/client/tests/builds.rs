//! A server that was replaced by one with another build of the page, under pages that are open.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod world;

use std::time::Duration;

use wimpex_call::{Command as CallCommand, State};
use wimpex_client::ServerState;

use world::World;

const ALICE: usize = 0;
const BOB: usize = 1;
const SOON: Duration = Duration::from_secs(20);

/// Alice and Bob at pages of the build `a`, which the server has.
fn with_builds(seed: u64) -> World {
    let mut world = World::alice_and_bob(seed);
    world.upgrade_server("a");
    for tab in [ALICE, BOB] {
        world.tabs[tab].stored.build = Some("a".to_owned());
        world.crash(tab);
    }
    world.pass(SOON);
    assert_eq!(reloads(&world), [0, 0]);
    world
}

fn reloads(world: &World) -> [u32; 2] {
    [ALICE, BOB].map(|tab| world.tabs[tab].browser.reloads)
}

fn talk(world: &mut World) {
    world.start_call(ALICE, BOB);
    assert!(world.pass_until(SOON, |world| world.state(BOB) == State::Ringing));
    world.accept(BOB);
    let connected = [State::Connected; 2];
    assert!(world.pass_until(SOON, |world| world.states() == connected));
}

#[test]
fn an_idle_page_gives_way_once() {
    let mut world = with_builds(1);
    world.upgrade_server("b");
    world.pass(SOON);
    assert_eq!(reloads(&world), [1, 1]);
    // Nothing is left to do, however often the server restarts.
    for _ in 0..3 {
        world.crash_server();
        world.pass(SOON);
    }
    assert_eq!(reloads(&world), [1, 1]);
    assert_eq!(world.view(BOB).server, ServerState::Online);
    talk(&mut world);
}

#[test]
fn a_page_that_stays_the_old_one_is_loaded_once() {
    let mut world = with_builds(2);
    world.upgrade_server("b");
    // Something between gives out the old one.
    world.served_build = Some("a".to_owned());
    world.pass(SOON);
    for _ in 0..3 {
        world.crash_server();
        world.pass(SOON);
    }
    assert_eq!(reloads(&world), [1, 1]);
    talk(&mut world);
}

#[test]
fn servers_that_take_turns_make_no_loop() {
    let mut world = with_builds(3);
    for build in ["b", "a", "b", "a", "b", "a"] {
        world.upgrade_server(build);
        world.pass(SOON);
    }
    assert_eq!(reloads(&world), [2, 2]);
}

#[test]
fn a_call_goes_on_and_the_pages_give_way_after_it() {
    let mut world = with_builds(4);
    talk(&mut world);
    world.upgrade_server("b");
    world.pass(SOON);
    assert_eq!(world.states(), [State::Connected; 2]);
    world.call_command(ALICE, CallCommand::HangUp);
    world.pass(SOON);
    // How it ended is to be read.
    assert_eq!(world.states(), [State::Ended; 2]);
    assert_eq!(reloads(&world), [0, 0]);
    world.call_command(BOB, CallCommand::Dismiss);
    world.pass(SOON);
    assert_eq!(reloads(&world), [0, 1]);
}

#[test]
fn a_call_that_rings_is_not_taken_away() {
    let mut world = with_builds(5);
    world.start_call(ALICE, BOB);
    assert!(world.pass_until(SOON, |world| world.state(BOB) == State::Ringing));
    world.upgrade_server("b");
    world.pass(Duration::from_secs(10));
    assert_eq!(world.states(), [State::Calling, State::Ringing]);
    assert_eq!(reloads(&world), [0, 0]);
}

#[test]
fn somebody_who_types_is_left_alone() {
    let mut world = with_builds(6);
    world.tabs[BOB].is_quiet = false;
    world.upgrade_server("b");
    world.pass(Duration::from_secs(600));
    assert_eq!(reloads(&world), [1, 0]);
    world.tabs[BOB].is_quiet = true;
    world.pass(SOON);
    assert_eq!(reloads(&world), [1, 1]);
}

/// The server kept nothing of the old build, and the page has loaded nothing yet.
#[test]
fn a_part_that_is_gone_does_not_keep_a_call_quiet() {
    let mut world = with_builds(7);
    world.tabs[BOB].is_quiet = false;
    world.tabs[BOB].has_parts = false;
    world.upgrade_server("b");
    world.pass(SOON);
    world.start_call(ALICE, BOB);
    assert!(world.pass_until(SOON, |world| world.state(BOB) == State::Ringing));
    assert_eq!(reloads(&world), [1, 1]);
    world.accept(BOB);
    let connected = [State::Connected; 2];
    assert!(world.pass_until(SOON, |world| world.states() == connected));
}

#[test]
fn who_calls_from_such_a_page_is_offered_the_call_again() {
    let mut world = with_builds(8);
    world.tabs[ALICE].is_quiet = false;
    world.tabs[ALICE].has_parts = false;
    world.upgrade_server("b");
    world.pass(SOON);
    world.start_call(ALICE, BOB);
    world.pass(SOON);
    assert_eq!(reloads(&world), [1, 1]);
    assert_eq!(world.tabs[ALICE].browser.callee, Some(world::user(BOB)));
    talk(&mut world);
}

#[test]
fn a_server_that_names_no_build_changes_nothing() {
    let mut world = with_builds(9);
    world.upgrade_server("b");
    world.server.build = None;
    world.pass(SOON);
    assert_eq!(reloads(&world), [0, 0]);
    // And a page that does not know its own.
    let mut world = World::alice_and_bob(10);
    world.upgrade_server("b");
    world.pass(SOON);
    assert_eq!(reloads(&world), [0, 0]);
}
