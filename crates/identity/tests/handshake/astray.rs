//! A relay that takes messages where they do not belong: to another person, call
//! or time. A hundred variants of each, and the same call without.

use wimpex_identity::{Caller, MessageKind, ReplayCache, VerifyError, check_candidate};
use wimpex_protocol::{CallId, Candidate, IceCandidate};

use crate::people::{Dice, Person, Scene, VARIANTS, Wire, at, control, handshake};

#[test]
fn an_offer_of_long_ago_or_just_now() {
    for seed in 0..VARIANTS {
        control(Scene::of_keys(seed));
        let mut scene = Scene::of_keys(seed);
        let (_, offer) = scene.offer();
        let mut bob = scene.bob.clone();
        scene
            .receive_offer(&mut bob, &offer)
            .expect("the first time");
        // Again, within the minute; under the same call's id, or another one.
        scene.now += scene.dice.below(60_000) as u64;
        let again = scene.receive_offer(&mut bob, &offer).unwrap_err();
        assert_eq!(again, VerifyError::Replayed);
        let mut renamed = offer.clone();
        renamed.call = CallId::parse(format!("call_again_{seed}")).unwrap();
        let again = scene.receive_offer(&mut bob, &renamed).unwrap_err();
        assert_eq!(again, VerifyError::BadSignature);
        // On another device, or one that has forgotten: not after the minute.
        scene.now += 61_000;
        bob.replay_cache = ReplayCache::default();
        assert_eq!(
            scene.receive_offer(&mut bob, &offer).unwrap_err(),
            VerifyError::Stale
        );
    }
}

#[test]
fn an_answer_and_a_confirmation_of_an_earlier_call_with_the_same_id() {
    for seed in 0..VARIANTS {
        let mut earlier = Vec::new();
        let mut scene = Scene::of_keys(seed);
        handshake(&mut scene, |_, _, wire| earlier.push(wire.clone())).expect("the control");
        let kind = [MessageKind::Answer, MessageKind::Confirm][(seed % 2) as usize];
        let result = handshake(&mut scene, |_, turn, wire| {
            if turn == kind {
                *wire = earlier[1 + (seed % 2) as usize].clone();
            }
        });
        let refusal = result.err().expect("a replay was accepted");
        let expected = [VerifyError::BadSignature, VerifyError::OtherNonce];
        assert!(expected.contains(&refusal), "{refusal:?}");
    }
}

#[test]
fn an_offer_that_is_taken_to_somebody_else() {
    for seed in 0..VARIANTS {
        control(Scene::of_keys(seed));
        let mut scene = Scene::of_keys(seed);
        let (_, offer) = scene.offer();
        let mut carol = Person::with_key(&mut scene.dice);
        let refusal = scene.receive_offer(&mut carol, &offer).unwrap_err();
        assert_eq!(refusal, VerifyError::BadSignature);
    }
}

#[test]
fn an_offer_that_comes_back() {
    for seed in 0..VARIANTS {
        control(Scene::of_keys(seed));
        let mut scene = Scene::of_keys(seed);
        let (_, mut offer) = scene.offer();
        let mut alice = scene.alice.clone();
        let refusal = scene.receive_offer(&mut alice, &offer).unwrap_err();
        assert_eq!(refusal, VerifyError::BadSignature, "as if from herself");
        offer.from = scene.bob.id.clone();
        let refusal = scene.receive_offer(&mut alice, &offer).unwrap_err();
        assert_eq!(refusal, VerifyError::OtherKey, "as if from Bob");
        // A call to another device of one's own is signed to oneself.
        scene.bob = scene.alice.second_device(&mut scene.dice);
        let (_, offer) = scene.offer();
        let mut alice = scene.alice.clone();
        let refusal = scene.receive_offer(&mut alice, &offer).unwrap_err();
        assert_eq!(refusal, VerifyError::Replayed, "to the device that made it");
        let mut phone = scene.bob.clone();
        assert!(scene.receive_offer(&mut phone, &offer).is_ok());
    }
}

#[test]
fn an_answer_to_another_offer() {
    for seed in 0..VARIANTS {
        control(Scene::of_keys(seed));
        let mut scene = Scene::of_keys(seed);
        let (first, _) = scene.offer();
        let (right, second) = scene.offer();
        let mut bob = scene.bob.clone();
        let callee = scene.receive_offer(&mut bob, &second).unwrap();
        let sdp = bob.sdp(&mut scene.dice);
        let nonce = scene.dice.nonce();
        let (_, unsigned) = callee.answer(&sdp, nonce, at(scene.now)).unwrap();
        let answer = scene.wire(&bob, &unsigned, Some(&sdp));
        let unverified = first
            .receive_answer(&answer.incoming(), at(scene.now))
            .unwrap();
        let resolved = unverified.verify(&mut scene.alice.replay_cache, at(scene.now));
        assert_eq!(resolved.unwrap_err(), VerifyError::BadSignature);
        // Nor does the caller of the one confirm what the other has heard.
        let unverified = right
            .receive_answer(&answer.incoming(), at(scene.now))
            .unwrap();
        let answered = unverified
            .verify(&mut scene.alice.replay_cache, at(scene.now))
            .unwrap();
        let refusal = first.confirm(answered, at(scene.now)).unwrap_err();
        assert_eq!(refusal, VerifyError::OtherCall);
    }
}

#[test]
fn a_contact_whose_key_has_changed() {
    for seed in 0..VARIANTS {
        control(Scene::of_keys(seed));
        let mut scene = Scene::of_keys(seed);
        let mallory = Person::with_key(&mut scene.dice);
        // She answers for Bob, all of it her own, under his id and under hers.
        let (caller, offer) = scene.offer();
        let callee = scene.receive_offer(&mut scene.bob.clone(), &offer).unwrap();
        let sdp = mallory.sdp(&mut scene.dice);
        let nonce = scene.dice.nonce();
        let (_, unsigned) = callee.answer(&sdp, nonce, at(scene.now)).unwrap();
        let mut answer = scene.wire(&mallory, &unsigned, Some(&sdp));
        let hear = |answer: &Wire| {
            caller
                .receive_answer(&answer.incoming(), at(scene.now))
                .err()
        };
        assert_eq!(hear(&answer), Some(VerifyError::OtherSender));
        answer.from = scene.bob.id.clone();
        assert_eq!(hear(&answer), Some(VerifyError::OtherKey));
        answer.sec = Some(unsigned.unsigned());
        assert_eq!(hear(&answer), Some(VerifyError::Unsigned));
        // She calls Alice as if she were Bob.
        let call = scene.call(&mallory, &scene.alice.id, scene.call_type);
        let call = wimpex_identity::CallContext {
            local: scene.bob.id.clone(),
            ..call
        };
        let (_, unsigned) = Caller::offer(call, &sdp, scene.dice.nonce(), at(scene.now)).unwrap();
        let mut offer = scene.wire(&mallory, &unsigned, Some(&sdp));
        offer.from = scene.bob.id.clone();
        let refusal = scene.receive_offer(&mut scene.alice.clone(), &offer);
        assert_eq!(refusal.unwrap_err(), VerifyError::OtherKey);
    }
}

#[test]
fn a_candidate_of_another_call() {
    for seed in 0..VARIANTS {
        let mut dice = Dice::new(seed);
        let call = CallId::parse("c1").unwrap();
        let sdp = Person::guest(&mut dice).sdp(&mut dice);
        let other = Person::guest(&mut dice).sdp(&mut dice);
        let fragment = |sdp: &str| {
            let (_, rest) = sdp.split_once("a=ice-ufrag:").unwrap();
            rest.lines().next().map(str::to_owned)
        };
        let candidate = |call: Option<&str>, username_fragment: Option<String>| IceCandidate {
            call_id: call.map(|call| CallId::parse(call).unwrap()),
            candidate: Candidate {
                candidate: "candidate:1 1 udp 1 192.0.2.1 9 typ host".into(),
                sdp_m_line_index: Some(0),
                sdp_mid: None,
                username_fragment,
            },
        };
        let check = |candidate: &IceCandidate| check_candidate(&call, &sdp, candidate);
        assert_eq!(check(&candidate(Some("c1"), fragment(&sdp))), Ok(()));
        for (call, fragment, refusal) in [
            (Some("c2"), fragment(&sdp), VerifyError::OtherCall),
            (None, fragment(&sdp), VerifyError::OtherCall),
            (Some("c1"), fragment(&other), VerifyError::OtherCandidate),
            (Some("c1"), None, VerifyError::OtherCandidate),
        ] {
            assert_eq!(check(&candidate(call, fragment)), Err(refusal));
        }
    }
}
