//! Links that end and do not disturb, where a page is left in the middle of a call: they say who may
//! begin one, and nothing about a call that goes on.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod world;

use std::time::Duration;

use wimpex_call::{Command as CallCommand, EndReason, State};
use wimpex_client::{Command, ContactCommand, ContactWrite, Input, LeftCall, UNTIL_TURNED_OFF};
use wimpex_contacts::{GivenLink, Outcome};
use wimpex_identity::{CallLink, IssuedLink, LinkId, LinkTerms};
use wimpex_protocol::Sec;
use wimpex_sansio::UnixTime;
use world::{BOB, CAROL, EPOCH, World, crypto, public_key, user};

const SECOND: Duration = Duration::from_secs(1);

/// Bob, who takes calls from contacts only, and Carol, who is none.
const OWNER: usize = 0;
const STRANGER: usize = 1;

/// What happens in the middle of the call, before a page is left.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Meanwhile {
    Nothing,
    Revoked,
    Expired,
    Silence,
}

const ALL: [Meanwhile; 4] = [
    Meanwhile::Nothing,
    Meanwhile::Revoked,
    Meanwhile::Expired,
    Meanwhile::Silence,
];

fn given(link: CallLink, is_revoked: bool) -> Command {
    let given = GivenLink {
        issued: IssuedLink {
            link,
            used: u32::from(is_revoked),
            used_by: None,
            is_revoked,
        },
        label: "for the plumber".to_owned(),
        made: EPOCH,
    };
    let write = ContactWrite::PutLink(given.id(), given.encode());
    Command::Contacts(ContactCommand::WriteLinks(vec![write]))
}

fn calls(world: &mut World, link: CallLink) {
    let opened = Command::OpenLink(user(BOB), Some(Sec::new(link.encode())));
    world.command(STRANGER, opened);
    world.start_call(STRANGER, OWNER);
    world.pass(3 * SECOND);
}

/// Carol calls by a link for one call, and Bob takes it.
fn in_a_call_by_link(seed: u64) -> (World, CallLink) {
    let mut world = World::new(seed, &[BOB, CAROL]);
    world.pass(2 * SECOND);
    let only = Command::Contacts(ContactCommand::SetContactsOnly(true));
    world.command(OWNER, only);
    let ends = UnixTime::from_millis(EPOCH + world.now.as_millis() + 60_000);
    let terms = LinkTerms::new(LinkId::from_bytes([1; 8]), Some(ends), 1);
    let signature = crypto::sign(public_key(BOB).as_bytes(), &terms.message(&user(BOB)));
    let link = CallLink::new(terms, signature);
    world.command(OWNER, given(link, false));
    world.pass(SECOND);
    calls(&mut world, link);
    assert_eq!(world.state(OWNER), State::Ringing);
    world.accept(OWNER);
    both_are(&mut world, State::Connected);
    world.pass(5 * SECOND);
    (world, link)
}

fn both_are(world: &mut World, state: State) {
    let are = world.pass_until(10 * SECOND, |world| world.states()[..2] == [state, state]);
    assert!(are, "{:?}", world.states());
}

fn happens(world: &mut World, what: Meanwhile, link: CallLink) {
    match what {
        Meanwhile::Nothing => {}
        Meanwhile::Revoked => world.command(OWNER, given(link, true)),
        Meanwhile::Expired => world.pass(61 * SECOND),
        Meanwhile::Silence => {
            world.command(OWNER, Command::DoNotDisturb(Some(UNTIL_TURNED_OFF)));
        }
    }
    world.pass(SECOND);
}

fn reload(world: &mut World, tab: usize) -> LeftCall {
    let left = world.tabs[tab].client.keep_call(world.now).unwrap();
    world.input(tab, Input::Call(wimpex_call::Input::Kept(true)));
    world.input(tab, Input::PageHide);
    world.pass(SECOND);
    world.crash(tab);
    let (session, message) = (left.session.clone(), left.ask());
    let ask = Input::ReturnToSession(Box::new(session), Box::new(message));
    world.input(tab, ask);
    left
}

fn return_to_call(world: &mut World, tab: usize, left: LeftCall) {
    let wall = UnixTime::from_millis(EPOCH + world.now.as_millis());
    let returned = left.return_to_call(wall);
    world.input(tab, Input::ReturnToCall(Box::new(returned)));
}

fn uses(world: &World) -> u32 {
    world.view(OWNER).contacts.links()[0].issued.used
}

#[test]
fn a_call_by_a_link_for_one_is_returned_to_whatever_became_of_the_link() {
    for seed in 0..5 {
        for what in ALL {
            for left_pages in [&[OWNER][..], &[STRANGER], &[OWNER, STRANGER]] {
                let (mut world, link) = in_a_call_by_link(seed);
                assert_eq!(uses(&world), 1);
                happens(&mut world, what, link);
                let left: Vec<_> = left_pages
                    .iter()
                    .map(|tab| (*tab, reload(&mut world, *tab)))
                    .collect();
                world.pass(2 * SECOND);
                for (tab, left) in left {
                    assert!(!world.tabs[tab].client.is_call_gone(&left), "{what:?}");
                    return_to_call(&mut world, tab, left);
                    world.pass(SECOND);
                }
                both_are(&mut world, State::Connected);
                // It is the same call.
                assert_eq!(uses(&world), 1, "{what:?}");
                world.call_command(OWNER, CallCommand::HangUp);
                both_are(&mut world, State::Ended);
                world.assert_all_let_go();
                let calls = world.view(OWNER).contacts.calls();
                assert!(calls.iter().all(|it| it.outcome != Outcome::Missed));
                // The next one is not.
                calls_in_vain(&mut world, what, link);
            }
        }
    }
}

/// The link has been used, and says so; but for what became of it meanwhile.
fn calls_in_vain(world: &mut World, what: Meanwhile, link: CallLink) {
    calls(world, link);
    assert_ne!(world.state(OWNER), State::Ringing, "{what:?}");
    let ended = world.view(STRANGER).call.ended.as_ref();
    let expected = match what {
        // Which is said before that it has ended, too.
        Meanwhile::Nothing | Meanwhile::Silence | Meanwhile::Expired => EndReason::LinkUsedUp,
        Meanwhile::Revoked => EndReason::LinkRevoked,
    };
    assert_eq!(ended.map(|it| it.reason), Some(expected), "{what:?}");
}

/// Who does not return has used the link up all the same: the call was answered.
#[test]
fn who_does_not_return_does_not_get_the_link_back() {
    for tab in [OWNER, STRANGER] {
        let (mut world, link) = in_a_call_by_link(7);
        let left = reload(&mut world, tab);
        world.pass(SECOND);
        let (session, message) = (left.session.clone(), left.hang_up());
        let over = Input::ReturnToSession(Box::new(session), Box::new(message));
        world.input(tab, over);
        world.pass(2 * SECOND);
        assert_eq!(uses(&world), 1);
        calls_in_vain(&mut world, Meanwhile::Nothing, link);
    }
}

/// Nobody new gets through meanwhile.
#[test]
fn silence_that_begins_in_a_call_ends_nothing_and_keeps_others_out() {
    let (mut world, link) = in_a_call_by_link(8);
    happens(&mut world, Meanwhile::Silence, link);
    assert_eq!(world.states()[..2], [State::Connected; 2]);
    let left = reload(&mut world, OWNER);
    world.pass(2 * SECOND);
    // The page that came back has not forgotten it.
    let until = world.view(OWNER).do_not_disturb_until;
    assert_eq!(until, Some(UNTIL_TURNED_OFF));
    return_to_call(&mut world, OWNER, left);
    both_are(&mut world, State::Connected);
    world.call_command(STRANGER, CallCommand::HangUp);
    both_are(&mut world, State::Ended);
    world.start_call(STRANGER, OWNER);
    world.pass(3 * SECOND);
    assert_ne!(world.state(OWNER), State::Ringing);
}
