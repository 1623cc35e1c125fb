//! The caller's side: it commits to a nonce, and shows it once the answer is there.

use wimpex_sansio::UnixTime;

use super::agreed::Agreed;
use super::unverified::Unverified;
use super::{Age, CallContext, Expected, ReceivedMessage, fingerprint, is_late};
use crate::sas::{Sas, sas_digest};
use crate::{
    ANSWER_TIMEOUT, Fingerprint, MessageHash, MessageKind, Nonce, UnsignedMessage, VerifyError,
};

/// The caller who has made an offer. There is one for each nonce, so it cannot be cloned
/// (but with the feature `model`, for a model checker, which goes back to earlier states).
#[derive(Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "model", derive(Clone))]
pub struct Caller {
    call: CallContext,
    nonce: Nonce,
    fingerprint: Fingerprint,
    offer: MessageHash,
    offered_at: UnixTime,
}

/// The answer to a first offer, for [`Caller::confirm`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RemoteAnswer {
    offer: MessageHash,
    answer: MessageHash,
    peer_nonce: Nonce,
    peer_fingerprint: Fingerprint,
    timestamp: UnixTime,
}

impl Caller {
    /// Makes the first offer of a call, with a nonce that was never used before. `now`
    /// is the wall clock's time. A retransmission must carry the same `sec`. A device
    /// that can be called too gives the offer to [`crate::ReplayCache::insert_own`].
    ///
    /// # Errors
    /// The description has not exactly one fingerprint.
    pub fn offer(
        call: CallContext,
        sdp: &str,
        nonce: Nonce,
        now: UnixTime,
    ) -> Result<(Self, UnsignedMessage), VerifyError> {
        let fingerprint = Fingerprint::of_description(sdp)?;
        let commitment = nonce.commitment();
        let value = Some(commitment.as_bytes());
        let offer = call.unsigned_message(MessageKind::Offer, now, Some(sdp), value, None);
        let caller = Self {
            call,
            nonce,
            fingerprint,
            offer: offer.hash(),
            offered_at: now,
        };
        Ok((caller, offer))
    }

    /// Examines an answer. After one that is rejected the caller still awaits the right
    /// one. `now` is the wall clock's time.
    ///
    /// # Errors
    /// Any [`VerifyError`] of a first message, and [`VerifyError::Replayed`] if the
    /// answer has the caller's own nonce.
    pub fn receive_answer(
        &self,
        answer: &ReceivedMessage<'_>,
        now: UnixTime,
    ) -> Result<Unverified<RemoteAnswer>, VerifyError> {
        let expected = Expected {
            kind: MessageKind::Answer,
            prev_hash: Some(&self.offer),
            has_value: true,
            age: Age::Fresh,
        };
        let examined = self.call.examine(answer, &expected, now)?;
        if is_late(self.offered_at, now, ANSWER_TIMEOUT) {
            return Err(VerifyError::Late);
        }
        let value = examined.proof.value.ok_or(VerifyError::Malformed)?;
        let peer_nonce = Nonce::from_bytes(value);
        if peer_nonce == self.nonce {
            return Err(VerifyError::Replayed);
        }
        let answer = RemoteAnswer {
            offer: self.offer,
            answer: examined.hash,
            peer_nonce,
            peer_fingerprint: fingerprint(answer)?,
            timestamp: examined.proof.timestamp,
        };
        Ok(Unverified::new(examined.claim, Some(value), answer))
    }

    /// Takes the answer and shows the nonce, to this one answer alone: whoever sees the
    /// nonce before having chosen their own could search for one that gives the same
    /// SAS. `now` is the wall clock's time.
    ///
    /// # Errors
    /// [`VerifyError::OtherCall`] if the answer was received by another caller.
    pub fn confirm(
        self,
        answer: RemoteAnswer,
        now: UnixTime,
    ) -> Result<(Agreed, UnsignedMessage), VerifyError> {
        if answer.offer != self.offer {
            return Err(VerifyError::OtherCall);
        }
        let (value, prev_hash) = (Some(self.nonce.as_bytes()), Some(&answer.answer));
        let call = &self.call;
        let confirm = call.unsigned_message(MessageKind::Confirm, now, None, value, prev_hash);
        let digest = sas_digest(
            [&self.nonce, &answer.peer_nonce],
            [&self.fingerprint, &answer.peer_fingerprint],
            [&self.offer, &answer.answer],
        );
        let agreed = Agreed::new(
            self.call,
            [self.fingerprint, answer.peer_fingerprint],
            Sas::from_digest(&digest),
            confirm.hash(),
            [now, answer.timestamp],
        );
        Ok((agreed, confirm))
    }
}
