//! Do not disturb: who still rings, what the caller sees, and how it ends.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod world;

use std::time::Duration;

use wimpex_call::{Callee, Command as CallCommand, EndReason, State};
use wimpex_client::{Command, ContactCommand, Input, UNTIL_TURNED_OFF};
use wimpex_contacts::{Contact, KeySource, Outcome};
use wimpex_sansio::UnixTime;
use world::{ALICE, BOB, CAROL, EPOCH, World, name, user};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
/// Bob's other tab.
const OTHER: usize = 3;

/// Alice and Carol know Bob, who has two tabs; both are his contacts.
fn friends(seed: u64) -> World {
    let mut world = World::new(seed, &[ALICE, BOB, CAROL, BOB]);
    world.pass(2 * SECOND);
    for person in [ALICE, CAROL] {
        let contact = Contact::new(user(person), name(person), KeySource::Link, 0);
        world.command(BOB, Command::Contacts(ContactCommand::Add(contact)));
        world.pass(SECOND);
    }
    world
}

fn quiet_for(world: &mut World, time: Duration) {
    let at = EPOCH + (world.now.as_millis() + time.as_millis() as u64);
    let until = Some(UnixTime::from_millis(at));
    world.command(BOB, Command::DoNotDisturb(until));
    world.pass(SECOND);
}

fn callee(world: &World, tab: usize) -> Option<Callee> {
    world.view(tab).call.call.as_ref().map(|call| call.callee)
}

fn missed(world: &World, of: usize) -> usize {
    let calls = world.view(BOB).contacts.calls().iter();
    let missed = calls.filter(|call| call.outcome == Outcome::Missed && call.peer == user(of));
    missed.count()
}

/// Calls Bob; whether that rings in both tabs, or in none.
fn rings(world: &mut World, caller: usize) -> bool {
    world.start_call(caller, BOB);
    world.pass(3 * SECOND);
    let rings = [BOB, OTHER].map(|tab| world.state(tab) == State::Ringing);
    assert_eq!(rings[0], rings[1]);
    rings[0]
}

fn gives_up(world: &mut World, caller: usize) {
    world.call_command(caller, CallCommand::HangUp);
    world.pass(2 * SECOND);
}

#[test]
fn nobody_rings_but_who_always_may_and_the_caller_is_told_the_truth() {
    let mut world = friends(1);
    let always = ContactCommand::RingAlways(user(CAROL), true);
    world.command(BOB, Command::Contacts(always));
    quiet_for(&mut world, 30 * MINUTE);
    assert!(!rings(&mut world, ALICE));
    assert_eq!(callee(&world, ALICE), Some(Callee::RingsSilently));
    // In the list at once, once, and again for no repetition of the offer.
    assert_eq!(missed(&world, ALICE), 1);
    world.pass(MINUTE);
    let ended = world.view(ALICE).call.ended.as_ref();
    assert_eq!(ended.map(|ended| ended.reason), Some(EndReason::NoAnswer));
    assert_eq!(missed(&world, ALICE), 1);
    assert!(rings(&mut world, CAROL));
    world.accept(BOB);
    world.pass(5 * SECOND);
    assert_eq!(world.state(BOB), State::Connected);
}

#[test]
fn strangers_do_not_ring_either() {
    let mut world = World::new(2, &[ALICE, BOB, CAROL, BOB]);
    world.pass(2 * SECOND);
    quiet_for(&mut world, 30 * MINUTE);
    assert!(!rings(&mut world, CAROL));
    assert_eq!(callee(&world, CAROL), Some(Callee::RingsSilently));
}

#[test]
fn it_ends_by_itself_in_all_tabs_and_survives_a_reload() {
    let mut world = friends(3);
    quiet_for(&mut world, 30 * MINUTE);
    world.crash(BOB);
    world.pass(2 * SECOND);
    assert!(!rings(&mut world, ALICE));
    gives_up(&mut world, ALICE);
    world.pass(30 * MINUTE);
    for tab in [BOB, OTHER] {
        assert_eq!(world.view(tab).do_not_disturb_until, None, "{tab}");
        assert_eq!(world.tabs[tab].stored.do_not_disturb_until, None, "{tab}");
    }
    assert!(rings(&mut world, ALICE));
}

#[test]
fn without_a_time_it_stays_until_it_is_turned_off() {
    let mut world = friends(4);
    world.command(BOB, Command::DoNotDisturb(Some(UNTIL_TURNED_OFF)));
    world.pass(60 * MINUTE);
    assert!(!rings(&mut world, ALICE));
    // Whose call was noted does not ring in the middle of it.
    world.command(BOB, Command::DoNotDisturb(None));
    world.pass(5 * SECOND);
    assert_eq!(world.state(BOB), State::Idle);
    gives_up(&mut world, ALICE);
    assert!(rings(&mut world, ALICE));
}

/// A page that slept wakes up later than its timer: the clock counts.
#[test]
fn a_late_timer_keeps_nobody_quiet() {
    let mut world = friends(5);
    quiet_for(&mut world, 30 * MINUTE);
    let wall = EPOCH + world.now.as_millis() + 31 * MINUTE.as_millis() as u64;
    for tab in [ALICE, BOB, OTHER] {
        world.input(tab, Input::WallClock(UnixTime::from_millis(wall)));
    }
    assert!(rings(&mut world, ALICE));
}

#[test]
fn who_is_called_back_takes_the_call_though_theirs_was_silent() {
    let mut world = friends(6);
    quiet_for(&mut world, 30 * MINUTE);
    assert!(!rings(&mut world, ALICE));
    world.start_call(BOB, ALICE);
    assert!(world.pass_until(3 * SECOND, |world| world.state(ALICE) == State::Ringing));
    world.accept(ALICE);
    world.pass(5 * SECOND);
    assert_eq!(world.state(BOB), State::Connected);
}
