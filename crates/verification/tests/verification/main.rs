//! Two verifiers, and whatever is in the middle.

mod attacks;
mod candidates;
mod connection;
mod long_calls;
mod peer;
mod policy;

use wimpex_identity::VerifyError;
use wimpex_protocol::{CallType, Candidate, IceCandidate, Sdp, Sec, Signal};
use wimpex_sansio::Machine;
use wimpex_verification::{Assurance, CallKey, Input, Output};

use peer::{Peer, answer, call_id, offer};

/// What is done to a message on the way.
type Attack<'a> = (&'a str, &'a dyn Fn(&mut Signal), VerifyError);

/// Whoever carries it: gives back what arrives, or nothing.
pub(crate) type Relay<'a> = &'a mut dyn FnMut(Signal) -> Option<Signal>;

pub(crate) fn carry(from: &mut Peer, to: &mut Peer, relay: Relay<'_>) {
    while let Some(relayed) = from.wire.pop_front() {
        if let Some(signal) = relay(relayed.signal) {
            to.receive(from, signal);
        }
    }
}

/// A whole call, all of whose messages the relay may change.
pub(crate) fn call(alice: &mut Peer, bob: &mut Peer, relay: Relay<'_>) {
    let (to_bob, to_alice) = (bob.id.clone(), alice.id.clone());
    alice.send(&to_bob, offer(alice.sdp(1), CallType::Audio));
    carry(alice, bob, relay);
    if bob.delivered.is_empty() {
        return;
    }
    bob.send(&to_alice, answer(bob.sdp(1)));
    carry(bob, alice, relay);
    carry(alice, bob, relay);
    alice.connected(&to_bob, bob.certificate);
    bob.connected(&to_alice, alice.certificate);
}

pub(crate) fn honest() -> impl FnMut(Signal) -> Option<Signal> {
    Some
}

#[test]
fn two_keys_are_verified_and_see_the_same_pictures() {
    let (mut alice, mut bob) = (Peer::new(1, true), Peer::new(2, true));
    call(&mut alice, &mut bob, &mut honest());
    let Assurance::KeyProved(seen) = alice.assurance(&bob) else {
        panic!("{:?}", alice.assurance(&bob));
    };
    assert_eq!(bob.assurance(&alice), Assurance::KeyProved(seen));
    assert_eq!((alice.delivered.len(), bob.delivered.len()), (1, 1));
    assert!(alice.rejected.is_empty() && bob.rejected.is_empty());
}

#[test]
fn two_guests_are_not_verified_and_can_compare() {
    let (mut alice, mut bob) = (Peer::new(1, false), Peer::new(2, false));
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
    let (mut alice, mut bob) = (Peer::new(1, false), Peer::new(2, false));
    call(&mut alice, &mut bob, &mut strip.clone());
    assert_eq!((alice.delivered.len(), bob.delivered.len()), (1, 1));
    for assurance in [alice.assurance(&bob), bob.assurance(&alice)] {
        assert_eq!(assurance, Assurance::Unverified);
    }
    // Somebody with a key is not called by stripped messages of a key, ever.
    let (mut alice, mut bob) = (Peer::new(1, true), Peer::new(2, true));
    call(&mut alice, &mut bob, &mut strip.clone());
    assert_eq!(
        (bob.delivered.len(), &bob.rejected[..]),
        (0, &[VerifyError::Unsigned][..])
    );
}

/// What a relay may try with the messages of two keys, and what is refused.
#[test]
fn nothing_that_is_changed_on_the_way_reaches_the_machine() {
    let mallory = Peer::new(9, true);
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
        let (mut alice, mut bob) = (Peer::new(1, true), Peer::new(2, true));
        call(&mut alice, &mut bob, &mut |mut signal| {
            change(&mut signal);
            Some(signal)
        });
        let refused: Vec<_> = alice.rejected.iter().chain(&bob.rejected).collect();
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
    let (mut alice, mut bob) = (Peer::new(1, true), Peer::new(2, true));
    let to_bob = bob.id.clone();
    alice.send(&to_bob, offer(alice.sdp(1), CallType::Audio));
    alice.connected(&to_bob, 7);
    carry(&mut alice, &mut bob, &mut honest());
    let to_alice = alice.id.clone();
    bob.send(&to_alice, answer(bob.sdp(1)));
    carry(&mut bob, &mut alice, &mut honest());
    assert_eq!(alice.rejected, [VerifyError::OtherCertificate]);
    assert!(alice.delivered.is_empty());
}

#[test]
fn what_is_said_within_the_call_is_signed_too() {
    let (mut alice, mut bob) = (Peer::new(1, true), Peer::new(2, true));
    call(&mut alice, &mut bob, &mut honest());
    for version in 2..5 {
        let (to_bob, to_alice) = (bob.id.clone(), alice.id.clone());
        bob.send(&to_alice, offer(bob.sdp(version), CallType::Audio));
        carry(&mut bob, &mut alice, &mut honest());
        alice.send(&to_bob, answer(alice.sdp(version)));
        carry(&mut alice, &mut bob, &mut honest());
    }
    assert_eq!((alice.delivered.len(), bob.delivered.len()), (4, 4));
    assert!(
        alice.rejected.is_empty() && bob.rejected.is_empty(),
        "{:?}",
        bob.rejected
    );
    // With another fingerprint it is refused, however it is signed.
    let mallory = Peer::new(9, true);
    let to_bob = bob.id.clone();
    alice.send(&to_bob, offer(alice.sdp(6), CallType::Audio));
    carry(&mut alice, &mut bob, &mut |mut signal| {
        if let Signal::CallOffer(offer) = &mut signal {
            offer.offer.sdp = mallory.sdp(6);
        }
        Some(signal)
    });
    assert_eq!(bob.delivered.len(), 4);
    assert_eq!(bob.rejected.len(), 1);
}

#[test]
fn what_is_said_again_is_said_in_the_same_words_and_heard_again() {
    let (mut alice, mut bob) = (Peer::new(1, true), Peer::new(2, true));
    let to_bob = bob.id.clone();
    alice.send(&to_bob, offer(alice.sdp(1), CallType::Audio));
    alice.send(&to_bob, offer(alice.sdp(1), CallType::Audio));
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
    assert_eq!((bob.delivered.len(), bob.rejected.len()), (2, 0));
}

#[test]
fn order_is_kept_while_signatures_are_made_and_checked() {
    let (mut alice, mut bob) = (Peer::new(1, true), Peer::new(2, true));
    let to_bob = bob.id.clone();
    let candidate = |side: &Peer| {
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
    alice.held = Some(Vec::new());
    alice.send(&to_bob, offer(alice.sdp(1), CallType::Audio));
    alice.send(&to_bob, candidate(&alice));
    assert!(alice.wire.is_empty(), "it does not wait for the signature");
    alice.answer_held();
    assert_eq!(alice.wire.len(), 2);
    bob.held = Some(Vec::new());
    carry(&mut alice, &mut bob, &mut honest());
    assert!(bob.delivered.is_empty(), "it does not wait for the check");
    bob.answer_held();
    assert!(matches!(
        bob.delivered[..],
        [Signal::CallOffer(_), Signal::IceCandidate(_)]
    ));
    // That of another ICE session is of no use.
    let stranger = Peer::new(7, true);
    bob.receive(&alice, candidate(&stranger));
    assert_eq!(bob.delivered.len(), 2);
}

#[test]
fn a_key_that_cannot_sign_says_nothing_rather_than_something_unsigned() {
    let (mut alice, bob) = (Peer::new(1, true), Peer::new(2, true));
    alice.held = Some(Vec::new());
    alice.send(&bob.id, offer(alice.sdp(1), CallType::Audio));
    for output in alice.held.take().into_iter().flatten() {
        if let Output::Sign { request, .. } = output {
            let signature = None;
            alice.input(Input::Signed { request, signature });
        }
    }
    assert_eq!((alice.wire.len(), alice.cannot_sign), (0, 1));
}

#[test]
fn a_flood_of_calls_does_not_make_an_answer_forget_its_key() {
    let (mut alice, mut bob) = (Peer::new(1, true), Peer::new(2, true));
    let to_bob = bob.id.clone();
    alice.send(&to_bob, offer(alice.sdp(1), CallType::Audio));
    for seed in 10..110 {
        let stranger = Peer::new(seed, false);
        alice.receive(&stranger, offer(stranger.sdp(1), CallType::Audio));
    }
    let before = alice.delivered.len();
    // Unsigned, as from the one who was called.
    bob.certificate = 9;
    let forged = answer(bob.sdp(1));
    alice.receive(&bob, forged);
    assert_eq!(alice.delivered.len(), before);
    assert_eq!(alice.rejected, [VerifyError::Unsigned]);
}

#[test]
fn a_key_whose_confirmation_never_comes_is_not_talked_to() {
    for has_key in [true, false] {
        let (mut alice, mut bob) = (Peer::new(1, has_key), Peer::new(2, true));
        call(&mut alice, &mut bob, &mut |signal| {
            (!matches!(signal, Signal::CallConfirm(_))).then_some(signal)
        });
        assert_eq!(bob.assurance(&alice), Assurance::Pending);
        assert!(bob.rejected.is_empty());
        bob.time_out();
        let refused: &[VerifyError] = if has_key { &[VerifyError::Late] } else { &[] };
        assert_eq!(bob.rejected, refused);
        // To Alice all is well, and stays so.
        alice.time_out();
        assert!(alice.rejected.is_empty());
    }
}

#[test]
fn an_offer_that_cannot_be_proved_yet_is_not_made() {
    let (mut alice, mut bob) = (Peer::new(1, true), Peer::new(2, true));
    let (to_bob, to_alice) = (bob.id.clone(), alice.id.clone());
    alice.send(&to_bob, offer(alice.sdp(1), CallType::Audio));
    alice.send(&to_bob, offer(alice.sdp(2), CallType::Audio));
    assert_eq!(alice.wire.len(), 1);
    carry(&mut alice, &mut bob, &mut honest());
    bob.send(&to_alice, answer(bob.sdp(1)));
    bob.send(&to_alice, offer(bob.sdp(2), CallType::Audio));
    assert_eq!(bob.wire.len(), 1);
}

#[test]
fn whoever_was_told_that_we_are_busy_is_forgotten() {
    let (mut alice, mut bob) = (Peer::new(1, true), Peer::new(2, true));
    let to_bob = bob.id.clone();
    alice.send(&to_bob, offer(alice.sdp(1), CallType::Audio));
    for seed in 10..110 {
        let stranger = Peer::new(seed, false);
        let call = offer(stranger.sdp(1), CallType::Audio);
        let current = || Input::CurrentCall(Some(CallKey::new(to_bob.clone(), call_id())));
        let message = stranger.stamped(call);
        let wall = alice.wall();
        let receive = Input::Receive { message, wall };
        alice.verifier.handle(receive, alice.now);
        // The call machine has not been given it: not yet forgotten.
        alice.verifier.handle(current(), alice.now);
        assert_eq!(alice.assurance(&stranger), Assurance::Unverified);
        alice.input(current());
        alice.set_current(Some(&to_bob));
    }
    assert_eq!(alice.delivered.len(), 100);
    // Bob's answer still holds.
    carry(&mut alice, &mut bob, &mut honest());
    bob.send(&alice.id.clone(), answer(bob.sdp(1)));
    carry(&mut bob, &mut alice, &mut honest());
    assert_eq!(alice.delivered.len(), 101);
}

#[test]
fn a_confirmation_may_come_over_the_calls_own_connection() {
    let (mut alice, mut bob) = (Peer::new(1, true), Peer::new(2, true));
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
        let call = CallKey::new(alice.id.clone(), call_id());
        let wall = bob.wall();
        bob.input(Input::ReceiveDirect {
            call,
            confirm,
            wall,
        });
        assert!(matches!(bob.assurance(&alice), Assurance::KeyProved(_)));
    }
    assert!(bob.rejected.is_empty());
}
