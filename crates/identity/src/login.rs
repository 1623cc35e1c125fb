//! How the owner of a key logs in to the server.

use std::fmt;

use wimpex_protocol::UserId;

use crate::text::{self, Malformed};
use crate::{PublicKey, Signature, SignatureClaim};

const DOMAIN: &[u8] = b"wimpex-login-v1";

/// The 32 random bytes of a server's `hello`, for one connection.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Challenge([u8; 32]);

impl Challenge {
    /// Takes 32 random bytes, which must be used for one connection only.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Decodes the challenge of a `hello`.
    ///
    /// # Errors
    /// [`Malformed`] if it is not base64url of 32 bytes.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        text::read_exactly(text).map(Self)
    }

    /// Encodes it as [`Challenge::parse`] reads it: 43 characters.
    pub fn encode(&self) -> String {
        text::base64url(&self.0)
    }
}

impl fmt::Debug for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Challenge(…)")
    }
}

/// The bytes that the owner of a key signs to log in: "wimpex-login-v1" ‖ origin ‖
/// challenge ‖ userId. `origin` is that of the page, as `location.origin` and the `Origin`
/// header have it (RFC 6454, section 6.2). Challenge and id have a fixed length, so that no
/// other origin, challenge and id give the same bytes.
pub fn login_message(origin: &str, challenge: &Challenge, user: &UserId) -> Vec<u8> {
    [
        DOMAIN,
        origin.as_bytes(),
        &challenge.0,
        user.as_str().as_bytes(),
    ]
    .concat()
}

/// Why a login as the owner of a key is malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginProofError {
    /// The key or the signature is not base64url of the right length.
    Malformed,
    /// The user id is not that of the key.
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

/// The key and the signature of a `login`, not yet checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginProof {
    user: UserId,
    key: PublicKey,
    signature: Signature,
}

impl LoginProof {
    /// Reads the fields of a `login` that claims the user id `user`.
    ///
    /// # Errors
    /// [`LoginProofError::Malformed`], [`LoginProofError::OtherId`].
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

    /// The user id, if the claim is valid.
    pub fn user(&self) -> &UserId {
        &self.user
    }

    /// What is to be checked by a server whose page has this origin, and that has sent
    /// this challenge over the same connection.
    pub fn claim(&self, origin: &str, challenge: &Challenge) -> SignatureClaim {
        SignatureClaim {
            key: self.key,
            message: login_message(origin, challenge, &self.user),
            signature: self.signature,
        }
    }
}
