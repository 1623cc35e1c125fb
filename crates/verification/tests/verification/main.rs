//! Two gates, and whatever stands between them.

mod attacks;
mod candidates;
mod long;
mod side;

use wimpex_identity::{Fingerprint, VerifyError};
use wimpex_protocol::{CallType, Candidate, IceCandidate, Sdp, Sec, Signal};
use wimpex_verification::{Assurance, Step};

use side::{NOW, Side, answer, at, call_id, offer};

/// What is done to a message on the way.
type Attack<'a> = (&'a str, &'a dyn Fn(&mut Signal), VerifyError);

/// Whoever carries it: gives back what arrives, or nothing.
pub(crate) type Relay<'a> = &'a mut dyn FnMut(Signal) -> Option<Signal>;

pub(crate) fn carry(from: &mut Side, to: &mut Side, relay: Relay<'_>) {
    while let Some(relayed) = from.wire.pop_front() {
        if let Some(signal) = relay(relayed.signal) {
            to.hear(from, signal);
        }
    }
}

/// A whole call, all of whose messages the relay may change.
pub(crate) fn call(alice: &mut Side, bob: &mut Side, relay: Relay<'_>) {
    let (to_bob, to_alice) = (bob.id.clone(), alice.id.clone());
    alice.say(&to_bob, offer(alice.sdp(1), CallType::Audio));
    carry(alice, bob, relay);
    if bob.delivered.is_empty() {
        return;
    }
    bob.say(&to_alice, answer(bob.sdp(1)));
    carry(bob, alice, relay);
    carry(alice, bob, relay);
    let (a, b) = (alice.fingerprint(), bob.fingerprint());
    alice.gate.uses(&to_bob, &call_id(), b);
    bob.gate.uses(&to_alice, &call_id(), a);
    alice.work();
    bob.work();
}

pub(crate) fn honest() -> impl FnMut(Signal) -> Option<Signal> {
    Some
}

#[test]
fn two_keys_are_verified_and_see_the_same_pictures() {
    let (mut alice, mut bob) = (Side::new(1, true), Side::new(2, true));
    call(&mut alice, &mut bob, &mut honest());
    let Assurance::KeyProved(seen) = alice.assurance(&bob) else {
        panic!("{:?}", alice.assurance(&bob));
    };
    assert_eq!(bob.assurance(&alice), Assurance::KeyProved(seen));
    assert_eq!((alice.delivered.len(), bob.delivered.len()), (1, 1));
    assert!(alice.refused.is_empty() && bob.refused.is_empty());
}

#[test]
fn two_guests_are_not_verified_and_can_compare() {
    let (mut alice, mut bob) = (Side::new(1, false), Side::new(2, false));
    call(&mut alice, &mut bob, &mut honest());
    let Assurance::SasOnly(seen) = alice.assurance(&bob) else {
        panic!("{:?}", alice.assurance(&bob));
    };
    assert_eq!(bob.assurance(&alice), Assurance::SasOnly(seen));
}

#[test]
fn a_guest_of_the_seed_calls_and_is_called_without_any_proof() {
    let strip = |mut signal: Signal| {
        match &mut signal {
            Signal::CallOffer(offer) => offer.sec = None,
            Signal::CallAnswer(answer) => answer.sec = None,
            Signal::CallConfirm(_) => return None,
            _ => {}
        }
        Some(signal)
    };
    let (mut alice, mut bob) = (Side::new(1, false), Side::new(2, false));
    call(&mut alice, &mut bob, &mut strip.clone());
    assert_eq!((alice.delivered.len(), bob.delivered.len()), (1, 1));
    for assurance in [alice.assurance(&bob), bob.assurance(&alice)] {
        assert_eq!(assurance, Assurance::Unverified);
    }
    // Somebody with a key is not called by stripped messages of a key, ever.
    let (mut alice, mut bob) = (Side::new(1, true), Side::new(2, true));
    call(&mut alice, &mut bob, &mut strip.clone());
    assert_eq!(
        (bob.delivered.len(), &bob.refused[..]),
        (0, &[VerifyError::Unsigned][..])
    );
}

/// What a relay may try with the messages of two keys, and what is refused.
#[test]
fn nothing_that_is_changed_on_the_way_reaches_the_machine() {
    let mallory = Side::new(9, true);
    let swapped = |sdp: &mut Sdp| sdp.0 = mallory.sdp(1).0;
    let attacks: [Attack<'_>; 5] = [
        (
            "another fingerprint in the offer",
            &|signal| {
                if let Signal::CallOffer(offer) = signal {
                    swapped(&mut offer.offer.sdp);
                }
            },
            VerifyError::BadSignature,
        ),
        (
            "another fingerprint in the answer",
            &|signal| {
                if let Signal::CallAnswer(answer) = signal {
                    swapped(&mut answer.answer.sdp);
                }
            },
            VerifyError::BadSignature,
        ),
        (
            "no proof with the answer",
            &|signal| {
                if let Signal::CallAnswer(answer) = signal {
                    answer.sec = None;
                }
            },
            VerifyError::Unsigned,
        ),
        (
            "sound turned to picture",
            &|signal| {
                if let Signal::CallOffer(offer) = signal {
                    offer.call_type = CallType::Video;
                }
            },
            VerifyError::BadSignature,
        ),
        (
            "no proof with the confirmation",
            &|signal| {
                if let Signal::CallConfirm(confirm) = signal {
                    confirm.sec = None;
                }
            },
            VerifyError::Unsigned,
        ),
    ];
    for (what, change, refusal) in attacks {
        let (mut alice, mut bob) = (Side::new(1, true), Side::new(2, true));
        call(&mut alice, &mut bob, &mut |mut signal| {
            change(&mut signal);
            Some(signal)
        });
        let refused: Vec<_> = alice.refused.iter().chain(&bob.refused).collect();
        assert_eq!(refused, [&refusal], "{what}");
        let both = [alice.assurance(&bob), bob.assurance(&alice)];
        assert!(
            !both.iter().all(|it| matches!(it, Assurance::KeyProved(_))),
            "{what}: {both:?}"
        );
    }
}

#[test]
fn a_certificate_that_was_not_signed_ends_it() {
    let (mut alice, mut bob) = (Side::new(1, true), Side::new(2, true));
    let to_bob = bob.id.clone();
    alice.say(&to_bob, offer(alice.sdp(1), CallType::Audio));
    alice
        .gate
        .uses(&to_bob, &call_id(), Fingerprint::from_bytes([7; 32]));
    carry(&mut alice, &mut bob, &mut honest());
    let to_alice = alice.id.clone();
    bob.say(&to_alice, answer(bob.sdp(1)));
    carry(&mut bob, &mut alice, &mut honest());
    assert_eq!(alice.refused, [VerifyError::OtherCertificate]);
    assert!(alice.delivered.is_empty());
}

#[test]
fn what_is_said_within_the_call_is_signed_too() {
    let (mut alice, mut bob) = (Side::new(1, true), Side::new(2, true));
    call(&mut alice, &mut bob, &mut honest());
    for version in 2..5 {
        let (to_bob, to_alice) = (bob.id.clone(), alice.id.clone());
        bob.say(&to_alice, offer(bob.sdp(version), CallType::Audio));
        carry(&mut bob, &mut alice, &mut honest());
        alice.say(&to_bob, answer(alice.sdp(version)));
        carry(&mut alice, &mut bob, &mut honest());
    }
    assert_eq!((alice.delivered.len(), bob.delivered.len()), (4, 4));
    assert!(
        alice.refused.is_empty() && bob.refused.is_empty(),
        "{:?}",
        bob.refused
    );
    // With another fingerprint it is refused, however it is signed.
    let mallory = Side::new(9, true);
    let to_bob = bob.id.clone();
    alice.say(&to_bob, offer(alice.sdp(6), CallType::Audio));
    carry(&mut alice, &mut bob, &mut |mut signal| {
        if let Signal::CallOffer(offer) = &mut signal {
            offer.offer.sdp = mallory.sdp(6);
        }
        Some(signal)
    });
    assert_eq!(bob.delivered.len(), 4);
    assert_eq!(bob.refused.len(), 1);
}

#[test]
fn what_is_said_again_is_said_in_the_same_words_and_heard_again() {
    let (mut alice, mut bob) = (Side::new(1, true), Side::new(2, true));
    let to_bob = bob.id.clone();
    alice.say(&to_bob, offer(alice.sdp(1), CallType::Audio));
    alice.say(&to_bob, offer(alice.sdp(1), CallType::Audio));
    let secs: Vec<Option<Sec>> = alice
        .wire
        .iter()
        .map(|it| match &it.signal {
            Signal::CallOffer(offer) => offer.sec.clone(),
            _ => None,
        })
        .collect();
    assert_eq!(secs.len(), 2);
    assert!(secs[0].is_some() && secs[0] == secs[1]);
    carry(&mut alice, &mut bob, &mut honest());
    assert_eq!((bob.delivered.len(), bob.refused.len()), (2, 0));
}

#[test]
fn order_is_kept_while_signatures_are_made_and_checked() {
    let (mut alice, mut bob) = (Side::new(1, true), Side::new(2, true));
    let to_bob = bob.id.clone();
    let candidate = |side: &Side| {
        Signal::IceCandidate(IceCandidate {
            call_id: Some(call_id()),
            candidate: Candidate {
                candidate: "candidate:1 1 udp 1 192.0.2.1 5 typ host".to_owned(),
                sdp_m_line_index: Some(0),
                sdp_mid: Some("0".to_owned()),
                username_fragment: Some(format!("f{}1", side.certificate)),
            },
        })
    };
    alice.late = Some(Vec::new());
    alice.say(&to_bob, offer(alice.sdp(1), CallType::Audio));
    alice.say(&to_bob, candidate(&alice));
    assert!(alice.wire.is_empty(), "it does not wait for the signature");
    alice.catch_up();
    assert_eq!(alice.wire.len(), 2);
    bob.late = Some(Vec::new());
    carry(&mut alice, &mut bob, &mut honest());
    assert!(bob.delivered.is_empty(), "it does not wait for the check");
    bob.catch_up();
    assert!(matches!(
        bob.delivered[..],
        [Signal::CallOffer(_), Signal::IceCandidate(_)]
    ));
    // That of another ICE session is of no use.
    let stranger = Side::new(7, true);
    bob.hear(&alice, candidate(&stranger));
    assert_eq!(bob.delivered.len(), 2);
}

#[test]
fn a_key_that_cannot_sign_says_nothing_rather_than_something_unsigned() {
    let (mut alice, bob) = (Side::new(1, true), Side::new(2, true));
    alice.late = Some(Vec::new());
    alice.say(&bob.id, offer(alice.sdp(1), CallType::Audio));
    for step in alice.late.take().into_iter().flatten() {
        if let Step::Sign { ticket, .. } = step {
            alice.gate.signed(ticket, None);
        }
    }
    alice.work();
    assert_eq!((alice.wire.len(), alice.unsaid), (0, 1));
}

#[test]
fn a_flood_of_calls_does_not_make_an_answer_forget_its_key() {
    let (mut alice, mut bob) = (Side::new(1, true), Side::new(2, true));
    let to_bob = bob.id.clone();
    alice.say(&to_bob, offer(alice.sdp(1), CallType::Audio));
    for seed in 10..110 {
        let stranger = Side::new(seed, false);
        alice.hear(&stranger, offer(stranger.sdp(1), CallType::Audio));
    }
    let before = alice.delivered.len();
    // Unsigned, as from the one who was called.
    bob.certificate = 9;
    let forged = answer(bob.sdp(1));
    alice.hear(&bob, forged);
    assert_eq!(alice.delivered.len(), before);
    assert_eq!(alice.refused, [VerifyError::Unsigned]);
}

#[test]
fn a_key_whose_confirmation_never_comes_is_not_talked_to() {
    for has_key in [true, false] {
        let (mut alice, mut bob) = (Side::new(1, has_key), Side::new(2, true));
        call(&mut alice, &mut bob, &mut |signal| {
            (!matches!(signal, Signal::CallConfirm(_))).then_some(signal)
        });
        assert_eq!(bob.assurance(&alice), Assurance::Pending);
        assert!(bob.refused.is_empty());
        bob.gate.overdue(&alice.id, &call_id());
        bob.work();
        let refused: &[VerifyError] = if has_key { &[VerifyError::Late] } else { &[] };
        assert_eq!(bob.refused, refused);
        // To Alice all is well, and stays so.
        alice.gate.overdue(&bob.id, &call_id());
        alice.work();
        assert!(alice.refused.is_empty());
    }
}

#[test]
fn an_offer_that_cannot_be_proved_yet_is_not_made() {
    let (mut alice, mut bob) = (Side::new(1, true), Side::new(2, true));
    let (to_bob, to_alice) = (bob.id.clone(), alice.id.clone());
    alice.say(&to_bob, offer(alice.sdp(1), CallType::Audio));
    alice.say(&to_bob, offer(alice.sdp(2), CallType::Audio));
    assert_eq!(alice.wire.len(), 1);
    carry(&mut alice, &mut bob, &mut honest());
    bob.say(&to_alice, answer(bob.sdp(1)));
    bob.say(&to_alice, offer(bob.sdp(2), CallType::Audio));
    assert_eq!(bob.wire.len(), 1);
}

#[test]
fn whoever_was_told_that_we_are_busy_is_forgotten() {
    let (mut alice, mut bob) = (Side::new(1, true), Side::new(2, true));
    let to_bob = bob.id.clone();
    alice.say(&to_bob, offer(alice.sdp(1), CallType::Audio));
    for seed in 10..110 {
        let stranger = Side::new(seed, false);
        let call = offer(stranger.sdp(1), CallType::Audio);
        alice.gate.hear(stranger.brings(call), at(NOW));
        // The machine has not been given it: not yet forgotten.
        alice.gate.keep_only(Some((&to_bob, &call_id())));
        assert_eq!(alice.assurance(&stranger), Assurance::Unverified);
        alice.work();
        alice.gate.keep_only(Some((&to_bob, &call_id())));
    }
    assert_eq!(alice.delivered.len(), 100);
    // Bob's answer still holds.
    carry(&mut alice, &mut bob, &mut honest());
    bob.say(&alice.id.clone(), answer(bob.sdp(1)));
    carry(&mut bob, &mut alice, &mut honest());
    assert_eq!(alice.delivered.len(), 101);
}

#[test]
fn a_confirmation_may_come_over_the_calls_own_connection() {
    let (mut alice, mut bob) = (Side::new(1, true), Side::new(2, true));
    let mut confirms = Vec::new();
    call(&mut alice, &mut bob, &mut |signal| match signal {
        Signal::CallConfirm(confirm) => {
            confirms.push(confirm);
            None
        }
        signal => Some(signal),
    });
    assert_eq!(bob.assurance(&alice), Assurance::Pending);
    // Twice, for the server brings it too.
    for _ in 0..2 {
        let confirm = confirms[0].clone();
        bob.gate.hear_direct(alice.id.clone(), confirm, at(NOW));
        bob.work();
        assert!(matches!(bob.assurance(&alice), Assurance::KeyProved(_)));
    }
    assert!(bob.refused.is_empty());
}
