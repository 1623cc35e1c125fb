//! A relay that tampers with messages: each test is an attack in a hundred variants, and
//! the same call without the attack is accepted.

use wimpex_identity::{MessageKind, Proof, VerifyError};
use wimpex_protocol::{CallType, Sec};

use crate::scenario::{Rng, User, WireMessage, at, rejected};

/// Every other variant attacks the offer, the rest the answer.
fn is_turn(seed: u64, kind: MessageKind) -> bool {
    kind == [MessageKind::Offer, MessageKind::Answer][usize::from(!seed.is_multiple_of(2))]
}

fn change_sdp(wire: &mut WireMessage, change: impl FnOnce(&str) -> String) {
    let sdp = wire.sdp.take().unwrap();
    wire.sdp = Some(change(&sdp));
}

#[test]
fn swapped_fingerprint() {
    rejected(
        &[VerifyError::BadSignature],
        |seed, scenario, kind, wire| {
            if is_turn(seed, kind) {
                let mallory = User::guest(&mut scenario.rng).fingerprint_line();
                let sender = if kind == MessageKind::Offer {
                    &scenario.alice
                } else {
                    &scenario.bob
                };
                let own = sender.fingerprint_line();
                change_sdp(wire, |sdp| sdp.replace(&own, &mallory));
            }
        },
    );
}

#[test]
fn second_fingerprint() {
    let expected = [
        VerifyError::SeveralFingerprints,
        VerifyError::OtherFingerprint,
        VerifyError::BadSignature,
    ];
    rejected(&expected, |seed, scenario, kind, wire| {
        if !is_turn(seed, kind) {
            return;
        }
        let mut line = User::guest(&mut scenario.rng).fingerprint_line();
        match scenario.rng.below(5) {
            0 => line = line.to_ascii_lowercase(),
            1 => line = line.replace("sha-256", "sha-512"),
            2 => line = line.replace("\r\n", "\n"),
            // The one that is there, once more: only the signature tells.
            3 => line = scenario.alice.fingerprint_line(),
            _ => {}
        }
        let place = scenario.rng.below(3);
        change_sdp(wire, |sdp| match place {
            0 => sdp.to_owned() + &line,
            1 => sdp.replacen("t=0 0\r\n", &format!("t=0 0\r\n{line}"), 1),
            _ => sdp.replacen("a=mid:1\r\n", &format!("a=mid:1\r\n{line}"), 1),
        });
    });
}

#[test]
fn description_byte_changed() {
    let expected = [
        VerifyError::BadSignature,
        VerifyError::OtherFingerprint,
        VerifyError::SeveralFingerprints,
    ];
    rejected(&expected, |seed, scenario, kind, wire| {
        if is_turn(seed, kind) {
            let at = scenario.rng.below(wire.sdp.as_ref().unwrap().len());
            change_sdp(wire, |sdp| {
                let mut bytes = sdp.as_bytes().to_vec();
                bytes[at] ^= 1;
                String::from_utf8(bytes).unwrap()
            });
        }
    });
}

#[test]
fn proof_stripped() {
    rejected(&[VerifyError::Unsigned], |seed, scenario, kind, wire| {
        let turn = [
            MessageKind::Offer,
            MessageKind::Answer,
            MessageKind::Confirm,
        ][(seed % 3) as usize];
        if kind == turn {
            if scenario.rng.below(2) == 0 {
                wire.sec = None;
            } else {
                wire.with_proof(|proof| proof.signed = None);
            }
        }
    });
}

#[test]
fn proof_bit_changed() {
    let expected = [
        VerifyError::BadSignature,
        VerifyError::OtherKey,
        VerifyError::OtherNonce,
        VerifyError::Stale,
    ];
    rejected(&expected, |seed, scenario, kind, wire| {
        let turn = [
            MessageKind::Offer,
            MessageKind::Answer,
            MessageKind::Confirm,
        ][(seed % 3) as usize];
        if kind == turn {
            let bit = 1 << scenario.rng.below(8);
            let place = scenario.rng.below(32);
            let field = scenario.rng.below(4);
            wire.with_proof(|proof| {
                let (key, signature) = proof.signed.unwrap();
                let (mut key, mut signature) = (*key.as_bytes(), *signature.as_bytes());
                match field {
                    0 => proof.timestamp = at(proof.timestamp.as_millis() ^ 1 << (seed % 64)),
                    1 => proof.value.as_mut().unwrap()[place] ^= bit,
                    2 => key[place] ^= bit,
                    _ => signature[2 * place] ^= bit,
                }
                proof.signed = Some((
                    wimpex_identity::PublicKey::from_bytes(key),
                    wimpex_identity::Signature::from_bytes(signature),
                ));
            });
        }
    });
}

#[test]
fn id_of_another_key() {
    let expected = [VerifyError::OtherKey, VerifyError::OtherSender];
    rejected(&expected, |seed, scenario, kind, wire| {
        if !is_turn(seed, kind) {
            return;
        }
        let mallory = User::with_key(&mut scenario.rng);
        match scenario.rng.below(3) {
            // Somebody else's id on what was said.
            0 => wire.from = mallory.id,
            // Her own key and a signature that is right for it.
            1 => wire.with_proof(|proof| {
                let (_, signature) = proof.signed.unwrap();
                proof.signed = Some((mallory.public_key(), signature));
            }),
            // A guest's id.
            _ => wire.from = User::guest(&mut scenario.rng).id,
        }
    });
}

#[test]
fn call_type_changed() {
    rejected(&[VerifyError::BadSignature], |_, _, kind, wire| {
        if kind == MessageKind::Offer {
            wire.call_type = match wire.call_type {
                CallType::Audio => CallType::Video,
                CallType::Video => CallType::Audio,
            };
        }
    });
}

#[test]
fn garbage_is_rejected_without_panic() {
    let mut rng = Rng::new(0);
    for length in 0..400 {
        let text: String = (0..length)
            .map(|_| char::from(b'-' + rng.below(80) as u8))
            .collect();
        if let Ok(proof) = Proof::parse(&Sec::new(text.clone())) {
            assert_eq!(proof.encode().as_str(), text);
        }
    }
}
