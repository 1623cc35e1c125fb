//! The handshake of one call, from either side: what leaves is signed with it, and what
//! arrives is checked against it.

use std::time::Duration;

use wimpex_identity::{
    Agreed, AwaitingConfirm, CallContext, Callee, Caller, Fingerprint, Nonce, ReceivedMessage,
    RemoteAnswer, RemoteDescription, ReplayCache, Secured, SignatureClaim, UnsignedMessage,
    Unverified, VerifyError, check_candidate, is_key_id, must_verify,
};
use wimpex_protocol::{CallId, DeviceId, IceCandidate, Sec, UserId, session_id};
use wimpex_sansio::{Now, UnixTime};

use crate::{Assurance, CallKey, KeptHandshake};

/// The time after the connection is up by which the handshake must be complete. Its last
/// message was sent before the connection was made, so that one which is still missing
/// then was lost or is kept back.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// A description within the call that is retransmitted after this time is signed anew:
/// its proof is about to be stale ([`wimpex_identity::FRESHNESS`]). Not sooner, for an
/// answer to the proof before may still be on its way. No page keeps one longer than half
/// a minute.
const RENEW_PROOF_AFTER: Duration = Duration::from_secs(40);
/// The first offer is not retransmitted after this time: it cannot be signed anew, as
/// answers to the one before would then be answers to another.
const RETRANSMIT_OFFER_FOR: Duration = Duration::from_secs(50);

/// One call's handshake.
#[derive(Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "model", derive(Clone))]
pub(crate) struct Handshake {
    key: CallKey,
    /// The device that the handshake is with; `None` while all of the peer's ring.
    remote_device: Option<DeviceId>,
    state: HandshakeState,
    /// What this side has sent last.
    local: Option<SentDescription>,
    /// What this side has received last.
    remote: Option<AcceptedDescription>,
    /// This side's confirmation, until it shows that the peer has it.
    confirm: Option<SentConfirm>,
    /// The peer's connection that answers nothing any more: the one before, while an offer of
    /// another connection here is out ([`session_id`]).
    past_session: Option<String>,
    /// This side's offer within the call is still to be answered.
    offer_is_out: bool,
    /// When one that was out gave way to another: an answer to it may be on its way.
    offer_gave_way: Option<UnixTime>,
    /// The peer's offer within the call that is still to be answered.
    remote_offer: Option<RemoteDescription>,
    /// The certificate that DTLS uses, once the connection is up.
    certificate: Option<Fingerprint>,
    /// When the handshake must be complete.
    deadline: Option<Now>,
    timed_out: bool,
}

#[derive(Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "model", derive(Clone))]
enum HandshakeState {
    /// This side has made the first offer.
    Calling(Caller),
    /// The peer has made the first offer.
    Called(Callee),
    /// This side has answered.
    AwaitingConfirm(AwaitingConfirm),
    /// All three messages were exchanged.
    Agreed(Agreed),
    /// DTLS uses the certificate that was signed.
    Secured(Secured),
    /// There is no handshake: the peer is a guest whose program takes no part in it.
    Unauthenticated,
    /// A step has failed for good. Nothing is signed or verified any more.
    Failed,
}

/// A description as it was sent, with its proof.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct SentDescription {
    sdp: String,
    /// `None` until it is signed.
    proof: Option<Sec>,
    signed_at: UnixTime,
}

/// The confirmation as it was sent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct SentConfirm {
    /// `None` until it is signed.
    proof: Option<Sec>,
    signed_at: UnixTime,
}

/// A description that was accepted, with its proof.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct AcceptedDescription {
    sdp: String,
    proof: Option<Sec>,
}

/// What is to be done with a received message.
#[derive(Debug)]
pub(crate) enum Inspection {
    /// It needs no verification.
    Deliver,
    /// It is of no use to anybody, and does no harm.
    Ignore,
    /// Its signature decides.
    Verify(UnverifiedMessage),
}

/// A message that is right in all but its signature.
#[derive(Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "model", derive(Clone))]
pub(crate) enum UnverifiedMessage {
    /// The first offer of a call, which begins a handshake.
    FirstOffer(Box<Unverified<Callee>>),
    /// The first offer of a call that was signed too long ago to ring.
    HeldOffer(Box<Unverified<UnixTime>>),
    /// A message of a handshake that goes on.
    Next(NextMessage),
}

/// A message of a handshake that goes on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum NextMessage {
    Answer(Box<Unverified<RemoteAnswer>>),
    Confirm(Box<Unverified<Agreed>>),
    OfferWithin(Box<Unverified<RemoteDescription>>),
    AnswerWithin(Box<Unverified<RemoteDescription>>),
}

impl UnverifiedMessage {
    /// The signature to check; a guest's message has none.
    pub(crate) fn claim(&self) -> Option<&SignatureClaim> {
        match self {
            Self::FirstOffer(offer) => offer.claim(),
            Self::HeldOffer(offer) => offer.claim(),
            Self::Next(NextMessage::Answer(answer)) => answer.claim(),
            Self::Next(NextMessage::Confirm(agreed)) => agreed.claim(),
            Self::Next(NextMessage::OfferWithin(it) | NextMessage::AnswerWithin(it)) => it.claim(),
        }
    }
}

/// How a description is to be proved that is about to leave.
#[derive(Debug)]
pub(crate) enum Signing {
    /// Not at all: there is nobody to prove it to.
    NotNeeded,
    /// With the proof that it had before: it is retransmitted.
    Repeat,
    /// With a signature of these bytes.
    New(UnsignedMessage),
}

impl Handshake {
    /// This side calls.
    pub(crate) fn calling(
        call: CallContext,
        sdp: &str,
        nonce: Nonce,
        now: UnixTime,
    ) -> Result<(Self, UnsignedMessage), VerifyError> {
        let key = CallKey::new(call.peer.clone(), call.id.clone());
        let (caller, offer) = Caller::offer(call, sdp, nonce, now)?;
        let mut handshake = Self::new(key, HandshakeState::Calling(caller));
        handshake.set_local(sdp, now);
        Ok((handshake, offer))
    }

    /// The peer calls, with a valid offer from this device.
    pub(crate) fn called(
        key: CallKey,
        callee: Callee,
        offer: &ReceivedMessage<'_>,
        device: &DeviceId,
    ) -> Self {
        let mut handshake = Self::new(key, HandshakeState::Called(callee));
        handshake.set_remote(offer, device);
        handshake
    }

    /// A guest calls whose program takes no part in the handshake.
    pub(crate) fn unauthenticated(key: CallKey) -> Self {
        Self::new(key, HandshakeState::Unauthenticated)
    }

    fn new(key: CallKey, state: HandshakeState) -> Self {
        Self {
            key,
            remote_device: None,
            state,
            local: None,
            remote: None,
            confirm: None,
            past_session: None,
            offer_is_out: false,
            offer_gave_way: None,
            remote_offer: None,
            certificate: None,
            deadline: None,
            timed_out: false,
        }
    }

    /// What another page needs to go on with it: `None` while it is not complete.
    pub(crate) fn keep(&self) -> Option<KeptHandshake> {
        let agreed = match &self.state {
            HandshakeState::Agreed(agreed) => agreed,
            HandshakeState::Secured(secured) => secured,
            HandshakeState::Calling(_)
            | HandshakeState::Called(_)
            | HandshakeState::AwaitingConfirm(_)
            | HandshakeState::Unauthenticated
            | HandshakeState::Failed => return None,
        };
        let remote = self.remote.as_ref();
        let session = remote.and_then(|remote| session_id(&remote.sdp));
        Some(KeptHandshake {
            device: self.remote_device.clone()?,
            past_session: session
                .map(str::to_owned)
                .or_else(|| self.past_session.clone()),
            agreed: agreed.clone(),
        })
    }

    /// Goes on with it in another page. The certificate is compared anew, with that of the
    /// connection to come.
    pub(crate) fn restore(kept: KeptHandshake) -> Self {
        let key = kept.key();
        Self {
            remote_device: Some(kept.device),
            past_session: kept.past_session,
            ..Self::new(key, HandshakeState::Agreed(kept.agreed))
        }
    }

    /// The call that it is for.
    pub(crate) fn key(&self) -> &CallKey {
        &self.key
    }

    /// Whether it is for this call.
    pub(crate) fn is_for(&self, peer: &UserId, call_id: &CallId) -> bool {
        self.key.peer == *peer && self.key.call_id == *call_id
    }

    /// The device that the handshake is with, once that is known.
    pub(crate) fn remote_device(&self) -> Option<&DeviceId> {
        self.remote_device.as_ref()
    }

    // What leaves.

    /// An offer is about to leave within the call, or the first one again. `now` is the
    /// wall clock's time.
    pub(crate) fn sign_offer(&mut self, sdp: &str, now: UnixTime) -> Result<Signing, VerifyError> {
        if matches!(self.state, HandshakeState::Unauthenticated) {
            return Ok(Signing::NotNeeded);
        }
        match (self.signed_since(sdp, now), self.agreed()) {
            (Some(age), Some(_)) if age < RENEW_PROOF_AFTER => Ok(Signing::Repeat),
            (Some(age), None) if age < RETRANSMIT_OFFER_FOR => Ok(Signing::Repeat),
            (_, Some(agreed)) => {
                let offer = agreed.offer(sdp, now)?;
                self.note_connection(sdp);
                if std::mem::replace(&mut self.offer_is_out, true) {
                    self.offer_gave_way = Some(now);
                }
                self.set_local(sdp, now);
                Ok(Signing::New(offer))
            }
            (_, None) => Err(VerifyError::OutOfOrder),
        }
    }

    /// An answer is about to leave: the first, one within the call, or the last one again.
    /// `now` is the wall clock's time.
    pub(crate) fn sign_answer(
        &mut self,
        sdp: &str,
        nonce: Nonce,
        now: UnixTime,
    ) -> Result<Signing, VerifyError> {
        if matches!(self.state, HandshakeState::Unauthenticated) {
            return Ok(Signing::NotNeeded);
        }
        // An offer that was signed anew is answered anew, even with the same description.
        if self.remote_offer.is_none() && self.signed_since(sdp, now).is_some() {
            return Ok(Signing::Repeat);
        }
        self.set_local(sdp, now);
        let first = self.transition(|state| match state {
            HandshakeState::Called(callee) => {
                let (awaiting, answer) = callee.answer(sdp, nonce, now)?;
                Ok((HandshakeState::AwaitingConfirm(awaiting), Some(answer)))
            }
            state @ (HandshakeState::Calling(_)
            | HandshakeState::AwaitingConfirm(_)
            | HandshakeState::Agreed(_)
            | HandshakeState::Secured(_)
            | HandshakeState::Unauthenticated
            | HandshakeState::Failed) => Ok((state, None)),
        })?;
        if let Some(answer) = first {
            return Ok(Signing::New(answer));
        }
        let offer = self.remote_offer.take().ok_or(VerifyError::Unasked)?;
        let agreed = self.agreed().ok_or(VerifyError::OutOfOrder)?;
        agreed.answer(&offer, sdp, now).map(Signing::New)
    }

    /// The proof of this description, if it is the one that was sent last.
    pub(crate) fn local_proof(&self, sdp: &str) -> Option<Sec> {
        let local = self.local.as_ref().filter(|local| local.sdp == sdp)?;
        local.proof.clone()
    }

    /// This description leaves with this proof.
    pub(crate) fn set_local_proof(&mut self, sdp: &str, proof: &Sec) {
        if let Some(local) = self.local.as_mut().filter(|local| local.sdp == sdp) {
            local.proof = Some(proof.clone());
        }
    }

    /// The confirmation leaves with this proof.
    pub(crate) fn set_confirm_proof(&mut self, proof: &Sec) {
        if let Some(confirm) = &mut self.confirm {
            confirm.proof = Some(proof.clone());
        }
    }

    /// The proof of the confirmation to this answer, if it is to be sent again: whoever
    /// retransmits the first answer may not have it. `now` is the wall clock's time.
    pub(crate) fn confirm_again(&self, answer: &ReceivedMessage<'_>, now: UnixTime) -> Option<Sec> {
        let confirm = self.confirm.as_ref().filter(|confirm| {
            self.has_accepted(answer) && now.abs_diff(confirm.signed_at) < RENEW_PROOF_AFTER
        })?;
        confirm.proof.clone()
    }

    /// How long ago this description was signed, if it was sent last.
    fn signed_since(&self, sdp: &str, now: UnixTime) -> Option<Duration> {
        let local = self.local.as_ref().filter(|local| local.sdp == sdp)?;
        Some(now.abs_diff(local.signed_at))
    }

    /// An answer does not say what it answers. One that is on its way to an offer of the
    /// connection before is known by its own connection.
    fn note_connection(&mut self, offer: &str) {
        let before = self.local.as_ref().and_then(|local| session_id(&local.sdp));
        if before != session_id(offer) {
            let remote = self.remote.as_ref();
            let past = remote.and_then(|remote| session_id(&remote.sdp));
            // Of the page before, if nothing has come from the peer in this one.
            if let Some(past) = past {
                self.past_session = Some(past.to_owned());
            }
        }
    }

    fn set_local(&mut self, sdp: &str, now: UnixTime) {
        self.local = Some(SentDescription {
            sdp: sdp.to_owned(),
            proof: None,
            signed_at: now,
        });
    }

    // What arrives, before its signature is checked.

    /// An offer with this call's id has arrived. `now` is the wall clock's time.
    pub(crate) fn inspect_offer(
        &mut self,
        offer: &ReceivedMessage<'_>,
        now: UnixTime,
    ) -> Result<Inspection, VerifyError> {
        if self.has_accepted(offer) || matches!(self.state, HandshakeState::Unauthenticated) {
            return Ok(Inspection::Deliver);
        }
        match self.agreed() {
            Some(agreed) => {
                tolerate_late(agreed.receive_offer(offer, now), NextMessage::OfferWithin)
            }
            None => Ok(Inspection::Ignore),
        }
    }

    /// An answer to this call has arrived. `now` is the wall clock's time.
    pub(crate) fn inspect_answer(
        &mut self,
        answer: &ReceivedMessage<'_>,
        device: &DeviceId,
        now: UnixTime,
    ) -> Result<Inspection, VerifyError> {
        let known = self.remote_device.as_ref();
        let is_elsewhere = known.is_some_and(|known| known != device);
        // The call machine tells another device that it is too late, and acts on nothing
        // that it says.
        if is_elsewhere || self.has_accepted(answer) {
            return Ok(Inspection::Deliver);
        }
        let session = answer.sdp.and_then(session_id);
        if session.is_some() && session == self.past_session.as_deref() {
            return Ok(Inspection::Ignore);
        }
        match &mut self.state {
            HandshakeState::Unauthenticated => Ok(Inspection::Deliver),
            HandshakeState::Calling(_) if !must_verify(answer.from, answer.proof) => {
                self.state = HandshakeState::Unauthenticated;
                Ok(Inspection::Deliver)
            }
            HandshakeState::Calling(caller) => {
                let answer = Box::new(caller.receive_answer(answer, now)?);
                let answer = UnverifiedMessage::Next(NextMessage::Answer(answer));
                Ok(Inspection::Verify(answer))
            }
            HandshakeState::Agreed(agreed) => tolerate_late(
                agreed.receive_answer(answer, now),
                NextMessage::AnswerWithin,
            ),
            HandshakeState::Secured(secured) => tolerate_late(
                secured.receive_answer(answer, now),
                NextMessage::AnswerWithin,
            ),
            HandshakeState::Called(_)
            | HandshakeState::AwaitingConfirm(_)
            | HandshakeState::Failed => Ok(Inspection::Ignore),
        }
    }

    /// The caller shows the nonce that it has committed to. `now` is the wall clock's
    /// time.
    pub(crate) fn inspect_confirm(
        &self,
        confirm: &ReceivedMessage<'_>,
        now: UnixTime,
    ) -> Result<Inspection, VerifyError> {
        match &self.state {
            HandshakeState::AwaitingConfirm(awaiting) => {
                let agreed = Box::new(awaiting.receive_confirm(confirm, now)?);
                let agreed = UnverifiedMessage::Next(NextMessage::Confirm(agreed));
                Ok(Inspection::Verify(agreed))
            }
            // A repetition, or nothing that is awaited.
            HandshakeState::Calling(_)
            | HandshakeState::Called(_)
            | HandshakeState::Agreed(_)
            | HandshakeState::Secured(_)
            | HandshakeState::Unauthenticated
            | HandshakeState::Failed => Ok(Inspection::Ignore),
        }
    }

    /// A candidate counts if it belongs to the accepted description. A guest's may arrive
    /// before that.
    pub(crate) fn inspect_candidate(&self, candidate: &IceCandidate) -> Inspection {
        match (&self.state, &self.remote) {
            (HandshakeState::Unauthenticated, _) => Inspection::Deliver,
            (_, None) if is_key_id(&self.key.peer) => Inspection::Ignore,
            (_, None) => Inspection::Deliver,
            (_, Some(remote)) => match check_candidate(&self.key.call_id, &remote.sdp, candidate) {
                Ok(()) => Inspection::Deliver,
                Err(_) => Inspection::Ignore,
            },
        }
    }

    /// Whether it is a retransmission of what was accepted last.
    fn has_accepted(&self, message: &ReceivedMessage<'_>) -> bool {
        self.remote.as_ref().is_some_and(|remote| {
            message.sdp == Some(remote.sdp.as_str()) && message.proof == remote.proof.as_ref()
        })
    }

    // What arrives, once its signature is checked.

    /// Whether a message that does not fit the offer that is out may have been signed for the one
    /// before: an answer does not say what it answers. It is of no use, and says nothing of anybody.
    pub(crate) fn may_be_late(&self, message: &NextMessage, now: UnixTime) -> bool {
        let gave_way = self.offer_gave_way.map(|at| now.abs_diff(at));
        matches!(message, NextMessage::AnswerWithin(_))
            && gave_way.is_some_and(|ago| ago < RENEW_PROOF_AFTER)
    }

    /// Takes a message whose signature is `valid` or not, and gives the confirmation that
    /// is to be sent if it was the first answer. `now` is the wall clock's time.
    pub(crate) fn accept(
        &mut self,
        message: NextMessage,
        received: &ReceivedMessage<'_>,
        device: &DeviceId,
        valid: bool,
        replay_cache: &mut ReplayCache,
        now: UnixTime,
    ) -> Result<Option<UnsignedMessage>, VerifyError> {
        let mut confirm = None;
        match message {
            NextMessage::Answer(answer) => {
                confirm = self.answered(answer.resolve(valid, replay_cache, now)?, now)?;
                self.confirm = confirm.as_ref().map(|_| SentConfirm {
                    proof: None,
                    signed_at: now,
                });
            }
            NextMessage::Confirm(agreed) => {
                self.confirmed(agreed.resolve(valid, replay_cache, now)?);
            }
            NextMessage::OfferWithin(offer) => {
                let offer = offer.resolve(valid, replay_cache, now)?;
                self.accept_within(&offer)?;
                self.remote_offer = Some(offer);
            }
            NextMessage::AnswerWithin(answer) => {
                self.accept_within(&answer.resolve(valid, replay_cache, now)?)?;
                self.offer_is_out = false;
                self.remote_offer = None;
            }
        }
        if received.sdp.is_some() {
            self.set_remote(received, device);
        }
        self.secure()?;
        Ok(confirm)
    }

    fn answered(
        &mut self,
        answer: RemoteAnswer,
        now: UnixTime,
    ) -> Result<Option<UnsignedMessage>, VerifyError> {
        self.transition(|state| match state {
            HandshakeState::Calling(caller) => {
                let (agreed, confirm) = caller.confirm(answer, now)?;
                Ok((HandshakeState::Agreed(agreed), Some(confirm)))
            }
            state @ (HandshakeState::Called(_)
            | HandshakeState::AwaitingConfirm(_)
            | HandshakeState::Agreed(_)
            | HandshakeState::Secured(_)
            | HandshakeState::Unauthenticated
            | HandshakeState::Failed) => Ok((state, None)),
        })
    }

    fn confirmed(&mut self, agreed: Agreed) {
        if matches!(self.state, HandshakeState::AwaitingConfirm(_)) {
            self.state = HandshakeState::Agreed(agreed);
        }
    }

    fn accept_within(&mut self, description: &RemoteDescription) -> Result<(), VerifyError> {
        // Who goes on within the call has the confirmation.
        self.confirm = None;
        match self.agreed() {
            Some(agreed) => agreed.accept(description),
            None => Ok(()),
        }
    }

    fn set_remote(&mut self, message: &ReceivedMessage<'_>, device: &DeviceId) {
        self.remote = Some(AcceptedDescription {
            sdp: message.sdp.unwrap_or_default().to_owned(),
            proof: message.proof.cloned(),
        });
        self.remote_device = Some(device.clone());
    }

    // The connection.

    /// The connection is up, and DTLS uses this certificate, if the browser tells. From
    /// now on the handshake has [`HANDSHAKE_TIMEOUT`].
    pub(crate) fn connected(
        &mut self,
        certificate: Option<Fingerprint>,
        now: Now,
    ) -> Result<(), VerifyError> {
        // A connection that is repaired does not extend the time.
        self.deadline.get_or_insert(now + HANDSHAKE_TIMEOUT);
        if certificate.is_some() {
            self.certificate = certificate;
        }
        self.secure()
    }

    /// When the handshake must be complete, if it is not.
    pub(crate) fn deadline(&self) -> Option<Now> {
        self.deadline
            .filter(|_| self.assurance() == Assurance::Pending)
    }

    /// Compares the deadline with `now`. With a key at the other end an incomplete
    /// handshake is an error: somebody keeps the proof back. A guest is unverified until
    /// it has completed it.
    pub(crate) fn check_deadline(&mut self, now: Now) -> Result<(), VerifyError> {
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return Ok(());
        }
        self.deadline = None;
        if is_key_id(&self.key.peer) {
            return Err(VerifyError::Late);
        }
        self.timed_out = true;
        Ok(())
    }

    /// Compares the certificate with the one that was signed, once both are known.
    fn secure(&mut self) -> Result<(), VerifyError> {
        let Some(certificate) = self.certificate else {
            return Ok(());
        };
        self.transition(|state| match state {
            HandshakeState::Agreed(agreed) => {
                let secured = agreed.secure(&certificate)?;
                Ok((HandshakeState::Secured(secured), ()))
            }
            // The same of each other connection of the call.
            HandshakeState::Secured(secured) => {
                secured.check(&certificate)?;
                Ok((HandshakeState::Secured(secured), ()))
            }
            state @ (HandshakeState::Calling(_)
            | HandshakeState::Called(_)
            | HandshakeState::AwaitingConfirm(_)
            | HandshakeState::Unauthenticated
            | HandshakeState::Failed) => Ok((state, ())),
        })
    }

    /// How far the peer's identity is proved.
    pub(crate) fn assurance(&self) -> Assurance {
        match &self.state {
            HandshakeState::Unauthenticated => Assurance::Unverified,
            HandshakeState::Secured(secured) if secured.is_key_proved() => {
                Assurance::KeyProved(secured.sas())
            }
            HandshakeState::Secured(secured) => Assurance::SasOnly(secured.sas()),
            HandshakeState::Calling(_)
            | HandshakeState::Called(_)
            | HandshakeState::AwaitingConfirm(_)
            | HandshakeState::Agreed(_)
            | HandshakeState::Failed => {
                if self.timed_out {
                    Assurance::Unverified
                } else {
                    Assurance::Pending
                }
            }
        }
    }

    fn agreed(&mut self) -> Option<&mut Agreed> {
        match &mut self.state {
            HandshakeState::Agreed(agreed) => Some(agreed),
            HandshakeState::Secured(secured) => Some(secured),
            HandshakeState::Calling(_)
            | HandshakeState::Called(_)
            | HandshakeState::AwaitingConfirm(_)
            | HandshakeState::Unauthenticated
            | HandshakeState::Failed => None,
        }
    }

    /// Puts in the state's place what `step` makes of it. The steps consume their state,
    /// so that a nonce is shown once; after an error there is none to go back to.
    fn transition<T>(
        &mut self,
        step: impl FnOnce(HandshakeState) -> Result<(HandshakeState, T), VerifyError>,
    ) -> Result<T, VerifyError> {
        let state = std::mem::replace(&mut self.state, HandshakeState::Failed);
        let (next, result) = step(state)?;
        self.state = next;
        Ok(result)
    }
}

/// What is late, repeated or out of order within a call is ignored, and does the call no
/// harm: the network may have held it up.
fn tolerate_late(
    received: Result<Unverified<RemoteDescription>, VerifyError>,
    next: fn(Box<Unverified<RemoteDescription>>) -> NextMessage,
) -> Result<Inspection, VerifyError> {
    match received {
        Ok(description) => {
            let description = UnverifiedMessage::Next(next(Box::new(description)));
            Ok(Inspection::Verify(description))
        }
        Err(VerifyError::Stale | VerifyError::OutOfOrder | VerifyError::Unasked) => {
            Ok(Inspection::Ignore)
        }
        Err(error) => Err(error),
    }
}
