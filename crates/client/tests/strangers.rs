//! Strangers who call, once and by the thousand, and what is left of a contact's call.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod world;

use std::time::Duration;

use wimpex_call::{Callee, Command as CallCommand, EndReason, State};
use wimpex_client::{Caller, Command, ContactCommand, Lock, ServerState};
use wimpex_contacts::{BlockedStranger, Contact, KeySource, Outcome};
use wimpex_identity::PublicKey;
use wimpex_protocol::{
    CallId, CallOffer, CallType, DeviceId, Envelope, ErrorCode, ErrorMessage, MissedCall,
    MissedCalls, Offer, Sdp, ServerMessage, Signal, UserId,
};
use wimpex_sansio::{Machine, Now, UnixTime};
use wimpex_verification::{
    Assurance, Input as VerifierInput, LocalIdentity, Output as VerifierOutput, Verifier,
};
use world::{ALICE, BOB, CAROL, EPOCH, World, crypto, name, user};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3_600);

fn contact(person: usize) -> Contact {
    Contact::new(user(person), name(person), KeySource::Link, 0)
}

/// Alice, Bob and Carol, one tab each; Alice is Bob's contact, and Carol nobody's.
fn three(seed: u64) -> World {
    let mut world = World::new(seed, &[ALICE, BOB, CAROL]);
    world.pass(2 * SECOND);
    world.command(BOB, Command::Contacts(ContactCommand::Add(contact(ALICE))));
    world.pass(SECOND);
    world
}

fn rings(world: &mut World, tab: usize) -> bool {
    world.pass_until(3 * SECOND, |world| world.state(tab) == State::Ringing)
}

fn callee(world: &World, tab: usize) -> Option<Callee> {
    world.view(tab).call.call.as_ref().map(|call| call.callee)
}

fn end(world: &World, tab: usize) -> Option<EndReason> {
    world
        .view(tab)
        .call
        .ended
        .as_ref()
        .map(|ended| ended.reason)
}

fn missed(world: &World, tab: usize, of: usize) -> usize {
    let calls = world.view(tab).contacts.calls().iter();
    let is_missed = |call: &&wimpex_contacts::PastCall| {
        call.outcome == Outcome::Missed && call.peer == user(of)
    };
    calls.filter(is_missed).count()
}

/// An offer of somebody who is not in the story, as the server passes it on: of a guest, or of
/// the owner of a key, whose browser has signed it.
fn offer_of_a_stranger(n: u64, has_key: bool, now: Now) -> ServerMessage {
    let mut bytes = [0xee; 32];
    bytes[..8].copy_from_slice(&n.to_be_bytes());
    let key = PublicKey::from_bytes(bytes);
    let from = if has_key {
        key.user_id()
    } else {
        UserId::parse(format!("guest-{n}")).unwrap()
    };
    let fingerprint = vec!["AB"; 32].join(":");
    let message = Envelope {
        to_id: user(BOB),
        to_device: None,
        from_id: None,
        from_device: None,
        signal: Signal::CallOffer(CallOffer {
            call_id: CallId::parse(format!("call_{n}")).unwrap(),
            offer: Offer::new(Sdp(format!(
                "v=0\r\na=ice-ufrag:u{n}\r\na=fingerprint:sha-256 {fingerprint}\r\n"
            ))),
            call_type: CallType::Video,
            from_username: None,
            sec: None,
            link: None,
        }),
    };
    let mut message = if has_key {
        signed(&from, key, message, now)
    } else {
        message
    };
    message.from_id = Some(from);
    message.from_device = Some(DeviceId::parse("d").unwrap());
    if let Signal::CallOffer(offer) = &mut message.signal {
        offer.from_username = Some("Mum".to_owned());
    }
    ServerMessage::Relay(message)
}

fn signed(from: &UserId, key: PublicKey, message: Envelope, now: Now) -> Envelope {
    let mut verifier = Verifier::default();
    let identity = LocalIdentity {
        id: from.clone(),
        key: Some(key),
    };
    verifier.handle(VerifierInput::LoggedIn(identity), now);
    let mut nonce = [0; 32];
    nonce.copy_from_slice(key.as_bytes());
    let send = VerifierInput::Send {
        message,
        nonce: wimpex_identity::Nonce::from_bytes(nonce),
        wall: UnixTime::from_millis(EPOCH + now.as_millis()),
    };
    verifier.handle(send, now);
    loop {
        match verifier.poll_output() {
            Some(VerifierOutput::Sign { request, message }) => {
                let signature = Some(crypto::sign(key.as_bytes(), &message));
                verifier.handle(VerifierInput::Signed { request, signature }, now);
            }
            Some(VerifierOutput::Transmit(message)) => return message,
            other => panic!("{other:?}"),
        }
    }
}

/// A thousand strangers a second are more than 20,000 a minute.
fn flood(world: &mut World, millis: u64, first: u64, each: impl Fn(&World)) {
    for n in 0..millis / 3 {
        let offer = offer_of_a_stranger(first + n, n % 2 == 0, world.now);
        world.relay_to(BOB, offer);
        world.pass(Duration::from_millis(3));
        each(world);
    }
}

#[test]
fn a_contact_takes_the_place_of_a_strangers_prompt() {
    let mut world = three(1);
    world.start_call(CAROL, BOB);
    assert!(rings(&mut world, BOB));
    world.start_call(ALICE, BOB);
    assert!(world.pass_until(3 * SECOND, |world| {
        let call = world.view(BOB).call.call.as_ref();
        call.is_some_and(|call| call.peer == user(ALICE))
    }));
    world.pass(SECOND);
    assert_eq!(end(&world, CAROL), Some(EndReason::Busy));
    // What was displaced is found in the list, and what rings is not there yet.
    assert_eq!(missed(&world, BOB, CAROL), 1);
    assert_eq!(missed(&world, BOB, ALICE), 0);
    world.accept(BOB);
    world.pass(5 * SECOND);
    assert_eq!(world.states()[..2], [State::Connected, State::Connected]);
    assert!(matches!(
        world.view(BOB).trust.assurance,
        Assurance::KeyProved(_)
    ));
}

#[test]
fn twenty_thousand_strangers_a_minute_shut_no_contact_out() {
    let mut world = three(2);
    let before = world.server.relayed;
    let loud = std::cell::Cell::new(0_u32);
    let last = std::cell::RefCell::new(None);
    let count = |world: &World| {
        let call = world.view(BOB).call.call.as_ref();
        let call = call.map(|call| call.call_id.clone());
        if call.is_some() && *last.borrow() != call {
            loud.set(loud.get() + 1);
        }
        *last.borrow_mut() = call;
    };
    flood(&mut world, 60_000, 0, count);
    assert!(loud.get() <= 5, "{} have rung", loud.get());
    // What Bob's page has said for all of them: less than it may send in that time.
    let said = world.server.relayed - before;
    assert!(said < 400, "{said} messages of Bob's");
    assert_eq!(world.view(BOB).server, ServerState::Online);
    // In the midst of it Alice calls.
    world.start_call(ALICE, BOB);
    flood(&mut world, 1_000, 100_000, |_| {});
    let call = world.view(BOB).call.call.clone().unwrap();
    assert_eq!((world.state(BOB), call.peer), (State::Ringing, user(ALICE)));
    assert_eq!(callee(&world, ALICE), Some(Callee::Rings));
    world.accept(BOB);
    flood(&mut world, 3_000, 200_000, |_| {});
    assert_eq!(world.states()[..2], [State::Connected, State::Connected]);
    let assurance = world.view(BOB).trust.assurance;
    let caller = Caller::of(&user(ALICE), world.view(BOB).peer(&user(ALICE)), None);
    assert_eq!(Lock::of(assurance, None, &caller), Lock::Verified);
    assert_eq!(world.view(BOB).trust.alert, None);
}

#[test]
fn a_flood_while_the_verifier_loads_shuts_no_contact_out() {
    let mut world = three(3);
    world.verifier_takes = 4 * SECOND;
    world.crash(BOB);
    world.pass(SECOND);
    flood(&mut world, 2_500, 0, |_| {});
    world.start_call(ALICE, BOB);
    flood(&mut world, 500, 100_000, |_| {});
    assert!(world.pass_until(4 * SECOND, |world| {
        let call = world.view(BOB).call.call.as_ref();
        call.is_some_and(|call| call.peer == user(ALICE))
    }));
}

#[test]
fn a_stranger_who_rings_on_and_on_falls_silent() {
    let mut world = three(4);
    let mut loud = 0;
    for _ in 0..20 {
        world.start_call(CAROL, BOB);
        world.pass(SECOND);
        match callee(&world, CAROL) {
            Some(Callee::Rings) => loud += 1,
            Some(Callee::RingsSilently) => assert_ne!(world.state(BOB), State::Ringing),
            other => panic!("{other:?}"),
        }
        world.call_command(CAROL, CallCommand::HangUp);
        world.pass(SECOND);
    }
    assert!((2..=4).contains(&loud), "{loud}");
    // All of them can be seen, and none has put a screen over another.
    assert_eq!(missed(&world, BOB, CAROL), 20);
    // Whom Bob calls himself is no stranger any more.
    world.call_command(BOB, CallCommand::Dismiss);
    world.start_call(BOB, CAROL);
    assert!(rings(&mut world, CAROL));
    world.call_command(BOB, CallCommand::HangUp);
    world.pass(SECOND);
    world.start_call(CAROL, BOB);
    assert!(rings(&mut world, BOB));
}

#[test]
fn silence_lasts_an_hour_in_all_tabs_and_after_a_reload() {
    let mut world = World::new(5, &[ALICE, BOB, CAROL, BOB]);
    let other = 3;
    world.pass(2 * SECOND);
    world.command(BOB, Command::Contacts(ContactCommand::Add(contact(ALICE))));
    world.start_call(CAROL, BOB);
    assert!(rings(&mut world, BOB));
    world.command(BOB, Command::SilenceStrangers);
    world.pass(2 * SECOND);
    // The button says no to who rings.
    assert_eq!(end(&world, CAROL), Some(EndReason::PeerDeclined));
    for tab in [BOB, other] {
        assert!(world.view(tab).strangers_silenced_until.is_some(), "{tab}");
    }
    world.crash(BOB);
    world.pass(2 * SECOND);
    world.start_call(CAROL, BOB);
    world.pass(3 * SECOND);
    assert_eq!(callee(&world, CAROL), Some(Callee::RingsSilently));
    for tab in [BOB, other] {
        assert_ne!(world.state(tab), State::Ringing, "{tab}");
        // In the list at once, for whoever looks.
        assert_eq!(missed(&world, tab, CAROL), 1, "{tab}");
    }
    world.pass(60 * SECOND);
    assert_eq!(end(&world, CAROL), Some(EndReason::NoAnswer));
    // A contact rings.
    world.start_call(ALICE, BOB);
    assert!(rings(&mut world, BOB) && world.state(other) == State::Ringing);
    world.call_command(ALICE, CallCommand::HangUp);
    world.pass(HOUR);
    for tab in [BOB, other] {
        assert_eq!(world.view(tab).strangers_silenced_until, None);
    }
    world.start_call(CAROL, BOB);
    assert!(rings(&mut world, BOB));
}

#[test]
fn strangers_ring_again_when_they_may() {
    let mut world = three(6);
    world.command(BOB, Command::SilenceStrangers);
    world.start_call(CAROL, BOB);
    world.pass(2 * SECOND);
    assert_eq!(world.state(BOB), State::Idle);
    world.call_command(CAROL, CallCommand::HangUp);
    world.command(BOB, Command::HearStrangers);
    world.pass(SECOND);
    world.start_call(CAROL, BOB);
    assert!(rings(&mut world, BOB));
}

#[test]
fn a_clock_that_is_set_back_does_not_lengthen_the_silence() {
    let mut world = three(7);
    world.command(BOB, Command::SilenceStrangers);
    let wall = UnixTime::from_millis(EPOCH - 10 * HOUR.as_millis() as u64);
    world.input(BOB, wimpex_client::Input::WallClock(wall));
    world.pass(HOUR + SECOND);
    assert_eq!(world.view(BOB).strangers_silenced_until, None);
}

#[test]
fn who_is_called_back_takes_the_call_though_theirs_was_silent() {
    let mut world = three(8);
    world.command(BOB, Command::SilenceStrangers);
    world.start_call(CAROL, BOB);
    world.pass(2 * SECOND);
    assert_eq!(callee(&world, CAROL), Some(Callee::RingsSilently));
    world.start_call(BOB, CAROL);
    assert!(rings(&mut world, CAROL));
    world.accept(CAROL);
    world.pass(5 * SECOND);
    assert_eq!(world.states()[1..], [State::Connected, State::Connected]);
}

#[test]
fn a_stranger_is_blocked_from_the_prompt_and_let_in_again() {
    let mut world = World::new(9, &[ALICE, BOB, CAROL, BOB]);
    let other = 3;
    world.pass(2 * SECOND);
    world.start_call(CAROL, BOB);
    assert!(rings(&mut world, BOB));
    world.command(BOB, Command::BlockCaller);
    world.pass(2 * SECOND);
    assert_eq!(end(&world, CAROL), Some(EndReason::PeerDeclined));
    let blocked: Vec<_> = world.view(other).contacts.blocked_strangers().collect();
    assert_eq!(blocked.len(), 1);
    assert_eq!(blocked[0].id, user(CAROL));
    assert_eq!(blocked[0].claimed_name.as_deref(), Some("Carol"));
    world.crash(BOB);
    world.pass(2 * SECOND);
    world.start_call(CAROL, BOB);
    world.pass(3 * SECOND);
    for tab in [BOB, other] {
        assert_ne!(world.state(tab), State::Ringing, "{tab}");
        assert_eq!(missed(&world, tab, CAROL), 0, "{tab}");
    }
    assert_eq!(callee(&world, CAROL), Some(Callee::Unheard));
    world.call_command(CAROL, CallCommand::HangUp);
    let unblock = ContactCommand::UnblockStranger(user(CAROL));
    world.command(other, Command::Contacts(unblock));
    world.pass(2 * SECOND);
    world.start_call(CAROL, BOB);
    assert!(rings(&mut world, BOB));
}

#[test]
fn calls_with_contacts_ask_for_nobodys_presence_again() {
    let mut world = three(10);
    world.command(BOB, Command::Contacts(ContactCommand::Add(contact(CAROL))));
    world.command(ALICE, Command::Contacts(ContactCommand::Add(contact(BOB))));
    world.pass(SECOND);
    let before = world.server.watches;
    for _ in 0..3 {
        world.start_call(ALICE, BOB);
        assert!(rings(&mut world, BOB));
        world.accept(BOB);
        world.pass(3 * SECOND);
        assert_eq!(world.states()[..2], [State::Connected, State::Connected]);
        world.call_command(ALICE, CallCommand::HangUp);
        world.pass(SECOND);
        world.call_command(ALICE, CallCommand::Dismiss);
    }
    assert_eq!(world.server.watches, before);
    // That a contact goes away in the middle of calling is seen all the same.
    world.start_call(ALICE, BOB);
    assert!(rings(&mut world, BOB));
    world.pass(SECOND);
    world.set_cut_off(BOB, true);
    world.pass(20 * SECOND);
    assert_eq!(end(&world, ALICE), Some(EndReason::PeerGone));
}

#[test]
fn a_call_that_the_server_does_not_put_through_ends() {
    let mut world = three(11);
    world.start_call(CAROL, BOB);
    let call = world.view(CAROL).call.call.clone().unwrap();
    let refused = |to_id| {
        ServerMessage::Error(ErrorMessage {
            code: ErrorCode::RateLimited,
            message: "Too much.".to_owned(),
            ref_type: Some("call-offer".to_owned()),
            call_id: Some(call.call_id.clone()),
            to_id,
            reason: None,
        })
    };
    // One of the kind that is about the sender alone ends nothing.
    world.relay_to(CAROL, refused(None));
    world.relay_to(CAROL, refused(Some(user(BOB))));
    world.pass(Duration::from_millis(60));
    assert_eq!(end(&world, CAROL), Some(EndReason::Refused));
    let calls = world.view(CAROL).contacts.calls();
    assert_eq!(calls[0].outcome, Outcome::Failed);
}

#[test]
fn an_offer_that_was_held_up_is_a_missed_call() {
    let mut world = three(12);
    // Bob's page has slept for two minutes with Alice's offer in its socket.
    world.start_call(ALICE, BOB);
    world.pass(Duration::from_millis(1));
    let wall = UnixTime::from_millis(EPOCH + world.now.as_millis() + 120_000);
    world.input(BOB, wimpex_client::Input::WallClock(wall));
    world.pass(SECOND);
    assert_eq!(world.state(BOB), State::Idle);
    assert_eq!(world.view(BOB).trust.alert, None);
    let calls = world.view(BOB).contacts.calls();
    assert_eq!((calls.len(), calls[0].outcome), (1, Outcome::Missed));
    assert!(!calls[0].is_seen);
    let called = EPOCH + world.now.as_millis();
    assert!(called.abs_diff(calls[0].at) < 3_000, "when she called");
}

fn told(call: &str, from: usize, at: u64, until: u64) -> ServerMessage {
    let call = MissedCall {
        from_id: user(from),
        call_id: CallId::parse(call).unwrap(),
        call_type: CallType::Video,
        at,
    };
    let calls = vec![call];
    ServerMessage::MissedCalls(MissedCalls { calls, until })
}

#[test]
fn the_server_need_not_tell_again_what_is_kept() {
    let mut world = three(13);
    assert_eq!(world.server.missed_since, Some(0));
    let wall = EPOCH + world.now.as_millis();
    world.relay_to(BOB, told("c1", ALICE, wall, 7));
    world.pass(SECOND);
    // Nobody is to hear of that one, but it is known.
    world.command(
        BOB,
        Command::Contacts(ContactCommand::SetContactsOnly(true)),
    );
    world.relay_to(BOB, told("c2", CAROL, wall, 8));
    world.pass(SECOND);
    assert_eq!(missed(&world, BOB, CAROL), 0);
    // A tab that is opened later, and one whose server has forgotten its session.
    world.crash(BOB);
    world.pass(2 * SECOND);
    assert_eq!(world.server.missed_since, Some(8));
    assert_eq!(missed(&world, BOB, ALICE), 1);
}

#[test]
fn who_deletes_the_list_of_calls_has_the_server_forget_them() {
    let mut world = three(13);
    let forget = || Command::Contacts(ContactCommand::ForgetCalls);
    world.command(BOB, forget());
    world.pass(SECOND);
    assert!(
        world.server.erased.is_empty(),
        "of nothing it knows anything"
    );
    let wall = EPOCH + world.now.as_millis();
    world.relay_to(BOB, told("c1", ALICE, wall, 7));
    world.pass(SECOND);
    world.command(BOB, forget());
    world.pass(SECOND);
    assert_eq!(world.server.erased, [Some(7)]);
    assert_eq!(missed(&world, BOB, ALICE), 0);
    world.command(BOB, Command::ForgetMe);
    world.pass(SECOND);
    assert_eq!(world.server.erased, [Some(7), None]);
}

#[test]
fn a_call_that_the_server_tells_of_is_missed_once() {
    let mut world = three(13);
    let told = |call: &str, from: usize, at: u64| told(call, from, at, 1);
    let wall = EPOCH + world.now.as_millis();
    for (call, at) in [
        ("c1", wall - 60_000),
        ("c1", wall - 50_000),
        ("c2", wall + 900_000),
    ] {
        world.relay_to(BOB, told(call, ALICE, at));
        world.pass(SECOND);
    }
    assert_eq!(missed(&world, BOB, ALICE), 2);
    let calls = world.view(BOB).contacts.calls();
    assert!(calls.iter().all(|call| !call.is_seen));
    // No clock makes it a call of tomorrow.
    assert!(
        calls
            .iter()
            .all(|call| call.at <= EPOCH + world.now.as_millis())
    );
    assert_eq!(calls[1].at, wall - 60_000);
    // A tab that is opened later finds them in the list.
    world.crash(BOB);
    world.pass(2 * SECOND);
    assert_eq!(missed(&world, BOB, ALICE), 2);
    world.relay_to(BOB, told("c1", ALICE, wall));
    world.pass(SECOND);
    assert_eq!(missed(&world, BOB, ALICE), 2);
    // Nobody who is blocked calls in the past either.
    let blocked = ContactCommand::BlockStranger(BlockedStranger {
        id: user(CAROL),
        claimed_name: None,
        at: 0,
    });
    world.command(BOB, Command::Contacts(blocked));
    world.relay_to(BOB, told("c3", CAROL, wall));
    world.pass(SECOND);
    assert_eq!(missed(&world, BOB, CAROL), 0);
}
