//! The callee's side: it answers a promise, and sees whether it is kept.

use super::{
    Agreed, CONFIRM_WITHIN_MS, CallContext, Expected, ReceivedMessage, UnsignedMessage, Unverified,
    fingerprint, is_late,
};
use crate::sas::{Sas, sas_digest};
use crate::{Commitment, Fingerprint, MessageHash, MessageKind, Nonce, VerifyError};

/// Has an offer that holds. It is answered once, so it cannot be cloned.
#[derive(Debug)]
pub struct Callee {
    call: CallContext,
    commitment: Commitment,
    peer_fingerprint: Fingerprint,
    offer: MessageHash,
}

impl Callee {
    /// A first offer has come. `call.peer` is its `fromId`. One that is said
    /// again, byte for byte the same and for a call that is known here, is not
    /// to be heard again: it would count as replayed. `now` in milliseconds since 1970.
    ///
    /// # Errors
    /// Any [`VerifyError`] of a first message.
    pub fn receive_offer(
        call: CallContext,
        offer: &ReceivedMessage<'_>,
        now: u64,
    ) -> Result<Unverified<Self>, VerifyError> {
        let expected = Expected {
            kind: MessageKind::Offer,
            prev_hash: None,
            has_value: true,
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

    /// Takes the call, with a nonce that was never used before. `now` in
    /// milliseconds since 1970.
    ///
    /// # Errors
    /// The description has not exactly one fingerprint.
    pub fn answer(
        self,
        sdp: &str,
        nonce: Nonce,
        now: u64,
    ) -> Result<(AwaitingConfirm, UnsignedMessage), VerifyError> {
        let fingerprint = Fingerprint::of_description(sdp)?;
        let value = Some(nonce.as_bytes());
        let prev_hash = Some(&self.offer);
        let unsigned =
            self.call
                .unsigned_message(MessageKind::Answer, now, Some(sdp), value, prev_hash);
        let waiting = AwaitingConfirm {
            answer: unsigned.hash(),
            callee: self,
            nonce,
            fingerprint,
            answered_at: now,
        };
        Ok((waiting, unsigned))
    }
}

/// Has answered, and waits for the nonce that was promised.
#[derive(Debug)]
pub struct AwaitingConfirm {
    callee: Callee,
    nonce: Nonce,
    fingerprint: Fingerprint,
    answer: MessageHash,
    answered_at: u64,
}

impl AwaitingConfirm {
    /// A confirmation has come. One that is refused does not end the waiting.
    /// `now` in milliseconds since 1970.
    ///
    /// # Errors
    /// Any [`VerifyError`] of a first message, and [`VerifyError::OtherNonce`].
    pub fn receive_confirm(
        &self,
        confirm: &ReceivedMessage<'_>,
        now: u64,
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
        };
        let confirm = ReceivedMessage {
            sdp: None,
            ..*confirm
        };
        let examined = call.examine(&confirm, &expected, now)?;
        if is_late(self.answered_at, now, CONFIRM_WITHIN_MS) {
            return Err(VerifyError::Late);
        }
        let value = examined.proof.value.ok_or(VerifyError::Malformed)?;
        let peer_nonce = Nonce::from_bytes(value);
        if !commitment.promises(&peer_nonce) {
            return Err(VerifyError::OtherNonce);
        }
        let digest = sas_digest(
            [&peer_nonce, &self.nonce],
            [peer_fingerprint, &self.fingerprint],
            [offer, &self.answer],
        );
        let agreed = Agreed {
            call: call.clone(),
            fingerprint: self.fingerprint,
            peer_fingerprint: *peer_fingerprint,
            sas: Sas::from_digest(&digest),
            confirm_hash: examined.hash,
            last_sent: self.answered_at,
            last_received: examined.proof.timestamp,
            local_offer: None,
        };
        Ok(Unverified::new(examined.claim, Some(value), agreed))
    }
}
