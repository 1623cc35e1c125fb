//! Clocks, and nonces that are wrong, late or used.

use wimpex_identity::{
    ANSWER_TIMEOUT, CONFIRM_TIMEOUT, CallContext, Caller, FRESHNESS, MessageKind, Nonce,
    VerifyError,
};

use crate::people::{Scene, VARIANTS, at, control, handshake, refused};

#[test]
fn a_message_that_is_61_seconds_off() {
    refused(&[VerifyError::Stale], |seed, scene, kind, _| {
        let turn = [
            MessageKind::Offer,
            MessageKind::Answer,
            MessageKind::Confirm,
        ][(seed % 3) as usize];
        if kind == turn {
            scene.now = match scene.dice.below(2) {
                0 => scene.now + 61_000,
                _ => scene.now - 61_000,
            };
        }
    });
}

#[test]
fn a_minute_is_not_too_much() {
    for seed in 0..VARIANTS {
        let mut scene = Scene::of_keys(seed);
        let both = handshake(&mut scene, |scene, _, _| {
            scene.now += FRESHNESS.as_millis() as u64
        });
        // The confirmation comes a minute after the answer's minute.
        assert_eq!(both.err(), Some(VerifyError::Late));
        let mut scene = Scene::of_keys(seed);
        let both = handshake(&mut scene, |scene, _, _| {
            scene.now += CONFIRM_TIMEOUT.as_millis() as u64 / 2;
        });
        assert!(both.is_ok());
    }
}

#[test]
fn a_timestamp_that_was_made_younger() {
    refused(&[VerifyError::BadSignature], |seed, scene, kind, wire| {
        let turn = [
            MessageKind::Offer,
            MessageKind::Answer,
            MessageKind::Confirm,
        ][(seed % 3) as usize];
        if kind == turn {
            scene.now += 30_000;
            wire.with_sec(|proof| proof.timestamp = at(proof.timestamp.as_millis() + 30_000));
        }
    });
}

#[test]
fn an_answer_that_took_too_long() {
    for seed in 0..VARIANTS {
        control(Scene::of_keys(seed));
        let mut scene = Scene::of_keys(seed);
        let (caller, offer) = scene.offer();
        scene.now += 59_000;
        let callees =
            [(); 2].map(|()| scene.receive_offer(&mut scene.bob.clone(), &offer).unwrap());
        let sdp = scene.bob.sdp(&mut scene.dice);
        for ((wait, is_late), callee) in [
            (ANSWER_TIMEOUT.as_millis() as u64 - 59_000, false),
            (1, true),
        ]
        .into_iter()
        .zip(callees)
        {
            scene.now += wait;
            let nonce = scene.dice.nonce();
            let (_, unsigned) = callee.answer(&sdp, nonce, at(scene.now)).unwrap();
            let answer = scene.wire(&scene.bob, &unsigned, Some(&sdp));
            let heard = caller.receive_answer(&answer.incoming(), at(scene.now));
            assert_eq!(heard.err(), is_late.then_some(VerifyError::Late));
        }
    }
}

#[test]
fn a_nonce_that_was_not_promised() {
    // From a guest, whom no signature protects.
    for seed in 0..VARIANTS {
        control(Scene::of_guests(seed));
        let mut scene = Scene::of_guests(seed);
        let result = handshake(&mut scene, |scene, kind, wire| {
            if kind == MessageKind::Confirm {
                let nonce = scene.dice.bytes();
                wire.with_sec(|proof| proof.value = Some(nonce));
            }
        });
        assert_eq!(result.err(), Some(VerifyError::OtherNonce));
    }
    refused(&[VerifyError::OtherNonce], |_, scene, kind, wire| {
        if kind == MessageKind::Confirm {
            let nonce = scene.dice.bytes();
            wire.with_sec(|proof| proof.value = Some(nonce));
        }
    });
}

#[test]
fn a_nonce_that_was_used_before() {
    for seed in 0..VARIANTS {
        control(Scene::of_keys(seed));
        let mut scene = Scene::of_keys(seed);
        let nonce = Nonce::from_bytes(scene.dice.bytes());
        let offer = |scene: &mut Scene, id: &str| {
            let call = CallContext {
                id: wimpex_protocol::CallId::parse(id).unwrap(),
                ..scene.call(&scene.alice, &scene.bob.id, scene.call_type)
            };
            scene.call = call.id.clone();
            let sdp = scene.alice.sdp(&mut scene.dice);
            let (caller, unsigned) =
                Caller::offer(call, &sdp, nonce.clone(), at(scene.now)).unwrap();
            (caller, scene.wire(&scene.alice, &unsigned, Some(&sdp)))
        };
        let mut bob = scene.bob.clone();
        // The caller's, in two calls of which both are signed as they should be.
        let (_, first) = offer(&mut scene, "first");
        assert!(scene.receive_offer(&mut bob, &first).is_ok());
        let (caller, second) = offer(&mut scene, "second");
        let refusal = scene.receive_offer(&mut bob, &second).unwrap_err();
        assert_eq!(refusal, VerifyError::Replayed);
        // The callee's: the caller's own, and one from another call.
        let sdp = bob.sdp(&mut scene.dice);
        for (nonce, is_new) in [(nonce.clone(), false), (Nonce::from_bytes([7; 32]), true)] {
            let callee = scene
                .receive_offer(&mut scene.bob.clone(), &second)
                .unwrap();
            let (_, unsigned) = callee.answer(&sdp, nonce, at(scene.now)).unwrap();
            let answer = scene.wire(&bob, &unsigned, Some(&sdp));
            let mut hear = || {
                let unverified = caller.receive_answer(&answer.incoming(), at(scene.now))?;
                unverified
                    .verify(&mut scene.alice.replay_cache, at(scene.now))
                    .map(|_| ())
            };
            assert_eq!(hear().is_ok(), is_new);
            assert_eq!(hear(), Err(VerifyError::Replayed));
        }
    }
}

#[test]
fn a_nonce_that_comes_late() {
    for seed in 0..VARIANTS {
        control(Scene::of_keys(seed));
        let mut scene = Scene::of_keys(seed);
        let result = handshake(&mut scene, |scene, kind, _| {
            // The answer is under way for long, and so is the confirmation; each is fresh.
            if kind != MessageKind::Offer {
                scene.now += 31_000;
            }
        });
        assert_eq!(result.err(), Some(VerifyError::Late));
    }
}
