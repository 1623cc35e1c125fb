//! A user with a verifier, and the browser that signs and checks for it.

use std::collections::VecDeque;

use ed25519_dalek::{Signer, SigningKey};
use wimpex_identity::{Fingerprint, Nonce, PublicKey, Signature, VerifyError};
use wimpex_protocol::{
    Answer, CallAnswer, CallId, CallOffer, CallType, DeviceId, Envelope, Offer, Sdp, Signal, UserId,
};
use wimpex_sansio::{Machine, Now, UnixTime};
use wimpex_verification::{
    Assurance, CallKey, Incoming, Input, LocalIdentity, Output, RemoteCertificate, Verifier, Verify,
};

/// The wall clock's time at which everything begins, in milliseconds since 1970.
pub(crate) const START: u64 = 1_800_000_000_000;

/// A user, their key and their verifier.
pub(crate) struct Peer {
    pub(crate) id: UserId,
    pub(crate) device: DeviceId,
    pub(crate) key: Option<SigningKey>,
    /// Its certificate in DER: this one byte.
    pub(crate) certificate: u8,
    pub(crate) verifier: Verifier,
    /// The byte that the next nonce is made of.
    pub(crate) nonces: u8,
    /// The number that it begins with, where a byte is not enough.
    pub(crate) nonce: u32,
    /// What the call machine was given.
    pub(crate) delivered: Vec<Signal>,
    /// How many of those were offers that the user has missed.
    pub(crate) missed: usize,
    pub(crate) rejected: Vec<VerifyError>,
    /// For which of those the user was warned.
    pub(crate) alerts: Vec<VerifyError>,
    pub(crate) repeated_offers: usize,
    /// When the offers were made that came too late to ring.
    pub(crate) held_offers: Vec<UnixTime>,
    pub(crate) cannot_sign: usize,
    /// By this side's wall clock, in milliseconds since 1970.
    pub(crate) wall: u64,
    /// By its monotonic clock.
    pub(crate) now: Now,
    /// What was sent, and has not been carried to the other side yet.
    pub(crate) wire: VecDeque<Envelope>,
    /// Requests to the browser that it has not answered yet; `None`: it answers at once.
    pub(crate) held: Option<Vec<Output>>,
}

impl Peer {
    pub(crate) fn new(seed: u8, has_key: bool) -> Self {
        let key = SigningKey::from_bytes(&[seed; 32]);
        let public = PublicKey::from_bytes(key.verifying_key().to_bytes());
        let id = if has_key {
            public.user_id()
        } else {
            UserId::parse(format!("guest-{seed}")).expect("it is one")
        };
        let mut peer = Self {
            id: id.clone(),
            device: DeviceId::parse(format!("device-{seed}")).expect("it is one"),
            key: has_key.then_some(key),
            certificate: seed,
            verifier: Verifier::default(),
            nonces: seed,
            nonce: 0,
            delivered: Vec::new(),
            missed: 0,
            rejected: Vec::new(),
            alerts: Vec::new(),
            repeated_offers: 0,
            held_offers: Vec::new(),
            cannot_sign: 0,
            wall: START,
            now: Now::from_millis(1_000),
            wire: VecDeque::new(),
            held: None,
        };
        let key = has_key.then_some(public);
        peer.input(Input::LoggedIn(LocalIdentity { id, key }));
        peer
    }

    /// As whom it is logged in.
    pub(crate) fn identity(&self) -> LocalIdentity {
        let key = self.key.as_ref();
        LocalIdentity {
            id: self.id.clone(),
            key: key.map(|key| PublicKey::from_bytes(key.verifying_key().to_bytes())),
        }
    }

    fn fingerprint(&self) -> Fingerprint {
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

    /// The wall clock's time.
    pub(crate) fn wall(&self) -> UnixTime {
        UnixTime::from_millis(self.wall)
    }

    /// One input, and all that comes of it.
    pub(crate) fn input(&mut self, input: Input) {
        self.verifier.handle(input, self.now);
        self.run();
    }

    pub(crate) fn send(&mut self, to: &UserId, signal: Signal) {
        self.nonces = self.nonces.wrapping_add(101);
        let message = Envelope {
            to_id: to.clone(),
            to_device: None,
            from_id: None,
            from_device: None,
            signal,
        };
        let mut nonce = [self.nonces; 32];
        nonce[..4].copy_from_slice(&self.nonce.to_be_bytes());
        let nonce = Nonce::from_bytes(nonce);
        let wall = self.wall();
        self.input(Input::Send {
            message,
            nonce,
            wall,
        });
    }

    pub(crate) fn receive(&mut self, from: &Self, signal: Signal) {
        self.receive_message(from.stamped(signal));
    }

    pub(crate) fn receive_message(&mut self, message: Incoming) {
        let wall = self.wall();
        self.input(Input::Receive { message, wall });
    }

    /// A signal of this peer as the server delivers it.
    pub(crate) fn stamped(&self, signal: Signal) -> Incoming {
        Incoming {
            from: self.id.clone(),
            device: self.device.clone(),
            to_this_device: true,
            signal,
        }
    }

    /// The connection to the other is up, and has used this certificate.
    pub(crate) fn connected(&mut self, other: &UserId, certificate: u8) {
        let call = CallKey::new(other.clone(), call_id());
        let certificate = Some(RemoteCertificate::Der(vec![certificate]));
        self.input(Input::Connected { call, certificate });
    }

    pub(crate) fn set_current(&mut self, other: Option<&UserId>) {
        let call = other.map(|other| CallKey::new(other.clone(), call_id()));
        self.input(Input::CurrentCalls(call.into_iter().collect()));
    }

    /// The timer fires, if there is one.
    pub(crate) fn time_out(&mut self) {
        if let Some(at) = self.verifier.poll_timeout() {
            self.now = at;
            self.input(Input::Timeout);
        }
    }

    fn run(&mut self) {
        while let Some(output) = self.verifier.poll_output() {
            match (output, &mut self.held) {
                (output @ (Output::Sign { .. } | Output::CheckSignature { .. }), Some(held)) => {
                    held.push(output)
                }
                (output, _) => self.perform(output),
            }
        }
    }

    fn perform(&mut self, output: Output) {
        match output {
            Output::Sign { request, message } => {
                let key = self.key.as_ref().expect("a guest is asked for nothing");
                let signature = Some(Signature::from_bytes(key.sign(&message).to_bytes()));
                let signed = Input::Signed { request, signature };
                self.verifier.handle(signed, self.now);
            }
            Output::CheckSignature { request, claim } => {
                let checked = Input::SignatureChecked {
                    request,
                    valid: claim.verify(),
                    wall: self.wall(),
                };
                self.verifier.handle(checked, self.now);
            }
            Output::Transmit(message) => self.wire.push_back(message),
            Output::Deliver {
                message, missed, ..
            } => {
                self.delivered.push(message.signal);
                self.missed += usize::from(missed);
            }
            Output::RepeatedOffer(_) => self.repeated_offers += 1,
            Output::HeldOffer { at, .. } => self.held_offers.push(at),
            Output::CannotSign(_) => self.cannot_sign += 1,
            Output::Rejected { error, alert, .. } => {
                self.rejected.push(error);
                self.alerts.extend(alert.then_some(error));
            }
        }
    }

    /// The browser answers what it was asked for.
    pub(crate) fn answer_held(&mut self) {
        for output in self.held.take().into_iter().flatten() {
            self.perform(output);
            self.run();
        }
    }

    /// The same, and all that it is asked for next.
    pub(crate) fn answer_all(&mut self) {
        while let Some(held) = self.held.take().filter(|held| !held.is_empty()) {
            for output in held {
                self.perform(output);
                self.held = Some(self.held.take().unwrap_or_default());
                self.run();
            }
        }
    }

    pub(crate) fn assurance(&self, other: &Self) -> Assurance {
        let call = CallKey::new(other.id.clone(), call_id());
        self.verifier.assurance(&call)
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
        link: None,
    })
}

pub(crate) fn answer(sdp: Sdp) -> Signal {
    Signal::CallAnswer(CallAnswer {
        call_id: call_id(),
        answer: Answer::new(sdp),
        sec: None,
    })
}
