//! Random stories of whole clients: whatever the users, the links, the server and the
//! browsers do, in the end nothing is stuck, both sides agree, and nothing is lost.
//!
//! `WIMPEX_STORIES=100000` plays so many; a failure names its seed, and
//! `WIMPEX_STORY=SEED` plays that one alone.

mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use wimpex_call::{ActiveCall, Command as CallCommand, State};
use wimpex_client::{Command, ContactCommand, ServerState};
use wimpex_contacts::{Contact, KeySource};
use wimpex_protocol::{CallId, UserId};
use wimpex_verification::Assurance;

use world::{ALICE, BOB, CAROL, Rng, World, name, user};

/// How many are played in the ordinary tests.
const STORIES: u64 = 300;
const STEPS: u64 = 25;

/// What must come of a story, told without any of the clients' code.
#[derive(Default)]
struct Reference {
    /// The contacts of each person: blocked or not.
    contacts: BTreeMap<usize, BTreeMap<UserId, bool>>,
    /// Calls that somebody started on a page that was not closed since.
    started: BTreeSet<(usize, u32, CallId)>,
}

fn contact(person: usize) -> Contact {
    Contact::new(user(person), name(person), KeySource::Link, 0)
}

fn step(world: &mut World, reference: &mut Reference, rng: &mut Rng) {
    let tab = rng.below(world.tabs.len() as u64) as usize;
    let person = world.tabs[tab].person;
    let peer = (person + 1 + rng.below(2) as usize) % 3;
    match rng.below(27) {
        0..=3 => {
            let peer = user(peer);
            let call_type = wimpex_protocol::CallType::Video;
            world.command(tab, Command::StartCall { peer, call_type });
            if let (State::Calling, Some(call)) = (world.state(tab), &world.view(tab).call.call) {
                let life = world.tabs[tab].life;
                let id = call.call_id.clone();
                reference.started.insert((tab, life, id));
            }
        }
        4..=7 => world.accept(tab),
        8 => world.call_command(tab, CallCommand::Decline),
        9 => world.call_command(tab, CallCommand::HangUp),
        10 => world.call_command(tab, CallCommand::Dismiss),
        11 => world.crash(tab),
        12 => world.crash_server(),
        13 => world.break_socket(tab),
        14 => {
            let is_cut_off = world.tabs[tab].is_cut_off;
            world.set_cut_off(tab, !is_cut_off);
        }
        15 => world.path ^= true,
        16 => {
            world.command(tab, Command::Contacts(ContactCommand::Add(contact(peer))));
            let contacts = reference.contacts.entry(person).or_default();
            contacts.entry(user(peer)).or_insert(false);
        }
        17 => {
            let remove = ContactCommand::Remove(user(peer));
            world.command(tab, Command::Contacts(remove));
            let contacts = reference.contacts.entry(person).or_default();
            contacts.remove(&user(peer));
        }
        18 => world.input(tab, wimpex_client::Input::NetworkChanged),
        20..=21 => {
            let hold = rng.below(3) != 0;
            world.call_command(tab, CallCommand::AnswerWaiting { hold });
        }
        22 => world.call_command(tab, CallCommand::Swap),
        23 => world.call_command(tab, CallCommand::EndOther),
        24 => world.call_command(tab, CallCommand::DeclineWaiting),
        25 => world.call_command(tab, CallCommand::SetOnHold(rng.below(2) == 0)),
        19 => world.close_by_browser(tab, rng.below(2) == 0),
        _ => world.input(tab, wimpex_client::Input::Resumed),
    }
    let pause = match rng.below(4) {
        0 => 0,
        1 => rng.below(40),
        2 => rng.below(2_000),
        _ => rng.below(20_000),
    };
    world.pass(Duration::from_millis(pause));
}

/// The other side has the same call, and the same proof where both see it.
fn check_call(world: &World, tab: usize, call: &ActiveCall) {
    let others = world.tabs.iter().enumerate().filter(|(other, it)| {
        let theirs = &world.view(*other).call;
        let mut theirs = theirs.call.iter().chain(&theirs.held);
        user(it.person) == call.peer
            && theirs.any(|theirs| {
                theirs.call_id == call.call_id && theirs.peer == user(world.tabs[tab].person)
            })
    });
    let others: Vec<usize> = others.map(|(other, _)| other).collect();
    assert_eq!(others.len(), 1, "tab {tab} talks with {others:?}");
    assert_eq!(world.state(others[0]), State::Connected);
    let sees = |tab: usize| world.calls(tab).first() == Some(&call.call_id);
    if sees(tab) && sees(others[0]) {
        let assurance = |tab: usize| world.view(tab).trust.assurance;
        assert_eq!(assurance(others[0]), assurance(tab));
    }
}

fn check(world: &World, reference: &Reference) {
    for (tab, it) in world.tabs.iter().enumerate() {
        let view = world.view(tab);
        assert_eq!(view.server, ServerState::Online, "tab {tab}");
        let alert = view.trust.alert.as_ref().map(|alert| alert.error);
        let notes = &it.client.host().notes;
        assert_eq!(alert, None, "tab {tab}: nobody attacks; {notes:#?}");
        assert_eq!(view.call.waiting, None, "tab {tab}: somebody waits forever");
        match view.call.state {
            State::Connected => {
                for call in view.call.call.iter().chain(&view.call.held) {
                    check_call(world, tab, call);
                }
                let assurance = view.trust.assurance;
                assert!(matches!(assurance, Assurance::KeyProved(_)), "tab {tab}");
                // Each call has a connection, and what is captured goes to one at most.
                let connections = &it.browser.connections;
                assert_eq!(connections.len(), world.calls(tab).len(), "tab {tab}");
                for (id, connection) in connections {
                    let seen = view.call.call.as_ref();
                    let is_on_hold = seen.is_some_and(|it| it.connection != *id || it.on_hold);
                    assert_eq!(connection.on_hold, is_on_hold, "tab {tab}");
                    assert!(!is_on_hold || connection.sends.is_empty(), "tab {tab}");
                }
            }
            State::Idle | State::Ended => {
                assert!(it.browser.connections.is_empty(), "tab {tab}");
                assert!(it.browser.live.is_empty(), "tab {tab}");
            }
            State::Calling | State::Ringing | State::Connecting | State::Reconnecting => {
                panic!("tab {tab} is stuck: {:?}", view.call.state);
            }
        }
        // What the screens show is what the database has.
        let database = &world.databases.get(&it.person).cloned().unwrap_or_default();
        if view.contacts_loaded {
            assert_eq!(&*view.contacts, database, "tab {tab}");
        }
    }
    for (person, contacts) in &reference.contacts {
        let database = &world.databases[person];
        let kept: BTreeSet<&UserId> = database.contacts().iter().map(|it| &it.id).collect();
        assert_eq!(kept, contacts.keys().collect(), "person {person}");
    }
    for (tab, life, id) in &reference.started {
        let it = &world.tabs[*tab];
        let goes_on = world.calls(*tab).contains(id);
        if it.life == *life && !goes_on && !world.superseded.contains(id) {
            let calls = world.databases[&it.person].calls();
            assert!(
                calls.iter().any(|call| call.call_id == *id),
                "{id} of tab {tab} left no trace"
            );
        }
    }
}

fn play(seed: u64) {
    let mut rng = Rng(seed);
    let people: &[usize] = match rng.below(3) {
        0 => &[ALICE, BOB],
        1 => &[ALICE, BOB, CAROL],
        _ => &[ALICE, BOB, BOB],
    };
    let mut world = World::new(seed, people);
    world.delay = [5, 60, 900][rng.below(3) as usize];
    let mut reference = Reference::default();
    for _ in 0..STEPS {
        step(&mut world, &mut reference, &mut rng);
    }
    world.settle();
    check(&world, &reference);
}

#[test]
fn random_stories_end_well() {
    let number = |name: &str| std::env::var(name).ok()?.parse::<u64>().ok();
    if let Some(seed) = number("WIMPEX_STORY") {
        return play(seed);
    }
    for seed in 0..number("WIMPEX_STORIES").unwrap_or(STORIES) {
        let played = std::panic::catch_unwind(|| play(seed));
        assert!(played.is_ok(), "WIMPEX_STORY={seed} plays it again");
    }
}
