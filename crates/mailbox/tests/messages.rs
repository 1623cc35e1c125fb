//! A message from one person to another, and everybody who would like to meddle.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::time::Duration;

use aes_gcm::aead::{Aead, KeyInit};
use aes_gcm::{Aes128Gcm, Nonce};
use ed25519_dalek::{Signer, SigningKey};
use sha2::{Digest, Sha256};
use wimpex_identity::{PublicKey, Signature};
use wimpex_mailbox::{
    Delivery, Draft, Envelope, Kind, MessageId, MessageKey, MessageName, Refused, Sender, Unsealed,
    key_schedule, limits,
};
use wimpex_protocol::UserId;
use wimpex_sansio::UnixTime;
use x25519_dalek::StaticSecret;

const NOW: UnixTime = UnixTime::from_millis(1_800_000_000_000);
const DAY: u64 = 24 * 60 * 60 * 1000;

/// Somebody with both keys.
struct Person {
    signing: SigningKey,
    sealing: StaticSecret,
}

impl Person {
    fn new(seed: u8) -> Self {
        Self {
            signing: SigningKey::from_bytes(&[seed; 32]),
            sealing: StaticSecret::from([seed ^ 0x55; 32]),
        }
    }

    fn public(&self) -> PublicKey {
        PublicKey::from_bytes(self.signing.verifying_key().to_bytes())
    }

    fn id(&self) -> UserId {
        self.public().user_id()
    }

    fn sealing_key(&self) -> [u8; 32] {
        x25519_dalek::PublicKey::from(&self.sealing).to_bytes()
    }

    fn sign(&self, message: &[u8]) -> Signature {
        Signature::from_bytes(self.signing.sign(message).to_bytes())
    }

    fn leave(&self, to: &Person, text: &[u8]) -> (Envelope, Vec<u8>) {
        let unsealed = Unsealed {
            kind: Kind::Audio,
            length: Duration::from_secs(3),
            mime_type: "audio/webm;codecs=opus".to_owned(),
            captions: String::new(),
            recording: text.len() as u32,
        };
        let mut plain = unsealed.encode().unwrap();
        let padded = Unsealed::padded(plain.len(), unsealed.recording);
        plain.extend_from_slice(text);
        plain.resize(padded, 0);
        let draft = Draft {
            sender: self.public(),
            receiver: to.id(),
            receiver_key: to.sealing_key(),
            id: MessageId::from_bytes([7; 16]),
            time: NOW,
        };
        let ephemeral = StaticSecret::from([9; 32]);
        let encapsulated = x25519_dalek::PublicKey::from(&ephemeral).to_bytes();
        let secret = ephemeral.diffie_hellman(&to.sealing_key().into());
        let key = key_schedule(
            secret.as_bytes(),
            &encapsulated,
            &to.sealing_key(),
            &draft.info(),
        );
        let key = key.unwrap();
        let sealed = Aes128Gcm::new(&key.key.into())
            .encrypt(&Nonce::from(key.nonce), &plain[..])
            .unwrap();
        let (size, hash) = (sealed.len() as u32, Sha256::digest(&sealed).into());
        let signature = self.sign(&draft.message(&encapsulated, size, &hash));
        (draft.sign(encapsulated, size, hash, signature), sealed)
    }

    /// As a page takes it.
    fn take(
        &self,
        envelope: &Envelope,
        sealed: &[u8],
        change: impl FnOnce(&mut Delivery<'_>),
    ) -> Result<Vec<u8>, Refused> {
        let (me, key) = (self.id(), self.sealing_key());
        let mut delivery = Delivery {
            me: &me,
            keys: &[key],
            now: NOW,
            sender: Sender::Contact,
            contacts_only: false,
            is_known: false,
        };
        change(&mut delivery);
        delivery.judge(envelope)?;
        if !envelope.claim().verify() {
            return Err(Refused::Signature);
        }
        if envelope.hash != <[u8; 32]>::from(Sha256::digest(sealed)) {
            return Err(Refused::Damaged);
        }
        let secret = self.sealing.diffie_hellman(&envelope.encapsulated.into());
        let made = key_schedule(
            secret.as_bytes(),
            &envelope.encapsulated,
            &key,
            &envelope.draft.info(),
        );
        let made = made.ok_or(Refused::Damaged)?;
        let plain = Aes128Gcm::new(&made.key.into())
            .decrypt(&Nonce::from(made.nonce), sealed)
            .map_err(|_| Refused::Damaged)?;
        let (_, at) = Unsealed::parse(&plain, plain.len()).ok_or(Refused::Damaged)?;
        Ok(plain[at.start as usize..at.end as usize].to_vec())
    }
}

fn people() -> (Person, Person, Person) {
    (Person::new(1), Person::new(2), Person::new(3))
}

#[test]
fn the_receiver_hears_what_was_left_and_nobody_else() {
    let (alice, bob, mallory) = people();
    let (envelope, sealed) = alice.leave(&bob, b"call me");
    let read = Envelope::parse(&envelope.encode()).unwrap();
    assert_eq!(read, envelope);
    assert_eq!(bob.take(&read, &sealed, |_| {}), Ok(b"call me".to_vec()));
    assert_eq!(
        mallory.take(&read, &sealed, |_| {}),
        Err(Refused::OtherReceiver)
    );
    // Nor with the right name and the wrong key.
    let (bobs, key) = (bob.id(), bob.sealing_key());
    let eavesdropper = Person {
        signing: SigningKey::from_bytes(&[2; 32]),
        sealing: StaticSecret::from([4; 32]),
    };
    assert_eq!(bobs, eavesdropper.id());
    assert_eq!(
        eavesdropper.take(&read, &sealed, |_| {}),
        Err(Refused::OtherKey)
    );
    let keys: &'static [[u8; 32]] = Box::leak(Box::new([key]));
    let opened = eavesdropper.take(&read, &sealed, |delivery| delivery.keys = keys);
    assert_eq!(opened, Err(Refused::Damaged));
    assert!(!sealed.windows(7).any(|it| it == b"call me"));
}

#[test]
fn every_flipped_bit_is_refused() {
    let (alice, bob, _) = people();
    let (envelope, sealed) = alice.leave(&bob, b"call me");
    for bit in (0..sealed.len() * 8).step_by(4_099) {
        let mut flipped = sealed.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(
            bob.take(&envelope, &flipped, |_| {}),
            Err(Refused::Damaged),
            "bit {bit}"
        );
    }
    // The whole envelope, bit by bit: either it is none, or it is refused.
    let text = envelope.encode();
    let bytes = base64(&text);
    let mut refused = 0;
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if let Some(read) = Envelope::parse(&unbase64(&flipped)) {
            refused += 1;
            assert!(bob.take(&read, &sealed, |_| {}).is_err(), "bit {bit}");
        }
    }
    assert!(refused > 1_500, "{refused}");
}

#[test]
fn a_truncated_message_is_refused() {
    let (alice, bob, _) = people();
    let (envelope, sealed) = alice.leave(&bob, b"call me");
    for length in [0, 1, sealed.len() - 1] {
        let taken = bob.take(&envelope, &sealed[..length], |_| {});
        assert_eq!(taken, Err(Refused::Damaged));
    }
}

/// Whoever carries a message may put a name of their own on it; it does not open then.
#[test]
fn a_message_cannot_be_passed_off_as_ones_own() {
    let (alice, bob, mallory) = people();
    let (envelope, sealed) = alice.leave(&bob, b"call me");
    let stolen = Draft {
        sender: mallory.public(),
        ..envelope.draft.clone()
    };
    let message = stolen.message(&envelope.encapsulated, envelope.size, &envelope.hash);
    let signature = mallory.sign(&message);
    let stolen = stolen.sign(
        envelope.encapsulated,
        envelope.size,
        envelope.hash,
        signature,
    );
    assert_eq!(bob.take(&stolen, &sealed, |_| {}), Err(Refused::Damaged));
    // And with the sender's name, the signature is wrong.
    let forged = Envelope {
        draft: envelope.draft.clone(),
        ..stolen
    };
    assert_eq!(bob.take(&forged, &sealed, |_| {}), Err(Refused::Signature));
}

#[test]
fn a_replay_an_old_one_and_one_of_tomorrow_are_refused() {
    let (alice, bob, _) = people();
    let (envelope, sealed) = alice.leave(&bob, b"call me");
    let known = bob.take(&envelope, &sealed, |delivery| delivery.is_known = true);
    assert_eq!(known, Err(Refused::Replayed));
    let at = |time: u64| {
        bob.take(&envelope, &sealed, |delivery| {
            delivery.now = UnixTime::from_millis(time);
        })
    };
    let now = NOW.as_millis();
    assert!(at(now + 7 * DAY).is_ok());
    assert_eq!(at(now + 8 * DAY), Err(Refused::Old));
    assert_eq!(at(now - DAY), Err(Refused::Future));
    // What it was is remembered for longer than it would be believed.
    assert!(limits::REMEMBER > limits::KEEP + 2 * limits::CLOCK_SKEW);
}

#[test]
fn who_is_blocked_leaves_nothing_and_strangers_if_they_may_ring() {
    let (alice, bob, _) = people();
    let (envelope, sealed) = alice.leave(&bob, b"call me");
    let from = |sender, contacts_only| {
        bob.take(&envelope, &sealed, |delivery| {
            (delivery.sender, delivery.contacts_only) = (sender, contacts_only);
        })
    };
    for contacts_only in [false, true] {
        assert!(from(Sender::Contact, contacts_only).is_ok());
        assert_eq!(from(Sender::Blocked, contacts_only), Err(Refused::Blocked));
    }
    assert!(from(Sender::Stranger, false).is_ok());
    assert_eq!(from(Sender::Stranger, true), Err(Refused::Stranger));
}

#[test]
fn a_key_for_messages_is_its_owners_or_nobodys() {
    let (alice, bob, mallory) = people();
    let sign = |owner: &Person, signer: &Person| {
        let (public, key) = (owner.public(), owner.sealing_key());
        let signature = signer.sign(&MessageKey::message(&public, &key, NOW));
        MessageKey {
            owner: public,
            key,
            time: NOW,
            signature,
        }
    };
    let bobs = sign(&bob, &bob);
    assert_eq!(MessageKey::parse(&bobs.encode()), Some(bobs.clone()));
    assert!(bobs.claim().verify());
    assert!(!sign(&bob, &mallory).claim().verify());
    let swapped = MessageKey {
        key: mallory.sealing_key(),
        ..bobs.clone()
    };
    assert!(!swapped.claim().verify());
    let text = bobs.encode();
    for wrong in [
        "",
        "AQ",
        &text[1..],
        &text[..text.len() - 4],
        &[&text[..], "AAAA"].concat(),
    ] {
        assert_eq!(MessageKey::parse(wrong), None, "{wrong}");
    }
    let _ = alice;
}

#[test]
fn only_recordings_come_out_of_a_seal() {
    let unsealed = Unsealed {
        kind: Kind::Video,
        length: Duration::from_secs(180),
        mime_type: "video/webm;codecs=vp8,opus".to_owned(),
        captions: "WEBVTT".to_owned(),
        recording: 5,
    };
    let mut bytes = unsealed.encode().unwrap();
    let start = bytes.len() as u32;
    bytes.extend_from_slice(b"12345");
    let read = Unsealed::parse(&bytes, bytes.len());
    assert_eq!(read, Some((unsealed.clone(), start..start + 5)));
    // Shorter than it says.
    assert_eq!(Unsealed::parse(&bytes, bytes.len() - 1), None);
    let others = [
        Unsealed {
            mime_type: "text/html".to_owned(),
            ..unsealed.clone()
        },
        Unsealed {
            mime_type: "image/svg+xml".to_owned(),
            ..unsealed.clone()
        },
        Unsealed {
            mime_type: "audio/webm".to_owned(),
            ..unsealed.clone()
        },
        Unsealed {
            length: Duration::from_secs(200),
            ..unsealed.clone()
        },
        Unsealed {
            recording: u32::MAX,
            ..unsealed.clone()
        },
    ];
    for other in others {
        let bytes = [&other.encode().unwrap()[..], b"12345"].concat();
        assert_eq!(Unsealed::parse(&bytes, bytes.len()), None, "{other:?}");
    }
    for length in 0..start as usize {
        assert_eq!(Unsealed::parse(&bytes[..length], bytes.len()), None);
    }
    let long = Unsealed {
        captions: "x".repeat(limits::CAPTION_BYTES + 1),
        ..unsealed
    };
    assert_eq!(long.encode(), None);
}

#[test]
fn the_length_says_little() {
    let lengths: Vec<usize> = [1_u32, 60_000, 65_000, 131_000]
        .map(|recording| Unsealed::padded(40, recording) + 16)
        .to_vec();
    assert_eq!(
        lengths,
        [65_536, 65_536, 65_536, 131_072].map(|it: usize| it)
    );
}

#[test]
fn the_name_of_a_message_is_read_as_it_was_written() {
    let (alice, bob, _) = people();
    let name = alice.leave(&bob, b"").0.name();
    assert_eq!(MessageName::parse(&name.encode()), Some(name.clone()));
    for wrong in [
        "",
        ".",
        "a",
        "a.b",
        &name.encode()[..20],
        &[&name.encode(), "A"].concat(),
    ] {
        assert_eq!(MessageName::parse(wrong), None, "{wrong}");
    }
}

fn base64(text: &str) -> Vec<u8> {
    use base64ct::{Base64UrlUnpadded, Encoding as _};
    Base64UrlUnpadded::decode_vec(text).unwrap()
}

fn unbase64(bytes: &[u8]) -> String {
    use base64ct::{Base64UrlUnpadded, Encoding as _};
    Base64UrlUnpadded::encode_string(bytes)
}
