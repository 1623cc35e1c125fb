//! People, their messages on the wire, and the way that a handshake takes if
//! nobody interferes.

use ed25519_dalek::{Signer, SigningKey};
use sha2::{Digest, Sha256};
use wimpex_identity::{
    Agreed, CallContext, Callee, Caller, Fingerprint, MessageKind, Nonce, PublicKey,
    ReceivedMessage, ReplayCache, Sas, Secured, Signature, UnsignedMessage, VerifyError,
};
use wimpex_protocol::{CallId, CallType, Sec, UserId};
use wimpex_sansio::UnixTime;

/// So many variants of each attack.
pub(crate) const VARIANTS: u64 = 100;

/// Random bytes that are the same in each run.
pub(crate) struct Dice {
    seed: u64,
    rolls: u64,
}

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, rolls: 0 }
    }

    pub(crate) fn bytes(&mut self) -> [u8; 32] {
        self.rolls += 1;
        let hash = Sha256::new()
            .chain_update(self.seed.to_be_bytes())
            .chain_update(self.rolls.to_be_bytes());
        hash.finalize().into()
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        let [a, b, c, d, ..] = self.bytes();
        u32::from_be_bytes([a, b, c, d]) as usize % n
    }

    pub(crate) fn nonce(&mut self) -> Nonce {
        Nonce::from_bytes(self.bytes())
    }
}

#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) id: UserId,
    key: Option<SigningKey>,
    certificate: [u8; 32],
    pub(crate) replay_cache: ReplayCache,
}

impl Person {
    pub(crate) fn with_key(dice: &mut Dice) -> Self {
        let key = SigningKey::from_bytes(&dice.bytes());
        let id = PublicKey::from_bytes(key.verifying_key().to_bytes()).user_id();
        Self {
            id,
            key: Some(key),
            ..Self::guest(dice)
        }
    }

    pub(crate) fn guest(dice: &mut Dice) -> Self {
        let letters: String = dice
            .bytes()
            .map(|b| char::from(b'a' + b % 26))
            .iter()
            .collect();
        Self {
            id: UserId::parse(format!("guest-{}", &letters[..24])).unwrap(),
            key: None,
            certificate: dice.bytes(),
            replay_cache: ReplayCache::default(),
        }
    }

    /// The same key or id, on another device.
    pub(crate) fn second_device(&self, dice: &mut Dice) -> Self {
        Self {
            certificate: dice.bytes(),
            replay_cache: ReplayCache::default(),
            ..self.clone()
        }
    }

    pub(crate) fn posing_as(&self, other: &Self) -> Self {
        Self {
            id: other.id.clone(),
            ..self.clone()
        }
    }

    pub(crate) fn take_certificate_of(&mut self, other: &Self) {
        self.certificate = other.certificate;
    }

    pub(crate) fn public_key(&self) -> PublicKey {
        PublicKey::from_bytes(self.key.as_ref().unwrap().verifying_key().to_bytes())
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Signature {
        Signature::from_bytes(self.key.as_ref().unwrap().sign(message).to_bytes())
    }

    pub(crate) fn sec(&self, unsigned: &UnsignedMessage) -> Sec {
        if self.key.is_none() {
            return unsigned.unsigned();
        }
        unsigned.signed(&self.public_key(), &self.sign(unsigned.message()))
    }

    /// What DTLS would show.
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of_certificate(&self.certificate)
    }

    pub(crate) fn fingerprint_line(&self) -> String {
        let pairs = self.fingerprint().as_bytes().map(|b| format!("{b:02X}"));
        format!("a=fingerprint:sha-256 {}\r\n", pairs.join(":"))
    }

    pub(crate) fn sdp(&self, dice: &mut Dice) -> String {
        let line = self.fingerprint_line();
        let fragment = dice.below(1_000_000);
        format!(
            "v=0\r\no=- {} 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n\
             m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=ice-ufrag:{fragment}\r\n{line}\
             m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\na=ice-ufrag:{fragment}\r\n{line}",
            dice.below(1_000_000),
        )
    }
}

/// That many milliseconds since 1970.
pub(crate) fn at(millis: u64) -> UnixTime {
    UnixTime::from_millis(millis)
}

/// A message on its way.
#[derive(Clone, Debug)]
pub(crate) struct Wire {
    pub(crate) from: UserId,
    pub(crate) call: CallId,
    pub(crate) call_type: CallType,
    pub(crate) sec: Option<Sec>,
    pub(crate) sdp: Option<String>,
}

impl Wire {
    pub(crate) fn incoming(&self) -> ReceivedMessage<'_> {
        ReceivedMessage {
            from: &self.from,
            call: &self.call,
            proof: self.sec.as_ref(),
            sdp: self.sdp.as_deref(),
        }
    }

    /// Changes the bytes of `sec`.
    pub(crate) fn with_sec(&mut self, change: impl FnOnce(&mut wimpex_identity::Proof)) {
        let mut proof = wimpex_identity::Proof::parse(self.sec.as_ref().unwrap()).unwrap();
        change(&mut proof);
        self.sec = Some(proof.encode());
    }
}

/// Two people and a call that one of them is about to make.
pub(crate) struct Scene {
    pub(crate) dice: Dice,
    pub(crate) alice: Person,
    pub(crate) bob: Person,
    pub(crate) call: CallId,
    pub(crate) call_type: CallType,
    /// Milliseconds since 1970.
    pub(crate) now: u64,
}

impl Scene {
    pub(crate) fn of_keys(seed: u64) -> Self {
        Self::new(seed, Person::with_key)
    }

    pub(crate) fn of_guests(seed: u64) -> Self {
        Self::new(seed, Person::guest)
    }

    fn new(seed: u64, person: fn(&mut Dice) -> Person) -> Self {
        let mut dice = Dice::new(seed);
        let call_type = [CallType::Audio, CallType::Video][dice.below(2)];
        Self {
            alice: person(&mut dice),
            bob: person(&mut dice),
            call: CallId::parse(format!("call_{seed}")).unwrap(),
            call_type,
            now: 1_701_234_567_890 + seed * 1_000,
            dice,
        }
    }

    pub(crate) fn call(&self, me: &Person, peer: &UserId, call_type: CallType) -> CallContext {
        CallContext {
            id: self.call.clone(),
            call_type,
            local: me.id.clone(),
            peer: peer.clone(),
        }
    }

    pub(crate) fn wire(
        &self,
        from: &Person,
        unsigned: &UnsignedMessage,
        sdp: Option<&str>,
    ) -> Wire {
        Wire {
            from: from.id.clone(),
            call: self.call.clone(),
            call_type: self.call_type,
            sec: Some(from.sec(unsigned)),
            sdp: sdp.map(str::to_owned),
        }
    }

    /// Alice calls Bob, and notes her own offer.
    pub(crate) fn offer(&mut self) -> (Caller, Wire) {
        let sdp = self.alice.sdp(&mut self.dice);
        let call = self.call(&self.alice, &self.bob.id, self.call_type);
        let (caller, unsigned) =
            Caller::offer(call, &sdp, self.dice.nonce(), at(self.now)).unwrap();
        self.alice.replay_cache.insert_own(&unsigned, at(self.now));
        (caller, self.wire(&self.alice, &unsigned, Some(&sdp)))
    }

    /// `who` hears an offer, as far as possible.
    pub(crate) fn receive_offer(
        &self,
        who: &mut Person,
        offer: &Wire,
    ) -> Result<Callee, VerifyError> {
        let call = CallContext {
            id: offer.call.clone(),
            ..self.call(who, &offer.from, offer.call_type)
        };
        let unverified = Callee::receive_offer(call, &offer.incoming(), at(self.now))?;
        unverified.verify(&mut who.replay_cache, at(self.now))
    }
}

/// What both sides have in the end.
pub(crate) struct Both {
    pub(crate) alice: Secured,
    pub(crate) bob: Secured,
}

impl Both {
    pub(crate) fn pictures(&self) -> [Sas; 2] {
        [self.alice.sas(), self.bob.sas()]
    }
}

/// A handshake; `between` may do to each message and to the clock what it
/// wants. The first refusal ends it.
pub(crate) fn handshake(
    scene: &mut Scene,
    mut between: impl FnMut(&mut Scene, MessageKind, &mut Wire),
) -> Result<Both, VerifyError> {
    let (caller, mut offer) = scene.offer();
    between(scene, MessageKind::Offer, &mut offer);
    let mut bob = scene.bob.clone();
    let callee = scene.receive_offer(&mut bob, &offer)?;

    let sdp = bob.sdp(&mut scene.dice);
    let (waiting, unsigned) = callee
        .answer(&sdp, scene.dice.nonce(), at(scene.now))
        .unwrap();
    let mut answer = scene.wire(&bob, &unsigned, Some(&sdp));
    between(scene, MessageKind::Answer, &mut answer);
    let unverified = caller.receive_answer(&answer.incoming(), at(scene.now))?;
    let answered = unverified.verify(&mut scene.alice.replay_cache, at(scene.now))?;

    let (agreed, unsigned) = caller.confirm(answered, at(scene.now)).unwrap();
    let mut confirm = scene.wire(&scene.alice, &unsigned, None);
    between(scene, MessageKind::Confirm, &mut confirm);
    let unverified = waiting.receive_confirm(&confirm.incoming(), at(scene.now))?;
    let heard: Agreed = unverified.verify(&mut bob.replay_cache, at(scene.now))?;
    scene.bob = bob;
    Ok(Both {
        alice: agreed.secure(&scene.bob.fingerprint())?,
        bob: heard.secure(&scene.alice.fingerprint())?,
    })
}

/// Nobody interferes: both have the same pictures.
pub(crate) fn control(mut scene: Scene) {
    let both = handshake(&mut scene, |_, _, _| {}).expect("nobody has interfered");
    let [alice, bob] = both.pictures();
    assert!(alice == bob, "the pictures differ");
}

/// An attack on each of a hundred calls, and beside it the same call without.
pub(crate) fn refused(
    expected: &[VerifyError],
    mut attack: impl FnMut(u64, &mut Scene, MessageKind, &mut Wire),
) {
    for seed in 0..VARIANTS {
        control(Scene::of_keys(seed));
        let mut scene = Scene::of_keys(seed);
        let result = handshake(&mut scene, |scene, kind, wire| {
            attack(seed, scene, kind, wire);
        });
        let refusal = result.err().expect("an attack was accepted");
        assert!(expected.contains(&refusal), "{seed}: {refusal:?}");
    }
}
