//! Clocks that are wrong, and nonces that are wrong, late or reused.

use wimpex_identity::{
    ANSWER_TIMEOUT, CONFIRM_TIMEOUT, CallContext, Caller, FRESHNESS, MessageKind, Nonce,
    VerifyError,
};

use crate::scenario::{Scenario, VARIANTS, at, control, handshake, rejected};

#[test]
fn message_61_seconds_off() {
    rejected(&[VerifyError::Stale], |seed, scenario, kind, _| {
        let turn = [
            MessageKind::Offer,
            MessageKind::Answer,
            MessageKind::Confirm,
        ][(seed % 3) as usize];
        if kind == turn {
            scenario.now = match scenario.rng.below(2) {
                0 => scenario.now + 61_000,
                _ => scenario.now - 61_000,
            };
        }
    });
}

#[test]
fn report_27_one_minute_off_is_accepted() {
    for seed in 0..VARIANTS {
        let mut scenario = Scenario::of_keys(seed);
        let both = handshake(&mut scenario, |scenario, _, _| {
            scenario.now += FRESHNESS.as_millis() as u64
        });
        // The confirmation comes a minute after the answer's minute.
        assert_eq!(both.err(), Some(VerifyError::Late));
        let mut scenario = Scenario::of_keys(seed);
        let both = handshake(&mut scenario, |scenario, _, _| {
            scenario.now += CONFIRM_TIMEOUT.as_millis() as u64 / 2;
        });
        assert!(both.is_ok());
    }
}

#[test]
fn forged_timestamp() {
    rejected(
        &[VerifyError::BadSignature],
        |seed, scenario, kind, wire| {
            let turn = [
                MessageKind::Offer,
                MessageKind::Answer,
                MessageKind::Confirm,
            ][(seed % 3) as usize];
            if kind == turn {
                scenario.now += 30_000;
                wire.with_proof(|proof| proof.timestamp = at(proof.timestamp.as_millis() + 30_000));
            }
        },
    );
}

#[test]
fn late_answer() {
    for seed in 0..VARIANTS {
        control(Scenario::of_keys(seed));
        let mut scenario = Scenario::of_keys(seed);
        let (caller, offer) = scenario.offer();
        scenario.now += 59_000;
        let callees = [(); 2].map(|()| {
            scenario
                .receive_offer(&mut scenario.bob.clone(), &offer)
                .unwrap()
        });
        let sdp = scenario.bob.sdp(&mut scenario.rng);
        for ((wait, is_late), callee) in [
            (ANSWER_TIMEOUT.as_millis() as u64 - 59_000, false),
            (1, true),
        ]
        .into_iter()
        .zip(callees)
        {
            scenario.now += wait;
            let nonce = scenario.rng.nonce();
            let (_, unsigned) = callee.answer(&sdp, nonce, at(scenario.now)).unwrap();
            let answer = scenario.wire(&scenario.bob, &unsigned, Some(&sdp));
            let heard = caller.receive_answer(&answer.received(), at(scenario.now));
            assert_eq!(heard.err(), is_late.then_some(VerifyError::Late));
        }
    }
}

#[test]
fn nonce_not_committed_to() {
    // From a guest, whom no signature protects.
    for seed in 0..VARIANTS {
        control(Scenario::of_guests(seed));
        let mut scenario = Scenario::of_guests(seed);
        let result = handshake(&mut scenario, |scenario, kind, wire| {
            if kind == MessageKind::Confirm {
                let nonce = scenario.rng.bytes();
                wire.with_proof(|proof| proof.value = Some(nonce));
            }
        });
        assert_eq!(result.err(), Some(VerifyError::OtherNonce));
    }
    rejected(&[VerifyError::OtherNonce], |_, scenario, kind, wire| {
        if kind == MessageKind::Confirm {
            let nonce = scenario.rng.bytes();
            wire.with_proof(|proof| proof.value = Some(nonce));
        }
    });
}

#[test]
fn reused_nonce() {
    for seed in 0..VARIANTS {
        control(Scenario::of_keys(seed));
        let mut scenario = Scenario::of_keys(seed);
        let nonce = Nonce::from_bytes(scenario.rng.bytes());
        let offer = |scenario: &mut Scenario, id: &str| {
            let call = CallContext {
                id: wimpex_protocol::CallId::parse(id).unwrap(),
                ..scenario.call(&scenario.alice, &scenario.bob.id, scenario.call_type)
            };
            scenario.call = call.id.clone();
            let sdp = scenario.alice.sdp(&mut scenario.rng);
            let (caller, unsigned) =
                Caller::offer(call, &sdp, nonce.clone(), at(scenario.now)).unwrap();
            (
                caller,
                scenario.wire(&scenario.alice, &unsigned, Some(&sdp)),
            )
        };
        let mut bob = scenario.bob.clone();
        // The caller's, in two calls of which both are signed as they should be.
        let (_, first) = offer(&mut scenario, "first");
        assert!(scenario.receive_offer(&mut bob, &first).is_ok());
        let (caller, second) = offer(&mut scenario, "second");
        let error = scenario.receive_offer(&mut bob, &second).unwrap_err();
        assert_eq!(error, VerifyError::Replayed);
        // The callee's: the caller's own, and one from another call.
        let sdp = bob.sdp(&mut scenario.rng);
        for (nonce, is_new) in [(nonce.clone(), false), (Nonce::from_bytes([7; 32]), true)] {
            let callee = scenario
                .receive_offer(&mut scenario.bob.clone(), &second)
                .unwrap();
            let (_, unsigned) = callee.answer(&sdp, nonce, at(scenario.now)).unwrap();
            let answer = scenario.wire(&bob, &unsigned, Some(&sdp));
            let mut hear = || {
                let unverified = caller.receive_answer(&answer.received(), at(scenario.now))?;
                unverified
                    .verify(&mut scenario.alice.replay_cache, at(scenario.now))
                    .map(|_| ())
            };
            assert_eq!(hear().is_ok(), is_new);
            assert_eq!(hear(), Err(VerifyError::Replayed));
        }
    }
}

#[test]
fn late_nonce() {
    for seed in 0..VARIANTS {
        control(Scenario::of_keys(seed));
        let mut scenario = Scenario::of_keys(seed);
        let result = handshake(&mut scenario, |scenario, kind, _| {
            // The answer is under way for long, and so is the confirmation; each is fresh.
            if kind != MessageKind::Offer {
                scenario.now += 31_000;
            }
        });
        assert_eq!(result.err(), Some(VerifyError::Late));
    }
}
