//! Simulated users, their messages on the wire, and a handshake that an attacker may
//! interfere with.

use ed25519_dalek::{Signer, SigningKey};
use sha2::{Digest, Sha256};
use wimpex_identity::{
    Agreed, CallContext, Callee, Caller, Fingerprint, MessageKind, Nonce, PublicKey,
    ReceivedMessage, ReplayCache, Sas, Secured, Signature, UnsignedMessage, VerifyError,
};
use wimpex_protocol::{CallId, CallType, Sec, UserId};
use wimpex_sansio::UnixTime;

/// How many variants of each attack are tried.
pub(crate) const VARIANTS: u64 = 100;

/// Random bytes that are the same in each run.
pub(crate) struct Rng {
    seed: u64,
    rolls: u64,
}

impl Rng {
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
pub(crate) struct User {
    pub(crate) id: UserId,
    key: Option<SigningKey>,
    certificate: [u8; 32],
    pub(crate) replay_cache: ReplayCache,
}

impl User {
    pub(crate) fn with_key(rng: &mut Rng) -> Self {
        let key = SigningKey::from_bytes(&rng.bytes());
        let id = PublicKey::from_bytes(key.verifying_key().to_bytes()).user_id();
        Self {
            id,
            key: Some(key),
            ..Self::guest(rng)
        }
    }

    pub(crate) fn guest(rng: &mut Rng) -> Self {
        let letters: String = rng
            .bytes()
            .map(|b| char::from(b'a' + b % 26))
            .iter()
            .collect();
        Self {
            id: UserId::parse(format!("guest-{}", &letters[..24])).unwrap(),
            key: None,
            certificate: rng.bytes(),
            replay_cache: ReplayCache::default(),
        }
    }

    /// The same key or id, on another device.
    pub(crate) fn second_device(&self, rng: &mut Rng) -> Self {
        Self {
            certificate: rng.bytes(),
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

    pub(crate) fn sdp(&self, rng: &mut Rng) -> String {
        let line = self.fingerprint_line();
        let fragment = rng.below(1_000_000);
        format!(
            "v=0\r\no=- {} 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n\
             m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=ice-ufrag:{fragment}\r\n{line}\
             m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\na=ice-ufrag:{fragment}\r\n{line}",
            rng.below(1_000_000),
        )
    }
}

/// That many milliseconds since 1970.
pub(crate) fn at(millis: u64) -> UnixTime {
    UnixTime::from_millis(millis)
}

/// A message in transit.
#[derive(Clone, Debug)]
pub(crate) struct WireMessage {
    pub(crate) from: UserId,
    pub(crate) call: CallId,
    pub(crate) call_type: CallType,
    pub(crate) sec: Option<Sec>,
    pub(crate) sdp: Option<String>,
}

impl WireMessage {
    pub(crate) fn received(&self) -> ReceivedMessage<'_> {
        ReceivedMessage {
            from: &self.from,
            call: &self.call,
            proof: self.sec.as_ref(),
            sdp: self.sdp.as_deref(),
        }
    }

    /// Changes the bytes of `sec`.
    pub(crate) fn with_proof(&mut self, change: impl FnOnce(&mut wimpex_identity::Proof)) {
        let mut proof = wimpex_identity::Proof::parse(self.sec.as_ref().unwrap()).unwrap();
        change(&mut proof);
        self.sec = Some(proof.encode());
    }
}

/// Two users and a call that one of them is about to make.
pub(crate) struct Scenario {
    pub(crate) rng: Rng,
    pub(crate) alice: User,
    pub(crate) bob: User,
    pub(crate) call: CallId,
    pub(crate) call_type: CallType,
    /// Milliseconds since 1970.
    pub(crate) now: u64,
}

impl Scenario {
    pub(crate) fn of_keys(seed: u64) -> Self {
        Self::new(seed, User::with_key)
    }

    pub(crate) fn of_guests(seed: u64) -> Self {
        Self::new(seed, User::guest)
    }

    fn new(seed: u64, user: fn(&mut Rng) -> User) -> Self {
        let mut rng = Rng::new(seed);
        let call_type = [CallType::Audio, CallType::Video][rng.below(2)];
        Self {
            alice: user(&mut rng),
            bob: user(&mut rng),
            call: CallId::parse(format!("call_{seed}")).unwrap(),
            call_type,
            now: 1_701_234_567_890 + seed * 1_000,
            rng,
        }
    }

    pub(crate) fn call(&self, me: &User, peer: &UserId, call_type: CallType) -> CallContext {
        CallContext {
            id: self.call.clone(),
            call_type,
            local: me.id.clone(),
            peer: peer.clone(),
        }
    }

    pub(crate) fn wire(
        &self,
        from: &User,
        unsigned: &UnsignedMessage,
        sdp: Option<&str>,
    ) -> WireMessage {
        WireMessage {
            from: from.id.clone(),
            call: self.call.clone(),
            call_type: self.call_type,
            sec: Some(from.sec(unsigned)),
            sdp: sdp.map(str::to_owned),
        }
    }

    /// Alice calls Bob, and remembers her own offer.
    pub(crate) fn offer(&mut self) -> (Caller, WireMessage) {
        let sdp = self.alice.sdp(&mut self.rng);
        let call = self.call(&self.alice, &self.bob.id, self.call_type);
        let (caller, unsigned) = Caller::offer(call, &sdp, self.rng.nonce(), at(self.now)).unwrap();
        self.alice.replay_cache.insert_own(&unsigned, at(self.now));
        (caller, self.wire(&self.alice, &unsigned, Some(&sdp)))
    }

    /// `who` receives an offer, and resolves it.
    pub(crate) fn receive_offer(
        &self,
        who: &mut User,
        offer: &WireMessage,
    ) -> Result<Callee, VerifyError> {
        let call = CallContext {
            id: offer.call.clone(),
            ..self.call(who, &offer.from, offer.call_type)
        };
        let unverified = Callee::receive_offer(call, &offer.received(), at(self.now))?;
        unverified.verify(&mut who.replay_cache, at(self.now))
    }
}

/// The handshake of both sides at the end.
pub(crate) struct Both {
    pub(crate) alice: Secured,
    pub(crate) bob: Secured,
}

impl Both {
    pub(crate) fn sas(&self) -> [Sas; 2] {
        [self.alice.sas(), self.bob.sas()]
    }
}

/// A handshake; `between` may change each message and the clock. The first error ends
/// it.
pub(crate) fn handshake(
    scenario: &mut Scenario,
    mut between: impl FnMut(&mut Scenario, MessageKind, &mut WireMessage),
) -> Result<Both, VerifyError> {
    let (caller, mut offer) = scenario.offer();
    between(scenario, MessageKind::Offer, &mut offer);
    let mut bob = scenario.bob.clone();
    let callee = scenario.receive_offer(&mut bob, &offer)?;

    let sdp = bob.sdp(&mut scenario.rng);
    let (awaiting, unsigned) = callee
        .answer(&sdp, scenario.rng.nonce(), at(scenario.now))
        .unwrap();
    let mut answer = scenario.wire(&bob, &unsigned, Some(&sdp));
    between(scenario, MessageKind::Answer, &mut answer);
    let unverified = caller.receive_answer(&answer.received(), at(scenario.now))?;
    let answered = unverified.verify(&mut scenario.alice.replay_cache, at(scenario.now))?;

    let (agreed, unsigned) = caller.confirm(answered, at(scenario.now)).unwrap();
    let mut confirm = scenario.wire(&scenario.alice, &unsigned, None);
    between(scenario, MessageKind::Confirm, &mut confirm);
    let unverified = awaiting.receive_confirm(&confirm.received(), at(scenario.now))?;
    let confirmed: Agreed = unverified.verify(&mut bob.replay_cache, at(scenario.now))?;
    scenario.bob = bob;
    Ok(Both {
        alice: agreed.secure(&scenario.bob.fingerprint())?,
        bob: confirmed.secure(&scenario.alice.fingerprint())?,
    })
}

/// Nobody interferes: both sides have the same SAS.
pub(crate) fn control(mut scenario: Scenario) {
    let both = handshake(&mut scenario, |_, _, _| {}).expect("nobody has interfered");
    let [alice, bob] = both.sas();
    assert!(alice == bob, "the SAS differ");
}

/// An attack on each of a hundred calls, all of which are rejected; the same call without
/// the attack is accepted.
pub(crate) fn rejected(
    expected: &[VerifyError],
    mut attack: impl FnMut(u64, &mut Scenario, MessageKind, &mut WireMessage),
) {
    for seed in 0..VARIANTS {
        control(Scenario::of_keys(seed));
        let mut scenario = Scenario::of_keys(seed);
        let result = handshake(&mut scenario, |scenario, kind, wire| {
            attack(seed, scenario, kind, wire);
        });
        let error = result.err().expect("an attack was accepted");
        assert!(expected.contains(&error), "{seed}: {error:?}");
    }
}
