//! A relay that delivers messages where they do not belong: to another user, call or
//! time. A hundred variants of each; the same call without the attack is accepted.

use wimpex_identity::{Caller, MessageKind, ReplayCache, VerifyError, check_candidate};
use wimpex_protocol::{CallId, IceCandidate, IceCandidateInit};

use crate::scenario::{Rng, Scenario, User, VARIANTS, WireMessage, at, control, handshake};

#[test]
fn replayed_offer() {
    for seed in 0..VARIANTS {
        control(Scenario::of_keys(seed));
        let mut scenario = Scenario::of_keys(seed);
        let (_, offer) = scenario.offer();
        let mut bob = scenario.bob.clone();
        scenario
            .receive_offer(&mut bob, &offer)
            .expect("the first time");
        // Again, within the minute; under the same call's id, or another one.
        scenario.now += scenario.rng.below(60_000) as u64;
        let again = scenario.receive_offer(&mut bob, &offer).unwrap_err();
        assert_eq!(again, VerifyError::Replayed);
        let mut renamed = offer.clone();
        renamed.call = CallId::parse(format!("call_again_{seed}")).unwrap();
        let again = scenario.receive_offer(&mut bob, &renamed).unwrap_err();
        assert_eq!(again, VerifyError::BadSignature);
        // On another device, or one that has forgotten: not after the minute.
        scenario.now += 61_000;
        bob.replay_cache = ReplayCache::default();
        assert_eq!(
            scenario.receive_offer(&mut bob, &offer).unwrap_err(),
            VerifyError::Stale
        );
    }
}

#[test]
fn answer_or_confirm_of_an_earlier_call() {
    for seed in 0..VARIANTS {
        let mut earlier = Vec::new();
        let mut scenario = Scenario::of_keys(seed);
        handshake(&mut scenario, |_, _, wire| earlier.push(wire.clone())).expect("the control");
        let kind = [MessageKind::Answer, MessageKind::Confirm][(seed % 2) as usize];
        let result = handshake(&mut scenario, |_, turn, wire| {
            if turn == kind {
                *wire = earlier[1 + (seed % 2) as usize].clone();
            }
        });
        let error = result.err().expect("a replay was accepted");
        let expected = [VerifyError::BadSignature, VerifyError::OtherNonce];
        assert!(expected.contains(&error), "{error:?}");
    }
}

#[test]
fn offer_delivered_to_another_user() {
    for seed in 0..VARIANTS {
        control(Scenario::of_keys(seed));
        let mut scenario = Scenario::of_keys(seed);
        let (_, offer) = scenario.offer();
        let mut carol = User::with_key(&mut scenario.rng);
        let error = scenario.receive_offer(&mut carol, &offer).unwrap_err();
        assert_eq!(error, VerifyError::BadSignature);
    }
}

#[test]
fn reflected_offer() {
    for seed in 0..VARIANTS {
        control(Scenario::of_keys(seed));
        let mut scenario = Scenario::of_keys(seed);
        let (_, mut offer) = scenario.offer();
        let mut alice = scenario.alice.clone();
        let error = scenario.receive_offer(&mut alice, &offer).unwrap_err();
        assert_eq!(error, VerifyError::BadSignature, "as if from herself");
        offer.from = scenario.bob.id.clone();
        let error = scenario.receive_offer(&mut alice, &offer).unwrap_err();
        assert_eq!(error, VerifyError::OtherKey, "as if from Bob");
        // A call to another device of one's own is signed to oneself.
        scenario.bob = scenario.alice.second_device(&mut scenario.rng);
        let (_, offer) = scenario.offer();
        let mut alice = scenario.alice.clone();
        let error = scenario.receive_offer(&mut alice, &offer).unwrap_err();
        assert_eq!(error, VerifyError::Replayed, "to the device that made it");
        let mut phone = scenario.bob.clone();
        assert!(scenario.receive_offer(&mut phone, &offer).is_ok());
    }
}

#[test]
fn answer_to_another_offer() {
    for seed in 0..VARIANTS {
        control(Scenario::of_keys(seed));
        let mut scenario = Scenario::of_keys(seed);
        let (first, _) = scenario.offer();
        let (right, second) = scenario.offer();
        let mut bob = scenario.bob.clone();
        let callee = scenario.receive_offer(&mut bob, &second).unwrap();
        let sdp = bob.sdp(&mut scenario.rng);
        let nonce = scenario.rng.nonce();
        let (_, unsigned) = callee.answer(&sdp, nonce, at(scenario.now)).unwrap();
        let answer = scenario.wire(&bob, &unsigned, Some(&sdp));
        let unverified = first
            .receive_answer(&answer.received(), at(scenario.now))
            .unwrap();
        let resolved = unverified.verify(&mut scenario.alice.replay_cache, at(scenario.now));
        assert_eq!(resolved.unwrap_err(), VerifyError::BadSignature);
        // Nor does the caller of the one confirm what the other has heard.
        let unverified = right
            .receive_answer(&answer.received(), at(scenario.now))
            .unwrap();
        let answered = unverified
            .verify(&mut scenario.alice.replay_cache, at(scenario.now))
            .unwrap();
        let error = first.confirm(answered, at(scenario.now)).unwrap_err();
        assert_eq!(error, VerifyError::OtherCall);
    }
}

#[test]
fn contact_with_another_key() {
    for seed in 0..VARIANTS {
        control(Scenario::of_keys(seed));
        let mut scenario = Scenario::of_keys(seed);
        let mallory = User::with_key(&mut scenario.rng);
        // She answers for Bob, all of it her own, under his id and under hers.
        let (caller, offer) = scenario.offer();
        let callee = scenario
            .receive_offer(&mut scenario.bob.clone(), &offer)
            .unwrap();
        let sdp = mallory.sdp(&mut scenario.rng);
        let nonce = scenario.rng.nonce();
        let (_, unsigned) = callee.answer(&sdp, nonce, at(scenario.now)).unwrap();
        let mut answer = scenario.wire(&mallory, &unsigned, Some(&sdp));
        let hear = |answer: &WireMessage| {
            caller
                .receive_answer(&answer.received(), at(scenario.now))
                .err()
        };
        assert_eq!(hear(&answer), Some(VerifyError::OtherSender));
        answer.from = scenario.bob.id.clone();
        assert_eq!(hear(&answer), Some(VerifyError::OtherKey));
        answer.sec = Some(unsigned.unsigned());
        assert_eq!(hear(&answer), Some(VerifyError::Unsigned));
        // She calls Alice as if she were Bob.
        let call = scenario.call(&mallory, &scenario.alice.id, scenario.call_type);
        let call = wimpex_identity::CallContext {
            local: scenario.bob.id.clone(),
            ..call
        };
        let (_, unsigned) =
            Caller::offer(call, &sdp, scenario.rng.nonce(), at(scenario.now)).unwrap();
        let mut offer = scenario.wire(&mallory, &unsigned, Some(&sdp));
        offer.from = scenario.bob.id.clone();
        let error = scenario.receive_offer(&mut scenario.alice.clone(), &offer);
        assert_eq!(error.unwrap_err(), VerifyError::OtherKey);
    }
}

#[test]
fn candidate_of_another_call() {
    for seed in 0..VARIANTS {
        let mut rng = Rng::new(seed);
        let call = CallId::parse("c1").unwrap();
        let sdp = User::guest(&mut rng).sdp(&mut rng);
        let other = User::guest(&mut rng).sdp(&mut rng);
        let fragment = |sdp: &str| {
            let (_, rest) = sdp.split_once("a=ice-ufrag:").unwrap();
            rest.lines().next().map(str::to_owned)
        };
        let candidate = |call: Option<&str>, username_fragment: Option<String>| IceCandidate {
            call_id: call.map(|call| CallId::parse(call).unwrap()),
            candidate: IceCandidateInit {
                candidate: "candidate:1 1 udp 1 192.0.2.1 9 typ host".into(),
                sdp_m_line_index: Some(0),
                sdp_mid: None,
                username_fragment,
            },
        };
        let check = |candidate: &IceCandidate| check_candidate(&call, &sdp, candidate);
        assert_eq!(check(&candidate(Some("c1"), fragment(&sdp))), Ok(()));
        for (call, fragment, error) in [
            (Some("c2"), fragment(&sdp), VerifyError::OtherCall),
            (None, fragment(&sdp), VerifyError::OtherCall),
            (Some("c1"), fragment(&other), VerifyError::OtherCandidate),
            (Some("c1"), None, VerifyError::OtherCandidate),
        ] {
            assert_eq!(check(&candidate(call, fragment)), Err(error));
        }
    }
}
