//! Whatever a relay may do to a call of two keys, through two whole verifiers, in a hundred
//! variants each. None is accepted; the same call without it is.

use wimpex_identity::{Proof, VerifyError};
use wimpex_protocol::{CallId, CallType, Sec, Signal, UserId};
use wimpex_verification::{Assurance, Incoming};

use crate::peer::{Peer, answer, offer};
use crate::relay::{call, carry, honest};

pub(crate) const VARIANTS: u8 = 100;

pub(crate) fn alice_and_bob(n: u8) -> (Peer, Peer) {
    (Peer::new(n, true), Peer::new(n + VARIANTS, true))
}

fn mallory() -> Peer {
    Peer::new(250, true)
}

/// The unchanged call of the same two.
fn control(n: u8) {
    let (mut alice, mut bob) = alice_and_bob(n);
    call(&mut alice, &mut bob, &mut honest());
    for assurance in [alice.assurance(&bob), bob.assurance(&alice)] {
        assert!(matches!(assurance, Assurance::KeyProved(_)), "variant {n}");
    }
}

/// Whether it is this variant's turn to change this message.
fn is_turn(n: u8, signal: &Signal) -> bool {
    let turn = match signal {
        Signal::CallOffer(_) => 0,
        Signal::CallAnswer(_) => 1,
        Signal::CallConfirm(_) => 2,
        Signal::IceCandidate(_)
        | Signal::CallReject(_)
        | Signal::CallRinging(_)
        | Signal::CallEnd(_) => return false,
    };
    n % 3 == turn
}

fn sdp_of(signal: &mut Signal) -> Option<&mut String> {
    match signal {
        Signal::CallOffer(it) => Some(&mut it.offer.sdp.0),
        Signal::CallAnswer(it) => Some(&mut it.answer.sdp.0),
        _ => None,
    }
}

fn sec_of(signal: &mut Signal) -> Option<&mut Option<Sec>> {
    match signal {
        Signal::CallOffer(it) => Some(&mut it.sec),
        Signal::CallAnswer(it) => Some(&mut it.sec),
        Signal::CallConfirm(it) => Some(&mut it.sec),
        _ => None,
    }
}

/// Each variant's call, with `change` done to one of its messages on the way.
fn rejected(expected: &[VerifyError], change: impl Fn(u8, &mut Signal)) {
    let mut turns = 0;
    for n in 0..VARIANTS {
        control(n);
        let (mut alice, mut bob) = alice_and_bob(n);
        call(&mut alice, &mut bob, &mut |mut signal| {
            if is_turn(n, &signal) {
                let before = signal.clone();
                change(n, &mut signal);
                turns += u32::from(before != signal);
            }
            Some(signal)
        });
        let rejected: Vec<VerifyError> = alice
            .rejected
            .iter()
            .chain(&bob.rejected)
            .copied()
            .collect();
        let both = [alice.assurance(&bob), bob.assurance(&alice)];
        let is_let_in = both.iter().all(|it| matches!(it, Assurance::KeyProved(_)));
        let is_changed = !rejected.is_empty();
        assert!(!(is_let_in && is_changed), "variant {n}: {both:?}");
        assert!(
            rejected.iter().all(|it| expected.contains(it)),
            "variant {n}: {rejected:?}"
        );
        assert_eq!(is_changed, !is_let_in, "variant {n}");
    }
    assert!(turns >= u32::from(VARIANTS) / 3, "hardly any were tried");
}

#[test]
fn swapped_fingerprint() {
    let swapped = mallory().sdp(1).0;
    rejected(&[VerifyError::BadSignature], |n, signal| {
        if let Some(sdp) = sdp_of(signal) {
            *sdp = swapped.replace("o=- 1", &format!("o=- {n}"));
        }
    });
}

#[test]
fn additional_fingerprint() {
    let other = mallory().sdp(1).0;
    let line = other
        .lines()
        .find(|line| line.contains("fingerprint"))
        .expect("one")
        .to_owned();
    rejected(
        &[VerifyError::SeveralFingerprints, VerifyError::BadSignature],
        |n, signal| {
            if let Some(sdp) = sdp_of(signal) {
                let mut lines: Vec<&str> = sdp.lines().collect();
                lines.insert(usize::from(n) % (lines.len() + 1), &line);
                *sdp = lines.join("\r\n");
            }
        },
    );
}

#[test]
fn proof_removed() {
    rejected(&[VerifyError::Unsigned], |_, signal| {
        if let Some(sec) = sec_of(signal) {
            *sec = None;
        }
    });
}

#[test]
fn proof_changed() {
    let all = [
        VerifyError::Malformed,
        VerifyError::UnknownVersion,
        VerifyError::OtherKey,
        VerifyError::BadSignature,
        VerifyError::Stale,
        VerifyError::OtherNonce,
        VerifyError::Unsigned,
    ];
    rejected(&all, |n, signal| {
        if let Some(Some(sec)) = sec_of(signal) {
            let mut letters: Vec<char> = sec.as_str().chars().collect();
            let place = usize::from(n) * 7 % letters.len();
            letters[place] = if letters[place] == 'A' { 'B' } else { 'A' };
            *sec = Sec::new(letters.into_iter().collect::<String>());
        }
    });
}

#[test]
fn call_type_changed() {
    for n in 0..VARIANTS {
        control(n);
        let (mut alice, mut bob) = alice_and_bob(n);
        let kinds = [CallType::Audio, CallType::Video];
        let (signed, changed) = (kinds[usize::from(n % 2)], kinds[usize::from((n + 1) % 2)]);
        alice.send(&bob.id, offer(alice.sdp(1), signed));
        carry(&mut alice, &mut bob, &mut |mut signal| {
            if let Signal::CallOffer(offer) = &mut signal {
                offer.call_type = changed;
            }
            Some(signal)
        });
        assert_eq!(bob.rejected, [VerifyError::BadSignature], "variant {n}");
        assert!(bob.delivered.is_empty());
    }
}

/// An offer of Alice's to Bob, as it left.
fn an_offer(n: u8) -> (Peer, Peer, Signal) {
    let (mut alice, bob) = alice_and_bob(n);
    alice.send(&bob.id, offer(alice.sdp(n.into()), CallType::Audio));
    let signal = alice.wire.pop_front().expect("an offer").signal;
    (alice, bob, signal)
}

#[test]
fn stale_or_future_offer() {
    for n in 0..VARIANTS {
        let (alice, mut bob, signal) = an_offer(n);
        let is_held = n % 2 == 0;
        bob.wall = if is_held {
            bob.wall + 61_000
        } else {
            bob.wall - 61_000
        };
        bob.receive(&alice, signal.clone());
        assert_eq!(
            (bob.held_offers.len(), bob.delivered.len()),
            (usize::from(is_held), 0)
        );
        let stale: &[VerifyError] = if is_held { &[] } else { &[VerifyError::Stale] };
        assert_eq!(bob.rejected, stale);
        // In time, and then once more when that call is over.
        bob.wall = alice.wall + u64::from(n) * 300;
        bob.receive(&alice, signal.clone());
        assert_eq!(bob.delivered.len(), 1);
        bob.set_current(None);
        bob.receive(&alice, signal);
        assert_eq!(
            (bob.delivered.len(), bob.repeated_offers),
            (1, 1),
            "variant {n}"
        );
    }
}

#[test]
fn misdirected_or_reflected_offer() {
    for n in 0..VARIANTS {
        let (mut alice, mut bob, signal) = an_offer(n);
        let mut carol = Peer::new(251, true);
        carol.receive(&alice, signal.clone());
        assert_eq!(
            (&carol.rejected[..], carol.delivered.len()),
            (&[VerifyError::BadSignature][..], 0)
        );
        // To herself, as if Bob called, or she did; under its own id and another.
        let mut other = signal.clone();
        if let Signal::CallOffer(offer) = &mut other {
            offer.call_id = CallId::parse(format!("reflected-{n}")).expect("an id");
        }
        for reflected in [signal.clone(), other] {
            for from in [bob.id.clone(), alice.id.clone()] {
                let incoming = Incoming {
                    from,
                    ..bob.stamped(reflected.clone())
                };
                alice.receive_message(incoming);
            }
        }
        assert!(alice.delivered.is_empty(), "variant {n}");
        bob.receive(&alice, signal);
        assert_eq!(bob.delivered.len(), 1);
    }
}

#[test]
fn id_or_contact_with_another_key() {
    for n in 0..VARIANTS {
        let (mut alice, mut bob, signal) = an_offer(n);
        let anybody = UserId::parse(format!("w1{}", "ab".repeat(16))).expect("an id");
        let incoming = Incoming {
            from: anybody,
            ..alice.stamped(signal)
        };
        bob.receive_message(incoming);
        // Mallory calls as Alice, and answers as Bob, with a key of her own.
        let mut mallory = mallory();
        mallory.send(&bob.id, offer(mallory.sdp(n.into()), CallType::Audio));
        let forged = mallory.wire.pop_front().expect("an offer").signal;
        bob.receive(&alice, forged);
        assert_eq!(
            (&bob.rejected[..], bob.delivered.len()),
            (&[VerifyError::OtherKey; 2][..], 0)
        );
        // She is called under her own id, and her answer is brought as Bob's.
        let mut device = Peer::new(n, true);
        device.send(&mallory.id, offer(device.sdp(1), CallType::Audio));
        carry(&mut device, &mut mallory, &mut honest());
        mallory.send(&alice.id.clone(), answer(mallory.sdp(1)));
        let forged = mallory.wire.pop_back().expect("an answer").signal;
        alice.receive(&bob, forged);
        assert_eq!(
            (&alice.rejected[..], alice.delivered.len()),
            (&[VerifyError::OtherKey][..], 0)
        );
        assert!(!matches!(alice.assurance(&bob), Assurance::KeyProved(_)));
    }
}

#[test]
fn answer_to_another_offer_or_earlier_call() {
    for n in 0..VARIANTS {
        let (mut alice, mut bob, first) = an_offer(n);
        bob.receive(&alice, first);
        bob.send(&alice.id.clone(), answer(bob.sdp(1)));
        let to_first = bob.wire.pop_front().expect("an answer").signal;
        // The same two, the same id of the call, and another nonce: later, or at once
        // from her second device.
        let mut second = Peer::new(n, true);
        second.nonces = second.nonces.wrapping_add(50);
        if n % 2 == 0 {
            second.wall += 30_000;
        }
        second.send(&bob.id, offer(second.sdp(n.into()), CallType::Audio));
        second.receive(&bob, to_first.clone());
        assert_eq!(
            (&second.rejected[..], second.delivered.len()),
            (&[VerifyError::BadSignature][..], 0)
        );
        // To its own it is right.
        alice.receive(&bob, to_first);
        assert_eq!(
            (alice.rejected.len(), alice.delivered.len()),
            (0, 1),
            "variant {n}"
        );
    }
}

/// A call as far as its confirmation, which is held.
fn before_the_confirmation(alice: &mut Peer, bob: &mut Peer) -> Signal {
    let mut held = None;
    call(alice, bob, &mut |signal| match signal {
        Signal::CallConfirm(_) => {
            held = Some(signal);
            None
        }
        signal => Some(signal),
    });
    held.expect("a confirmation")
}

#[test]
fn wrong_late_or_reused_nonce() {
    for n in 0..VARIANTS {
        for has_key in [true, false] {
            let sides = || (Peer::new(n, has_key), Peer::new(n + VARIANTS, has_key));
            // Wrong.
            let (mut alice, mut bob) = sides();
            let mut confirm = before_the_confirmation(&mut alice, &mut bob);
            let right = confirm.clone();
            if let Some(Some(sec)) = sec_of(&mut confirm) {
                let mut proof = Proof::parse(sec).expect("a proof");
                proof.value = Some([n; 32].map(|byte| byte ^ 0x5a));
                *sec = proof.encode();
            }
            bob.receive(&alice, confirm);
            assert_eq!(bob.rejected, [VerifyError::OtherNonce], "variant {n}");
            assert_eq!(bob.assurance(&alice), Assurance::Pending);
            // Late.
            let before = bob.wall;
            bob.wall += 60_001 + u64::from(n) * 100;
            bob.receive(&alice, right.clone());
            assert!(
                matches!(
                    bob.rejected[..],
                    [_, VerifyError::Late | VerifyError::Stale]
                ),
                "variant {n}"
            );
            assert_eq!(bob.assurance(&alice), Assurance::Pending);
            bob.wall = before;
            bob.receive(&alice, right);
            assert!(!matches!(
                bob.assurance(&alice),
                Assurance::Pending | Assurance::Unverified
            ));
            // Used before, in another call.
            let (mut alice, mut bob) = sides();
            let _ = before_the_confirmation(&mut alice, &mut bob);
            alice.set_current(None);
            let used = bob.nonces;
            let mut again = Peer::new(n + VARIANTS, has_key);
            alice.send(&bob.id, offer(alice.sdp(2), CallType::Audio));
            carry(&mut alice, &mut again, &mut honest());
            again.nonces = used.wrapping_sub(101);
            again.send(&alice.id.clone(), answer(again.sdp(2)));
            carry(&mut again, &mut alice, &mut honest());
            assert_eq!(alice.rejected, [VerifyError::Replayed], "variant {n}");
        }
    }
}
