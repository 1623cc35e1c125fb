//! What the commitment is for: an attacker in the middle who may search finds a nonce with
//! which both sides see the same short SAS. Once the caller has committed to its nonce,
//! there is nothing to search for.

use std::ops::ControlFlow;

use wimpex_identity::{Fingerprint, MessageHash, MessageKind, Nonce, Transcript, sas_digest};
use wimpex_protocol::{CallId, CallType, UserId};

use crate::scenario::{Rng, User, at};

/// Instead of 42.
const BITS: u32 = 8;
const CALLS: u32 = 1_000;
/// So often the attacker tries for one call.
const TRIES: u32 = 16 << BITS;

/// One side of one of the two handshakes.
struct Handshake {
    nonces: [Nonce; 2],
    fingerprints: [Fingerprint; 2],
    messages: [MessageHash; 2],
}

impl Handshake {
    fn bits(&self) -> u32 {
        let [caller, callee] = &self.nonces;
        let [a, b] = &self.fingerprints;
        let [offer, answer] = &self.messages;
        let digest = sas_digest([caller, callee], [a, b], [offer, answer]);
        u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]) >> (32 - BITS)
    }
}

struct Names {
    call: CallId,
    alice: UserId,
    bob: UserId,
}

impl Names {
    fn hash(
        &self,
        kind: MessageKind,
        sdp: &str,
        value: &[u8; 32],
        prev_hash: Option<&MessageHash>,
    ) -> MessageHash {
        let (from, to) = match kind {
            MessageKind::Answer => (&self.bob, &self.alice),
            _ => (&self.alice, &self.bob),
        };
        Transcript {
            kind,
            call: &self.call,
            from,
            to,
            call_type: CallType::Audio,
            timestamp: at(1_701_234_567_890),
            sdp: Some(sdp),
            value: Some(value),
            prev_hash,
        }
        .hash()
    }

    /// What the offer says about the caller's nonce, if it has to promise it or not.
    fn offer(&self, sdp: &str, nonce: &Nonce, is_promised: bool) -> MessageHash {
        let commitment = nonce.commitment();
        let value = if is_promised {
            commitment.as_bytes()
        } else {
            nonce.as_bytes()
        };
        self.hash(MessageKind::Offer, sdp, value, None)
    }
}

/// Whether the attacker has both sides see the same bits.
fn attack(seed: u64, is_promised: bool) -> bool {
    let mut rng = Rng::new(seed);
    let [alice, bob, mallory] = [0; 3].map(|_| User::guest(&mut rng));
    let [alice_sdp, bob_sdp, mallory_sdp] =
        [&alice, &bob, &mallory].map(|person| person.sdp(&mut rng));
    let names = Names {
        call: CallId::parse("c1").unwrap(),
        alice: alice.id.clone(),
        bob: bob.id.clone(),
    };
    let [alice_nonce, bob_nonce, to_bob] = [0; 3].map(|_| rng.nonce());
    // With Bob she is through: his bits stand.
    let offer = names.offer(&mallory_sdp, &to_bob, is_promised);
    let answer = names.hash(
        MessageKind::Answer,
        &bob_sdp,
        bob_nonce.as_bytes(),
        Some(&offer),
    );
    let with_bob = Handshake {
        nonces: [to_bob, bob_nonce],
        fingerprints: [mallory.fingerprint(), bob.fingerprint()],
        messages: [offer, answer],
    };
    let wanted = with_bob.bits();
    // Now the answer to Alice. Of her nonce Mallory knows what the offer says.
    let offer = names.offer(&alice_sdp, &alice_nonce, is_promised);
    let known = if is_promised {
        rng.nonce()
    } else {
        alice_nonce.clone()
    };
    let answer_with = |nonce: Nonce, alice: &Nonce| Handshake {
        messages: [
            offer,
            names.hash(
                MessageKind::Answer,
                &mallory_sdp,
                nonce.as_bytes(),
                Some(&offer),
            ),
        ],
        nonces: [alice.clone(), nonce],
        fingerprints: [alice_print(&alice_sdp), mallory.fingerprint()],
    };
    let found = (0..TRIES).try_fold(rng.nonce(), |nonce, _| {
        if answer_with(nonce.clone(), &known).bits() == wanted {
            return ControlFlow::Break(nonce);
        }
        ControlFlow::Continue(rng.nonce())
    });
    let (ControlFlow::Break(nonce) | ControlFlow::Continue(nonce)) = found;
    // Alice shows her nonce, and both compare.
    answer_with(nonce, &alice_nonce).bits() == wanted
}

fn alice_print(sdp: &str) -> Fingerprint {
    Fingerprint::of_description(sdp).unwrap()
}

#[test]
fn commitment_leaves_nothing_to_search() {
    let wins = |is_promised| {
        let calls = 0..u64::from(CALLS);
        calls.filter(|&seed| attack(seed, is_promised)).count() as f64
    };
    let (without, with) = (wins(false), wins(true));
    let chance = f64::from(CALLS) / f64::from(1 << BITS);
    println!(
        "the same {BITS} bits on both sides, of {CALLS} calls with somebody in the middle: \
         without the commitment {without}, with it {with} (by chance {chance:.1})"
    );
    assert!(without >= 0.99 * f64::from(CALLS));
    assert!(with <= 4.0 * chance);
}
