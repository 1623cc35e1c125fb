//! One call's handshake, from either side.

mod signing;

use wimpex_identity::{
    Agreed, AwaitingConfirm, CallContext, Callee, Caller, Fingerprint, Nonce, ReceivedMessage,
    RemoteAnswer, RemoteDescription, Secured, SignatureClaim, UnsignedMessage, Unverified,
    VerifyError, check_candidate, is_key_id, must_verify,
};
use wimpex_protocol::{CallId, DeviceId, IceCandidate, Sec, UserId};
use wimpex_sansio::UnixTime;

use crate::Assurance;
pub(crate) use signing::Saying;

/// A description and its proof, as one goes with the other.
type Words = (String, Option<Sec>);

#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) peer: UserId,
    pub(crate) id: CallId,
    /// The device that the handshake is with; none while all of the peer's ring.
    device: Option<DeviceId>,
    stage: Stage,
    /// What was said last, and when: it is said again in the same words.
    said: Option<(Words, UnixTime)>,
    /// What was heard last, likewise.
    heard: Option<Words>,
    /// The offer within the call that is to be answered.
    asked: Option<RemoteDescription>,
    /// The certificate that DTLS uses.
    certificate: Option<Fingerprint>,
    /// The handshake has taken longer than it may.
    is_overdue: bool,
}

#[derive(Debug)]
enum Stage {
    Offered(Caller),
    Heard(Callee),
    Answered(AwaitingConfirm),
    Agreed(Agreed),
    Secured(Secured),
    /// A guest that proves nothing.
    Plain,
    /// A step is being made.
    Between,
}

/// What follows from a message whose claim holds.
#[derive(Debug)]
pub(crate) enum Follows {
    Offered(Box<Unverified<Callee>>),
    Answered(Box<Unverified<RemoteAnswer>>),
    Confirmed(Box<Unverified<Agreed>>),
    Within(Box<Unverified<RemoteDescription>>),
}

impl Follows {
    pub(crate) fn claim(&self) -> Option<&SignatureClaim> {
        match self {
            Self::Offered(unverified) => unverified.claim(),
            Self::Answered(unverified) => unverified.claim(),
            Self::Confirmed(unverified) => unverified.claim(),
            Self::Within(unverified) => unverified.claim(),
        }
    }
}

/// What is to become of a message.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// It goes on as it is.
    Pass,
    /// It is of no use to anybody.
    Ignore,
    /// Its claim decides.
    Check(Follows),
}

impl Session {
    /// We call.
    pub(crate) fn offering(
        call: CallContext,
        sdp: &str,
        nonce: Nonce,
        now: UnixTime,
    ) -> Result<(Self, UnsignedMessage), VerifyError> {
        let (peer, id) = (call.peer.clone(), call.id.clone());
        let (caller, draft) = Caller::offer(call, sdp, nonce, now)?;
        let session = Self {
            said: Some(((sdp.to_owned(), None), now)),
            ..Self::new(peer, id, Stage::Offered(caller))
        };
        Ok((session, draft))
    }

    /// They call, and it holds.
    pub(crate) fn called(callee: Callee, peer: UserId, id: CallId) -> Self {
        Self::new(peer, id, Stage::Heard(callee))
    }

    /// A guest that proves nothing calls, or is called.
    pub(crate) fn plain(peer: UserId, id: CallId) -> Self {
        Self::new(peer, id, Stage::Plain)
    }

    fn new(peer: UserId, id: CallId, stage: Stage) -> Self {
        Self {
            peer,
            id,
            device: None,
            stage,
            said: None,
            heard: None,
            asked: None,
            certificate: None,
            is_overdue: false,
        }
    }

    pub(crate) fn is(&self, peer: &UserId, id: &CallId) -> bool {
        self.peer == *peer && self.id == *id
    }

    /// The device that the handshake is with, once that is known.
    pub(crate) fn device(&self) -> Option<&DeviceId> {
        self.device.as_ref()
    }

    fn agreed(&mut self) -> Option<&mut Agreed> {
        match &mut self.stage {
            Stage::Agreed(agreed) => Some(agreed),
            Stage::Secured(secured) => Some(secured),
            Stage::Offered(_)
            | Stage::Heard(_)
            | Stage::Answered(_)
            | Stage::Plain
            | Stage::Between => None,
        }
    }

    /// An offer with this call's id.
    pub(crate) fn hear_offer(
        &mut self,
        offer: &ReceivedMessage<'_>,
        now: UnixTime,
    ) -> Result<Verdict, VerifyError> {
        if self.has_heard(offer) || matches!(self.stage, Stage::Plain) {
            return Ok(Verdict::Pass);
        }
        match self.agreed() {
            Some(agreed) => within(agreed.receive_offer(offer, now)),
            None => Ok(Verdict::Ignore),
        }
    }

    /// An answer to this call.
    pub(crate) fn hear_answer(
        &mut self,
        answer: &ReceivedMessage<'_>,
        device: &DeviceId,
        now: UnixTime,
    ) -> Result<Verdict, VerifyError> {
        let elsewhere = self.device.as_ref().is_some_and(|known| known != device);
        // The machine tells another device that it is too late, and takes nothing of it.
        if elsewhere || self.has_heard(answer) {
            return Ok(Verdict::Pass);
        }
        match &self.stage {
            Stage::Plain => Ok(Verdict::Pass),
            Stage::Offered(_) if !must_verify(answer.from, answer.proof) => {
                self.stage = Stage::Plain;
                Ok(Verdict::Pass)
            }
            Stage::Offered(caller) => {
                let unverified = caller.receive_answer(answer, now)?;
                Ok(Verdict::Check(Follows::Answered(Box::new(unverified))))
            }
            Stage::Agreed(_) | Stage::Secured(_) => match self.agreed() {
                Some(agreed) => within(agreed.receive_answer(answer, now)),
                None => Ok(Verdict::Ignore),
            },
            Stage::Heard(_) | Stage::Answered(_) | Stage::Between => Ok(Verdict::Ignore),
        }
    }

    /// The nonce that was promised.
    pub(crate) fn hear_confirm(
        &mut self,
        confirm: &ReceivedMessage<'_>,
        now: UnixTime,
    ) -> Result<Verdict, VerifyError> {
        match &self.stage {
            Stage::Answered(waiting) => {
                let unverified = waiting.receive_confirm(confirm, now)?;
                Ok(Verdict::Check(Follows::Confirmed(Box::new(unverified))))
            }
            // Said again, or nobody asked.
            Stage::Offered(_)
            | Stage::Heard(_)
            | Stage::Agreed(_)
            | Stage::Secured(_)
            | Stage::Plain
            | Stage::Between => Ok(Verdict::Ignore),
        }
    }

    /// A candidate counts if it is of what was heard. Those of a guest may come before.
    pub(crate) fn hear_candidate(&self, candidate: &IceCandidate) -> Verdict {
        match (&self.stage, &self.heard) {
            (Stage::Plain, _) => Verdict::Pass,
            (_, None) if is_key_id(&self.peer) => Verdict::Ignore,
            (_, None) => Verdict::Pass,
            (_, Some((sdp, _))) => match check_candidate(&self.id, sdp, candidate) {
                Ok(()) => Verdict::Pass,
                Err(_) => Verdict::Ignore,
            },
        }
    }

    fn has_heard(&self, message: &ReceivedMessage<'_>) -> bool {
        self.heard.as_ref().is_some_and(|(sdp, sec)| {
            message.sdp == Some(sdp.as_str()) && message.proof == sec.as_ref()
        })
    }
}

impl Session {
    /// The first answer holds: what confirms it.
    pub(crate) fn answered(
        &mut self,
        answered: RemoteAnswer,
        now: UnixTime,
    ) -> Result<Option<UnsignedMessage>, VerifyError> {
        if !matches!(self.stage, Stage::Offered(_)) {
            return Ok(None);
        }
        match std::mem::replace(&mut self.stage, Stage::Between) {
            Stage::Offered(caller) => {
                let (agreed, draft) = caller.confirm(answered, now)?;
                self.stage = Stage::Agreed(agreed);
                Ok(Some(draft))
            }
            _ => Ok(None),
        }
    }

    /// The confirmation holds.
    pub(crate) fn confirmed(&mut self, agreed: Agreed) {
        if matches!(self.stage, Stage::Answered(_)) {
            self.stage = Stage::Agreed(agreed);
        }
    }

    /// An offer or an answer within the call holds.
    pub(crate) fn heard_within(
        &mut self,
        heard: RemoteDescription,
        is_offer: bool,
    ) -> Result<(), VerifyError> {
        if let Some(agreed) = self.agreed() {
            agreed.accept(&heard)?;
        }
        self.asked = is_offer.then_some(heard);
        Ok(())
    }

    /// Remembers a description that holds, and the device that it came from.
    pub(crate) fn remember(&mut self, message: &ReceivedMessage<'_>, device: &DeviceId) {
        let sdp = message.sdp.unwrap_or_default().to_owned();
        self.heard = Some((sdp, message.proof.cloned()));
        self.device = Some(device.clone());
    }

    /// The handshake has taken longer than it may.
    pub(crate) fn overdue(&mut self) {
        self.is_overdue = true;
    }

    /// DTLS uses this certificate.
    pub(crate) fn uses(&mut self, certificate: Fingerprint) {
        self.certificate = Some(certificate);
    }

    /// Compares the certificate with the one that was signed, once both are known.
    pub(crate) fn secure(&mut self) -> Result<(), VerifyError> {
        let Some(certificate) = self.certificate else {
            return Ok(());
        };
        if matches!(self.stage, Stage::Agreed(_))
            && let Stage::Agreed(agreed) = std::mem::replace(&mut self.stage, Stage::Between)
        {
            self.stage = Stage::Secured(agreed.secure(&certificate)?);
        }
        Ok(())
    }

    pub(crate) fn assurance(&self) -> Assurance {
        match &self.stage {
            Stage::Plain => Assurance::Unverified,
            Stage::Offered(_)
            | Stage::Heard(_)
            | Stage::Answered(_)
            | Stage::Agreed(_)
            | Stage::Between
                if self.is_overdue =>
            {
                Assurance::Unverified
            }
            Stage::Secured(secured) if secured.is_key_proved() => {
                Assurance::KeyProved(secured.sas())
            }
            Stage::Secured(secured) => Assurance::SasOnly(secured.sas()),
            Stage::Offered(_)
            | Stage::Heard(_)
            | Stage::Answered(_)
            | Stage::Agreed(_)
            | Stage::Between => Assurance::Pending,
        }
    }
}

/// What comes twice or late within a call is not let in, and does the call no harm: the
/// network may have held it up.
fn within(
    unverified: Result<Unverified<RemoteDescription>, VerifyError>,
) -> Result<Verdict, VerifyError> {
    match unverified {
        Ok(unverified) => Ok(Verdict::Check(Follows::Within(Box::new(unverified)))),
        Err(VerifyError::Stale | VerifyError::OutOfOrder | VerifyError::Unasked) => {
            Ok(Verdict::Ignore)
        }
        Err(refusal) => Err(refusal),
    }
}
