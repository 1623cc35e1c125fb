//! After the three messages: the certificate, the SAS, and renegotiation within the
//! call.

mod kept;

use std::ops::{Deref, DerefMut};

use wimpex_sansio::UnixTime;

use super::unverified::Unverified;
use super::{Age, CallContext, Expected, ReceivedMessage, fingerprint};
use crate::key::is_key_id;
use crate::sas::Sas;
use crate::{Fingerprint, MessageHash, MessageKind, UnsignedMessage, VerifyError};

/// The three messages were exchanged. The SAS stays hidden until DTLS has shown that it
/// uses the certificate that was signed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Agreed {
    call: CallContext,
    fingerprint: Fingerprint,
    peer_fingerprint: Fingerprint,
    sas: Sas,
    confirm_hash: MessageHash,
    /// The timestamp of the last message that was sent.
    last_sent: UnixTime,
    /// The timestamp of the last message that was accepted.
    last_received: UnixTime,
    /// The last offer that this side has made within the call, while it is unanswered.
    local_offer: Option<MessageHash>,
}

/// An agreed handshake whose connection uses the certificate that was signed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Secured(Agreed);

impl Secured {
    /// The short authentication string for both people to compare.
    pub fn sas(&self) -> Sas {
        self.0.sas
    }

    /// Compares the certificate of another connection of the same call: all have one.
    ///
    /// # Errors
    /// [`VerifyError::OtherCertificate`] if it is another.
    pub fn check(&self, certificate: &Fingerprint) -> Result<(), VerifyError> {
        if *certificate != self.0.peer_fingerprint {
            return Err(VerifyError::OtherCertificate);
        }
        Ok(())
    }

    /// Whether the peer has proved that it holds the key that its id names. If not it is
    /// a guest, and nothing but the SAS can show that nobody is in the middle.
    pub fn is_key_proved(&self) -> bool {
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
    /// `call` is agreed between the two fingerprints, this side's first. The timestamps
    /// are those of this side's last message, and of the peer's.
    pub(super) fn new(
        call: CallContext,
        [fingerprint, peer_fingerprint]: [Fingerprint; 2],
        sas: Sas,
        confirm_hash: MessageHash,
        [last_sent, last_received]: [UnixTime; 2],
    ) -> Self {
        Self {
            call,
            fingerprint,
            peer_fingerprint,
            sas,
            confirm_hash,
            last_sent,
            last_received,
            local_offer: None,
        }
    }

    /// Compares the certificate that DTLS uses ([`Fingerprint::of_certificate`]) with
    /// the one that the peer has signed.
    ///
    /// # Errors
    /// [`VerifyError::OtherCertificate`] if they differ.
    pub fn secure(self, certificate: &Fingerprint) -> Result<Secured, VerifyError> {
        let secured = Secured(self);
        secured.check(certificate)?;
        Ok(secured)
    }

    /// Makes an offer within the call, for an ICE restart or another track. `now` is the
    /// wall clock's time.
    ///
    /// # Errors
    /// The description has not exactly one fingerprint, or not that of the handshake.
    pub fn offer(&mut self, sdp: &str, now: UnixTime) -> Result<UnsignedMessage, VerifyError> {
        let confirm_hash = self.confirm_hash;
        let offer = self.unsigned_message(MessageKind::Offer, sdp, &confirm_hash, now)?;
        self.local_offer = Some(offer.hash());
        Ok(offer)
    }

    /// Examines an offer that was received within the call. `now` is the wall clock's
    /// time.
    ///
    /// # Errors
    /// Any [`VerifyError`] of a message within a call.
    pub fn receive_offer(
        &self,
        offer: &ReceivedMessage<'_>,
        now: UnixTime,
    ) -> Result<Unverified<RemoteDescription>, VerifyError> {
        self.receive(MessageKind::Offer, &self.confirm_hash, offer, now)
    }

    /// Answers an offer that was received within the call. `now` is the wall clock's
    /// time.
    ///
    /// # Errors
    /// As [`Agreed::offer`].
    pub fn answer(
        &mut self,
        offer: &RemoteDescription,
        sdp: &str,
        now: UnixTime,
    ) -> Result<UnsignedMessage, VerifyError> {
        self.unsigned_message(MessageKind::Answer, sdp, &offer.hash, now)
    }

    /// Examines an answer to the last offer that was made within the call. `now` is the
    /// wall clock's time.
    ///
    /// # Errors
    /// Any [`VerifyError`] of a message within a call, and [`VerifyError::Unasked`].
    pub fn receive_answer(
        &self,
        answer: &ReceivedMessage<'_>,
        now: UnixTime,
    ) -> Result<Unverified<RemoteDescription>, VerifyError> {
        let local_offer = self.local_offer.as_ref().ok_or(VerifyError::Unasked)?;
        self.receive(MessageKind::Answer, local_offer, answer, now)
    }

    /// Counts a description whose signature is valid as received. It must be newer than
    /// all before it: several may have been checked at the same time.
    ///
    /// # Errors
    /// [`VerifyError::OutOfOrder`].
    pub fn accept(&mut self, description: &RemoteDescription) -> Result<(), VerifyError> {
        if description.timestamp <= self.last_received {
            return Err(VerifyError::OutOfOrder);
        }
        self.last_received = description.timestamp;
        if description.kind == MessageKind::Answer {
            self.local_offer = None;
        }
        Ok(())
    }

    fn receive(
        &self,
        kind: MessageKind,
        prev_hash: &MessageHash,
        message: &ReceivedMessage<'_>,
        now: UnixTime,
    ) -> Result<Unverified<RemoteDescription>, VerifyError> {
        let expected = Expected {
            kind,
            prev_hash: Some(prev_hash),
            has_value: false,
            age: Age::Fresh,
        };
        let examined = self.call.examine(message, &expected, now)?;
        if fingerprint(message)? != self.peer_fingerprint {
            return Err(VerifyError::ChangedFingerprint);
        }
        let timestamp = examined.proof.timestamp;
        if timestamp <= self.last_received {
            return Err(VerifyError::OutOfOrder);
        }
        let description = RemoteDescription {
            kind,
            hash: examined.hash,
            timestamp,
        };
        Ok(Unverified::new(examined.claim, None, description))
    }

    fn unsigned_message(
        &mut self,
        kind: MessageKind,
        sdp: &str,
        prev_hash: &MessageHash,
        now: UnixTime,
    ) -> Result<UnsignedMessage, VerifyError> {
        if Fingerprint::of_description(sdp)? != self.fingerprint {
            return Err(VerifyError::ChangedFingerprint);
        }
        // Always newer than the last, also when the clock was set back.
        let timestamp = now.max(a_millisecond_after(self.last_sent));
        self.last_sent = timestamp;
        let call = &self.call;
        Ok(call.unsigned_message(kind, timestamp, Some(sdp), None, Some(prev_hash)))
    }
}

/// An offer or an answer that was received within the call.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RemoteDescription {
    kind: MessageKind,
    hash: MessageHash,
    timestamp: UnixTime,
}

fn a_millisecond_after(time: UnixTime) -> UnixTime {
    UnixTime::from_millis(time.as_millis().saturating_add(1))
}
