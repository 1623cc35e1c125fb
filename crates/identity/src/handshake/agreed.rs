//! After the three messages: the certificate, the pictures, and what is offered
//! within the call.

use std::ops::{Deref, DerefMut};

use super::{Call, Draft, Expected, Incoming, Pending, fingerprint};
use crate::key::is_key_id;
use crate::sas::Sas;
use crate::{Fingerprint, Kind, MessageHash, Refusal};

/// Both sides have said all. Nothing is shown until DTLS stands.
#[derive(Debug)]
pub struct Agreed {
    pub(super) call: Call,
    pub(super) fingerprint: Fingerprint,
    pub(super) peer_fingerprint: Fingerprint,
    pub(super) sas: Sas,
    /// The confirmation.
    pub(super) anchor: MessageHash,
    /// The timestamps of the last message that was sent, and heard.
    pub(super) sent: u64,
    pub(super) heard: u64,
    /// The last offer that was made within the call.
    pub(super) offered: Option<MessageHash>,
}

/// A call whose two ends are those who have signed.
#[derive(Debug)]
pub struct Secured(Agreed);

impl Secured {
    /// The pictures to compare.
    pub fn sas(&self) -> Sas {
        self.0.sas
    }

    /// Whether the other side has proved to be the key that its id names. If
    /// not it is a guest, and nothing but the pictures tells that nobody stands between.
    pub fn is_verified(&self) -> bool {
        is_key_id(&self.0.call.peer)
    }
}

impl Deref for Secured {
    type Target = Agreed;

    fn deref(&self) -> &Agreed {
        &self.0
    }
}

impl DerefMut for Secured {
    fn deref_mut(&mut self) -> &mut Agreed {
        &mut self.0
    }
}

impl Agreed {
    /// The certificate that DTLS has really used: [`Fingerprint::of_certificate`].
    ///
    /// # Errors
    /// [`Refusal::OtherCertificate`] if it is not the one that was signed.
    pub fn secure(self, certificate: &Fingerprint) -> Result<Secured, Refusal> {
        if *certificate != self.peer_fingerprint {
            return Err(Refusal::OtherCertificate);
        }
        Ok(Secured(self))
    }

    /// An offer within the call: an ICE restart, or another track. `now` in
    /// milliseconds since 1970.
    ///
    /// # Errors
    /// The description has not exactly one fingerprint, or another than before.
    pub fn offer(&mut self, sdp: &str, now: u64) -> Result<Draft, Refusal> {
        let anchor = self.anchor;
        let draft = self.draft(Kind::Offer, sdp, &anchor, now)?;
        self.offered = Some(draft.hash());
        Ok(draft)
    }

    /// An offer within the call has come.
    ///
    /// # Errors
    /// Any [`Refusal`] of a later message.
    pub fn hear_offer(&self, offer: &Incoming<'_>, now: u64) -> Result<Pending<Heard>, Refusal> {
        self.hear(Kind::Offer, &self.anchor, offer, now)
    }

    /// Answers what was heard. `now` in milliseconds since 1970.
    ///
    /// # Errors
    /// As [`Secured::offer`].
    pub fn answer(&mut self, offer: &Heard, sdp: &str, now: u64) -> Result<Draft, Refusal> {
        self.draft(Kind::Answer, sdp, &offer.hash, now)
    }

    /// An answer to the last offer within the call has come.
    ///
    /// # Errors
    /// Any [`Refusal`] of a later message, and [`Refusal::Unasked`].
    pub fn hear_answer(&self, answer: &Incoming<'_>, now: u64) -> Result<Pending<Heard>, Refusal> {
        let offered = self.offered.as_ref().ok_or(Refusal::Unasked)?;
        self.hear(Kind::Answer, offered, answer, now)
    }

    /// Takes note of what has settled. What is not newer than all before it came
    /// twice.
    ///
    /// # Errors
    /// [`Refusal::OutOfOrder`].
    pub fn note(&mut self, heard: &Heard) -> Result<(), Refusal> {
        if heard.timestamp <= self.heard {
            return Err(Refusal::OutOfOrder);
        }
        self.heard = heard.timestamp;
        if heard.kind == Kind::Answer {
            self.offered = None;
        }
        Ok(())
    }

    fn hear(
        &self,
        kind: Kind,
        before: &MessageHash,
        message: &Incoming<'_>,
        now: u64,
    ) -> Result<Pending<Heard>, Refusal> {
        let expected = Expected {
            kind,
            before: Some(before),
            has_value: false,
        };
        let examined = self.call.examine(message, &expected, now)?;
        if fingerprint(message)? != self.peer_fingerprint {
            return Err(Refusal::ChangedFingerprint);
        }
        let timestamp = examined.proof.timestamp;
        if timestamp <= self.heard {
            return Err(Refusal::OutOfOrder);
        }
        let hash = examined.hash;
        let heard = Heard {
            kind,
            hash,
            timestamp,
        };
        Ok(Pending::new(examined.claim, None, heard))
    }

    fn draft(
        &mut self,
        kind: Kind,
        sdp: &str,
        before: &MessageHash,
        now: u64,
    ) -> Result<Draft, Refusal> {
        if Fingerprint::of_description(sdp)? != self.fingerprint {
            return Err(Refusal::ChangedFingerprint);
        }
        // Always newer than the last, also when the clock was put back.
        let timestamp = now.max(self.sent.saturating_add(1));
        self.sent = timestamp;
        let call = &self.call;
        Ok(call.draft(kind, timestamp, Some(sdp), None, Some(before)))
    }
}

/// An offer or an answer within the call that holds, once it is settled.
#[derive(Debug)]
pub struct Heard {
    kind: Kind,
    hash: MessageHash,
    timestamp: u64,
}
