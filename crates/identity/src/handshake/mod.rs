//! The three messages of the handshake, seen from either side.

mod agreed;
mod callee;
mod caller;
mod unverified;

use std::time::Duration;

use wimpex_protocol::{CallId, CallType, Sec, UserId};
use wimpex_sansio::UnixTime;

use crate::key::is_key_id;
use crate::{
    FRESHNESS, Fingerprint, MessageHash, MessageKind, Proof, SignatureClaim, Transcript,
    UnsignedMessage, VerifyError,
};

pub use agreed::{Agreed, RemoteDescription, Secured};
pub use callee::{AwaitingConfirm, Callee};
pub use caller::{Caller, RemoteAnswer};
pub use unverified::Unverified;

/// The call that a handshake is for, as this side sees it. Every message is bound to it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CallContext {
    /// The call's id.
    pub id: CallId,
    /// Audio or video, as the offer says; part of what is signed in every message.
    pub call_type: CallType,
    /// The user on this side.
    pub local: UserId,
    /// The user on the other side: for the caller, the user that is called, whose id is
    /// pinned by the link; for the callee, the offer's `fromId`.
    pub peer: UserId,
}

/// A message as it was received, before anything of it is verified.
#[derive(Clone, Copy, Debug)]
pub struct ReceivedMessage<'a> {
    /// `fromId`, as the server has stamped it: only a claim.
    pub from: &'a UserId,
    /// `callId`
    pub call: &'a CallId,
    /// `sec`, if the message has it.
    pub proof: Option<&'a Sec>,
    /// The session description to the last byte; absent in a confirmation.
    pub sdp: Option<&'a str>,
}

/// Whether a first offer or answer has to go through the handshake. Only a guest's need
/// not; the call is then unverified and has no SAS.
pub fn must_verify(from: &UserId, sec: Option<&Sec>) -> bool {
    is_key_id(from) || sec.is_some()
}

/// A message in which all is right but the signature, which is not checked yet.
struct Examined {
    proof: Proof,
    hash: MessageHash,
    claim: Option<SignatureClaim>,
}

/// What the message must be at this point of the handshake.
struct Expected<'a> {
    kind: MessageKind,
    prev_hash: Option<&'a MessageHash>,
    has_value: bool,
    age: Age,
}

/// When a message was signed, by this side's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Age {
    /// Just now: within [`FRESHNESS`] in either direction.
    Fresh,
    /// Earlier than that.
    Held,
}

impl Age {
    /// `None` of a message that was signed too far ahead, which no delay explains.
    fn of(timestamp: UnixTime, now: UnixTime) -> Option<Self> {
        if timestamp.abs_diff(now) <= FRESHNESS {
            Some(Self::Fresh)
        } else {
            (timestamp < now).then_some(Self::Held)
        }
    }
}

impl CallContext {
    /// Checks all of a message but its signature, for which a page must wait.
    fn examine(
        &self,
        message: &ReceivedMessage<'_>,
        expected: &Expected<'_>,
        now: UnixTime,
    ) -> Result<Examined, VerifyError> {
        if *message.from != self.peer {
            return Err(VerifyError::OtherSender);
        }
        if *message.call != self.id {
            return Err(VerifyError::OtherCall);
        }
        let proof = Proof::parse(message.proof.ok_or(VerifyError::Unsigned)?)?;
        // A first message within the call, or one within it at the beginning: late, as a
        // server or a page may have begun anew in between.
        if proof.value.is_some() != expected.has_value {
            return Err(VerifyError::OutOfOrder);
        }
        if Age::of(proof.timestamp, now) != Some(expected.age) {
            return Err(VerifyError::Stale);
        }
        let bytes = Transcript {
            kind: expected.kind,
            call: &self.id,
            from: &self.peer,
            to: &self.local,
            call_type: self.call_type,
            timestamp: proof.timestamp,
            sdp: message.sdp,
            value: proof.value.as_ref(),
            prev_hash: expected.prev_hash,
        }
        .bytes();
        let hash = MessageHash::of(&bytes);
        let claim = self.claim(&proof, bytes)?;
        Ok(Examined { proof, hash, claim })
    }

    /// What the peer claims to have signed; `None` if it is a guest.
    fn claim(
        &self,
        proof: &Proof,
        message: Vec<u8>,
    ) -> Result<Option<SignatureClaim>, VerifyError> {
        match proof.signed {
            Some((key, _)) if key.user_id() != self.peer => Err(VerifyError::OtherKey),
            Some((key, signature)) => Ok(Some(SignatureClaim {
                key,
                message,
                signature,
            })),
            None if is_key_id(&self.peer) => Err(VerifyError::Unsigned),
            None => Ok(None),
        }
    }

    /// A message from this side.
    fn unsigned_message(
        &self,
        kind: MessageKind,
        timestamp: UnixTime,
        sdp: Option<&str>,
        value: Option<&[u8; 32]>,
        prev_hash: Option<&MessageHash>,
    ) -> UnsignedMessage {
        let bytes = Transcript {
            kind,
            call: &self.id,
            from: &self.local,
            to: &self.peer,
            call_type: self.call_type,
            timestamp,
            sdp,
            value,
            prev_hash,
        }
        .bytes();
        UnsignedMessage::new(bytes, timestamp, value.copied())
    }
}

fn fingerprint(message: &ReceivedMessage<'_>) -> Result<Fingerprint, VerifyError> {
    Fingerprint::of_description(message.sdp.ok_or(VerifyError::NoFingerprint)?)
}

/// Whether a step that began at `since` has taken longer than it may. A clock that was
/// set back meanwhile does not extend the time: the difference counts in both directions.
fn is_late(since: UnixTime, now: UnixTime, limit: Duration) -> bool {
    now.abs_diff(since) > limit
}
