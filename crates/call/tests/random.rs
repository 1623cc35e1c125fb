//! Whatever happens to two pages, in whatever order: the rules hold, and when it
//! is over, so is the call, or it is connected.
//!
//! `WIMPEX_CASES=100000` tries so many sequences instead of a few hundred.

#![allow(
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is what is wanted"
)]

mod world;

use std::time::Duration;

use proptest::prelude::*;
use wimpex_call::{Command, PeerConnectionState, State};
use wimpex_protocol::CallType;
use world::{ALICE, BOB, World};

/// One thing that happens; pages are named by number.
#[derive(Clone, Debug)]
enum Event {
    StartCall(usize, bool),
    Accept(usize),
    Decline(usize),
    HangUp(usize),
    Dismiss(usize),
    Camera(usize, bool),
    Mute(usize, bool),
    Deliver,
    Lose,
    Repeat,
    Overtake,
    Renew(usize),
    Away(usize),
    Back(usize),
    Vanish(usize),
    Cut(bool),
    Mend,
    Permission(usize),
    SlowPermission(usize, bool),
    Pass(u64),
}

fn event() -> impl Strategy<Value = Event> {
    let who = 0..2usize;
    prop_oneof![
        4 => (who.clone(), any::<bool>()).prop_map(|(w, v)| Event::StartCall(w, v)),
        4 => who.clone().prop_map(Event::Accept),
        1 => who.clone().prop_map(Event::Decline),
        1 => who.clone().prop_map(Event::HangUp),
        1 => who.clone().prop_map(Event::Dismiss),
        1 => (who.clone(), any::<bool>()).prop_map(|(w, on)| Event::Camera(w, on)),
        1 => (who.clone(), any::<bool>()).prop_map(|(w, on)| Event::Mute(w, on)),
        12 => Just(Event::Deliver),
        1 => Just(Event::Lose),
        1 => Just(Event::Repeat),
        1 => Just(Event::Overtake),
        1 => who.clone().prop_map(Event::Renew),
        1 => who.clone().prop_map(Event::Away),
        1 => who.clone().prop_map(Event::Back),
        1 => who.clone().prop_map(Event::Vanish),
        1 => any::<bool>().prop_map(Event::Cut),
        1 => Just(Event::Mend),
        1 => who.clone().prop_map(Event::Permission),
        1 => (who, any::<bool>()).prop_map(|(w, slow)| Event::SlowPermission(w, slow)),
        3 => (1..70u64).prop_map(Event::Pass),
    ]
}

fn perform(world: &mut World, event: Event, calls: &mut u32) {
    match event {
        Event::StartCall(who, video) => {
            *calls += 1;
            // Neither side's ids are always the greater ones.
            let id = format!("call_{}_{calls}", calls.wrapping_mul(7) % 10);
            let call_type = if video {
                CallType::Video
            } else {
                CallType::Audio
            };
            world.start_call(who, 1 - who, &id, call_type);
        }
        Event::Accept(who) => world.accept(who),
        Event::Decline(who) => world.command(who, Command::Decline),
        Event::HangUp(who) => world.command(who, Command::HangUp),
        Event::Dismiss(who) => world.command(who, Command::Dismiss),
        Event::Camera(who, on) => world.command(who, Command::SetCamera(on)),
        Event::Mute(who, muted) => world.command(who, Command::SetMuted(muted)),
        Event::Deliver => {
            world.deliver();
        }
        Event::Lose => {
            world.wire.pop_front();
        }
        Event::Repeat => {
            if let Some(first) = world.wire.front().cloned() {
                world.wire.push_back(first);
            }
        }
        Event::Overtake => {
            if let Some(first) = world.wire.pop_front() {
                world.wire.push_back(first);
            }
        }
        Event::Renew(who) => world.renew(who),
        Event::Away(who) => world.away(who),
        Event::Back(who) => world.back(who),
        Event::Vanish(who) => {
            world.vanish(who);
            world.pages[who].open_prompts.clear();
        }
        Event::Cut(failed) => world.cut(if failed {
            PeerConnectionState::Failed
        } else {
            PeerConnectionState::Disconnected
        }),
        Event::Mend => world.path = true,
        Event::Permission(who) => {
            if !world.pages[who].open_prompts.is_empty() {
                world.answer_prompt(who, Ok(()));
            }
        }
        Event::SlowPermission(who, slow) => {
            world.pages[who].permission = (!slow).then_some(Ok(()));
        }
        Event::Pass(seconds) => world.pass(Duration::from_secs(seconds)),
    }
}

/// What holds at every moment.
fn check(world: &World) {
    for page in &world.pages {
        let call = page.machine.snapshot().call;
        let open = page.open_connections();
        match page.machine.state() {
            State::Idle | State::Ended | State::Ringing => {
                assert_eq!(open, 0, "{} has a connection", page.user);
                assert!(page.live.is_empty(), "{} has a live track", page.user);
            }
            State::Calling | State::Connecting | State::Connected | State::Reconnecting => {
                assert_eq!(open, 1, "{} {call:?}", page.user);
            }
        }
    }
}

fn cases() -> u32 {
    let wanted = std::env::var("WIMPEX_CASES").ok();
    wanted.and_then(|n| n.parse().ok()).unwrap_or(400)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_call_is_connected_or_over_in_the_end(
        events in proptest::collection::vec(event(), 0..60),
    ) {
        let mut world = World::with(&[("alice", "a1"), ("bob", "b1")]);
        let mut calls = 0;
        for event in events {
            perform(&mut world, event, &mut calls);
            check(&world);
        }
        // Everything works again, and nobody does anything. The browsers notice
        // that a connection's other end is gone.
        world.path = true;
        for who in [ALICE, BOB] {
            world.back(who);
        }
        world.pass(Duration::from_secs(1));
        world.notice_lost_ends();
        world.pass(Duration::from_secs(200));
        check(&world);
        let calls: Vec<_> = world.pages.iter().map(|p| p.machine.snapshot().call).collect();
        match (&calls[0], &calls[1]) {
            (None, None) => world.assert_all_let_go(),
            (Some(a), Some(b)) => {
                prop_assert_eq!(&a.call_id, &b.call_id);
                prop_assert_eq!(world.states(), [State::Connected, State::Connected]);
            }
            _ => prop_assert!(false, "one is left alone: {:?}", world.states()),
        }
    }
}
