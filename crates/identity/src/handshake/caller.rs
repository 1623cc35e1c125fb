//! The caller's side: it promises a nonce, and shows it when the answer is there.

use super::{
    ANSWER_WITHIN_MS, Agreed, Call, Draft, Expected, Incoming, Pending, fingerprint, is_late,
};
use crate::sas::{Sas, sas_digest};
use crate::{Fingerprint, Kind, MessageHash, Nonce, Refusal};

/// Has made an offer.
#[derive(Clone, Debug)]
pub struct Caller {
    call: Call,
    nonce: Nonce,
    fingerprint: Fingerprint,
    offer: MessageHash,
    offered_at: u64,
}

impl Caller {
    /// The first offer of a call, with a nonce that was never used before. `now`
    /// in milliseconds since 1970. An offer that is said again is said with the same `sec`.
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

    /// An answer has come. Of those that settle the first counts: nonces must
    /// not be shown to two.
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
        let peer_nonce = Nonce::from_bytes(examined.proof.value.ok_or(Refusal::Malformed)?);
        if peer_nonce == self.nonce {
            return Err(Refusal::Replayed);
        }
        let answered = Answered {
            caller: self.clone(),
            peer_nonce,
            peer_fingerprint: fingerprint(answer)?,
            answer: examined.hash,
            heard: examined.proof.timestamp,
        };
        let value = examined.proof.value;
        Ok(Pending::new(examined.claim, value, answered))
    }
}

/// Has an answer that holds, and may show its nonce.
#[derive(Clone, Debug)]
pub struct Answered {
    caller: Caller,
    peer_nonce: Nonce,
    peer_fingerprint: Fingerprint,
    answer: MessageHash,
    /// The answer's timestamp.
    heard: u64,
}

impl Answered {
    /// Shows the nonce. `now` in milliseconds since 1970.
    pub fn confirm(self, now: u64) -> (Agreed, Draft) {
        let Caller { call, nonce, .. } = self.caller;
        let value = Some(nonce.as_bytes());
        let draft = call.draft(Kind::Confirm, now, None, value, Some(&self.answer));
        let digest = sas_digest(
            [&nonce, &self.peer_nonce],
            [&self.caller.fingerprint, &self.peer_fingerprint],
            [&self.caller.offer, &self.answer],
        );
        let agreed = Agreed {
            call,
            fingerprint: self.caller.fingerprint,
            peer_fingerprint: self.peer_fingerprint,
            sas: Sas::from_digest(&digest),
            anchor: draft.hash(),
            sent: now,
            heard: self.heard,
        };
        (agreed, draft)
    }
}
