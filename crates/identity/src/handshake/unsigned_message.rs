//! A message of one's own, before it is signed.

use wimpex_protocol::Sec;

use crate::{MessageHash, Proof, PublicKey, Signature};

/// What is to be signed, and what it becomes then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsignedMessage {
    message: Vec<u8>,
    timestamp: u64,
    value: Option<[u8; 32]>,
}

impl UnsignedMessage {
    pub(super) fn new(message: Vec<u8>, timestamp: u64, value: Option<[u8; 32]>) -> Self {
        Self {
            message,
            timestamp,
            value,
        }
    }

    /// The bytes to sign with Ed25519 (RFC 8032, section 5.1.6).
    pub fn message(&self) -> &[u8] {
        &self.message
    }

    /// The field `sec` of somebody who has a key.
    pub fn signed(&self, key: &PublicKey, signature: &Signature) -> Sec {
        self.proof(Some((*key, *signature))).encode()
    }

    /// The field `sec` of a guest. A key's messages are refused like this.
    pub fn unsigned(&self) -> Sec {
        self.proof(None).encode()
    }

    pub(crate) fn value(&self) -> Option<&[u8; 32]> {
        self.value.as_ref()
    }

    /// What later messages and the pictures refer to this one by.
    pub fn hash(&self) -> MessageHash {
        MessageHash::of(&self.message)
    }

    fn proof(&self, signed: Option<(PublicKey, Signature)>) -> Proof {
        Proof {
            timestamp: self.timestamp,
            value: self.value,
            signed,
        }
    }
}
