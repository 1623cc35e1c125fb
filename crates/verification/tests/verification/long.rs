//! Calls that take long, and what changes around them.

use wimpex_identity::{Nonce, VerifyError};
use wimpex_protocol::{CallType, Relayed, Sec, Signal};
use wimpex_verification::{Assurance, Gate, Me, Step};

use crate::side::{NOW, Side, answer, at, call_id, offer};
use crate::{call, carry, honest};

fn sec(relayed: &Relayed) -> Option<Sec> {
    match &relayed.signal {
        Signal::CallOffer(offer) => offer.sec.clone(),
        Signal::CallAnswer(answer) => answer.sec.clone(),
        _ => None,
    }
}

#[test]
fn what_is_said_again_after_a_long_outage_still_counts() {
    let (mut alice, mut bob) = (Side::new(1, true), Side::new(2, true));
    call(&mut alice, &mut bob, &mut honest());
    let (to_bob, to_alice) = (bob.id.clone(), alice.id.clone());
    // Said, lost, and said once more when the server is back.
    alice.say(&to_bob, offer(alice.sdp(2), CallType::Audio));
    let lost = alice.wire.pop_front().expect("an offer");
    (alice.now, bob.now) = (NOW + 180_000, NOW + 180_000);
    alice.say(&to_bob, offer(alice.sdp(2), CallType::Audio));
    assert_ne!(sec(&alice.wire[0]), sec(&lost));
    carry(&mut alice, &mut bob, &mut honest());
    assert_eq!((bob.delivered.len(), &bob.refused[..]), (2, &[][..]));
    // The old one comes after all: it is of no use, and does no harm.
    bob.hear(&alice, lost.signal);
    assert_eq!((bob.delivered.len(), &bob.refused[..]), (2, &[][..]));
    bob.say(&to_alice, answer(bob.sdp(2)));
    carry(&mut bob, &mut alice, &mut honest());
    assert_eq!((alice.delivered.len(), &alice.refused[..]), (2, &[][..]));
    assert!(matches!(alice.assurance(&bob), Assurance::KeyProved(_)));
}

#[test]
fn an_offer_that_was_heard_and_is_signed_anew_is_answered_anew() {
    let (mut alice, mut bob) = (Side::new(1, true), Side::new(2, true));
    call(&mut alice, &mut bob, &mut honest());
    let (to_bob, to_alice) = (bob.id.clone(), alice.id.clone());
    alice.say(&to_bob, offer(alice.sdp(2), CallType::Audio));
    carry(&mut alice, &mut bob, &mut honest());
    bob.say(&to_alice, answer(bob.sdp(2)));
    // The answer is lost.
    bob.wire.clear();
    (alice.now, bob.now) = (NOW + 45_000, NOW + 45_000);
    alice.say(&to_bob, offer(alice.sdp(2), CallType::Audio));
    carry(&mut alice, &mut bob, &mut honest());
    bob.say(&to_alice, answer(bob.sdp(2)));
    carry(&mut bob, &mut alice, &mut honest());
    assert_eq!((alice.delivered.len(), &alice.refused[..]), (2, &[][..]));
    assert!(bob.refused.is_empty());
}

#[test]
fn an_offer_is_not_said_any_more_when_nobody_would_take_it_for_fresh() {
    let (mut alice, bob) = (Side::new(1, true), Side::new(2, true));
    alice.say(&bob.id, offer(alice.sdp(1), CallType::Audio));
    alice.now += 49_000;
    alice.say(&bob.id, offer(alice.sdp(1), CallType::Audio));
    assert_eq!(alice.wire.len(), 2);
    alice.now += 2_000;
    alice.say(&bob.id, offer(alice.sdp(1), CallType::Audio));
    assert_eq!((alice.wire.len(), alice.unsaid), (2, 0));
}

/// The server takes her for somebody else in the middle of a call: that makes no peer
/// with a key into one without.
#[test]
fn another_login_does_not_make_a_key_a_guest() {
    let (mut alice, mut bob) = (Side::new(1, false), Side::new(2, true));
    let to_bob = bob.id.clone();
    alice.say(&to_bob, offer(alice.sdp(1), CallType::Audio));
    let stranger = Side::new(7, false);
    alice.gate.log_in(Me {
        id: stranger.id.clone(),
        key: None,
    });
    bob.certificate = 9;
    let forged = answer(bob.sdp(1));
    alice.hear(&bob, forged);
    assert_eq!(
        (alice.delivered.len(), &alice.refused[..]),
        (0, &[VerifyError::Unsigned][..])
    );
}

#[test]
fn the_answer_to_a_call_without_a_handshake_is_not_taken() {
    let (mut alice, mut bob) = (Side::new(1, true), Side::new(2, true));
    alice.gate.keep_only(Some((&bob.id, &call_id())));
    bob.certificate = 9;
    let forged = answer(bob.sdp(1));
    alice.hear(&bob, forged.clone());
    assert_eq!((alice.delivered.len(), alice.refused.len()), (0, 1));
    // That to a call that is over is: whoever waits is told so.
    alice.gate.keep_only(None);
    alice.hear(&bob, forged);
    assert_eq!(alice.delivered.len(), 1);
}

#[test]
fn what_was_checked_for_a_call_that_is_over_by_then_goes_nowhere() {
    let (mut alice, mut bob) = (Side::new(1, true), Side::new(2, true));
    let (to_bob, to_alice) = (bob.id.clone(), alice.id.clone());
    alice.say(&to_bob, offer(alice.sdp(1), CallType::Audio));
    carry(&mut alice, &mut bob, &mut honest());
    bob.say(&to_alice, answer(bob.sdp(1)));
    alice.late = Some(Vec::new());
    carry(&mut bob, &mut alice, &mut honest());
    alice.gate.keep_only(None);
    for step in alice.late.take().into_iter().flatten() {
        if let Step::Check { ticket, .. } = step {
            alice.gate.checked(ticket, false, at(NOW));
        }
    }
    alice.work();
    assert!(alice.delivered.is_empty());
}

/// Nobody can tell who calls before the login: it is not said, and the person is told.
#[test]
fn who_is_nobody_yet_calls_nobody() {
    let (alice, bob) = (Side::new(1, true), Side::new(2, true));
    let mut gate = Gate::default();
    let relayed = Relayed {
        to_id: bob.id.clone(),
        to_device: None,
        from_id: None,
        from_device: None,
        signal: offer(alice.sdp(1), CallType::Audio),
    };
    gate.send(relayed, Nonce::from_bytes([1; 32]), at(NOW));
    assert!(matches!(gate.poll_step(), Some(Step::Unsaid { .. })));
    assert!(gate.poll_step().is_none());
}

/// A guest whose proof is kept back is not verified, and does not stay in between.
#[test]
fn a_guest_whose_confirmation_never_comes_is_not_verified() {
    let (mut alice, mut bob) = (Side::new(1, false), Side::new(2, true));
    let mut held = Vec::new();
    call(&mut alice, &mut bob, &mut |signal| match signal {
        Signal::CallConfirm(_) => {
            held.push(signal);
            None
        }
        signal => Some(signal),
    });
    assert_eq!(bob.assurance(&alice), Assurance::Pending);
    bob.gate.overdue(&alice.id, &call_id());
    bob.work();
    assert_eq!(bob.assurance(&alice), Assurance::Unverified);
    assert!(bob.refused.is_empty());
    // Late is better than never.
    for signal in held {
        bob.hear(&alice, signal);
    }
    assert!(matches!(bob.assurance(&alice), Assurance::SasOnly(_)));
}
