//! What a message says, locked up until its signature is checked.

use wimpex_sansio::UnixTime;

use crate::{ReplayCache, SignatureClaim, VerifyError};

/// A message that is right in all but its signature, which is still to be checked. What
/// it leads to is out of reach until then.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub struct Unverified<T> {
    claim: Option<SignatureClaim>,
    /// The commitment or nonce, which must not have been used before.
    value: Option<[u8; 32]>,
    content: T,
}

impl<T> Unverified<T> {
    pub(super) fn new(claim: Option<SignatureClaim>, value: Option<[u8; 32]>, content: T) -> Self {
        Self {
            claim,
            value,
            content,
        }
    }

    /// The signature to check; `None` if the sender is a guest, who signs nothing.
    pub fn claim(&self) -> Option<&SignatureClaim> {
        self.claim.as_ref()
    }

    /// The commitment or nonce that the message has; the signature may be another's still.
    pub fn value(&self) -> Option<&[u8; 32]> {
        self.value.as_ref()
    }

    /// Gives out the content once it is known whether the claim is valid; `valid` does
    /// not matter where there is no claim. The commitment or nonce is remembered only
    /// now, so that a forger cannot use up somebody else's. `now` is the wall clock's
    /// time.
    ///
    /// # Errors
    /// [`VerifyError::BadSignature`], [`VerifyError::Replayed`].
    pub fn resolve(
        self,
        valid: bool,
        replay_cache: &mut ReplayCache,
        now: UnixTime,
    ) -> Result<T, VerifyError> {
        if self.claim.is_some() && !valid {
            return Err(VerifyError::BadSignature);
        }
        let is_new = |value| replay_cache.insert(value, now);
        if !self.value.is_none_or(is_new) {
            return Err(VerifyError::Replayed);
        }
        Ok(self.content)
    }

    /// Checks the claim and resolves. `now` is the wall clock's time.
    ///
    /// # Errors
    /// As [`Unverified::resolve`].
    #[cfg(feature = "verify")]
    pub fn verify(self, replay_cache: &mut ReplayCache, now: UnixTime) -> Result<T, VerifyError> {
        let valid = self.claim.as_ref().is_none_or(SignatureClaim::verify);
        self.resolve(valid, replay_cache, now)
    }
}
