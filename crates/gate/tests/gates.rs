//! Two gates, and whatever stands between them.

use std::collections::VecDeque;

use ed25519_dalek::{Signer, SigningKey};
use wimpex_gate::{Assurance, Gate, Incoming, Me, Step};
use wimpex_identity::{Fingerprint, Nonce, PublicKey, Refusal, Signature};
use wimpex_protocol::{
    Answer, CallAnswer, CallId, CallOffer, CallType, Candidate, DeviceId, IceCandidate, Offer,
    Relayed, Sdp, Sec, Signal, UserId,
};

const NOW: u64 = 1_800_000_000_000;

/// Somebody, their key and their gate.
struct Side {
    id: UserId,
    device: DeviceId,
    key: Option<SigningKey>,
    certificate: u8,
    gate: Gate,
    nonces: u8,
    /// What the machine was given, and what was refused.
    delivered: Vec<Signal>,
    refused: Vec<Refusal>,
    /// What left, and nobody has brought yet.
    wire: VecDeque<Relayed>,
    /// Signatures and checks that the browser has not made yet; it makes them at once
    /// where there are none.
    late: Option<Vec<Step>>,
}

impl Side {
    fn new(seed: u8, has_key: bool) -> Self {
        let key = SigningKey::from_bytes(&[seed; 32]);
        let public = PublicKey::from_bytes(key.verifying_key().to_bytes());
        let id = if has_key {
            public.user_id()
        } else {
            UserId::parse(format!("guest-{seed}")).expect("it is one")
        };
        let mut gate = Gate::default();
        gate.log_in(Me {
            id: id.clone(),
            key: has_key.then_some(public),
        });
        Self {
            id,
            device: DeviceId::parse(format!("device-{seed}")).expect("it is one"),
            key: has_key.then_some(key),
            certificate: seed,
            gate,
            nonces: seed,
            delivered: Vec::new(),
            refused: Vec::new(),
            wire: VecDeque::new(),
            late: None,
        }
    }

    fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of_certificate(&[self.certificate])
    }

    fn sdp(&self, version: u32) -> Sdp {
        let pairs = self.fingerprint().as_bytes().map(|b| format!("{b:02X}"));
        Sdp(format!(
            "v=0\r\no=- 1 {version} IN IP4 127.0.0.1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n\
             a=ice-ufrag:f{}{version}\r\na=fingerprint:sha-256 {}\r\n",
            self.certificate,
            pairs.join(":")
        ))
    }

    fn say(&mut self, to: &UserId, signal: Signal) {
        self.nonces = self.nonces.wrapping_add(101);
        let relayed = Relayed {
            to_id: to.clone(),
            to_device: None,
            from_id: None,
            from_device: None,
            signal,
        };
        let nonce = Nonce::from_bytes([self.nonces; 32]);
        self.gate.send(relayed, nonce, NOW);
        self.work();
    }

    fn hear(&mut self, from: &Self, signal: Signal) {
        let message = Incoming {
            from: from.id.clone(),
            device: from.device.clone(),
            addressed: true,
            signal,
        };
        self.gate.hear(message, NOW);
        self.work();
    }

    fn work(&mut self) {
        while let Some(step) = self.gate.poll_step() {
            match (step, &mut self.late) {
                (step @ (Step::Sign { .. } | Step::Check { .. }), Some(late)) => late.push(step),
                (step, _) => self.take(step),
            }
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Sign { ticket, message } => {
                let key = self.key.as_ref().expect("a guest is asked for nothing");
                let signature = Signature::from_bytes(key.sign(&message).to_bytes());
                self.gate.signed(ticket, Some(signature));
            }
            Step::Check { ticket, claim } => self.gate.checked(ticket, claim.verify(), NOW),
            Step::Transmit(relayed) => self.wire.push_back(relayed),
            Step::Deliver(incoming) => self.delivered.push(incoming.signal),
            Step::Refused { refusal, .. } => self.refused.push(refusal),
        }
    }

    /// The browser makes what it was asked for.
    fn catch_up(&mut self) {
        for step in self.late.take().into_iter().flatten() {
            self.take(step);
            self.work();
        }
    }

    fn assurance(&self, other: &Self) -> Assurance {
        self.gate.assurance(&other.id, &call_id())
    }
}

fn call_id() -> CallId {
    CallId::parse("a-call-of-two").expect("it is one")
}

fn offer(sdp: Sdp, call_type: CallType) -> Signal {
    Signal::CallOffer(CallOffer {
        call_id: call_id(),
        offer: Offer::new(sdp),
        call_type,
        from_username: None,
        sec: None,
    })
}

fn answer(sdp: Sdp) -> Signal {
    Signal::CallAnswer(CallAnswer {
        call_id: call_id(),
        answer: Answer::new(sdp),
        sec: None,
    })
}

/// What is done to a message on the way.
type Attack<'a> = (&'a str, &'a dyn Fn(&mut Signal), Refusal);

/// Whoever carries it: gives back what arrives, or nothing.
type Relay<'a> = &'a mut dyn FnMut(Signal) -> Option<Signal>;

fn carry(from: &mut Side, to: &mut Side, relay: Relay<'_>) {
    while let Some(relayed) = from.wire.pop_front() {
        if let Some(signal) = relay(relayed.signal) {
            to.hear(from, signal);
        }
    }
}

/// A whole call, all of whose messages the relay may change.
fn call(alice: &mut Side, bob: &mut Side, relay: Relay<'_>) {
    let (to_bob, to_alice) = (bob.id.clone(), alice.id.clone());
    alice.say(&to_bob, offer(alice.sdp(1), CallType::Audio));
    carry(alice, bob, relay);
    if bob.delivered.is_empty() {
        return;
    }
    bob.say(&to_alice, answer(bob.sdp(1)));
    carry(bob, alice, relay);
    carry(alice, bob, relay);
    let (a, b) = (alice.fingerprint(), bob.fingerprint());
    alice.gate.uses(&to_bob, &call_id(), b);
    bob.gate.uses(&to_alice, &call_id(), a);
    alice.work();
    bob.work();
}

fn honest() -> impl FnMut(Signal) -> Option<Signal> {
    Some
}

#[test]
fn two_keys_are_verified_and_see_the_same_pictures() {
    let (mut alice, mut bob) = (Side::new(1, true), Side::new(2, true));
    call(&mut alice, &mut bob, &mut honest());
    let Assurance::Verified(seen) = alice.assurance(&bob) else {
        panic!("{:?}", alice.assurance(&bob));
    };
    assert_eq!(bob.assurance(&alice), Assurance::Verified(seen));
    assert_eq!((alice.delivered.len(), bob.delivered.len()), (1, 1));
    assert!(alice.refused.is_empty() && bob.refused.is_empty());
}

#[test]
fn two_guests_are_not_verified_and_can_compare() {
    let (mut alice, mut bob) = (Side::new(1, false), Side::new(2, false));
    call(&mut alice, &mut bob, &mut honest());
    let Assurance::Compare(seen) = alice.assurance(&bob) else {
        panic!("{:?}", alice.assurance(&bob));
    };
    assert_eq!(bob.assurance(&alice), Assurance::Compare(seen));
}

#[test]
fn a_guest_of_the_seed_calls_and_is_called_without_any_proof() {
    let strip = |mut signal: Signal| {
        match &mut signal {
            Signal::CallOffer(offer) => offer.sec = None,
            Signal::CallAnswer(answer) => answer.sec = None,
            Signal::CallConfirm(_) => return None,
            _ => {}
        }
        Some(signal)
    };
    let (mut alice, mut bob) = (Side::new(1, false), Side::new(2, false));
    call(&mut alice, &mut bob, &mut strip.clone());
    assert_eq!((alice.delivered.len(), bob.delivered.len()), (1, 1));
    for assurance in [alice.assurance(&bob), bob.assurance(&alice)] {
        assert_eq!(assurance, Assurance::None);
    }
    // Somebody with a key is not called by stripped messages of a key, ever.
    let (mut alice, mut bob) = (Side::new(1, true), Side::new(2, true));
    call(&mut alice, &mut bob, &mut strip.clone());
    assert_eq!(
        (bob.delivered.len(), &bob.refused[..]),
        (0, &[Refusal::Unsigned][..])
    );
}

/// What a relay may try with the messages of two keys, and what is refused.
#[test]
fn nothing_that_is_changed_on_the_way_reaches_the_machine() {
    let mallory = Side::new(9, true);
    let swapped = |sdp: &mut Sdp| sdp.0 = mallory.sdp(1).0;
    let attacks: [Attack<'_>; 5] = [
        (
            "another fingerprint in the offer",
            &|signal| {
                if let Signal::CallOffer(offer) = signal {
                    swapped(&mut offer.offer.sdp);
                }
            },
            Refusal::BadSignature,
        ),
        (
            "another fingerprint in the answer",
            &|signal| {
                if let Signal::CallAnswer(answer) = signal {
                    swapped(&mut answer.answer.sdp);
                }
            },
            Refusal::BadSignature,
        ),
        (
            "no proof with the answer",
            &|signal| {
                if let Signal::CallAnswer(answer) = signal {
                    answer.sec = None;
                }
            },
            Refusal::Unsigned,
        ),
        (
            "sound turned to picture",
            &|signal| {
                if let Signal::CallOffer(offer) = signal {
                    offer.call_type = CallType::Video;
                }
            },
            Refusal::BadSignature,
        ),
        (
            "no proof with the confirmation",
            &|signal| {
                if let Signal::CallConfirm(confirm) = signal {
                    confirm.sec = None;
                }
            },
            Refusal::Unsigned,
        ),
    ];
    for (what, change, refusal) in attacks {
        let (mut alice, mut bob) = (Side::new(1, true), Side::new(2, true));
        call(&mut alice, &mut bob, &mut |mut signal| {
            change(&mut signal);
            Some(signal)
        });
        let refused: Vec<_> = alice.refused.iter().chain(&bob.refused).collect();
        assert_eq!(refused, [&refusal], "{what}");
        let both = [alice.assurance(&bob), bob.assurance(&alice)];
        assert!(
            !both.iter().all(|it| matches!(it, Assurance::Verified(_))),
            "{what}: {both:?}"
        );
    }
}

#[test]
fn a_certificate_that_was_not_signed_ends_it() {
    let (mut alice, mut bob) = (Side::new(1, true), Side::new(2, true));
    let to_bob = bob.id.clone();
    alice.say(&to_bob, offer(alice.sdp(1), CallType::Audio));
    alice
        .gate
        .uses(&to_bob, &call_id(), Fingerprint::from_bytes([7; 32]));
    carry(&mut alice, &mut bob, &mut honest());
    let to_alice = alice.id.clone();
    bob.say(&to_alice, answer(bob.sdp(1)));
    carry(&mut bob, &mut alice, &mut honest());
    assert_eq!(alice.refused, [Refusal::OtherCertificate]);
    assert!(alice.delivered.is_empty());
}

#[test]
fn what_is_said_within_the_call_is_signed_too() {
    let (mut alice, mut bob) = (Side::new(1, true), Side::new(2, true));
    call(&mut alice, &mut bob, &mut honest());
    for version in 2..5 {
        let (to_bob, to_alice) = (bob.id.clone(), alice.id.clone());
        bob.say(&to_alice, offer(bob.sdp(version), CallType::Audio));
        carry(&mut bob, &mut alice, &mut honest());
        alice.say(&to_bob, answer(alice.sdp(version)));
        carry(&mut alice, &mut bob, &mut honest());
    }
    assert_eq!((alice.delivered.len(), bob.delivered.len()), (4, 4));
    assert!(
        alice.refused.is_empty() && bob.refused.is_empty(),
        "{:?}",
        bob.refused
    );
    // With another fingerprint it is refused, however it is signed.
    let mallory = Side::new(9, true);
    let to_bob = bob.id.clone();
    alice.say(&to_bob, offer(alice.sdp(6), CallType::Audio));
    carry(&mut alice, &mut bob, &mut |mut signal| {
        if let Signal::CallOffer(offer) = &mut signal {
            offer.offer.sdp = mallory.sdp(6);
        }
        Some(signal)
    });
    assert_eq!(bob.delivered.len(), 4);
    assert_eq!(bob.refused.len(), 1);
}

#[test]
fn what_is_said_again_is_said_in_the_same_words_and_heard_again() {
    let (mut alice, mut bob) = (Side::new(1, true), Side::new(2, true));
    let to_bob = bob.id.clone();
    alice.say(&to_bob, offer(alice.sdp(1), CallType::Audio));
    alice.say(&to_bob, offer(alice.sdp(1), CallType::Audio));
    let secs: Vec<Option<Sec>> = alice
        .wire
        .iter()
        .map(|it| match &it.signal {
            Signal::CallOffer(offer) => offer.sec.clone(),
            _ => None,
        })
        .collect();
    assert_eq!(secs.len(), 2);
    assert!(secs[0].is_some() && secs[0] == secs[1]);
    carry(&mut alice, &mut bob, &mut honest());
    assert_eq!((bob.delivered.len(), bob.refused.len()), (2, 0));
}

#[test]
fn order_is_kept_while_signatures_are_made_and_checked() {
    let (mut alice, mut bob) = (Side::new(1, true), Side::new(2, true));
    let to_bob = bob.id.clone();
    let candidate = |side: &Side| {
        Signal::IceCandidate(IceCandidate {
            call_id: Some(call_id()),
            candidate: Candidate {
                candidate: "candidate:1 1 udp 1 192.0.2.1 5 typ host".to_owned(),
                sdp_m_line_index: Some(0),
                sdp_mid: Some("0".to_owned()),
                username_fragment: Some(format!("f{}1", side.certificate)),
            },
        })
    };
    alice.late = Some(Vec::new());
    alice.say(&to_bob, offer(alice.sdp(1), CallType::Audio));
    alice.say(&to_bob, candidate(&alice));
    assert!(alice.wire.is_empty(), "it does not wait for the signature");
    alice.catch_up();
    assert_eq!(alice.wire.len(), 2);
    bob.late = Some(Vec::new());
    carry(&mut alice, &mut bob, &mut honest());
    assert!(bob.delivered.is_empty(), "it does not wait for the check");
    bob.catch_up();
    assert!(matches!(
        bob.delivered[..],
        [Signal::CallOffer(_), Signal::IceCandidate(_)]
    ));
    // That of another ICE session is of no use.
    let stranger = Side::new(7, true);
    bob.hear(&alice, candidate(&stranger));
    assert_eq!(bob.delivered.len(), 2);
}

#[test]
fn a_key_that_cannot_sign_says_nothing_rather_than_something_unsigned() {
    let (mut alice, bob) = (Side::new(1, true), Side::new(2, true));
    alice.late = Some(Vec::new());
    alice.say(&bob.id, offer(alice.sdp(1), CallType::Audio));
    for step in alice.late.take().into_iter().flatten() {
        if let Step::Sign { ticket, .. } = step {
            alice.gate.signed(ticket, None);
        }
    }
    alice.work();
    assert!(alice.wire.is_empty());
}

#[test]
fn a_flood_of_calls_does_not_make_an_answer_forget_its_key() {
    let (mut alice, mut bob) = (Side::new(1, true), Side::new(2, true));
    let to_bob = bob.id.clone();
    alice.say(&to_bob, offer(alice.sdp(1), CallType::Audio));
    for seed in 10..110 {
        let stranger = Side::new(seed, false);
        alice.hear(&stranger, offer(stranger.sdp(1), CallType::Audio));
    }
    let before = alice.delivered.len();
    // Unsigned, as from the one who was called.
    bob.certificate = 9;
    let forged = answer(bob.sdp(1));
    alice.hear(&bob, forged);
    assert_eq!(alice.delivered.len(), before);
    assert_eq!(alice.refused, [Refusal::Unsigned]);
}
