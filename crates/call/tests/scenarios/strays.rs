//! Messages that come early, late, twice, or for no call.

use crate::*;

#[test]
fn early_candidates_wait_for_offer_and_accept() {
    let mut world = World::new();
    world.signal(ALICE, BOB, candidate(Some("call_1"), "early"));
    world.signal(CAROL, BOB, candidate(Some("call_1"), "forged"));
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    assert_eq!(world.pages[BOB].open_connections(), 0);
    world.accept(BOB);
    world.settle();
    let added = world.pages[BOB].candidates_added();
    assert_eq!(added[0], "early");
    assert!(!added.contains(&"forged".to_owned()));
}

#[test]
fn candidates_of_another_call_are_never_applied() {
    let mut world = World::connected();
    let before = world.pages[ALICE].candidates_added();
    world.signal(BOB, ALICE, candidate(Some("call_0"), "old call"));
    world.signal(CAROL, ALICE, candidate(Some("call_1"), "other person"));
    world.signal(CAROL, ALICE, candidate(None, "other person, no call"));
    assert_eq!(world.pages[ALICE].candidates_added(), before);
    // The minimal client's form (docs/protocol.md) counts, from the peer.
    world.signal(BOB, ALICE, candidate(None, "minimal"));
    assert_eq!(
        world.pages[ALICE].candidates_added().last().unwrap(),
        "minimal"
    );
}

#[test]
fn candidates_by_the_thousand_are_bounded() {
    let mut world = World::new();
    for n in 0..5_000 {
        world.signal(ALICE, BOB, candidate(Some("call_1"), &n.to_string()));
    }
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    for n in 0..5_000 {
        world.signal(ALICE, BOB, candidate(Some("call_1"), &n.to_string()));
    }
    world.accept(BOB);
    let added = world.pages[BOB].candidates_added().len();
    assert!(added <= limits::WAITING_CANDIDATES, "{added}");
}

#[test]
fn messages_for_a_call_that_never_was_do_nothing() {
    let mut world = World::connected();
    let before = world.pages[ALICE].machine.snapshot();
    world.signal(BOB, ALICE, end("call_0", CallEndReason::Ended));
    world.signal(CAROL, ALICE, end("call_1", CallEndReason::Ended));
    let reject = CallReject {
        call_id: call_id("call_0"),
        reason: None,
    };
    world.signal(BOB, ALICE, Signal::CallReject(reject));
    let answer = CallAnswer {
        call_id: call_id("call_0"),
        answer: Answer::new(Sdp("x".into())),
        sec: None,
    };
    world.signal(BOB, ALICE, Signal::CallAnswer(answer));
    world.settle();
    assert_eq!(world.pages[ALICE].machine.snapshot(), before);
    assert_eq!(world.state(BOB), State::Connected);
}

#[test]
fn an_answer_to_a_call_that_is_over_is_told_so() {
    let mut world = World::new();
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    // Alice's page was reloaded: it knows of no call.
    world.pages[ALICE].machine = wimpex_call::CallMachine::new();
    world.accept(BOB);
    world.settle();
    assert_eq!(world.end(BOB), Some(EndReason::PeerHungUp));
}

#[test]
fn an_end_before_its_offer_prevents_ringing() {
    let ends = [
        end("call_1", CallEndReason::Cancelled),
        end("call_1", CallEndReason::AnsweredElsewhere),
        Signal::CallReject(CallReject {
            call_id: call_id("call_1"),
            reason: None,
        }),
    ];
    for signal in ends {
        let mut world = World::new();
        world.signal(ALICE, BOB, signal);
        world.signal(ALICE, BOB, offer("call_1", CallType::Video));
        assert_eq!(world.state(BOB), State::Idle);
        assert_eq!(world.pages[BOB].sent_types(), ["call-end"]);
        // Somebody else's word does not count.
        world.signal(CAROL, BOB, end("call_2", CallEndReason::Cancelled));
        world.signal(ALICE, BOB, offer("call_2", CallType::Video));
        assert_eq!(world.state(BOB), State::Ringing);
    }
}

#[test]
fn a_late_offer_does_not_ring_for_a_call_that_is_over() {
    let mut world = World::connected();
    let first = world.pages[ALICE].sent[0].clone();
    world.command(BOB, Command::HangUp);
    world.settle();
    world.deliver_one(ALICE, first);
    world.settle();
    assert_eq!(world.states()[..2], [State::Ended, State::Ended]);
}

#[test]
fn an_offer_answered_busy_never_rings_later() {
    let mut world = World::connected();
    world.signal(CAROL, ALICE, offer("call_2", CallType::Audio));
    world.command(ALICE, Command::HangUp);
    world.signal(CAROL, ALICE, offer("call_2", CallType::Audio));
    assert_eq!(world.state(ALICE), State::Ended);
    world.signal(CAROL, ALICE, offer("call_3", CallType::Audio));
    assert_eq!(world.state(ALICE), State::Ringing);
}

#[test]
fn the_memory_of_ended_calls_is_bounded_per_peer() {
    let mut world = World::new();
    world.signal(ALICE, BOB, end("call_1", CallEndReason::Cancelled));
    for n in 0..1_000 {
        world.signal(CAROL, BOB, end(&format!("x{n}"), CallEndReason::Cancelled));
    }
    // However many Carol invents, Alice's call is remembered.
    world.signal(ALICE, BOB, offer("call_1", CallType::Video));
    assert_eq!(world.state(BOB), State::Idle);
    world.signal(CAROL, BOB, offer("x999", CallType::Video));
    assert_eq!(world.state(BOB), State::Idle);
    world.signal(CAROL, BOB, offer("x0", CallType::Video));
    assert_eq!(world.state(BOB), State::Ringing);
}

#[test]
fn candidates_of_a_live_call_are_bounded() {
    let mut world = World::connected();
    for n in 0..5_000 {
        world.signal(BOB, ALICE, candidate(Some("call_1"), &n.to_string()));
    }
    let added = world.pages[ALICE].candidates_added().len();
    assert!(added <= limits::CANDIDATES, "{added}");
}

#[test]
fn ringing_for_a_call_that_is_over_is_told_so() {
    let mut world = World::new();
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    world.pages[ALICE].machine = wimpex_call::CallMachine::new();
    // The offer comes again, by whatever way: Bob says that it rings.
    let first = world.pages[ALICE].sent[0].clone();
    world.deliver_one(ALICE, first);
    world.settle();
    assert_eq!(world.end(BOB), Some(EndReason::Missed));
}

/// All orders of n things.
fn orders(n: usize) -> Vec<Vec<usize>> {
    if n == 0 {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for shorter in orders(n - 1) {
        for at in 0..=shorter.len() {
            let mut order = shorter.clone();
            order.insert(at, n - 1);
            all.push(order);
        }
    }
    all
}

/// What a whole call looked like on the wire, from one side.
fn script(who: usize) -> Vec<wimpex_protocol::Envelope> {
    let mut world = World::connected();
    world.command(who, Command::HangUp);
    let mut sent = world.pages[who].sent.clone();
    sent.dedup_by_key(|relayed| relayed.signal.type_name());
    sent
}

#[test]
fn a_callers_messages_in_any_order_end_the_ringing() {
    let script = script(ALICE);
    assert_eq!(script.len(), 4, "offer, answered elsewhere, candidate, end");
    for order in orders(script.len()) {
        for repeated in 0..script.len() {
            let mut world = World::new();
            let mut over = false;
            for &at in order.iter().chain([&repeated]) {
                world.deliver_one(ALICE, script[at].clone());
                over |= matches!(script[at].signal, Signal::CallEnd(_));
                assert!(!over || world.state(BOB) != State::Ringing, "{order:?}");
            }
            assert_eq!(world.pages[BOB].open_connections(), 0);
        }
    }
}

#[test]
fn a_callees_messages_in_any_order_leave_no_call() {
    let script = script(BOB);
    assert_eq!(script.len(), 4, "ringing, answer, candidate, end");
    for order in orders(script.len()) {
        for repeated in 0..script.len() {
            let mut world = World::new();
            world.video_call(ALICE, BOB, "call_1");
            for &at in order.iter().chain([&repeated]) {
                world.deliver_one(BOB, script[at].clone());
            }
            assert_eq!(world.state(ALICE), State::Ended, "{order:?}");
            assert_eq!(world.pages[ALICE].open_connections(), 0);
        }
    }
}
