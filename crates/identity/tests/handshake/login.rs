//! A login's signature counts for one origin, one connection and one key.

use wimpex_identity::{
    Challenge, LoginProof, LoginProofError, PublicKey, is_key_id, login_message,
};
use wimpex_protocol::UserId;

use crate::scenario::{Rng, User, VARIANTS};

const HERE: &str = "https://call.example.org";

#[test]
fn signature_used_elsewhere() {
    for seed in 0..VARIANTS {
        let mut rng = Rng::new(seed);
        let alice = User::with_key(&mut rng);
        let challenge = Challenge::from_bytes(rng.bytes());
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
        let another = Challenge::from_bytes(rng.bytes());
        assert!(!counts(HERE, &another), "a challenge of another socket");

        let mallory = User::with_key(&mut rng);
        let parse = |id: &UserId, key: &PublicKey| {
            LoginProof::parse(id.as_str(), &key.encode(), &signature.encode())
        };
        let rejected = parse(&alice.id, &mallory.public_key());
        assert_eq!(rejected, Err(LoginProofError::OtherId));
        let rejected = parse(&mallory.id, &alice.public_key());
        assert_eq!(rejected, Err(LoginProofError::OtherId));
        let own = parse(&mallory.id, &mallory.public_key()).unwrap();
        assert!(!own.claim(HERE, &challenge).verify());
    }
}

#[test]
fn malformed_key_or_signature() {
    let mut rng = Rng::new(1);
    let alice = User::with_key(&mut rng);
    let (key, signature) = (alice.public_key().encode(), alice.sign(b"").encode());
    for (key, signature) in [
        ("", signature.as_str()),
        (&key, ""),
        (&key[1..], &signature),
        (&key, &signature[1..]),
        (&(key.clone() + "="), &signature),
        (&signature, &key),
    ] {
        let rejected = LoginProof::parse(alice.id.as_str(), key, signature);
        assert_eq!(rejected, Err(LoginProofError::Malformed));
    }
}

#[test]
fn keys_of_small_order_are_rejected() {
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
fn guest_ids_are_not_key_ids() {
    let id = User::with_key(&mut Rng::new(2)).id;
    assert!(is_key_id(&id));
    assert_eq!(id.as_str().len(), 34);
    assert!(!is_key_id(&User::guest(&mut Rng::new(2)).id));
}
