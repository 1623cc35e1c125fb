//! A page that was left in the middle of a call, and the whole client of the page that comes back.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod world;

use std::time::Duration;

use wimpex_call::State;
use wimpex_client::{Command, Input, LeftCall};
use wimpex_sansio::UnixTime;

use world::{ALICE, BOB, EPOCH, World, user};

const SECOND: Duration = Duration::from_secs(1);

/// Alice calls Bob by his link, who accepts; each knows what the other one's page can do.
fn in_a_call(seed: u64) -> World {
    let mut world = World::alice_and_bob(seed);
    world.command(ALICE, Command::OpenLink(user(BOB), None));
    world.start_call(ALICE, BOB);
    assert!(world.pass_until(5 * SECOND, |world| world.state(BOB) == State::Ringing));
    world.accept(BOB);
    both_are(&mut world, State::Connected);
    world.pass(5 * SECOND);
    world
}

fn both_are(world: &mut World, state: State) {
    let are = world.pass_until(10 * SECOND, |world| world.states()[..2] == [state, state]);
    assert!(are, "{:?}", world.states());
}

/// What the browser keeps; the page is loaded anew, and had time to say so or not.
fn reload(world: &mut World, tab: usize, says: bool) -> LeftCall {
    let left = world.tabs[tab].client.keep_call(world.now).unwrap();
    let left = LeftCall::decode(&left.encode()).unwrap();
    world.input(tab, Input::Call(wimpex_call::Input::Kept(true)));
    if says {
        world.input(tab, Input::PageHide);
        // The browser still sends what it was given.
        world.pass(SECOND);
    }
    world.crash(tab);
    left
}

fn ask(world: &mut World, tab: usize, left: &LeftCall) {
    let (session, message) = (left.session.clone(), left.ask());
    world.input(
        tab,
        Input::ReturnToSession(Box::new(session), Box::new(message)),
    );
}

fn return_to_call(world: &mut World, tab: usize, left: LeftCall) {
    let wall = UnixTime::from_millis(EPOCH + world.now.as_millis());
    let returned = left.return_to_call(wall);
    world.input(tab, Input::ReturnToCall(Box::new(returned)));
}

/// Report 11: a reload or a crash in the middle of a call.
#[test]
fn report_11_the_call_goes_on_in_the_next_page() {
    for seed in 0..20 {
        for (tab, peer) in [(ALICE, BOB), (BOB, ALICE)] {
            for says in [true, false] {
                let mut world = in_a_call(seed);
                let before = world.view(peer).trust.assurance;
                let left = reload(&mut world, tab, says);
                let device = left.session.device.clone();
                world.pass(2 * SECOND);
                ask(&mut world, tab, &left);
                world.pass(9 * SECOND);
                assert_eq!(world.state(tab), State::Idle);
                assert_eq!(world.state(peer), State::Reconnecting);
                assert!(!world.tabs[tab].client.is_call_gone(&left));
                return_to_call(&mut world, tab, left);
                // Three seconds are promised, pictures and all: most of that is the browsers'.
                let are = |world: &World| world.states()[..2] == [State::Connected; 2];
                assert!(world.pass_until(SECOND, are), "{:?}", world.states());
                for side in [tab, peer] {
                    let trust = &world.view(side).trust;
                    assert_eq!(trust.assurance, before, "{side}");
                    assert_eq!(trust.alert, None);
                    assert_eq!(world.tabs[side].browser.connections.len(), 1);
                }
                // It is the same device for everybody.
                let now = world
                    .view(peer)
                    .peer(&user(tab))
                    .map(|it| it.devices.clone());
                assert!(now.is_none_or(|now| now.is_empty() || now == [device]));
                if tab == ALICE {
                    assert!(world.view(ALICE).peer(&user(BOB)).unwrap().opened);
                }
                world.call_command(peer, wimpex_call::Command::HangUp);
                both_are(&mut world, State::Ended);
                world.assert_all_let_go();
            }
        }
    }
}

/// Both pages are left, as where a network or a browser update takes both; whoever returns first
/// waits for the other.
#[test]
fn both_pages_come_back_to_the_call() {
    for seed in 0..20 {
        for says in [true, false] {
            for pause in [Duration::ZERO, Duration::from_millis(50), 3 * SECOND] {
                for [first, second] in [[ALICE, BOB], [BOB, ALICE]] {
                    let mut world = in_a_call(seed);
                    let left = [first, second].map(|tab| reload(&mut world, tab, says));
                    let [of_first, of_second] = left;
                    ask(&mut world, first, &of_first);
                    world.pass(pause);
                    ask(&mut world, second, &of_second);
                    world.pass(pause);
                    return_to_call(&mut world, first, of_first);
                    world.pass(pause);
                    assert!(
                        !world.tabs[second].client.is_call_gone(&of_second),
                        "seed {seed}"
                    );
                    return_to_call(&mut world, second, of_second);
                    both_are(&mut world, State::Connected);
                    world.call_command(second, wimpex_call::Command::HangUp);
                    both_are(&mut world, State::Ended);
                    world.assert_all_let_go();
                }
            }
        }
    }
}

/// Somebody who is no contact: nothing but the call knows what was compared.
#[test]
fn what_was_compared_is_not_forgotten_by_a_reload() {
    for compared in [None, Some(true), Some(false)] {
        for tab in [ALICE, BOB] {
            let mut world = in_a_call(1);
            if compared.is_some() {
                world.command(tab, Command::SasCompared(compared));
            }
            let left = reload(&mut world, tab, true);
            assert_eq!(world.view(tab).trust.compared, None);
            ask(&mut world, tab, &left);
            return_to_call(&mut world, tab, left);
            both_are(&mut world, State::Connected);
            assert_eq!(world.view(tab).trust.compared, compared);
            // The next call has a SAS of its own.
            world.call_command(tab, wimpex_call::Command::HangUp);
            both_are(&mut world, State::Ended);
            world.start_call(ALICE, BOB);
            assert!(world.pass_until(5 * SECOND, |world| world.state(BOB) == State::Ringing));
            assert_eq!(world.view(tab).trust.compared, None);
        }
    }
}

/// The one who returned is not left waiting for the one who does not.
#[test]
fn one_of_two_that_were_left_does_not_return() {
    for seed in 0..20 {
        let mut world = in_a_call(seed);
        let of_alice = reload(&mut world, ALICE, true);
        let of_bob = reload(&mut world, BOB, true);
        ask(&mut world, ALICE, &of_alice);
        ask(&mut world, BOB, &of_bob);
        return_to_call(&mut world, ALICE, of_alice);
        world.pass(SECOND);
        assert_eq!(world.states()[..2], [State::Reconnecting, State::Idle]);
        let (session, message) = (of_bob.session.clone(), of_bob.hang_up());
        world.input(
            BOB,
            Input::ReturnToSession(Box::new(session), Box::new(message)),
        );
        world.pass(SECOND);
        assert_eq!(
            world.view(ALICE).call.ended.as_ref().map(|it| it.reason),
            Some(wimpex_call::EndReason::PeerHungUp)
        );
        // It is over for good: an offer that is late rings for nobody.
        assert_eq!(world.state(BOB), State::Idle);
    }
}

#[test]
fn the_page_that_asks_hears_that_the_call_is_over() {
    let mut world = in_a_call(1);
    let left = reload(&mut world, BOB, true);
    world.pass(SECOND);
    world.call_command(ALICE, wimpex_call::Command::HangUp);
    world.pass(2 * SECOND);
    ask(&mut world, BOB, &left);
    world.pass(2 * SECOND);
    assert!(world.tabs[BOB].client.is_call_gone(&left));
    assert_eq!(world.state(BOB), State::Idle);
}

/// What the page has to say leaves before its socket is closed.
#[test]
fn whoever_closes_the_page_frees_the_other_side() {
    for seed in 0..20 {
        let mut world = in_a_call(seed);
        reload(&mut world, BOB, true);
        world.pass(7 * SECOND);
        assert_eq!(world.state(ALICE), State::Reconnecting);
        world.pass(5 * SECOND);
        assert_eq!(
            world.view(ALICE).call.ended.as_ref().map(|it| it.reason),
            Some(wimpex_call::EndReason::PeerDidNotReturn)
        );
    }
}

#[test]
fn a_page_that_keeps_nothing_hangs_up() {
    let mut world = in_a_call(4);
    world.input(BOB, Input::PageHide);
    world.pass(SECOND);
    assert_eq!(
        world.view(ALICE).call.ended.as_ref().map(|it| it.reason),
        Some(wimpex_call::EndReason::PeerHungUp)
    );
}

#[test]
fn who_does_not_return_hangs_up() {
    let mut world = in_a_call(2);
    let left = reload(&mut world, BOB, true);
    world.pass(SECOND);
    ask(&mut world, BOB, &left);
    world.pass(SECOND);
    let (session, message) = (left.session.clone(), left.hang_up());
    world.input(
        BOB,
        Input::ReturnToSession(Box::new(session), Box::new(message)),
    );
    world.pass(SECOND);
    assert_eq!(
        world.view(ALICE).call.ended.as_ref().map(|it| it.reason),
        Some(wimpex_call::EndReason::PeerHungUp)
    );
}

#[test]
fn a_page_that_is_in_another_call_does_not_return() {
    let mut world = in_a_call(3);
    let left = reload(&mut world, BOB, true);
    world.pass(SECOND);
    world.start_call(BOB, ALICE);
    world.pass(SECOND);
    assert!(world.tabs[BOB].client.is_call_gone(&left));
    let before = world.states();
    return_to_call(&mut world, BOB, left);
    assert_eq!(world.states(), before);
}
