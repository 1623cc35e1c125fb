//! After the three messages: the certificate, the pictures, and what is offered
//! within the call.

use std::ops::{Deref, DerefMut};

use super::{CallContext, Expected, ReceivedMessage, UnsignedMessage, Unverified, fingerprint};
use crate::key::is_key_id;
use crate::sas::Sas;
use crate::{Fingerprint, MessageHash, MessageKind, VerifyError};

/// Both sides have said all. Nothing is shown until DTLS stands.
#[derive(Debug)]
pub struct Agreed {
    pub(super) call: CallContext,
    pub(super) fingerprint: Fingerprint,
    pub(super) peer_fingerprint: Fingerprint,
    pub(super) sas: Sas,
    /// The confirmation.
    pub(super) confirm_hash: MessageHash,
    /// The timestamps of the last message that was sent, and heard.
    pub(super) last_sent: u64,
    pub(super) last_received: u64,
    /// The last offer that was made within the call.
    pub(super) local_offer: Option<MessageHash>,
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
    /// [`VerifyError::OtherCertificate`] if it is not the one that was signed.
    pub fn secure(self, certificate: &Fingerprint) -> Result<Secured, VerifyError> {
        if *certificate != self.peer_fingerprint {
            return Err(VerifyError::OtherCertificate);
        }
        Ok(Secured(self))
    }

    /// An offer within the call: an ICE restart, or another track. `now` in
    /// milliseconds since 1970.
    ///
    /// # Errors
    /// The description has not exactly one fingerprint, or another than before.
    pub fn offer(&mut self, sdp: &str, now: u64) -> Result<UnsignedMessage, VerifyError> {
        let confirm_hash = self.confirm_hash;
        let unsigned = self.unsigned_message(MessageKind::Offer, sdp, &confirm_hash, now)?;
        self.local_offer = Some(unsigned.hash());
        Ok(unsigned)
    }

    /// An offer within the call has come.
    ///
    /// # Errors
    /// Any [`VerifyError`] of a later message.
    pub fn receive_offer(
        &self,
        offer: &ReceivedMessage<'_>,
        now: u64,
    ) -> Result<Unverified<RemoteDescription>, VerifyError> {
        self.receive(MessageKind::Offer, &self.confirm_hash, offer, now)
    }

    /// Answers what was heard. `now` in milliseconds since 1970.
    ///
    /// # Errors
    /// As [`Secured::offer`].
    pub fn answer(
        &mut self,
        offer: &RemoteDescription,
        sdp: &str,
        now: u64,
    ) -> Result<UnsignedMessage, VerifyError> {
        self.unsigned_message(MessageKind::Answer, sdp, &offer.hash, now)
    }

    /// An answer to the last offer within the call has come.
    ///
    /// # Errors
    /// Any [`VerifyError`] of a later message, and [`VerifyError::Unasked`].
    pub fn receive_answer(
        &self,
        answer: &ReceivedMessage<'_>,
        now: u64,
    ) -> Result<Unverified<RemoteDescription>, VerifyError> {
        let local_offer = self.local_offer.as_ref().ok_or(VerifyError::Unasked)?;
        self.receive(MessageKind::Answer, local_offer, answer, now)
    }

    /// Takes note of what has settled. What is not newer than all before it came
    /// twice.
    ///
    /// # Errors
    /// [`VerifyError::OutOfOrder`].
    pub fn accept(&mut self, heard: &RemoteDescription) -> Result<(), VerifyError> {
        if heard.timestamp <= self.last_received {
            return Err(VerifyError::OutOfOrder);
        }
        self.last_received = heard.timestamp;
        if heard.kind == MessageKind::Answer {
            self.local_offer = None;
        }
        Ok(())
    }

    fn receive(
        &self,
        kind: MessageKind,
        prev_hash: &MessageHash,
        message: &ReceivedMessage<'_>,
        now: u64,
    ) -> Result<Unverified<RemoteDescription>, VerifyError> {
        let expected = Expected {
            kind,
            prev_hash: Some(prev_hash),
            has_value: false,
        };
        let examined = self.call.examine(message, &expected, now)?;
        if fingerprint(message)? != self.peer_fingerprint {
            return Err(VerifyError::ChangedFingerprint);
        }
        let timestamp = examined.proof.timestamp;
        if timestamp <= self.last_received {
            return Err(VerifyError::OutOfOrder);
        }
        let hash = examined.hash;
        let heard = RemoteDescription {
            kind,
            hash,
            timestamp,
        };
        Ok(Unverified::new(examined.claim, None, heard))
    }

    fn unsigned_message(
        &mut self,
        kind: MessageKind,
        sdp: &str,
        prev_hash: &MessageHash,
        now: u64,
    ) -> Result<UnsignedMessage, VerifyError> {
        if Fingerprint::of_description(sdp)? != self.fingerprint {
            return Err(VerifyError::ChangedFingerprint);
        }
        // Always newer than the last, also when the clock was put back.
        let timestamp = now.max(self.last_sent.saturating_add(1));
        self.last_sent = timestamp;
        let call = &self.call;
        Ok(call.unsigned_message(kind, timestamp, Some(sdp), None, Some(prev_hash)))
    }
}

/// An offer or an answer within the call that holds, once it is settled.
#[derive(Debug)]
pub struct RemoteDescription {
    kind: MessageKind,
    hash: MessageHash,
    timestamp: u64,
}
