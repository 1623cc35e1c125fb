//! What a client is given: ids and nonces that are the same in every run.

use std::hash::{DefaultHasher, Hash, Hasher};

use wimpex_call::{CallMachine, Output};
use wimpex_client::Host;
use wimpex_identity::{Signature, SignatureClaim};
use wimpex_protocol::CallId;
use wimpex_verification::Verifier;

/// A nonce depends on the call that it is for, and not on how much was sent before: so
/// more ways lead to the same state.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TabHost {
    tab: u8,
    life: u8,
    /// Calls that were started here.
    started: u8,
    /// The call whose signal is being sent.
    sending: Option<CallId>,
}

impl TabHost {
    pub(crate) fn new(tab: u8, life: u8) -> Self {
        Self {
            tab,
            life,
            started: 0,
            sending: None,
        }
    }
}

impl Host for TabHost {
    type Verifier = Verifier;
    type Calls = Box<CallMachine>;

    fn random(&mut self) -> Option<[u8; 32]> {
        let mut bytes = [0; 32];
        bytes[..2].copy_from_slice(&[self.tab, self.life]);
        match self.sending.take() {
            Some(call) => bytes[2..10].copy_from_slice(&hash(&call).to_be_bytes()),
            None => {
                self.started += 1;
                bytes[2] = self.started;
            }
        }
        Some(bytes)
    }

    fn on_call_output(&mut self, output: &Output) {
        if let Output::Send(relayed) = output {
            self.sending = relayed.signal.call_id().cloned();
        }
    }
}

/// A signature that everybody can check and, in here, nobody tries to forge.
pub(crate) fn sign(public_key: &[u8; 32], message: &[u8]) -> Signature {
    let mut bytes = [0; 64];
    let signature = hash(&(public_key, message));
    bytes[..8].copy_from_slice(&signature.to_be_bytes());
    Signature::from_bytes(bytes)
}

pub(crate) fn is_valid(claim: &SignatureClaim) -> bool {
    sign(claim.key.as_bytes(), &claim.message) == claim.signature
}

/// The same; the server checks a login by its text.
pub(crate) fn sign_login(challenge: &str) -> String {
    format!("{challenge}, signed")
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
