//! Somebody at a gate, and what they say.

use std::collections::VecDeque;

use ed25519_dalek::{Signer, SigningKey};
use wimpex_identity::{Fingerprint, Nonce, PublicKey, Signature, VerifyError};
use wimpex_protocol::{
    Answer, CallAnswer, CallId, CallOffer, CallType, DeviceId, Offer, Relayed, Sdp, Signal, UserId,
};
use wimpex_sansio::UnixTime;
use wimpex_verification::{Assurance, Gate, Incoming, Me, Step};

/// The time at which everything begins, in milliseconds since 1970.
pub(crate) const NOW: u64 = 1_800_000_000_000;

/// That many milliseconds since 1970.
pub(crate) fn at(millis: u64) -> UnixTime {
    UnixTime::from_millis(millis)
}

/// Somebody, their key and their gate.
pub(crate) struct Side {
    pub(crate) id: UserId,
    pub(crate) device: DeviceId,
    pub(crate) key: Option<SigningKey>,
    pub(crate) certificate: u8,
    pub(crate) gate: Gate,
    pub(crate) nonces: u8,
    /// What the machine was given, and what was refused.
    pub(crate) delivered: Vec<Signal>,
    pub(crate) refused: Vec<VerifyError>,
    /// Offers that had come before, and what could not be signed.
    pub(crate) repeated: usize,
    pub(crate) unsaid: usize,
    /// By this side's clock.
    pub(crate) now: u64,
    /// What left, and nobody has brought yet.
    pub(crate) wire: VecDeque<Relayed>,
    /// Signatures and checks that the browser has not made yet; it makes them at once
    /// where there are none.
    pub(crate) late: Option<Vec<Step>>,
}

impl Side {
    pub(crate) fn new(seed: u8, has_key: bool) -> Self {
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
            repeated: 0,
            unsaid: 0,
            now: NOW,
            wire: VecDeque::new(),
            late: None,
        }
    }

    pub(crate) fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of_certificate(&[self.certificate])
    }

    pub(crate) fn sdp(&self, version: u32) -> Sdp {
        let pairs = self.fingerprint().as_bytes().map(|b| format!("{b:02X}"));
        Sdp(format!(
            "v=0\r\no=- 1 {version} IN IP4 127.0.0.1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n\
             a=ice-ufrag:f{}{version}\r\na=fingerprint:sha-256 {}\r\n",
            self.certificate,
            pairs.join(":")
        ))
    }

    pub(crate) fn say(&mut self, to: &UserId, signal: Signal) {
        self.nonces = self.nonces.wrapping_add(101);
        let relayed = Relayed {
            to_id: to.clone(),
            to_device: None,
            from_id: None,
            from_device: None,
            signal,
        };
        let nonce = Nonce::from_bytes([self.nonces; 32]);
        self.gate.send(relayed, nonce, at(self.now));
        self.work();
    }

    pub(crate) fn hear(&mut self, from: &Self, signal: Signal) {
        self.gate.hear(from.brings(signal), at(self.now));
        self.work();
    }

    /// As the server says where it comes from.
    pub(crate) fn brings(&self, signal: Signal) -> Incoming {
        Incoming {
            from: self.id.clone(),
            device: self.device.clone(),
            to_this_device: true,
            signal,
        }
    }

    pub(crate) fn work(&mut self) {
        while let Some(step) = self.gate.poll_step() {
            match (step, &mut self.late) {
                (step @ (Step::Sign { .. } | Step::Check { .. }), Some(late)) => late.push(step),
                (step, _) => self.take(step),
            }
        }
    }

    pub(crate) fn take(&mut self, step: Step) {
        match step {
            Step::Sign { ticket, message } => {
                let key = self.key.as_ref().expect("a guest is asked for nothing");
                let signature = Signature::from_bytes(key.sign(&message).to_bytes());
                self.gate.signed(ticket, Some(signature));
            }
            Step::Check { ticket, claim } => {
                self.gate.checked(ticket, claim.verify(), at(self.now))
            }
            Step::Transmit(relayed) => self.wire.push_back(relayed),
            Step::Deliver(incoming) => self.delivered.push(incoming.signal),
            Step::Repeated(_) => self.repeated += 1,
            Step::Unsaid { .. } => self.unsaid += 1,
            Step::Refused { refusal, .. } => self.refused.push(refusal),
        }
    }

    /// The browser makes what it was asked for.
    pub(crate) fn catch_up(&mut self) {
        for step in self.late.take().into_iter().flatten() {
            self.take(step);
            self.work();
        }
    }

    pub(crate) fn assurance(&self, other: &Self) -> Assurance {
        self.gate.assurance(&other.id, &call_id())
    }
}

pub(crate) fn call_id() -> CallId {
    CallId::parse("a-call-of-two").expect("it is one")
}

pub(crate) fn offer(sdp: Sdp, call_type: CallType) -> Signal {
    Signal::CallOffer(CallOffer {
        call_id: call_id(),
        offer: Offer::new(sdp),
        call_type,
        from_username: None,
        sec: None,
    })
}

pub(crate) fn answer(sdp: Sdp) -> Signal {
    Signal::CallAnswer(CallAnswer {
        call_id: call_id(),
        answer: Answer::new(sdp),
        sec: None,
    })
}
