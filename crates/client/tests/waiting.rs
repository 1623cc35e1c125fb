//! Two calls at one client: a contact's call rings inside another one, and one of the two is on
//! hold.

mod world;

use std::time::Duration;

use wimpex_call::{Command as CallCommand, EndReason, State};
use wimpex_client::{Command, ContactCommand, Input};
use wimpex_contacts::{Contact, KeySource, Outcome};
use wimpex_protocol::MediaFlag;
use wimpex_verification::Assurance;

use world::{ALICE, BOB, CAROL, World, name, user};

const SECOND: Duration = Duration::from_secs(1);

/// Alice and Bob talk, and Bob has Carol among his contacts.
fn alice_and_bob_talk(seed: u64) -> World {
    let mut world = World::new(seed, &[ALICE, BOB, CAROL]);
    world.pass(2 * SECOND);
    let contact = Contact::new(user(CAROL), name(CAROL), KeySource::Link, 0);
    world.command(BOB, Command::Contacts(ContactCommand::Add(contact)));
    world.start_call(ALICE, BOB);
    assert!(world.pass_until(5 * SECOND, |world| world.state(BOB) == State::Ringing));
    world.accept(BOB);
    world.pass(5 * SECOND);
    assert_eq!(world.states()[..2], [State::Connected; 2]);
    world
}

/// Carol calls too, and waits for Bob's answer.
fn carol_waits(seed: u64) -> World {
    let mut world = alice_and_bob_talk(seed);
    world.start_call(CAROL, BOB);
    assert!(world.pass_until(5 * SECOND, |world| {
        world.view(BOB).call.waiting.is_some()
    }));
    world
}

/// Bob talks with Carol, and Alice is on hold.
fn alice_on_hold(seed: u64) -> World {
    let mut world = carol_waits(seed);
    world.call_command(BOB, CallCommand::AnswerWaiting { hold: true });
    world.pass(5 * SECOND);
    assert_eq!(world.states(), [State::Connected; 3]);
    assert_bob_talks_with(&world, CAROL);
    world
}

fn assert_bob_talks_with(world: &World, peer: usize) {
    let call = world.view(BOB).call.call.clone().expect("a call");
    assert_eq!(call.peer, user(peer));
    for (id, connection) in &world.tabs[BOB].browser.connections {
        let is_it = *id == call.connection;
        assert_eq!(connection.on_hold, !is_it);
        assert_eq!(connection.sends.len(), if is_it { 2 } else { 0 });
    }
    // Who is talked with is proved, and nobody else is taken for that.
    let assurance = world.view(BOB).trust.assurance;
    assert!(matches!(assurance, Assurance::KeyProved(_)));
    assert_eq!(world.view(peer).trust.assurance, assurance);
    for who in [ALICE, CAROL] {
        if world.state(who) == State::Connected {
            assert_eq!(is_told_of_hold(world, who), who != peer, "{who}");
        }
    }
}

fn is_told_of_hold(world: &World, who: usize) -> bool {
    let call = world.view(who).call.call.clone().expect("a call");
    call.peer_media
        .expect("it has been said")
        .has(MediaFlag::OnHold)
}

fn outcomes(world: &World, who: usize) -> Vec<Outcome> {
    let contacts = &world.view(who).contacts;
    contacts.calls().iter().map(|it| it.outcome).collect()
}

fn hang_up_and_look(mut world: World) {
    for who in [BOB, BOB, ALICE, CAROL] {
        world.call_command(who, CallCommand::HangUp);
        world.pass(2 * SECOND);
    }
    world.assert_all_let_go();
    for who in [ALICE, BOB, CAROL] {
        assert_eq!(world.view(who).trust.alert, None);
    }
}

#[test]
fn a_contacts_call_rings_inside_another_and_both_are_proved() {
    let mut world = alice_on_hold(1);
    for peer in [ALICE, CAROL, ALICE] {
        world.call_command(BOB, CallCommand::Swap);
        world.pass(SECOND);
        assert_bob_talks_with(&world, peer);
    }
    // The user hangs up, and is back with the other one.
    world.call_command(BOB, CallCommand::HangUp);
    world.pass(2 * SECOND);
    assert_bob_talks_with(&world, CAROL);
    assert_eq!(world.state(ALICE), State::Ended);
    world.call_command(BOB, CallCommand::HangUp);
    world.pass(2 * SECOND);
    world.assert_all_let_go();
    let outcomes = outcomes(&world, BOB);
    assert_eq!(outcomes.len(), 2);
    assert!(
        outcomes
            .iter()
            .all(|it| matches!(it, Outcome::Answered { .. }))
    );
}

#[test]
fn the_first_call_ends_for_the_second_one() {
    let mut world = carol_waits(2);
    world.call_command(BOB, CallCommand::AnswerWaiting { hold: false });
    world.pass(5 * SECOND);
    assert_bob_talks_with(&world, CAROL);
    let ended = world.view(ALICE).call.ended.clone().unwrap();
    assert_eq!(ended.reason, EndReason::PeerHungUp);
    hang_up_and_look(world);
}

#[test]
fn a_second_call_is_declined_or_missed_and_told_of() {
    let mut world = carol_waits(3);
    world.call_command(BOB, CallCommand::DeclineWaiting);
    world.pass(2 * SECOND);
    assert_eq!(
        world.view(CAROL).call.ended.clone().unwrap().reason,
        EndReason::PeerDeclined
    );
    assert_bob_talks_with(&world, ALICE);
    assert_eq!(outcomes(&world, BOB), [Outcome::Declined]);
    // Given up.
    world.start_call(CAROL, BOB);
    world.pass(2 * SECOND);
    assert!(world.view(BOB).call.waiting.is_some());
    world.call_command(CAROL, CallCommand::HangUp);
    world.pass(2 * SECOND);
    assert_eq!(world.view(BOB).call.waiting, None);
    assert_eq!(outcomes(&world, BOB)[0], Outcome::Missed);
    let ended = world.view(BOB).call.ended.clone().unwrap();
    assert_eq!((ended.peer, ended.reason), (user(CAROL), EndReason::Missed));
    assert_bob_talks_with(&world, ALICE);
    hang_up_and_look(world);
}

#[test]
fn a_strangers_call_is_a_missed_one_as_ever() {
    let mut world = alice_and_bob_talk(4);
    let remove = ContactCommand::Remove(user(CAROL));
    world.command(BOB, Command::Contacts(remove));
    world.start_call(CAROL, BOB);
    world.pass(3 * SECOND);
    let ended = world.view(CAROL).call.ended.clone().unwrap();
    assert_eq!(ended.reason, EndReason::Busy);
    assert_eq!(outcomes(&world, BOB), [Outcome::Missed]);
    assert_eq!(world.view(BOB).call.waiting, None);
    assert_bob_talks_with(&world, ALICE);
}

#[test]
fn whoever_is_on_hold_hangs_up_or_the_other_one_does() {
    let mut world = alice_on_hold(5);
    world.call_command(ALICE, CallCommand::HangUp);
    world.pass(2 * SECOND);
    assert_bob_talks_with(&world, CAROL);
    assert_eq!(world.view(BOB).call.held, None);
    hang_up_and_look(world);

    let mut world = alice_on_hold(6);
    world.call_command(CAROL, CallCommand::HangUp);
    world.pass(2 * SECOND);
    let call = world.view(BOB).call.call.clone().expect("a call");
    assert!(call.peer == user(ALICE) && call.on_hold);
    assert!(is_told_of_hold(&world, ALICE));
    world.call_command(BOB, CallCommand::SetOnHold(false));
    world.pass(2 * SECOND);
    assert_bob_talks_with(&world, ALICE);
    hang_up_and_look(world);
}

/// Every browser in turn loses its connection, the server goes, and the network: both calls
/// outlive it.
#[test]
fn both_calls_outlive_what_one_outlives() {
    let mut world = alice_on_hold(7);
    for tab in [ALICE, BOB, CAROL] {
        world.close_by_browser(tab, true);
        world.pass(10 * SECOND);
        assert_eq!(world.states(), [State::Connected; 3]);
        assert_bob_talks_with(&world, CAROL);
    }
    world.crash_server();
    world.path = false;
    world.pass(10 * SECOND);
    world.path = true;
    world.pass(25 * SECOND);
    assert_eq!(world.states(), [State::Connected; 3]);
    assert_bob_talks_with(&world, CAROL);
    world.input(BOB, Input::NetworkChanged);
    world.pass(5 * SECOND);
    world.call_command(BOB, CallCommand::Swap);
    world.pass(SECOND);
    assert_bob_talks_with(&world, ALICE);
    hang_up_and_look(world);
}

#[test]
fn both_calls_end_with_the_page() {
    let mut world = alice_on_hold(8);
    world.input(BOB, Input::PageHide);
    world.pass(3 * SECOND);
    assert_eq!(world.states(), [State::Ended; 3]);
    world.assert_all_let_go();
    // Both are past calls, though they ended at once.
    assert_eq!(outcomes(&world, BOB).len(), 2);
}

#[test]
fn a_second_call_whose_caller_is_gone_ends_and_the_first_goes_on() {
    let mut world = carol_waits(9);
    let carol = world.view(CAROL).call.call.clone().unwrap().call_id;
    world.crash(CAROL);
    world.pass(2 * SECOND);
    world.call_command(BOB, CallCommand::AnswerWaiting { hold: true });
    world.pass(40 * SECOND);
    let ended = world.view(BOB).call.ended.clone().unwrap();
    assert_eq!(ended.call_id, carol);
    let call = world.view(BOB).call.call.clone().expect("a call");
    assert_eq!(call.peer, user(ALICE));
    world.call_command(BOB, CallCommand::SetOnHold(false));
    world.pass(2 * SECOND);
    assert_bob_talks_with(&world, ALICE);
    hang_up_and_look(world);
}

/// Carol and Bob call each other while Bob is in a call: he cannot, and hers waits.
#[test]
fn nobody_calls_out_of_a_call() {
    let mut world = alice_and_bob_talk(10);
    world.start_call(BOB, CAROL);
    world.start_call(CAROL, BOB);
    world.pass(3 * SECOND);
    assert!(world.view(BOB).call.waiting.is_some());
    assert_bob_talks_with(&world, ALICE);
    hang_up_and_look(world);
}
