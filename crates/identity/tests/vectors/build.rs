//! The content of the file, as this crate computes it. The other side also receives every
//! message, and accepts it.

use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};
use wimpex_identity::{
    Agreed, CallContext, Callee, Caller, Challenge, Fingerprint, Nonce, PublicKey, ReceivedMessage,
    ReplayCache, Sas, Secured, Signature, UnsignedMessage, login_message, sas_digest,
};
use wimpex_protocol::{CallId, CallType, Sec, UserId};
use wimpex_sansio::UnixTime;

const NOW: u64 = 1_701_234_567_890;

/// So many milliseconds after the handshake began.
fn after(millis: u64) -> UnixTime {
    UnixTime::from_millis(NOW + millis)
}

/// 32 bytes that count up.
fn count_from(first: u8) -> [u8; 32] {
    std::array::from_fn(|i| first + i as u8)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

struct User {
    id: UserId,
    key: Option<SigningKey>,
    fingerprint: Fingerprint,
}

impl User {
    fn with_key(seed: u8, fingerprint: u8) -> Self {
        let key = SigningKey::from_bytes(&count_from(seed));
        let id = PublicKey::from_bytes(key.verifying_key().to_bytes()).user_id();
        Self {
            id,
            key: Some(key),
            fingerprint: Fingerprint::from_bytes(count_from(fingerprint)),
        }
    }

    fn guest(id: &str, fingerprint: u8) -> Self {
        Self {
            id: UserId::parse(id).unwrap(),
            key: None,
            fingerprint: Fingerprint::from_bytes(count_from(fingerprint)),
        }
    }

    fn public_key(&self) -> Option<PublicKey> {
        let key = self.key.as_ref()?.verifying_key();
        Some(PublicKey::from_bytes(key.to_bytes()))
    }

    fn sign(&self, message: &[u8]) -> Option<Signature> {
        let signature = self.key.as_ref()?.sign(message);
        Some(Signature::from_bytes(signature.to_bytes()))
    }

    fn sec(&self, unsigned: &UnsignedMessage) -> Sec {
        match (self.public_key(), self.sign(unsigned.message())) {
            (Some(key), Some(signature)) => unsigned.signed(&key, &signature),
            _ => unsigned.unsigned(),
        }
    }

    fn sdp(&self, session: u32) -> String {
        let pairs = self.fingerprint.as_bytes().map(|b| format!("{b:02X}"));
        let fingerprint = pairs.join(":");
        format!(
            "v=0\r\no=- {session} 2 IN IP4 127.0.0.1\r\na=fingerprint:sha-256 {fingerprint}\r\n"
        )
    }
}

pub(crate) fn vectors() -> Value {
    let alice = User::with_key(0x00, 0x80);
    let bob = User::with_key(0x20, 0xa0);
    let carol = User::guest("guest-carol", 0x80);
    let dave = User::guest("guest-dave", 0xa0);
    let nonces = [count_from(0x40), count_from(0x60)].map(Nonce::from_bytes);
    json!({
        "keys": [key(&alice, 0x00), key(&bob, 0x20)],
        "logins": [
            login(&alice, "https://call.example.org", 0x00),
            login(&bob, "http://127.0.0.1:8080", 0xe0),
        ],
        "commitments": nonces.each_ref().map(|nonce| json!({
            "nonce": hex(nonce.as_bytes()),
            "commitment": hex(nonce.commitment().as_bytes()),
        })),
        "handshakes": [
            handshake(&alice, &bob, CallType::Video),
            handshake(&carol, &dave, CallType::Audio),
            handshake(&carol, &bob, CallType::Video),
        ],
    })
}

fn key(user: &User, seed: u8) -> Value {
    let key = user.public_key().unwrap();
    json!({
        "seed": hex(&count_from(seed)),
        "publicKey": key.encode(),
        "userId": user.id.as_str(),
    })
}

fn login(user: &User, origin: &str, challenge: u8) -> Value {
    let challenge = Challenge::from_bytes(count_from(challenge));
    let message = login_message(origin, &challenge, &user.id);
    json!({
        "origin": origin,
        "challenge": challenge.encode(),
        "userId": user.id.as_str(),
        "publicKey": user.public_key().unwrap().encode(),
        "message": hex(&message),
        "signature": user.sign(&message).unwrap().encode(),
    })
}

/// Two users, and what one of them says to the other.
struct Exchange<'a> {
    call: CallId,
    call_type: CallType,
    users: [&'a User; 2],
    replay_cache: ReplayCache,
    messages: Vec<Value>,
}

impl Exchange<'_> {
    /// The call as the caller (0) or the callee (1) sees it.
    fn call(&self, side: usize) -> CallContext {
        CallContext {
            id: self.call.clone(),
            call_type: self.call_type,
            local: self.users[side].id.clone(),
            peer: self.users[1 - side].id.clone(),
        }
    }

    /// Writes a message down.
    fn say(
        &mut self,
        side: usize,
        kind: &str,
        unsigned: &UnsignedMessage,
        at: UnixTime,
        sdp: Option<&str>,
    ) -> Sec {
        let user = self.users[side];
        let sec = user.sec(unsigned);
        self.messages.push(json!({
            "type": kind,
            "fromId": user.id.as_str(),
            "toId": self.users[1 - side].id.as_str(),
            "timestamp": at.as_millis(),
            "sdp": sdp,
            "message": hex(unsigned.message()),
            "hash": hex(unsigned.hash().as_bytes()),
            "signature": user.sign(unsigned.message()).map(|signature| signature.encode()),
            "sec": sec.as_str(),
        }));
        sec
    }
}

fn handshake(caller: &User, callee: &User, call_type: CallType) -> Value {
    let mut exchange = Exchange {
        call: CallId::parse("call_1701234567890").unwrap(),
        call_type,
        users: [caller, callee],
        replay_cache: ReplayCache::default(),
        messages: Vec::new(),
    };
    let [caller_nonce, callee_nonce] = [0x40, 0x60].map(|n| Nonce::from_bytes(count_from(n)));
    let (offer_sdp, answer_sdp) = (caller.sdp(1), callee.sdp(2));
    let id = exchange.call.clone();
    let incoming =
        |from: &User, sec: &Sec, sdp: Option<&str>, act: &mut dyn FnMut(&ReceivedMessage<'_>)| {
            act(&ReceivedMessage {
                from: &from.id,
                call: &id,
                proof: Some(sec),
                sdp,
            });
        };

    let (calls, unsigned) =
        Caller::offer(exchange.call(0), &offer_sdp, caller_nonce.clone(), after(0)).unwrap();
    let offer = unsigned.hash();
    let sec = exchange.say(0, "call-offer", &unsigned, after(0), Some(&offer_sdp));
    let mut called = None;
    let call = exchange.call(1);
    incoming(caller, &sec, Some(&offer_sdp), &mut |offer| {
        let unverified = Callee::receive_offer(call.clone(), offer, after(0)).unwrap();
        called = Some(
            unverified
                .verify(&mut exchange.replay_cache, after(0))
                .unwrap(),
        );
    });

    let at = after(5_000);
    let nonce = callee_nonce.clone();
    let (waits, unsigned) = called.unwrap().answer(&answer_sdp, nonce, at).unwrap();
    let answer = unsigned.hash();
    let sec = exchange.say(1, "call-answer", &unsigned, at, Some(&answer_sdp));
    let mut answered = None;
    incoming(callee, &sec, Some(&answer_sdp), &mut |answer| {
        let unverified = calls.receive_answer(answer, at).unwrap();
        answered = Some(unverified.verify(&mut exchange.replay_cache, at).unwrap());
    });

    let at = after(5_100);
    let (has, unsigned) = calls.confirm(answered.unwrap(), at).unwrap();
    let sec = exchange.say(0, "call-confirm", &unsigned, at, None);
    let mut heard = None;
    incoming(caller, &sec, None, &mut |confirm| {
        let unverified = waits.receive_confirm(confirm, at).unwrap();
        heard = Some(unverified.verify(&mut exchange.replay_cache, at).unwrap());
    });

    let digest = sas_digest(
        [&caller_nonce, &callee_nonce],
        [&caller.fingerprint, &callee.fingerprint],
        [&offer, &answer],
    );
    let sas = restart(&mut exchange, has, heard.unwrap());
    assert!(sas == Sas::from_digest(&digest));
    json!({
        "callId": id.as_str(),
        "callType": match call_type { CallType::Video => "video", CallType::Audio => "audio" },
        "callerNonce": hex(caller_nonce.as_bytes()),
        "calleeNonce": hex(callee_nonce.as_bytes()),
        "callerFingerprint": hex(caller.fingerprint.as_bytes()),
        "calleeFingerprint": hex(callee.fingerprint.as_bytes()),
        "messages": exchange.messages,
        "sasDigest": hex(&digest),
        "sas": sas.emoji().map(|emoji| json!([emoji.symbol, emoji.name])),
    })
}

/// The callee restarts ICE within the call.
fn restart(exchange: &mut Exchange<'_>, has: Agreed, heard: Agreed) -> Sas {
    let [caller, callee] = exchange.users;
    let mut caller_side: Secured = has.secure(&callee.fingerprint).unwrap();
    let mut callee_side: Secured = heard.secure(&caller.fingerprint).unwrap();
    let at = after(600_000);
    let sdp = callee.sdp(3);
    let unsigned = callee_side.offer(&sdp, at).unwrap();
    let sec = exchange.say(1, "call-offer", &unsigned, at, Some(&sdp));
    let call = exchange.call.clone();
    let offer = ReceivedMessage {
        from: &callee.id,
        call: &call,
        proof: Some(&sec),
        sdp: Some(&sdp),
    };
    let unverified = caller_side.receive_offer(&offer, at).unwrap();
    let offer = unverified.verify(&mut exchange.replay_cache, at).unwrap();
    caller_side.accept(&offer).unwrap();

    let (at, sdp) = (after(600_100), caller.sdp(4));
    let unsigned = caller_side.answer(&offer, &sdp, at).unwrap();
    let sec = exchange.say(0, "call-answer", &unsigned, at, Some(&sdp));
    let answer = ReceivedMessage {
        from: &caller.id,
        call: &call,
        proof: Some(&sec),
        sdp: Some(&sdp),
    };
    let unverified = callee_side.receive_answer(&answer, at).unwrap();
    let answer = unverified.verify(&mut exchange.replay_cache, at).unwrap();
    callee_side.accept(&answer).unwrap();
    assert!(caller_side.sas() == callee_side.sas());
    caller_side.sas()
}
