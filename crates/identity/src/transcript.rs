//! The bytes of a handshake that are signed.

use std::fmt;

use sha2::{Digest, Sha256};
use wimpex_protocol::{CallId, CallType, UserId};
use wimpex_sansio::UnixTime;

const VERSION: &[u8] = b"wimpex-call-v1";

/// The three messages of a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MessageKind {
    /// `call-offer`: the first of a call, or one within it.
    Offer,
    /// `call-answer`: to the first offer, or to one within the call.
    Answer,
    /// `call-confirm`: the caller shows its nonce.
    Confirm,
}

impl MessageKind {
    /// The message's `type` on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Offer => "call-offer",
            Self::Answer => "call-answer",
            Self::Confirm => "call-confirm",
        }
    }
}

/// SHA-256 of a message's signed bytes ([`Transcript::bytes`]); guests' messages have
/// it too.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct MessageHash([u8; 32]);

impl MessageHash {
    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub(crate) const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) fn of(message: &[u8]) -> Self {
        Self(Sha256::digest(message).into())
    }
}

impl fmt::Debug for MessageHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MessageHash(…)")
    }
}

/// Everything in a message of the handshake that its signature covers.
#[derive(Clone, Copy, Debug)]
pub struct Transcript<'a> {
    /// Offer, answer or confirmation.
    pub kind: MessageKind,
    /// The call's id.
    pub call: &'a CallId,
    /// `fromId`: who signs.
    pub from: &'a UserId,
    /// `toId`: for whom it is signed.
    pub to: &'a UserId,
    /// That of the first offer, in all later messages too.
    pub call_type: CallType,
    /// By the sender's wall clock.
    pub timestamp: UnixTime,
    /// The session description to the last byte; absent in a confirmation.
    pub sdp: Option<&'a str>,
    /// The commitment of the first offer, the nonce of the first answer and of
    /// the confirmation; absent in later offers and answers.
    pub value: Option<&'a [u8; 32]>,
    /// The hash of the message before, which chains them; absent in the first offer.
    pub prev_hash: Option<&'a MessageHash>,
}

impl Transcript<'_> {
    /// What later messages and the SAS refer to this one by.
    pub fn hash(&self) -> MessageHash {
        MessageHash::of(&self.bytes())
    }

    /// The bytes that are signed: ten fields, each after its length as two bytes,
    /// big-endian. Absent fields have the length 0.
    pub fn bytes(&self) -> Vec<u8> {
        let call_type = match self.call_type {
            CallType::Video => "video",
            CallType::Audio => "audio",
        };
        let sdp = self.sdp.map(|sdp| Sha256::digest(sdp.as_bytes()));
        let fields: [&[u8]; 10] = [
            VERSION,
            self.kind.name().as_bytes(),
            self.call.as_str().as_bytes(),
            self.from.as_str().as_bytes(),
            self.to.as_str().as_bytes(),
            call_type.as_bytes(),
            &self.timestamp.as_millis().to_be_bytes(),
            sdp.as_ref().map_or(&[], |hash| hash.as_slice()),
            self.value.map_or(&[], |value| value),
            self.prev_hash.map_or(&[], |hash| hash.as_bytes()),
        ];
        let mut bytes = Vec::with_capacity(352);
        for field in fields {
            let length = u16::try_from(field.len()).expect("ids have 64 bytes at most");
            bytes.extend(length.to_be_bytes());
            bytes.extend(field);
        }
        bytes
    }
}
