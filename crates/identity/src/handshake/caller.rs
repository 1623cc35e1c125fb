//! The caller's side: it promises a nonce, and shows it when the answer is there.

use super::{
    ANSWER_WITHIN_MS, Agreed, Call, Draft, Expected, Incoming, Pending, fingerprint, is_late,
};
use crate::sas::{Sas, sas_digest};
use crate::{Fingerprint, Kind, MessageHash, Nonce, Refusal};

/// Has made an offer. There is one for each nonce, so it cannot be cloned.
#[derive(Debug)]
pub struct Caller {
    call: Call,
    nonce: Nonce,
    fingerprint: Fingerprint,
    offer: MessageHash,
    offered_at: u64,
}

/// An answer that holds.
#[derive(Debug)]
pub struct Answered {
    offer: MessageHash,
    answer: MessageHash,
    peer_nonce: Nonce,
    peer_fingerprint: Fingerprint,
    /// The answer's timestamp.
    heard: u64,
}

impl Caller {
    /// The first offer of a call, with a nonce that was never used before. `now`
    /// in milliseconds since 1970. An offer that is said again is said with the
    /// same `sec`. Whoever can be called too tells [`crate::Seen::note_own`].
    ///
    /// # Errors
    /// The description has not exactly one fingerprint.
    pub fn offer(call: Call, sdp: &str, nonce: Nonce, now: u64) -> Result<(Self, Draft), Refusal> {
        let fingerprint = Fingerprint::of_description(sdp)?;
        let commitment = nonce.commitment();
        let value = Some(commitment.as_bytes());
        let draft = call.draft(Kind::Offer, now, Some(sdp), value, None);
        let caller = Self {
            call,
            nonce,
            fingerprint,
            offer: draft.hash(),
            offered_at: now,
        };
        Ok((caller, draft))
    }

    /// An answer has come. One that is refused does not end the waiting. `now` in
    /// milliseconds since 1970.
    ///
    /// # Errors
    /// Any [`Refusal`] of a first message, and [`Refusal::Replayed`] if the nonce
    /// is one's own.
    pub fn hear_answer(
        &self,
        answer: &Incoming<'_>,
        now: u64,
    ) -> Result<Pending<Answered>, Refusal> {
        let expected = Expected {
            kind: Kind::Answer,
            before: Some(&self.offer),
            has_value: true,
        };
        let examined = self.call.examine(answer, &expected, now)?;
        if is_late(self.offered_at, now, ANSWER_WITHIN_MS) {
            return Err(Refusal::Late);
        }
        let value = examined.proof.value.ok_or(Refusal::Malformed)?;
        let peer_nonce = Nonce::from_bytes(value);
        if peer_nonce == self.nonce {
            return Err(Refusal::Replayed);
        }
        let answered = Answered {
            offer: self.offer,
            answer: examined.hash,
            peer_nonce,
            peer_fingerprint: fingerprint(answer)?,
            heard: examined.proof.timestamp,
        };
        Ok(Pending::new(examined.claim, Some(value), answered))
    }

    /// Takes the answer and shows the nonce, to this one alone: whoever sees it
    /// before they have said their own could search for pictures that fit. `now`
    /// in milliseconds since 1970.
    ///
    /// # Errors
    /// [`Refusal::OtherCall`] if the answer was heard by another caller.
    pub fn confirm(self, answered: Answered, now: u64) -> Result<(Agreed, Draft), Refusal> {
        if answered.offer != self.offer {
            return Err(Refusal::OtherCall);
        }
        let value = Some(self.nonce.as_bytes());
        let before = Some(&answered.answer);
        let draft = self.call.draft(Kind::Confirm, now, None, value, before);
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
            anchor: draft.hash(),
            sent: now,
            heard: answered.heard,
            offered: None,
        };
        Ok((agreed, draft))
    }
}
