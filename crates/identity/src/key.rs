//! Keys, the user ids that are made of them, and claims to be checked with them.

use std::fmt;

use sha2::{Digest, Sha256};
use wimpex_protocol::UserId;

use crate::text::{self, Malformed};

/// The prefix of a key's user id; the server gives no guest such an id.
const PREFIX: &str = "w1";
const DOMAIN: &[u8] = b"wimpex-id-v1";
/// The bytes of the hash that the id has: 160 bits, which cannot be searched for a
/// second key.
const ID_BYTES: usize = 20;

/// Whether this is the user id of a key, whose owner must prove to have it. Looks at the
/// prefix only, so that a mutilated id is never taken for a guest's.
pub fn is_key_id(user: &UserId) -> bool {
    user.as_str().starts_with(PREFIX)
}

/// Whether a key's user id is complete: a link can be cut off when it is copied.
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
    /// Takes any 32 bytes. Whether they are a valid key shows when a signature is checked.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Decodes the key from the wire.
    ///
    /// # Errors
    /// [`Malformed`] if it is not base64url of 32 bytes.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        text::read_exactly(text).map(Self)
    }

    /// Encodes it as [`PublicKey::parse`] reads it: 43 characters.
    pub fn encode(&self) -> String {
        text::base64url(&self.0)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The user id of this key's owner: `w1` and 32 characters out of `a-z 2-7`, which
    /// are base32 (RFC 4648, section 6, in lower case) of the first 20 bytes of SHA-256("wimpex-id-v1" ‖ key).
    pub fn user_id(&self) -> UserId {
        Self::id_of_hash(&Sha256::digest(self.id_message()).into())
    }

    /// What is hashed for the user id, "wimpex-id-v1" ‖ key: for callers with a SHA-256 of
    /// their own, such as WebCrypto's.
    pub fn id_message(&self) -> Vec<u8> {
        [DOMAIN, &self.0].concat()
    }

    /// The user id, from the SHA-256 of [`PublicKey::id_message`].
    pub fn id_of_hash(hash: &[u8; 32]) -> UserId {
        let (head, _) = hash.split_at(ID_BYTES);
        let id = [PREFIX, &text::base32(head)].concat();
        UserId::parse(id).expect("34 letters and digits are an id")
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not even the user id, which would take SHA-256 into the page's first load.
        f.write_str("PublicKey(…)")
    }
}

/// An Ed25519 signature (RFC 8032, section 5.1.6): 64 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Signature([u8; 64]);

impl Signature {
    /// Takes any 64 bytes.
    pub const fn from_bytes(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }

    /// Decodes the signature from the wire.
    ///
    /// # Errors
    /// [`Malformed`] if it is not base64url of 64 bytes.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        text::read_exactly(text).map(Self)
    }

    /// Encodes it as [`Signature::parse`] reads it: 86 characters.
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

/// "This key has signed these bytes": to be checked, with Ed25519, by WebCrypto's `verify`
/// or by `SignatureClaim::verify` (feature `verify`), before anything that depends on it
/// is believed. The check must reject keys of small order, as both do.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SignatureClaim {
    /// The key that is said to have signed.
    pub key: PublicKey,
    /// The bytes that are said to be signed.
    pub message: Vec<u8>,
    /// The signature.
    pub signature: Signature,
}

#[cfg(feature = "verify")]
impl SignatureClaim {
    /// Whether the signature is valid, by strict rules: neither a key nor an `R` of small
    /// order, and no non-canonical encoding.
    pub fn verify(&self) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(self.signature.as_bytes());
        ed25519_dalek::VerifyingKey::from_bytes(self.key.as_bytes())
            .is_ok_and(|key| key.verify_strict(&self.message, &signature).is_ok())
    }
}
