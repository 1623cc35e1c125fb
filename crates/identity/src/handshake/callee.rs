//! The callee's side: it answers a promise, and sees whether it is kept.

use super::{
    Agreed, CONFIRM_WITHIN_MS, Call, Draft, Expected, Incoming, Pending, fingerprint, is_late,
};
use crate::sas::{Sas, sas_digest};
use crate::{Commitment, Fingerprint, Kind, MessageHash, Nonce, Refusal};

/// Has an offer that holds. It is answered once, so it cannot be cloned.
#[derive(Debug)]
pub struct Callee {
    call: Call,
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
    /// Any [`Refusal`] of a first message.
    pub fn hear_offer(
        call: Call,
        offer: &Incoming<'_>,
        now: u64,
    ) -> Result<Pending<Self>, Refusal> {
        let expected = Expected {
            kind: Kind::Offer,
            before: None,
            has_value: true,
        };
        let examined = call.examine(offer, &expected, now)?;
        let value = examined.proof.value.ok_or(Refusal::Malformed)?;
        let callee = Self {
            call,
            commitment: Commitment::from_bytes(value),
            peer_fingerprint: fingerprint(offer)?,
            offer: examined.hash,
        };
        Ok(Pending::new(examined.claim, Some(value), callee))
    }

    /// Takes the call, with a nonce that was never used before. `now` in
    /// milliseconds since 1970.
    ///
    /// # Errors
    /// The description has not exactly one fingerprint.
    pub fn answer(self, sdp: &str, nonce: Nonce, now: u64) -> Result<(Waiting, Draft), Refusal> {
        let fingerprint = Fingerprint::of_description(sdp)?;
        let value = Some(nonce.as_bytes());
        let before = Some(&self.offer);
        let draft = self.call.draft(Kind::Answer, now, Some(sdp), value, before);
        let waiting = Waiting {
            answer: draft.hash(),
            callee: self,
            nonce,
            fingerprint,
            answered_at: now,
        };
        Ok((waiting, draft))
    }
}

/// Has answered, and waits for the nonce that was promised.
#[derive(Debug)]
pub struct Waiting {
    callee: Callee,
    nonce: Nonce,
    fingerprint: Fingerprint,
    answer: MessageHash,
    answered_at: u64,
}

impl Waiting {
    /// A confirmation has come. One that is refused does not end the waiting.
    /// `now` in milliseconds since 1970.
    ///
    /// # Errors
    /// Any [`Refusal`] of a first message, and [`Refusal::OtherNonce`].
    pub fn hear_confirm(
        &self,
        confirm: &Incoming<'_>,
        now: u64,
    ) -> Result<Pending<Agreed>, Refusal> {
        let Callee {
            call,
            commitment,
            peer_fingerprint,
            offer,
        } = &self.callee;
        let expected = Expected {
            kind: Kind::Confirm,
            before: Some(&self.answer),
            has_value: true,
        };
        let confirm = Incoming {
            sdp: None,
            ..*confirm
        };
        let examined = call.examine(&confirm, &expected, now)?;
        if is_late(self.answered_at, now, CONFIRM_WITHIN_MS) {
            return Err(Refusal::Late);
        }
        let value = examined.proof.value.ok_or(Refusal::Malformed)?;
        let peer_nonce = Nonce::from_bytes(value);
        if !commitment.promises(&peer_nonce) {
            return Err(Refusal::OtherNonce);
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
            anchor: examined.hash,
            sent: self.answered_at,
            heard: examined.proof.timestamp,
            offered: None,
        };
        Ok(Pending::new(examined.claim, Some(value), agreed))
    }
}
