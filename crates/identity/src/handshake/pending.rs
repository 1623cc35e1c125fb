//! What a message says, locked up until its signature is checked.

use crate::{Claim, Refusal, Seen};

/// What follows from a message if its claim holds.
#[derive(Debug)]
#[must_use]
pub struct Pending<T> {
    claim: Option<Claim>,
    /// What must not have come before.
    value: Option<[u8; 32]>,
    follows: T,
}

impl<T> Pending<T> {
    pub(super) fn new(claim: Option<Claim>, value: Option<[u8; 32]>, follows: T) -> Self {
        Self {
            claim,
            value,
            follows,
        }
    }

    /// What is to be checked; nothing if the sender is a guest.
    pub fn claim(&self) -> Option<&Claim> {
        self.claim.as_ref()
    }

    /// Takes the news whether the claim holds; where there is none, it holds.
    /// Only now the commitment or nonce counts as seen, so that nobody can use up
    /// somebody else's. `now` in milliseconds since 1970.
    ///
    /// # Errors
    /// [`Refusal::BadSignature`], [`Refusal::Replayed`].
    pub fn settle(self, holds: bool, seen: &mut Seen, now: u64) -> Result<T, Refusal> {
        if self.claim.is_some() && !holds {
            return Err(Refusal::BadSignature);
        }
        if self.value.is_some_and(|value| !seen.note(value, now)) {
            return Err(Refusal::Replayed);
        }
        Ok(self.follows)
    }

    /// Checks the claim and settles.
    ///
    /// # Errors
    /// As [`Pending::settle`].
    #[cfg(feature = "verify")]
    pub fn verify(self, seen: &mut Seen, now: u64) -> Result<T, Refusal> {
        let holds = self.claim.as_ref().is_none_or(Claim::verify);
        self.settle(holds, seen, now)
    }
}
