//! The caller's commitment to a nonce that it shows only later.

use std::fmt;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

const DOMAIN: &[u8] = b"wimpex-commit-v1";

/// 32 random bytes, made for one handshake and never used again. The caller keeps its
/// nonce secret until it has the answer.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Nonce([u8; 32]);

impl Nonce {
    /// Takes 32 random bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The commitment to this nonce: SHA-256("wimpex-commit-v1" ‖ nonce).
    pub fn commitment(&self) -> Commitment {
        let hash = Sha256::new().chain_update(DOMAIN).chain_update(self.0);
        Commitment(hash.finalize().into())
    }
}

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nonce(…)")
    }
}

/// What the caller's offer carries instead of its nonce: [`Nonce::commitment`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Commitment([u8; 32]);

impl Commitment {
    /// Takes the 32 bytes that an offer carries.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether it commits to this nonce; compares in constant time.
    pub fn opens_to(&self, nonce: &Nonce) -> bool {
        self.0.ct_eq(&nonce.commitment().0).into()
    }
}

impl fmt::Debug for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Commitment(…)")
    }
}
