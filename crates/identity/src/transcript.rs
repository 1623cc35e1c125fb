//! The bytes of a handshake that are signed.

use std::fmt;

use sha2::{Digest, Sha256};
use wimpex_protocol::{CallId, CallType, UserId};

const VERSION: &[u8] = b"wimpex-call-v1";

/// Which of the three messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MessageKind {
    /// `call-offer`
    Offer,
    /// `call-answer`
    Answer,
    /// `call-confirm`
    Confirm,
}

impl MessageKind {
    /// The `type` on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Offer => "call-offer",
            Self::Answer => "call-answer",
            Self::Confirm => "call-confirm",
        }
    }
}

/// SHA-256 of the bytes of a message that are signed, be they signed or not.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct MessageHash([u8; 32]);

impl MessageHash {
    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
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

/// What one message of a handshake says.
#[derive(Clone, Copy, Debug)]
pub struct Transcript<'a> {
    /// Which message.
    pub kind: MessageKind,
    /// The call.
    pub call: &'a CallId,
    /// Who says it.
    pub from: &'a UserId,
    /// To whom.
    pub to: &'a UserId,
    /// That of the call, in the answer and the confirmation too.
    pub call_type: CallType,
    /// Milliseconds since 1970, by the sender's clock.
    pub timestamp: u64,
    /// The session description to the last byte; absent in a confirmation.
    pub sdp: Option<&'a str>,
    /// The commitment of the first offer, the nonce of the first answer and of
    /// the confirmation; absent in later offers and answers.
    pub value: Option<&'a [u8; 32]>,
    /// The message before; absent in the first offer.
    pub prev_hash: Option<&'a MessageHash>,
}

impl Transcript<'_> {
    /// What later messages and the pictures refer to this one by.
    pub fn hash(&self) -> MessageHash {
        MessageHash::of(&self.bytes())
    }

    /// The bytes that are signed: ten fields, each after its length as two bytes,
    /// the greater first. Absent fields have the length 0.
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
            &self.timestamp.to_be_bytes(),
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
