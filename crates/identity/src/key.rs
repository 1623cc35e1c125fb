//! Keys, the ids that are made of them, and what they are said to have signed.

use std::fmt;

use sha2::{Digest, Sha256};
use wimpex_protocol::UserId;

use crate::text::{self, Malformed};

/// What the id of a key begins with; no guest's id does.
const PREFIX: &str = "w1";
const DOMAIN: &[u8] = b"wimpex-id-v1";
/// So much of the hash is in the id.
const ID_BYTES: usize = 20;

/// Whether somebody with this id must prove that they have its key.
pub fn is_key_id(user: &UserId) -> bool {
    user.as_str().starts_with(PREFIX)
}

/// Whether an id has the form of a key's: all of it arrived.
pub fn is_whole_key_id(user: &UserId) -> bool {
    let hash = user.as_str().strip_prefix(PREFIX);
    hash.is_some_and(|hash| {
        hash.len() == ID_BYTES * 8 / 5
            && hash.bytes().all(|b| matches!(b, b'a'..=b'z' | b'2'..=b'7'))
    })
}

/// An Ed25519 public key (RFC 8032, section 5.1.5): 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// Takes any 32 bytes. Whether they are a key shows when a signature is checked.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads the key as it stands on the wire.
    ///
    /// # Errors
    /// [`Malformed`] if it is not base64url of 32 bytes.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        text::read_exactly(text).map(Self)
    }

    /// As [`PublicKey::parse`] reads it: 43 characters.
    pub fn encode(&self) -> String {
        text::base64url(&self.0)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The id of whoever has this key: `w1` and 32 characters out of `a-z 2-7`,
    /// which are base32 (RFC 4648, section 6, in small letters) of the first
    /// 20 bytes of SHA-256("wimpex-id-v1" ‖ key).
    pub fn user_id(&self) -> UserId {
        Self::id_of_hash(&Sha256::digest(self.id_message()).into())
    }

    /// What is hashed for the id: "wimpex-id-v1" ‖ key. For who has SHA-256 elsewhere
    /// already, as a browser has.
    pub fn id_message(&self) -> Vec<u8> {
        [DOMAIN, &self.0].concat()
    }

    /// The id, from the SHA-256 of [`PublicKey::id_message`].
    pub fn id_of_hash(hash: &[u8; 32]) -> UserId {
        let (head, _) = hash.split_at(ID_BYTES);
        let id = [PREFIX, &text::base32(head)].concat();
        UserId::parse(id).expect("34 letters and digits are an id")
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.user_id())
    }
}

/// An Ed25519 signature (RFC 8032, section 5.1.6): 64 bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature([u8; 64]);

impl Signature {
    /// Takes any 64 bytes.
    pub const fn from_bytes(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }

    /// Reads the signature as it stands on the wire.
    ///
    /// # Errors
    /// [`Malformed`] if it is not base64url of 64 bytes.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        text::read_exactly(text).map(Self)
    }

    /// As [`Signature::parse`] reads it: 86 characters.
    pub fn encode(&self) -> String {
        text::base64url(&self.0)
    }

    /// The 64 bytes.
    pub fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature(…)")
    }
}

/// "This key has signed these bytes." Nothing that comes with a claim may be
/// believed before it was checked, by WebCrypto's `verify` with Ed25519 or by
/// `SignatureClaim::verify` (feature `verify`). The check must refuse keys of small order,
/// as both do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureClaim {
    /// Whose signature it would be.
    pub key: PublicKey,
    /// What would be signed.
    pub message: Vec<u8>,
    /// The signature.
    pub signature: Signature,
}

#[cfg(feature = "verify")]
impl SignatureClaim {
    /// Whether it is so, by the strict rules: neither a key nor an `R` of small
    /// order, and no number that is written in a second way.
    pub fn verify(&self) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(self.signature.as_bytes());
        ed25519_dalek::VerifyingKey::from_bytes(self.key.as_bytes())
            .is_ok_and(|key| key.verify_strict(&self.message, &signature).is_ok())
    }
}
