//! Logging in as the owner of a key.

use std::fmt;

use wimpex_protocol::UserId;

use crate::text::{self, Malformed};
use crate::{PublicKey, Signature, SignatureClaim};

const DOMAIN: &[u8] = b"wimpex-login-v1";

/// The 32 random bytes of a `hello`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Challenge([u8; 32]);

impl Challenge {
    /// Takes 32 random bytes, which must never be used again.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads the challenge as it stands in `hello`.
    ///
    /// # Errors
    /// [`Malformed`] if it is not base64url of 32 bytes.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        text::read_exactly(text).map(Self)
    }

    /// As [`Challenge::parse`] reads it: 43 characters.
    pub fn encode(&self) -> String {
        text::base64url(&self.0)
    }
}

impl fmt::Debug for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Challenge(…)")
    }
}

/// What the owner of a key signs to log in: "wimpex-login-v1" ‖ origin ‖
/// challenge ‖ userId. `origin` is that of the page, as `location.origin` and
/// the `Origin` header write it (RFC 6454, section 6.2). The two after it have a
/// length that never changes, so that no other three give the same bytes.
pub fn login_message(origin: &str, challenge: &Challenge, user: &UserId) -> Vec<u8> {
    [
        DOMAIN,
        origin.as_bytes(),
        &challenge.0,
        user.as_str().as_bytes(),
    ]
    .concat()
}

/// Why somebody may not log in as the owner of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginProofError {
    /// The key or the signature is not base64url of the right length.
    Malformed,
    /// The id is not that of the key.
    OtherId,
}

impl fmt::Display for LoginProofError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "the key or the signature is malformed",
            Self::OtherId => "the id is not that of the key",
        })
    }
}

impl std::error::Error for LoginProofError {}

impl From<Malformed> for LoginProofError {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

/// A key and a signature that came with a `login`, not yet checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginProof {
    user: UserId,
    key: PublicKey,
    signature: Signature,
}

impl LoginProof {
    /// Reads what came with the `login` of somebody who says that they are `user`.
    ///
    /// # Errors
    /// See [`LoginProofError`].
    pub fn parse(user: &str, public_key: &str, signature: &str) -> Result<Self, LoginProofError> {
        let key = PublicKey::parse(public_key)?;
        let signature = Signature::parse(signature)?;
        let own = key.user_id();
        if own.as_str() != user {
            return Err(LoginProofError::OtherId);
        }
        Ok(Self {
            user: own,
            key,
            signature,
        })
    }

    /// Who it would be.
    pub fn user(&self) -> &UserId {
        &self.user
    }

    /// What is to be checked, by a server whose page has that origin and that
    /// has sent that challenge over this very socket.
    pub fn claim(&self, origin: &str, challenge: &Challenge) -> SignatureClaim {
        SignatureClaim {
            key: self.key,
            message: login_message(origin, challenge, &self.user),
            signature: self.signature,
        }
    }
}
