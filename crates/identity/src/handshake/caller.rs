//! The caller's side: it promises a nonce, and shows it when the answer is there.

use super::{
    ANSWER_WITHIN_MS, Agreed, CallContext, Expected, ReceivedMessage, UnsignedMessage, Unverified,
    fingerprint, is_late,
};
use crate::sas::{Sas, sas_digest};
use crate::{Fingerprint, MessageHash, MessageKind, Nonce, VerifyError};

/// Has made an offer. There is one for each nonce, so it cannot be cloned.
#[derive(Debug)]
pub struct Caller {
    call: CallContext,
    nonce: Nonce,
    fingerprint: Fingerprint,
    offer: MessageHash,
    offered_at: u64,
}

/// An answer that holds.
#[derive(Debug)]
pub struct RemoteAnswer {
    offer: MessageHash,
    answer: MessageHash,
    peer_nonce: Nonce,
    peer_fingerprint: Fingerprint,
    /// The answer's timestamp.
    timestamp: u64,
}

impl Caller {
    /// The first offer of a call, with a nonce that was never used before. `now`
    /// in milliseconds since 1970. An offer that is said again is said with the
    /// same `sec`. Whoever can be called too tells [`crate::ReplayCache::insert_own`].
    ///
    /// # Errors
    /// The description has not exactly one fingerprint.
    pub fn offer(
        call: CallContext,
        sdp: &str,
        nonce: Nonce,
        now: u64,
    ) -> Result<(Self, UnsignedMessage), VerifyError> {
        let fingerprint = Fingerprint::of_description(sdp)?;
        let commitment = nonce.commitment();
        let value = Some(commitment.as_bytes());
        let unsigned = call.unsigned_message(MessageKind::Offer, now, Some(sdp), value, None);
        let caller = Self {
            call,
            nonce,
            fingerprint,
            offer: unsigned.hash(),
            offered_at: now,
        };
        Ok((caller, unsigned))
    }

    /// An answer has come. One that is refused does not end the waiting. `now` in
    /// milliseconds since 1970.
    ///
    /// # Errors
    /// Any [`VerifyError`] of a first message, and [`VerifyError::Replayed`] if the nonce
    /// is one's own.
    pub fn receive_answer(
        &self,
        answer: &ReceivedMessage<'_>,
        now: u64,
    ) -> Result<Unverified<RemoteAnswer>, VerifyError> {
        let expected = Expected {
            kind: MessageKind::Answer,
            prev_hash: Some(&self.offer),
            has_value: true,
        };
        let examined = self.call.examine(answer, &expected, now)?;
        if is_late(self.offered_at, now, ANSWER_WITHIN_MS) {
            return Err(VerifyError::Late);
        }
        let value = examined.proof.value.ok_or(VerifyError::Malformed)?;
        let peer_nonce = Nonce::from_bytes(value);
        if peer_nonce == self.nonce {
            return Err(VerifyError::Replayed);
        }
        let answered = RemoteAnswer {
            offer: self.offer,
            answer: examined.hash,
            peer_nonce,
            peer_fingerprint: fingerprint(answer)?,
            timestamp: examined.proof.timestamp,
        };
        Ok(Unverified::new(examined.claim, Some(value), answered))
    }

    /// Takes the answer and shows the nonce, to this one alone: whoever sees it
    /// before they have said their own could search for pictures that fit. `now`
    /// in milliseconds since 1970.
    ///
    /// # Errors
    /// [`VerifyError::OtherCall`] if the answer was heard by another caller.
    pub fn confirm(
        self,
        answered: RemoteAnswer,
        now: u64,
    ) -> Result<(Agreed, UnsignedMessage), VerifyError> {
        if answered.offer != self.offer {
            return Err(VerifyError::OtherCall);
        }
        let value = Some(self.nonce.as_bytes());
        let prev_hash = Some(&answered.answer);
        let unsigned =
            self.call
                .unsigned_message(MessageKind::Confirm, now, None, value, prev_hash);
        let digest = sas_digest(
            [&self.nonce, &answered.peer_nonce],
            [&self.fingerprint, &answered.peer_fingerprint],
            [&self.offer, &answered.answer],
        );
        let agreed = Agreed {
            call: self.call,
            fingerprint: self.fingerprint,
            peer_fingerprint: answered.peer_fingerprint,
            sas: Sas::from_digest(&digest),
            confirm_hash: unsigned.hash(),
            last_sent: now,
            last_received: answered.timestamp,
            local_offer: None,
        };
        Ok((agreed, unsigned))
    }
}
