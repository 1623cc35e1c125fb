//! Two whole clients and a server: login, resume, verification, call and contacts.

mod world;

use std::time::Duration;

use wimpex_call::State;
use wimpex_client::{
    Audience, Caller, CheckResult, Command, ContactCommand, ContactsRead, HttpAnswer, Input,
    KeyStorage, Lock, ServerState,
};
use wimpex_contacts::{Contact, KeySource, Outcome};
use wimpex_verification::Assurance;

use world::{ALICE, BOB, CAROL, World, name, user};

const SECOND: Duration = Duration::from_secs(1);

fn contact(person: usize) -> Contact {
    Contact::new(user(person), name(person), KeySource::Link, 0)
}

/// Alice calls Bob, who accepts; both see each other.
fn call(world: &mut World) {
    world.start_call(ALICE, BOB);
    assert!(world.pass_until(5 * SECOND, |world| world.state(BOB) == State::Ringing));
    world.accept(BOB);
    assert!(
        world.pass_until(5 * SECOND, |world| {
            world.states()[..2] == [State::Connected, State::Connected]
        }),
        "{:?}\n{:#?}\n{:#?}",
        world.states(),
        world.tabs[ALICE].client.host().notes,
        (
            &world.tabs[BOB].client.host().notes,
            &world.view(ALICE).call.ended
        )
    );
}

#[test]
fn clients_log_in() {
    let world = World::alice_and_bob(1);
    assert_eq!(world.view(ALICE).server, ServerState::Online);
    assert_eq!(world.view(ALICE).me, Some(user(ALICE)));
    assert!(world.view(ALICE).has_relay);
}

/// A path that is lost in the first second is repaired by another connection only if each knows
/// by then that the other one's page can do so.
#[test]
fn what_the_peer_can_do_is_known_as_soon_as_the_channel_is_open() {
    let mut world = World::alice_and_bob(2);
    call(&mut world);
    world.pass(SECOND / 5);
    for who in [ALICE, BOB] {
        let call = world.view(who).call.call.clone().unwrap();
        assert!(call.peer_media.is_some(), "{who} waits for a second try");
    }
}

#[test]
fn a_call_connects_and_is_proved() {
    let mut world = World::alice_and_bob(2);
    world.command(ALICE, Command::Contacts(ContactCommand::Add(contact(BOB))));
    world.pass(SECOND);
    assert_eq!(
        world.view(ALICE).peer(&user(BOB)).unwrap().online,
        Some(true)
    );
    call(&mut world);
    world.pass(3 * SECOND);
    let trust = &world.view(ALICE).trust;
    assert!(matches!(trust.assurance, Assurance::KeyProved(_)));
    assert_eq!(trust.assurance, world.view(BOB).trust.assurance);
    let known = world.view(ALICE).peer(&user(BOB));
    let caller = Caller::of(&user(BOB), known, Some("Bob".to_owned()));
    assert_eq!(Lock::of(trust.assurance, None, &caller), Lock::Verified);
    // Bob does not know Alice.
    let known = world.view(BOB).peer(&user(ALICE));
    let caller = Caller::of(&user(ALICE), known, Some("Alice".to_owned()));
    let assurance = world.view(BOB).trust.assurance;
    assert_eq!(Lock::of(assurance, None, &caller), Lock::NotVerified);
    world.call_command(ALICE, wimpex_call::Command::HangUp);
    world.pass(3 * SECOND);
    assert_eq!(world.states(), [State::Ended, State::Ended]);
    world.assert_all_let_go();
    for tab in [ALICE, BOB] {
        let calls = world.view(tab).contacts.calls();
        assert_eq!(calls.len(), 1);
        assert!(matches!(calls[0].outcome, Outcome::Answered { .. }));
    }
}

/// Report 8: the browser closes the connection by itself. Nobody has hung up, and who the other
/// one is needs no second proof.
#[test]
fn the_same_call_goes_on_over_another_connection() {
    for closes in [ALICE, BOB] {
        for peer_hears in [true, false] {
            let mut world = World::alice_and_bob(29);
            call(&mut world);
            world.pass(3 * SECOND);
            let assurance = world.view(ALICE).trust.assurance;
            let before = world.view(BOB).call.call.clone().unwrap();
            for _ in 0..3 {
                world.close_by_browser(closes, peer_hears);
                assert!(
                    world.pass_until(SECOND, |world| world.state(closes) == State::Reconnecting)
                );
                assert!(world.pass_until(5 * SECOND, |world| {
                    world.states()[..2] == [State::Connected, State::Connected]
                }));
                world.pass(2 * SECOND);
            }
            for tab in [ALICE, BOB] {
                assert_eq!(world.view(tab).trust.assurance, assurance);
                assert_eq!(world.view(tab).trust.alert, None);
            }
            let after = world.view(BOB).call.call.clone().unwrap();
            assert_eq!(after.call_id, before.call_id);
            assert_eq!(after.connected_at, before.connected_at);
            assert!(after.connection > before.connection);
            world.call_command(closes, wimpex_call::Command::HangUp);
            world.pass(3 * SECOND);
            world.assert_all_let_go();
        }
    }
}

#[test]
fn another_connection_waits_for_a_server_that_is_back_in_time() {
    for closes in [ALICE, BOB] {
        let mut world = World::alice_and_bob(30);
        call(&mut world);
        world.pass(3 * SECOND);
        for tab in [ALICE, BOB] {
            world.set_cut_off(tab, true);
        }
        world.close_by_browser(closes, true);
        world.pass(15 * SECOND);
        for tab in [ALICE, BOB] {
            assert_eq!(world.state(tab), State::Reconnecting);
            world.set_cut_off(tab, false);
        }
        world.crash_server();
        assert!(world.pass_until(14 * SECOND, |world| {
            world.states()[..2] == [State::Connected, State::Connected]
        }));
        assert!(matches!(bobs_lock(&world), Lock::NotVerified));
    }
}

#[test]
fn both_connections_are_closed_at_once() {
    let mut world = World::alice_and_bob(31);
    call(&mut world);
    world.pass(3 * SECOND);
    for tab in [ALICE, BOB] {
        world.close_by_browser(tab, false);
    }
    world.pass(5 * SECOND);
    assert_eq!(world.states()[..2], [State::Connected, State::Connected]);
    assert_eq!(world.view(ALICE).trust.alert, None);
}

/// How the lock of Bob's call with Alice stands.
fn bobs_lock(world: &World) -> Lock {
    let (view, alice) = (world.view(BOB), user(ALICE));
    let caller = Caller::of(&alice, view.peer(&alice), Some("Alice".to_owned()));
    Lock::of(view.trust.assurance, view.trust.compared, &caller)
}

#[test]
fn who_was_added_after_a_call_is_not_verified_by_that() {
    let mut world = World::alice_and_bob(12);
    let hang_up = |world: &mut World| {
        world.call_command(ALICE, wimpex_call::Command::HangUp);
        world.pass(3 * SECOND);
    };
    call(&mut world);
    world.pass(3 * SECOND);
    assert_eq!(bobs_lock(&world), Lock::NotVerified);
    hang_up(&mut world);
    let met = Contact::new(user(ALICE), name(ALICE), KeySource::Call, 0);
    world.command(BOB, Command::Contacts(ContactCommand::Add(met)));
    call(&mut world);
    world.pass(3 * SECOND);
    assert_eq!(bobs_lock(&world), Lock::NotCompared);
    let is_compared = |world: &World| {
        let contacts = &world.view(BOB).contacts;
        contacts
            .contact(&user(ALICE))
            .is_some_and(|it| it.is_compared)
    };
    // Said by mistake, and taken back.
    world.command(BOB, Command::SasCompared(Some(true)));
    assert!(is_compared(&world));
    world.command(BOB, Command::SasCompared(None));
    assert!(!is_compared(&world));
    assert_eq!(bobs_lock(&world), Lock::NotCompared);
    world.command(BOB, Command::SasCompared(Some(true)));
    hang_up(&mut world);
    call(&mut world);
    world.pass(3 * SECOND);
    assert_eq!(world.view(BOB).trust.compared, None, "it is another call");
    assert_eq!(bobs_lock(&world), Lock::Verified);
    world.command(BOB, Command::SasCompared(Some(false)));
    hang_up(&mut world);
    call(&mut world);
    world.pass(3 * SECOND);
    assert!(!is_compared(&world));
    assert_eq!(bobs_lock(&world), Lock::NotVerified);
}

#[test]
fn a_call_survives_the_servers_death() {
    let mut world = World::alice_and_bob(3);
    call(&mut world);
    world.crash_server();
    world.pass(5 * SECOND);
    assert_eq!(world.states(), [State::Connected, State::Connected]);
    assert_eq!(world.view(ALICE).server, ServerState::Online);
    world.call_command(BOB, wimpex_call::Command::HangUp);
    world.pass(2 * SECOND);
    assert_eq!(world.states(), [State::Ended, State::Ended]);
}

/// The verifier may be loaded before the key is found; an unsigned offer would alert Bob.
#[test]
fn a_call_right_after_loading_is_signed() {
    let mut world = World::alice_and_bob(9);
    world.command(BOB, Command::OpenLink(user(ALICE), None));
    world.pass(SECOND);
    world.key_takes = SECOND;
    world.crash(ALICE);
    world.start_call(ALICE, BOB);
    world.pass(3 * SECOND);
    assert_eq!(world.view(BOB).trust.alert, None);
    assert_eq!(world.states(), [State::Calling, State::Ringing]);
}

#[test]
fn a_socket_that_dies_silently_is_replaced() {
    let mut world = World::alice_and_bob(4);
    call(&mut world);
    world.set_cut_off(ALICE, true);
    world.pass(12 * SECOND);
    assert_eq!(world.view(ALICE).server, ServerState::Lost);
    world.set_cut_off(ALICE, false);
    // A socket that was opened meanwhile is given up first.
    world.pass(13 * SECOND);
    assert_eq!(world.view(ALICE).server, ServerState::Online);
    assert_eq!(world.states(), [State::Connected, State::Connected]);
}

/// Why the server is of no use is said as far as it is known, and until it is of use.
#[test]
fn a_server_that_answers_over_http_alone_says_why() {
    for (answer, shown) in [
        (HttpAnswer::None, ServerState::Lost),
        (HttpAnswer::Healthy, ServerState::Blocked),
        (HttpAnswer::Misdirected, ServerState::Misdirected),
    ] {
        let mut world = World::alice_and_bob(4);
        world.http_answer = answer;
        world.set_cut_off(ALICE, true);
        world.pass(90 * SECOND);
        assert_eq!(world.view(ALICE).server, shown);
        world.set_cut_off(ALICE, false);
        world.pass(90 * SECOND);
        assert_eq!(world.view(ALICE).server, ServerState::Online);
    }
}

#[test]
fn who_is_busy_misses_a_call() {
    let mut world = World::new(5, &[ALICE, BOB, CAROL]);
    world.pass(2 * SECOND);
    call(&mut world);
    world.start_call(CAROL, ALICE);
    world.pass(3 * SECOND);
    assert_eq!(world.state(CAROL), State::Ended);
    let missed: Vec<_> = world.view(ALICE).contacts.missed().collect();
    assert_eq!(missed.len(), 1);
}

#[test]
fn who_is_blocked_does_not_ring() {
    let mut world = World::alice_and_bob(6);
    let block = [
        ContactCommand::Add(contact(ALICE)),
        ContactCommand::Block(user(ALICE), true),
    ];
    for command in block {
        world.command(BOB, Command::Contacts(command));
    }
    world.start_call(ALICE, BOB);
    world.pass(10 * SECOND);
    assert_eq!(world.state(BOB), State::Idle);
    assert_eq!(world.view(BOB).contacts.missed().count(), 0);
}

#[test]
fn tabs_of_one_person_share_the_contacts() {
    let mut world = World::new(7, &[ALICE, ALICE]);
    for tab in [0, 1] {
        world.command(tab, Command::Contacts(ContactCommand::Load));
    }
    world.pass(2 * SECOND);
    world.command(0, Command::Contacts(ContactCommand::Add(contact(BOB))));
    world.command(1, Command::Contacts(ContactCommand::Add(contact(CAROL))));
    world.pass(2 * SECOND);
    for tab in [0, 1] {
        let contacts = &world.view(tab).contacts;
        assert_eq!(contacts.contacts().len(), 2, "tab {tab}");
    }
}

#[test]
fn one_of_two_tabs_takes_the_call() {
    let mut world = World::new(8, &[ALICE, BOB, BOB]);
    world.pass(2 * SECOND);
    world.start_call(0, 1);
    world.pass(2 * SECOND);
    assert_eq!(world.states()[1..], [State::Ringing, State::Ringing]);
    world.accept(2);
    world.pass(5 * SECOND);
    assert_eq!(
        world.states(),
        [State::Connected, State::Ended, State::Connected]
    );
}

#[test]
fn a_slow_database_is_waited_for() {
    let mut world = World::alice_and_bob(20);
    world.key_takes = 60 * SECOND;
    world.crash(BOB);
    world.pass(2 * SECOND);
    assert_eq!(world.view(BOB).trust.key_storage, KeyStorage::Fine);
    world.pass(30 * SECOND);
    let trust = &world.view(BOB).trust;
    assert_eq!(trust.key_storage, KeyStorage::Slow);
    assert!(!trust.is_guest, "nobody becomes somebody else meanwhile");
    assert_ne!(world.view(BOB).server, ServerState::Online);
    assert!(world.pass_until(120 * SECOND, |world| {
        world.view(BOB).server == ServerState::Online
    }));
    assert_eq!(world.view(BOB).me, Some(user(BOB)));
    assert_eq!(world.view(BOB).trust.key_storage, KeyStorage::Fine);
}

#[test]
fn a_key_that_cannot_be_read_is_looked_for_again() {
    let mut world = World::alice_and_bob(21);
    world.key_fails = vec!["UnknownError", "AbortError"];
    world.crash(BOB);
    world.pass(2 * SECOND);
    let trust = &world.view(BOB).trust;
    let failing = KeyStorage::Failing("AbortError".to_owned());
    assert_eq!((&trust.key_storage, trust.is_guest), (&failing, false));
    world.pass(15 * SECOND);
    assert_eq!(world.view(BOB).trust.key_storage, KeyStorage::Fine);
    assert_eq!(world.view(BOB).me, Some(user(BOB)));
    assert_eq!(world.view(BOB).server, ServerState::Online);
    // A browser that keeps no keys at all makes a guest, who is told why.
    world.key_fails = vec!["SecurityError"];
    world.crash(BOB);
    world.pass(5 * SECOND);
    assert!(world.view(BOB).trust.is_guest);
}

#[test]
fn a_newcomers_database_is_asked_again_before_they_are_a_guest() {
    let mut world = World::alice_and_bob(23);
    let mut newcomer = |fails: &[&'static str]| {
        world.key_fails = fails.to_vec();
        world.tabs[BOB].stored.user = None;
        world.crash(BOB);
        world.pass(5 * SECOND);
        let trust = world.view(BOB).trust.clone();
        (trust.is_guest, trust.key_storage, world.key_fails.len())
    };
    let fails_twice = newcomer(&["UnknownError", "AbortError"]);
    assert_eq!(fails_twice, (false, KeyStorage::Fine, 0));
    let fails_for_long = newcomer(&["UnknownError"; 4]);
    let failing = KeyStorage::Failing("UnknownError".to_owned());
    assert_eq!(fails_for_long, (true, failing, 1));
    // What will never be otherwise is not asked twice.
    assert_eq!(newcomer(&["UnknownError", "SecurityError"]).2, 1);
}

#[test]
fn of_two_readings_of_the_contacts_the_later_one_counts() {
    let mut world = World::alice_and_bob(22);
    world.command(BOB, Command::Contacts(ContactCommand::Load));
    world.pass(SECOND);
    let with = |people: &[usize]| {
        let mut contacts = wimpex_contacts::Contacts::default();
        people
            .iter()
            .for_each(|it| contacts.add(contact(*it)).unwrap());
        Some(contacts)
    };
    let first = world.last_read(BOB);
    world.input(BOB, Input::ContactsChangedElsewhere);
    world.input(BOB, Input::ContactsChangedElsewhere);
    let (older, newer) = (ContactsRead(first.0 + 1), ContactsRead(first.0 + 2));
    assert_eq!(world.last_read(BOB), newer);
    world.input(BOB, Input::ContactsRead(newer, with(&[ALICE, CAROL])));
    world.input(BOB, Input::ContactsRead(older, with(&[ALICE])));
    assert_eq!(world.view(BOB).contacts.contacts().len(), 2);
}

/// The tab's page anew, in a browser that keeps no key.
fn become_guest(world: &mut World, tab: usize) {
    world.key_fails = vec!["NotSupportedError"];
    world.crash(tab);
    world.pass(3 * SECOND);
    assert!(world.view(tab).trust.is_guest);
}

#[test]
fn a_guest_who_calls_has_a_relay_first() {
    let mut world = World::alice_and_bob(40);
    become_guest(&mut world, ALICE);
    let view = world.view(ALICE);
    assert!(view.has_relay && view.ice_servers.is_empty());
    world.start_call(ALICE, BOB);
    assert_eq!(world.state(ALICE), State::Idle);
    assert!(world.pass_until(SECOND, |world| world.state(ALICE) == State::Calling));
    assert_eq!(world.view(ALICE).ice_servers.len(), 1);
    assert!(world.pass_until(5 * SECOND, |world| world.state(BOB) == State::Ringing));
    // A server that forgets everything does not take it away.
    world.accept(BOB);
    assert!(world.pass_until(5 * SECOND, |world| world.state(ALICE) == State::Connected));
    world.crash_server();
    world.pass(10 * SECOND);
    assert_eq!(world.view(ALICE).ice_servers.len(), 1);
    world.call_command(ALICE, wimpex_call::Command::HangUp);
    world.pass(3 * SECOND);
    // The next call soon after needs no more.
    world.start_call(ALICE, BOB);
    assert_eq!(world.state(ALICE), State::Calling);
}

#[test]
fn a_guests_call_waits_for_no_silent_server() {
    let mut world = World::alice_and_bob(41);
    become_guest(&mut world, ALICE);
    world.set_cut_off(ALICE, true);
    world.start_call(ALICE, BOB);
    assert_eq!(world.state(ALICE), State::Idle);
    assert!(world.pass_until(3 * SECOND, |world| world.state(ALICE) == State::Calling));
    world.set_cut_off(ALICE, false);
    assert!(world.pass_until(20 * SECOND, |world| world.state(BOB) == State::Ringing));
}

#[test]
fn a_guests_check_has_the_relay_too() {
    let mut world = World::alice_and_bob(42);
    become_guest(&mut world, ALICE);
    world.command(ALICE, Command::CheckConnection);
    let works = |world: &World| {
        let check = &world.view(ALICE).check;
        check
            .iter()
            .filter(|(_, it)| *it == CheckResult::Works)
            .count()
    };
    assert_eq!((world.view(ALICE).check.len(), works(&world)), (8, 0));
    world.pass(SECOND);
    assert_eq!((works(&world), world.view(ALICE).ice_servers.len()), (8, 1));
}

/// Whether Bob is online, as Alice and as Carol sees it.
fn bob_as_seen(world: &World) -> [bool; 2] {
    [ALICE, CAROL].map(|tab| {
        let bob = world.view(tab).peer(&user(BOB));
        bob.is_some_and(|bob| bob.online == Some(true))
    })
}

fn all_who_look_at_bob(seed: u64) -> World {
    let mut world = World::new(seed, &[ALICE, BOB, CAROL]);
    for tab in [ALICE, CAROL] {
        world.command(tab, Command::Watch(user(BOB)));
    }
    world.pass(2 * SECOND);
    world
}

#[test]
fn with_a_contact_only_contacts_see_one_online() {
    let mut world = all_who_look_at_bob(43);
    assert_eq!(world.view(BOB).audience, Audience::Everybody);
    assert_eq!(bob_as_seen(&world), [true, true]);
    world.command(BOB, Command::Contacts(ContactCommand::Add(contact(ALICE))));
    world.pass(SECOND);
    assert_eq!(world.view(BOB).audience, Audience::Contacts);
    assert_eq!(bob_as_seen(&world), [true, false]);
    // Not for a moment, whoever has forgotten everything.
    for crash in [World::crash_server, |world: &mut World| world.crash(BOB)] {
        crash(&mut world);
        for _ in 0..2_000 {
            world.pass(SECOND / 200);
            assert!(!bob_as_seen(&world)[1]);
        }
        assert_eq!(bob_as_seen(&world), [true, false]);
    }
    // Whoever has the link can call, and the two see each other then.
    world.start_call(CAROL, BOB);
    assert!(world.pass_until(5 * SECOND, |world| world.state(BOB) == State::Ringing));
    world.accept(BOB);
    world.pass(5 * SECOND);
    assert_eq!(world.state(CAROL), State::Connected);
    assert_eq!(bob_as_seen(&world), [true, true]);
    world.call_command(BOB, wimpex_call::Command::HangUp);
    world.pass(5 * SECOND);
    assert_eq!(bob_as_seen(&world), [true, false]);
    world.command(
        BOB,
        Command::Contacts(ContactCommand::Block(user(ALICE), true)),
    );
    world.pass(SECOND);
    assert_eq!(bob_as_seen(&world), [false, false]);
}

#[test]
fn who_is_online_is_seen_by_whom_they_choose() {
    let mut world = all_who_look_at_bob(44);
    world.command(BOB, Command::SetAudience(Audience::Nobody));
    world.pass(SECOND);
    assert_eq!(bob_as_seen(&world), [false, false]);
    world.command(BOB, Command::Contacts(ContactCommand::Add(contact(ALICE))));
    world.crash(BOB);
    world.pass(5 * SECOND);
    assert_eq!(
        world.view(BOB).audience,
        Audience::Nobody,
        "a choice is kept"
    );
    assert_eq!(bob_as_seen(&world), [false, false]);
    world.command(BOB, Command::SetAudience(Audience::Contacts));
    world.pass(SECOND);
    assert_eq!(bob_as_seen(&world), [true, false]);
    // Chosen in another tab, and while the connection is away.
    world.break_socket(BOB);
    let (has_name, audience) = (true, Some(Audience::Everybody));
    let strangers_silenced_until = None;
    world.input(
        BOB,
        Input::StorageChanged {
            has_name,
            strangers_silenced_until,
            do_not_disturb_until: None,
            audience,
        },
    );
    world.pass(5 * SECOND);
    assert_eq!(bob_as_seen(&world), [true, true]);
}
