//! The three messages, seen from either side.

mod agreed;
mod callee;
mod caller;
mod unsigned_message;
mod unverified;

use wimpex_protocol::{CallId, CallType, Sec, UserId};

use crate::key::is_key_id;
use crate::{
    Fingerprint, MessageHash, MessageKind, Proof, SignatureClaim, Transcript, VerifyError,
};

pub use agreed::{Agreed, RemoteDescription, Secured};
pub use callee::{AwaitingConfirm, Callee};
pub use caller::{Caller, RemoteAnswer};
pub use unsigned_message::UnsignedMessage;
pub use unverified::Unverified;

/// So far the sender's clock and one's own may be apart when a message arrives,
/// the time on the way included; in milliseconds.
pub const FRESH_MS: u64 = 60_000;
/// So long after its offer the caller takes an answer: a minute of ringing, and
/// a minute on the way.
pub const ANSWER_WITHIN_MS: u64 = 120_000;
/// So long after its answer the callee takes the confirmation.
pub const CONFIRM_WITHIN_MS: u64 = 60_000;

/// Which call a handshake is for, seen from here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallContext {
    /// Its id.
    pub id: CallId,
    /// Sound and picture, or sound alone, as the offer says.
    pub call_type: CallType,
    /// This side.
    pub local: UserId,
    /// The other side: as the caller, whoever is called, whose id is pinned by
    /// their link; as the callee, the offer's `fromId`.
    pub peer: UserId,
}

/// A message as it has arrived.
#[derive(Clone, Copy, Debug)]
pub struct ReceivedMessage<'a> {
    /// `fromId`, as the server has stamped it.
    pub from: &'a UserId,
    /// `callId`
    pub call: &'a CallId,
    /// `sec`, if it is there.
    pub proof: Option<&'a Sec>,
    /// The session description, to the last byte; absent in a confirmation.
    pub sdp: Option<&'a str>,
}

/// Whether a first offer or answer has to go through the handshake. Only a
/// guest's may do without, and the call is then not verified and has no pictures.
pub fn must_verify(from: &UserId, sec: Option<&Sec>) -> bool {
    is_key_id(from) || sec.is_some()
}

/// A message that is what it should be, but for its signature.
struct Examined {
    proof: Proof,
    hash: MessageHash,
    claim: Option<SignatureClaim>,
}

/// What a message must be.
struct Expected<'a> {
    kind: MessageKind,
    prev_hash: Option<&'a MessageHash>,
    has_value: bool,
}

impl CallContext {
    /// Checks all of a message that can be checked without waiting.
    fn examine(
        &self,
        message: &ReceivedMessage<'_>,
        expected: &Expected<'_>,
        now: u64,
    ) -> Result<Examined, VerifyError> {
        if *message.from != self.peer {
            return Err(VerifyError::OtherSender);
        }
        if *message.call != self.id {
            return Err(VerifyError::OtherCall);
        }
        let proof = Proof::parse(message.proof.ok_or(VerifyError::Unsigned)?)?;
        if proof.value.is_some() != expected.has_value {
            return Err(VerifyError::Malformed);
        }
        if proof.timestamp.abs_diff(now) > FRESH_MS {
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

    /// What the peer claims to have signed; nothing if it is a guest.
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

    /// A message of one's own.
    fn unsigned_message(
        &self,
        kind: MessageKind,
        timestamp: u64,
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

/// Whether a step that began at `since` has taken longer than it may. A clock
/// that was put back in between gives the benefit of the doubt to nobody.
fn is_late(since: u64, now: u64, limit: u64) -> bool {
    now.abs_diff(since) > limit
}
