//! What a message says, locked up until its signature is checked.

use crate::{ReplayCache, SignatureClaim, VerifyError};

/// What follows from a message if its claim holds.
#[derive(Debug)]
#[must_use]
pub struct Unverified<T> {
    claim: Option<SignatureClaim>,
    /// What must not have come before.
    value: Option<[u8; 32]>,
    follows: T,
}

impl<T> Unverified<T> {
    pub(super) fn new(claim: Option<SignatureClaim>, value: Option<[u8; 32]>, follows: T) -> Self {
        Self {
            claim,
            value,
            follows,
        }
    }

    /// What is to be checked; nothing if the sender is a guest.
    pub fn claim(&self) -> Option<&SignatureClaim> {
        self.claim.as_ref()
    }

    /// Takes the news whether the claim holds; where there is none, it holds.
    /// Only now the commitment or nonce counts as seen, so that nobody can use up
    /// somebody else's. `now` in milliseconds since 1970.
    ///
    /// # Errors
    /// [`VerifyError::BadSignature`], [`VerifyError::Replayed`].
    pub fn resolve(
        self,
        holds: bool,
        replay_cache: &mut ReplayCache,
        now: u64,
    ) -> Result<T, VerifyError> {
        if self.claim.is_some() && !holds {
            return Err(VerifyError::BadSignature);
        }
        if self
            .value
            .is_some_and(|value| !replay_cache.insert(value, now))
        {
            return Err(VerifyError::Replayed);
        }
        Ok(self.follows)
    }

    /// Checks the claim and settles.
    ///
    /// # Errors
    /// As [`Unverified::resolve`].
    #[cfg(feature = "verify")]
    pub fn verify(self, replay_cache: &mut ReplayCache, now: u64) -> Result<T, VerifyError> {
        let holds = self.claim.as_ref().is_none_or(SignatureClaim::verify);
        self.resolve(holds, replay_cache, now)
    }
}
