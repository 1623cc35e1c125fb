//! Somebody in the middle, who ends DTLS on both sides with certificates of
//! their own.

use wimpex_identity::{CallContext, Caller, MessageKind, Secured, VerifyError};

use crate::people::{Person, Scene, Wire, at, handshake};

/// Between two guests nothing is signed, so it goes through; both see that the
/// other is not verified, and the pictures differ.
fn between_guests(seed: u64) -> [Secured; 2] {
    let mut scene = Scene::of_guests(seed);
    let mallory = Person::guest(&mut scene.dice);
    let now = at(scene.now);
    let mut as_alice = mallory.posing_as(&scene.alice);
    let mut as_bob = mallory.posing_as(&scene.bob);

    // Alice calls; Mallory has the offer, and calls Bob.
    let (alice, offer) = scene.offer();
    let to_alice = scene.receive_offer(&mut as_bob, &offer).unwrap();
    let sdp = mallory.sdp(&mut scene.dice);
    let call = scene.call(&as_alice, &scene.bob.id, scene.call_type);
    let (to_bob, unsigned) = Caller::offer(call, &sdp, scene.dice.nonce(), now).unwrap();
    let offer = scene.wire(&as_alice, &unsigned, Some(&sdp));

    // Bob answers; Mallory answers Alice.
    let mut bob = scene.bob.clone();
    let callee = scene.receive_offer(&mut bob, &offer).unwrap();
    let own = bob.sdp(&mut scene.dice);
    let (bob_waits, unsigned) = callee.answer(&own, scene.dice.nonce(), now).unwrap();
    let answer = scene.wire(&bob, &unsigned, Some(&own));
    let unverified = to_bob.receive_answer(&answer.incoming(), now).unwrap();
    let answered = unverified.verify(&mut as_alice.replay_cache, now).unwrap();
    let nonce = scene.dice.nonce();
    let (waits, unsigned) = to_alice.answer(&sdp, nonce, now).unwrap();
    let answer = scene.wire(&as_bob, &unsigned, Some(&sdp));

    // Alice shows her nonce; Mallory shows hers to Bob.
    let unverified = alice.receive_answer(&answer.incoming(), now).unwrap();
    let answer_of_bob = unverified
        .verify(&mut scene.alice.replay_cache, now)
        .unwrap();
    let (alice, unsigned) = alice.confirm(answer_of_bob, now).unwrap();
    let confirm = scene.wire(&scene.alice, &unsigned, None);
    let heard = waits.receive_confirm(&confirm.incoming(), now).unwrap();
    assert!(heard.verify(&mut as_bob.replay_cache, now).is_ok());
    let (_, unsigned) = to_bob.confirm(answered, now).unwrap();
    let confirm = scene.wire(&as_alice, &unsigned, None);
    let unverified = bob_waits.receive_confirm(&confirm.incoming(), now).unwrap();
    let bob = unverified.verify(&mut bob.replay_cache, now).unwrap();

    let certificate = mallory.fingerprint();
    [alice, bob].map(|side| side.secure(&certificate).unwrap())
}

#[test]
fn two_guests_never_see_the_same_pictures() {
    let mut agreed = 0;
    for seed in 0..10_000 {
        let [alice, bob] = between_guests(seed);
        assert!(!alice.is_key_proved() && !bob.is_key_proved());
        agreed += usize::from(alice.sas() == bob.sas());
    }
    println!("somebody in the middle of two guests: {agreed} of 10000 pairs of pictures agree");
    assert_eq!(agreed, 0);
    for seed in 0..100 {
        let mut scene = Scene::of_guests(seed);
        let both = handshake(&mut scene, |_, _, _| {}).expect("the control");
        assert!(!both.alice.is_key_proved() && both.alice.sas() == both.bob.sas());
    }
}

#[test]
fn somebody_with_a_key_is_not_met_in_the_middle() {
    for seed in 0..100 {
        let mut scene = Scene::of_keys(seed);
        let both = handshake(&mut scene, |_, _, _| {}).expect("the control");
        assert!(both.alice.is_key_proved() && both.bob.is_key_proved());
        let mallory = Person::with_key(&mut scene.dice);
        // All of it hers, in Alice's name.
        let sdp = mallory.sdp(&mut scene.dice);
        let call = CallContext {
            local: scene.alice.id.clone(),
            ..scene.call(&mallory, &scene.bob.id, scene.call_type)
        };
        let (_, unsigned) = Caller::offer(call, &sdp, scene.dice.nonce(), at(scene.now)).unwrap();
        let mut offer = scene.wire(&mallory, &unsigned, Some(&sdp));
        offer.from = scene.alice.id.clone();
        let hear = |offer: &Wire| {
            scene
                .receive_offer(&mut scene.bob.clone(), offer)
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
fn another_certificate_than_the_one_that_was_signed() {
    for seed in 0..100 {
        let mut scene = Scene::of_keys(seed);
        let mallory = Person::guest(&mut scene.dice);
        // Everything is signed as it should be, and DTLS ends at Mallory.
        let result = handshake(&mut scene, |scene, kind, _| {
            if kind == MessageKind::Confirm {
                scene.alice.take_certificate_of(&mallory);
            }
        });
        assert_eq!(result.err(), Some(VerifyError::OtherCertificate));
    }
}
