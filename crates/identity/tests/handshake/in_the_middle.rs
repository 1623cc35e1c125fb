//! An attacker in the middle who terminates DTLS on both sides with certificates of her
//! own.

use wimpex_identity::{CallContext, Caller, MessageKind, Secured, VerifyError};

use crate::scenario::{Scenario, User, WireMessage, at, handshake};

/// Between two guests nothing is signed, so it goes through; to both the other's key is
/// not proved, and the SAS differ.
fn between_guests(seed: u64) -> [Secured; 2] {
    let mut scenario = Scenario::of_guests(seed);
    let mallory = User::guest(&mut scenario.rng);
    let now = at(scenario.now);
    let mut as_alice = mallory.posing_as(&scenario.alice);
    let mut as_bob = mallory.posing_as(&scenario.bob);

    // Alice calls; Mallory has the offer, and calls Bob.
    let (alice, offer) = scenario.offer();
    let to_alice = scenario.receive_offer(&mut as_bob, &offer).unwrap();
    let sdp = mallory.sdp(&mut scenario.rng);
    let call = scenario.call(&as_alice, &scenario.bob.id, scenario.call_type);
    let (to_bob, unsigned) = Caller::offer(call, &sdp, scenario.rng.nonce(), now).unwrap();
    let offer = scenario.wire(&as_alice, &unsigned, Some(&sdp));

    // Bob answers; Mallory answers Alice.
    let mut bob = scenario.bob.clone();
    let callee = scenario.receive_offer(&mut bob, &offer).unwrap();
    let own = bob.sdp(&mut scenario.rng);
    let (bob_waits, unsigned) = callee.answer(&own, scenario.rng.nonce(), now).unwrap();
    let answer = scenario.wire(&bob, &unsigned, Some(&own));
    let unverified = to_bob.receive_answer(&answer.received(), now).unwrap();
    let answered = unverified.verify(&mut as_alice.replay_cache, now).unwrap();
    let nonce = scenario.rng.nonce();
    let (waits, unsigned) = to_alice.answer(&sdp, nonce, now).unwrap();
    let answer = scenario.wire(&as_bob, &unsigned, Some(&sdp));

    // Alice shows her nonce; Mallory shows hers to Bob.
    let unverified = alice.receive_answer(&answer.received(), now).unwrap();
    let answer_of_bob = unverified
        .verify(&mut scenario.alice.replay_cache, now)
        .unwrap();
    let (alice, unsigned) = alice.confirm(answer_of_bob, now).unwrap();
    let confirm = scenario.wire(&scenario.alice, &unsigned, None);
    let heard = waits.receive_confirm(&confirm.received(), now).unwrap();
    assert!(heard.verify(&mut as_bob.replay_cache, now).is_ok());
    let (_, unsigned) = to_bob.confirm(answered, now).unwrap();
    let confirm = scenario.wire(&as_alice, &unsigned, None);
    let unverified = bob_waits.receive_confirm(&confirm.received(), now).unwrap();
    let bob = unverified.verify(&mut bob.replay_cache, now).unwrap();

    let certificate = mallory.fingerprint();
    [alice, bob].map(|side| side.secure(&certificate).unwrap())
}

#[test]
fn intercepted_guests_see_different_sas() {
    let mut agreed = 0;
    for seed in 0..10_000 {
        let [alice, bob] = between_guests(seed);
        assert!(!alice.is_key_proved() && !bob.is_key_proved());
        agreed += usize::from(alice.sas() == bob.sas());
    }
    println!("somebody in the middle of two guests: {agreed} of 10000 pairs of SAS agree");
    assert_eq!(agreed, 0);
    for seed in 0..100 {
        let mut scenario = Scenario::of_guests(seed);
        let both = handshake(&mut scenario, |_, _, _| {}).expect("the control");
        assert!(!both.alice.is_key_proved() && both.alice.sas() == both.bob.sas());
    }
}

#[test]
fn key_owners_cannot_be_intercepted() {
    for seed in 0..100 {
        let mut scenario = Scenario::of_keys(seed);
        let both = handshake(&mut scenario, |_, _, _| {}).expect("the control");
        assert!(both.alice.is_key_proved() && both.bob.is_key_proved());
        let mallory = User::with_key(&mut scenario.rng);
        // All of it hers, in Alice's name.
        let sdp = mallory.sdp(&mut scenario.rng);
        let call = CallContext {
            local: scenario.alice.id.clone(),
            ..scenario.call(&mallory, &scenario.bob.id, scenario.call_type)
        };
        let (_, unsigned) =
            Caller::offer(call, &sdp, scenario.rng.nonce(), at(scenario.now)).unwrap();
        let mut offer = scenario.wire(&mallory, &unsigned, Some(&sdp));
        offer.from = scenario.alice.id.clone();
        let hear = |offer: &WireMessage| {
            scenario
                .receive_offer(&mut scenario.bob.clone(), offer)
                .unwrap_err()
        };
        assert_eq!(hear(&offer), VerifyError::OtherKey);
        offer.sec = Some(unsigned.unsigned());
        assert_eq!(hear(&offer), VerifyError::Unsigned);
        offer.sec = None;
        assert_eq!(hear(&offer), VerifyError::Unsigned);
    }
}

#[test]
fn certificate_other_than_the_signed_one() {
    for seed in 0..100 {
        let mut scenario = Scenario::of_keys(seed);
        let mallory = User::guest(&mut scenario.rng);
        // Everything is signed as it should be, and DTLS ends at Mallory.
        let result = handshake(&mut scenario, |scenario, kind, _| {
            if kind == MessageKind::Confirm {
                scenario.alice.take_certificate_of(&mallory);
            }
        });
        assert_eq!(result.err(), Some(VerifyError::OtherCertificate));
    }
}
