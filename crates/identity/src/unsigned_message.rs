//! A message of this device, before it is signed.

use wimpex_protocol::Sec;
use wimpex_sansio::UnixTime;

use crate::{MessageHash, Proof, PublicKey, Signature};

/// The bytes that are to be signed, and the `sec` field that they become then.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UnsignedMessage {
    message: Vec<u8>,
    timestamp: UnixTime,
    value: Option<[u8; 32]>,
}

impl UnsignedMessage {
    pub(crate) fn new(message: Vec<u8>, timestamp: UnixTime, value: Option<[u8; 32]>) -> Self {
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

    /// The `sec` field of a sender who has a key.
    pub fn signed(&self, key: &PublicKey, signature: &Signature) -> Sec {
        self.proof(Some((*key, *signature))).encode()
    }

    /// The `sec` field of a guest. From a key's id it is rejected
    /// ([`crate::VerifyError::Unsigned`]).
    pub fn unsigned(&self) -> Sec {
        self.proof(None).encode()
    }

    /// The commitment or nonce, if the message has one.
    pub(crate) fn value(&self) -> Option<&[u8; 32]> {
        self.value.as_ref()
    }

    /// What later messages and the short authentication string refer to this one by.
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
