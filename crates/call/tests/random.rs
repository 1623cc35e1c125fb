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
use world::{ALICE, BOB, CAROL, World};

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
    AnswerWaiting(usize, bool),
    DeclineWaiting(usize),
    OnHold(usize, bool),
    Swap(usize),
    EndOther(usize),
}

/// What happens where there are calls of three, each of whom knows the others.
fn event_of_three() -> impl Strategy<Value = Event> {
    let who = 0..3usize;
    prop_oneof![
        20 => event(3),
        3 => (who.clone(), any::<bool>()).prop_map(|(w, hold)| Event::AnswerWaiting(w, hold)),
        1 => who.clone().prop_map(Event::DeclineWaiting),
        1 => (who.clone(), any::<bool>()).prop_map(|(w, on)| Event::OnHold(w, on)),
        2 => who.clone().prop_map(Event::Swap),
        1 => who.prop_map(Event::EndOther),
    ]
}

fn event(pages: usize) -> impl Strategy<Value = Event> {
    let who = 0..pages;
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
            // Of three, either of the others.
            let others = world.pages.len() - 1;
            let peer = (who + 1 + *calls as usize % others) % (others + 1);
            world.start_call(who, peer, &id, call_type);
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
        Event::AnswerWaiting(who, hold) => world.command(who, Command::AnswerWaiting { hold }),
        Event::DeclineWaiting(who) => world.command(who, Command::DeclineWaiting),
        Event::OnHold(who, on_hold) => world.command(who, Command::SetOnHold(on_hold)),
        Event::Swap(who) => world.command(who, Command::Swap),
        Event::EndOther(who) => world.command(who, Command::EndOther),
    }
}

/// What holds at every moment.
fn check(world: &World) {
    for page in &world.pages {
        let calls = page.machine.snapshot();
        let open = page.open_connections();
        match page.machine.state() {
            State::Idle | State::Ended | State::Ringing => {
                assert_eq!(open, 0, "{} has a connection", page.user);
                assert!(page.live.is_empty(), "{} has a live track", page.user);
                assert!(calls.held.is_none() && calls.waiting.is_none());
            }
            State::Calling => {
                assert_eq!(open, 1, "{} {calls:?}", page.user);
                assert!(calls.held.is_none() && calls.waiting.is_none());
            }
            State::Connecting | State::Connected | State::Reconnecting => {
                let live = 1 + usize::from(calls.held.is_some());
                assert_eq!(open, live, "{} {calls:?}", page.user);
                assert!(calls.held.is_none() || calls.waiting.is_none());
            }
        }
        if let Some(call) = calls.call.filter(|_| open > 0) {
            for kind in ["audio", "video"] {
                for connection in page.sends(kind) {
                    assert!(!call.on_hold && connection == call.connection, "{kind}");
                }
            }
            assert_eq!(page.is_on_hold(call.connection), call.on_hold);
        }
        if let Some(held) = calls.held {
            assert!(held.on_hold && page.is_on_hold(held.connection));
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
        events in proptest::collection::vec(event(2), 0..60),
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

    #[test]
    fn two_calls_of_one_are_connected_or_over_in_the_end(
        events in proptest::collection::vec(event_of_three(), 0..80),
    ) {
        let mut world = World::new();
        for (who, of) in [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)] {
            world.known.insert((who, of));
        }
        let mut calls = 0;
        for event in events {
            perform(&mut world, event, &mut calls);
            check(&world);
        }
        world.path = true;
        for who in [ALICE, BOB, CAROL] {
            world.back(who);
        }
        world.pass(Duration::from_secs(1));
        world.notice_lost_ends();
        world.pass(Duration::from_secs(200));
        check(&world);
        let ids = |who: usize| {
            let calls = world.pages[who].machine.snapshot();
            prop_assert!(calls.waiting.is_none(), "somebody waits forever");
            let calls = [calls.call, calls.held].into_iter().flatten();
            Ok(calls.map(|call| (call.call_id.clone(), call.peer.clone())).collect::<Vec<_>>())
        };
        let all = [ids(ALICE)?, ids(BOB)?, ids(CAROL)?];
        for (who, of_one) in all.iter().enumerate() {
            for (id, peer) in of_one {
                let other = world.pages.iter().position(|page| page.user == *peer).unwrap();
                let them = (id.clone(), world.pages[who].user.clone());
                prop_assert!(all[other].contains(&them), "{who} is left alone: {:?}", all);
            }
            let is_connected = of_one.is_empty() || world.state(who) == State::Connected;
            prop_assert!(is_connected, "{:?}", world.states());
        }
        if all.iter().all(Vec::is_empty) {
            world.assert_all_let_go();
        }
    }
}
