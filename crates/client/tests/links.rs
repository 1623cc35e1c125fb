//! Links that end: whose calls ring by them, and what their callers are told.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod world;

use std::time::Duration;

use wimpex_call::{Callee, Command as CallCommand, EndReason, State};
use wimpex_client::{Command, ContactCommand, ContactWrite};
use wimpex_contacts::{Contact, GivenLink, KeySource};
use wimpex_identity::{CallLink, IssuedLink, LinkId, LinkTerms, Signature};
use wimpex_protocol::Sec;
use wimpex_sansio::UnixTime;
use world::{BOB, CAROL, EPOCH, World, crypto, name, public_key, user};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

/// Bob, who takes calls from contacts only, in two tabs, and Carol and Dave, who are strangers.
const OTHER: usize = 1;
const STRANGER: usize = 2;
const ANOTHER: usize = 3;

fn strangers_and_bob(seed: u64) -> World {
    let mut world = World::new(seed, &[BOB, BOB, CAROL, world::ALICE]);
    world.pass(2 * SECOND);
    world.command(0, Command::Contacts(ContactCommand::SetContactsOnly(true)));
    world.command(
        OTHER,
        Command::Contacts(ContactCommand::SetContactsOnly(true)),
    );
    world.pass(SECOND);
    world
}

fn link_of(n: u8, ends: Option<Duration>, uses: u8, world: &World) -> CallLink {
    let at = |after: Duration| {
        UnixTime::from_millis(EPOCH + (world.now.as_millis() + after.as_millis() as u64))
    };
    let terms = LinkTerms::new(LinkId::from_bytes([n; 8]), ends.map(at), uses);
    let signature = crypto::sign(public_key(BOB).as_bytes(), &terms.message(&user(BOB)));
    CallLink::new(terms, signature)
}

/// Bob makes a link.
fn gives_out(world: &mut World, link: CallLink) {
    let given = GivenLink {
        issued: IssuedLink {
            link,
            used: 0,
            used_by: None,
            is_revoked: false,
        },
        label: "for the plumber".to_owned(),
        made: EPOCH + world.now.as_millis(),
    };
    keeps(world, &given);
    world.pass(SECOND);
}

fn keeps(world: &mut World, given: &GivenLink) {
    let write = ContactWrite::PutLink(given.id(), given.encode());
    let command = ContactCommand::WriteLinks(vec![write]);
    world.command(0, Command::Contacts(command));
}

/// Bob takes it back.
fn revokes(world: &mut World, link: CallLink) {
    let links = world.view(0).contacts.links();
    let mut given = links
        .iter()
        .find(|it| it.issued.link == link)
        .cloned()
        .unwrap();
    given.issued.is_revoked = true;
    keeps(world, &given);
    world.pass(SECOND);
}

/// Somebody opens it, and calls.
fn calls_by(world: &mut World, who: usize, link: &str) {
    let opened = Command::OpenLink(user(BOB), Some(Sec::new(link)));
    world.command(who, opened);
    world.start_call(who, 0);
    world.pass(3 * SECOND);
}

fn rings(world: &World) -> bool {
    let rings = [0, OTHER].map(|tab| world.state(tab) == State::Ringing);
    assert_eq!(rings[0], rings[1]);
    rings[0]
}

fn end(world: &World, tab: usize) -> Option<EndReason> {
    let ended = world.view(tab).call.ended.as_ref();
    ended.map(|ended| ended.reason)
}

fn talks_and_hangs_up(world: &mut World, who: usize) {
    world.accept(OTHER);
    world.pass(5 * SECOND);
    assert_eq!(world.state(who), State::Connected, "{:?}", end(world, who));
    world.call_command(who, CallCommand::HangUp);
    world.pass(2 * SECOND);
}

fn uses(world: &World) -> [u32; 2] {
    [0, OTHER].map(|tab| world.view(tab).contacts.links()[0].issued.used)
}

#[test]
fn a_stranger_with_a_link_rings_where_others_do_not() {
    let mut world = strangers_and_bob(1);
    let link = link_of(1, Some(HOUR), 0, &world);
    gives_out(&mut world, link);
    world.start_call(ANOTHER, 0);
    world.pass(3 * SECOND);
    assert!(!rings(&world), "not a contact");
    world.call_command(ANOTHER, CallCommand::HangUp);
    calls_by(&mut world, STRANGER, &link.encode());
    assert!(rings(&world));
    let linked = world.view(0).linked_call.clone().unwrap();
    assert_eq!((linked.peer, linked.link), (user(CAROL), link.terms.id));
    talks_and_hangs_up(&mut world, STRANGER);
    assert_eq!(uses(&world), [1, 1], "one count for all tabs");
}

#[test]
fn a_link_is_for_so_many_answered_calls() {
    let mut world = strangers_and_bob(2);
    let link = link_of(1, None, 2, &world);
    gives_out(&mut world, link);
    let text = link.encode();
    // What nobody answers does not count.
    calls_by(&mut world, STRANGER, &text);
    assert!(rings(&world));
    world.call_command(STRANGER, CallCommand::HangUp);
    world.pass(SECOND);
    assert_eq!(uses(&world), [0, 0]);
    for used in 1..=2 {
        calls_by(&mut world, STRANGER, &text);
        assert!(rings(&world), "{used}");
        talks_and_hangs_up(&mut world, STRANGER);
        assert_eq!(uses(&world), [used, used]);
    }
    calls_by(&mut world, STRANGER, &text);
    assert!(!rings(&world));
    assert_eq!(end(&world, STRANGER), Some(EndReason::LinkUsedUp));
    // Passed on to somebody else it is used up as well.
    calls_by(&mut world, ANOTHER, &text);
    assert_eq!(end(&world, ANOTHER), Some(EndReason::LinkUsedUp));
}

#[test]
fn whoever_calls_by_a_link_that_has_ended_is_told_why() {
    let mut world = strangers_and_bob(3);
    let link = link_of(1, Some(10 * MINUTE), 0, &world);
    gives_out(&mut world, link);
    world.pass(11 * MINUTE);
    calls_by(&mut world, STRANGER, &link.encode());
    assert_eq!(end(&world, STRANGER), Some(EndReason::LinkExpired));
    let link = link_of(2, Some(HOUR), 0, &world);
    gives_out(&mut world, link);
    revokes(&mut world, link);
    calls_by(&mut world, STRANGER, &link.encode());
    assert_eq!(end(&world, STRANGER), Some(EndReason::LinkRevoked));
    // One that Bob never made, though it has good terms: his signature is not on it.
    let real = link_of(3, Some(HOUR), 0, &world);
    gives_out(&mut world, real);
    let forged = CallLink::new(real.terms, Signature::from_bytes([7; 64]));
    calls_by(&mut world, STRANGER, &forged.encode());
    assert_eq!(end(&world, STRANGER), Some(EndReason::LinkUnknown));
    // Or with other terms: it is found by its id, and then the proof does not hold.
    let mut longer = real;
    longer.terms.uses = 99;
    longer.terms.id = LinkId::from_bytes([9; 8]);
    calls_by(&mut world, STRANGER, &longer.encode());
    assert_eq!(end(&world, STRANGER), Some(EndReason::LinkUnknown));
    assert!(!rings(&world));
    // No such call is among the missed ones.
    assert!(world.view(0).contacts.calls().is_empty());
}

#[test]
fn a_link_asks_no_contact_for_it_and_helps_nobody_who_is_blocked() {
    let mut world = strangers_and_bob(4);
    let link = link_of(1, None, 0, &world);
    gives_out(&mut world, link);
    let carol = Contact::new(user(CAROL), name(CAROL), KeySource::Link, 0);
    world.command(0, Command::Contacts(ContactCommand::Add(carol)));
    revokes(&mut world, link);
    calls_by(&mut world, STRANGER, &link.encode());
    assert!(rings(&world), "a contact rings as ever");
    world.call_command(STRANGER, CallCommand::HangUp);
    world.pass(SECOND);
    let open = link_of(2, None, 0, &world);
    gives_out(&mut world, open);
    world.command(
        0,
        Command::Contacts(ContactCommand::Block(user(CAROL), true)),
    );
    world.pass(SECOND);
    calls_by(&mut world, STRANGER, &open.encode());
    assert!(!rings(&world));
    // As if nobody were there.
    let callee = world.view(STRANGER).call.call.as_ref().map(|it| it.callee);
    assert_eq!(callee, Some(Callee::Unheard));
}

#[test]
fn a_link_rings_while_strangers_are_silenced_and_not_while_nobody_may_disturb() {
    let mut world = World::new(5, &[BOB, BOB, CAROL, world::ALICE]);
    world.pass(2 * SECOND);
    let link = link_of(1, None, 0, &world);
    gives_out(&mut world, link);
    world.command(0, Command::SilenceStrangers);
    world.pass(SECOND);
    world.start_call(ANOTHER, 0);
    world.pass(3 * SECOND);
    assert!(!rings(&world));
    world.call_command(ANOTHER, CallCommand::HangUp);
    calls_by(&mut world, STRANGER, &link.encode());
    assert!(rings(&world));
    world.call_command(STRANGER, CallCommand::HangUp);
    let until = UnixTime::from_millis(EPOCH + (world.now + HOUR).as_millis());
    world.command(0, Command::DoNotDisturb(Some(until)));
    world.pass(SECOND);
    calls_by(&mut world, STRANGER, &link.encode());
    assert!(!rings(&world));
    let callee = world.view(STRANGER).call.call.as_ref().map(|it| it.callee);
    let state = (world.state(STRANGER), end(&world, STRANGER));
    assert_eq!(
        callee,
        Some(Callee::RingsSilently),
        "{state:?} {:?}",
        &world.tabs[0].client.host().notes
    );
}

/// A link that went around rings no more often than one stranger would.
#[test]
fn all_who_have_a_link_ring_as_one() {
    let mut world = strangers_and_bob(6);
    let link = link_of(1, None, 0, &world);
    gives_out(&mut world, link);
    let mut rang = 0;
    for turn in 0..20 {
        let who = [STRANGER, ANOTHER][turn % 2];
        calls_by(&mut world, who, &link.encode());
        rang += usize::from(rings(&world));
        world.call_command(who, CallCommand::HangUp);
        world.pass(SECOND);
    }
    assert!((2..=4).contains(&rang), "{rang}");
}
