//! A login's signature counts for one page, one socket and one key.

use wimpex_identity::{
    Challenge, LoginProof, LoginProofError, PublicKey, is_key_id, login_message,
};
use wimpex_protocol::UserId;

use crate::people::{Dice, Person, VARIANTS};

const HERE: &str = "https://call.example.org";

#[test]
fn a_signature_that_is_taken_elsewhere() {
    for seed in 0..VARIANTS {
        let mut dice = Dice::new(seed);
        let alice = Person::with_key(&mut dice);
        let challenge = Challenge::from_bytes(dice.bytes());
        let signature = alice.sign(&login_message(HERE, &challenge, &alice.id));
        let key = alice.public_key().encode();
        let proof = LoginProof::parse(alice.id.as_str(), &key, &signature.encode()).unwrap();
        let counts = |origin: &str, challenge: &Challenge| proof.claim(origin, challenge).verify();
        assert!(counts(HERE, &challenge), "the control");
        for origin in [
            "http://call.example.org",
            "https://call.example.org:444",
            "https://call.example.or",
            "https://call.example.org.evil.example",
            "https://evil.example",
            "",
        ] {
            assert!(!counts(origin, &challenge), "{origin}");
        }
        let another = Challenge::from_bytes(dice.bytes());
        assert!(!counts(HERE, &another), "a challenge of another socket");

        let mallory = Person::with_key(&mut dice);
        let parse = |id: &UserId, key: &PublicKey| {
            LoginProof::parse(id.as_str(), &key.encode(), &signature.encode())
        };
        let refused = parse(&alice.id, &mallory.public_key());
        assert_eq!(refused, Err(LoginProofError::OtherId));
        let refused = parse(&mallory.id, &alice.public_key());
        assert_eq!(refused, Err(LoginProofError::OtherId));
        let own = parse(&mallory.id, &mallory.public_key()).unwrap();
        assert!(!own.claim(HERE, &challenge).verify());
    }
}

#[test]
fn what_is_not_a_key_or_a_signature_is_malformed() {
    let mut dice = Dice::new(1);
    let alice = Person::with_key(&mut dice);
    let (key, signature) = (alice.public_key().encode(), alice.sign(b"").encode());
    for (key, signature) in [
        ("", signature.as_str()),
        (&key, ""),
        (&key[1..], &signature),
        (&key, &signature[1..]),
        (&(key.clone() + "="), &signature),
        (&signature, &key),
    ] {
        let refused = LoginProof::parse(alice.id.as_str(), key, signature);
        assert_eq!(refused, Err(LoginProofError::Malformed));
    }
}

#[test]
fn keys_of_small_order_sign_nothing() {
    // 1 and 0 in the curve's own writing (RFC 8032, section 5.1.2): with the
    // first, an empty signature would hold for any message.
    let mut one = [0; 32];
    one[0] = 1;
    for key in [one, [0; 32]] {
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(&one);
        let claim = wimpex_identity::SignatureClaim {
            key: PublicKey::from_bytes(key),
            message: b"anything".to_vec(),
            signature: wimpex_identity::Signature::from_bytes(signature),
        };
        assert!(!claim.verify());
    }
}

#[test]
fn no_guests_id_is_one_of_a_key() {
    let id = Person::with_key(&mut Dice::new(2)).id;
    assert!(is_key_id(&id));
    assert_eq!(id.as_str().len(), 34);
    assert!(!is_key_id(&Person::guest(&mut Dice::new(2)).id));
}
