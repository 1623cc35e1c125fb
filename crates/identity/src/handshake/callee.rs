//! The callee's side: it answers a commitment, and then checks the nonce against it.

use wimpex_sansio::UnixTime;

use super::agreed::Agreed;
use super::unverified::Unverified;
use super::{Age, CallContext, Expected, ReceivedMessage, fingerprint, is_late};
use crate::sas::{Sas, sas_digest};
use crate::{
    CONFIRM_TIMEOUT, Commitment, Fingerprint, MessageHash, MessageKind, Nonce, UnsignedMessage,
    VerifyError,
};

/// The callee who has received a valid offer. It is answered once, so it cannot be
/// cloned (but with the feature `model`, for a model checker).
#[derive(Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "model", derive(Clone))]
pub struct Callee {
    call: CallContext,
    commitment: Commitment,
    peer_fingerprint: Fingerprint,
    offer: MessageHash,
}

impl Callee {
    /// Examines the first offer of a call; `call.peer` is its `fromId`. A retransmitted
    /// offer, byte for byte the same and of a call that is known here, is not to be
    /// examined again: it would count as replayed. `now` is the wall clock's time.
    ///
    /// # Errors
    /// Any [`VerifyError`] of a first message.
    pub fn receive_offer(
        call: CallContext,
        offer: &ReceivedMessage<'_>,
        now: UnixTime,
    ) -> Result<Unverified<Self>, VerifyError> {
        let expected = Expected {
            kind: MessageKind::Offer,
            prev_hash: None,
            has_value: true,
            age: Age::Fresh,
        };
        let examined = call.examine(offer, &expected, now)?;
        let value = examined.proof.value.ok_or(VerifyError::Malformed)?;
        let callee = Self {
            call,
            commitment: Commitment::from_bytes(value),
            peer_fingerprint: fingerprint(offer)?,
            offer: examined.hash,
        };
        Ok(Unverified::new(examined.claim, Some(value), callee))
    }

    /// Examines the first offer of a call that was signed longer ago than [`crate::FRESHNESS`]:
    /// a server, or a page that slept, may have held it up. It must not ring any more; once
    /// its signature is checked, it says when the caller called, by the caller's clock.
    /// `now` is the wall clock's time.
    ///
    /// # Errors
    /// Any [`VerifyError`] of a first message; [`VerifyError::Stale`] of one that is fresh,
    /// or was signed further ahead than clocks may differ, which no delay explains.
    pub fn receive_held_offer(
        call: &CallContext,
        offer: &ReceivedMessage<'_>,
        now: UnixTime,
    ) -> Result<Unverified<UnixTime>, VerifyError> {
        let expected = Expected {
            kind: MessageKind::Offer,
            prev_hash: None,
            has_value: true,
            age: Age::Held,
        };
        let examined = call.examine(offer, &expected, now)?;
        // Nothing is answered, so that it does no harm to hear it again.
        let value = None;
        Ok(Unverified::new(
            examined.claim,
            value,
            examined.proof.timestamp,
        ))
    }

    /// Answers the call, with a nonce that was never used before. `now` is the wall
    /// clock's time.
    ///
    /// # Errors
    /// The description has not exactly one fingerprint.
    pub fn answer(
        self,
        sdp: &str,
        nonce: Nonce,
        now: UnixTime,
    ) -> Result<(AwaitingConfirm, UnsignedMessage), VerifyError> {
        let fingerprint = Fingerprint::of_description(sdp)?;
        let (value, prev_hash) = (Some(nonce.as_bytes()), Some(&self.offer));
        let call = &self.call;
        let answer = call.unsigned_message(MessageKind::Answer, now, Some(sdp), value, prev_hash);
        let awaiting = AwaitingConfirm {
            answer: answer.hash(),
            callee: self,
            nonce,
            fingerprint,
            answered_at: now,
        };
        Ok((awaiting, answer))
    }
}

/// The callee who has answered, and to whom the caller must now show the nonce that it
/// has committed to.
#[derive(Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "model", derive(Clone))]
pub struct AwaitingConfirm {
    callee: Callee,
    nonce: Nonce,
    fingerprint: Fingerprint,
    answer: MessageHash,
    answered_at: UnixTime,
}

impl AwaitingConfirm {
    /// Examines a confirmation. After one that is rejected the callee still awaits the
    /// right one. `now` is the wall clock's time.
    ///
    /// # Errors
    /// Any [`VerifyError`] of a first message, and [`VerifyError::OtherNonce`].
    pub fn receive_confirm(
        &self,
        confirm: &ReceivedMessage<'_>,
        now: UnixTime,
    ) -> Result<Unverified<Agreed>, VerifyError> {
        let Callee {
            call,
            commitment,
            peer_fingerprint,
            offer,
        } = &self.callee;
        let expected = Expected {
            kind: MessageKind::Confirm,
            prev_hash: Some(&self.answer),
            has_value: true,
            age: Age::Fresh,
        };
        let confirm = ReceivedMessage {
            sdp: None,
            ..*confirm
        };
        let examined = call.examine(&confirm, &expected, now)?;
        if is_late(self.answered_at, now, CONFIRM_TIMEOUT) {
            return Err(VerifyError::Late);
        }
        let value = examined.proof.value.ok_or(VerifyError::Malformed)?;
        let peer_nonce = Nonce::from_bytes(value);
        if !commitment.opens_to(&peer_nonce) {
            return Err(VerifyError::OtherNonce);
        }
        let digest = sas_digest(
            [&peer_nonce, &self.nonce],
            [peer_fingerprint, &self.fingerprint],
            [offer, &self.answer],
        );
        let agreed = Agreed::new(
            call.clone(),
            [self.fingerprint, *peer_fingerprint],
            Sas::from_digest(&digest),
            examined.hash,
            [self.answered_at, examined.proof.timestamp],
        );
        Ok(Unverified::new(examined.claim, Some(value), agreed))
    }
}
