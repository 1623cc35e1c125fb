//! What stands on a sealed message, for everybody to read.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use wimpex_identity::{PublicKey, Signature, SignatureClaim};
use wimpex_protocol::UserId;
use wimpex_sansio::UnixTime;

use crate::draft::{Draft, VERSION};
use crate::message_id::{MessageId, MessageName};
use crate::reader::Reader;

/// The most characters of an envelope, with the longest user id.
const TEXT: usize = 512;

/// From whom, to whom, when, and what was sealed: signed by the sender.
///
/// Bytes: 1 (version) ‖ sender's key (32) ‖ length of the receiver's id (1) ‖ the receiver's id ‖
/// the receiver's X25519 key (32) ‖ id (16) ‖ time (8) ‖ ephemeral X25519 key, HPKE's `enc` (32) ‖
/// size of the sealed bytes (4) ‖ their SHA-256 hash (32) ‖ signature (64). What is signed is
/// "wimpex-message-v1" and all bytes before the signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// From whom, to whom, which and when.
    pub draft: Draft,
    /// The sender's ephemeral public key.
    pub encapsulated: [u8; 32],
    /// Of the sealed bytes.
    pub size: u32,
    /// SHA-256 of the sealed bytes.
    pub hash: [u8; 32],
    /// By the sender.
    pub signature: Signature,
}

impl Draft {
    /// The envelope with the sender's signature.
    pub fn sign(
        self,
        encapsulated: [u8; 32],
        size: u32,
        hash: [u8; 32],
        signature: Signature,
    ) -> Envelope {
        Envelope {
            draft: self,
            encapsulated,
            size,
            hash,
            signature,
        }
    }
}

impl Envelope {
    /// Reads one; `None` if it is none. Nothing is checked yet.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > TEXT {
            return None;
        }
        let bytes = Base64UrlUnpadded::decode_vec(text).ok()?;
        let mut reader = Reader(&bytes);
        if reader.u8()? != VERSION {
            return None;
        }
        let sender = PublicKey::from_bytes(reader.array()?);
        let length = reader.u8()?;
        let receiver = str::from_utf8(reader.take(length.into())?).ok()?;
        let read = Self {
            draft: Draft {
                sender,
                receiver: UserId::parse(receiver.to_owned()).ok()?,
                receiver_key: reader.array()?,
                id: MessageId::from_bytes(reader.array()?),
                time: UnixTime::from_millis(reader.u64()?),
            },
            encapsulated: reader.array()?,
            size: reader.u32()?,
            hash: reader.array()?,
            signature: Signature::from_bytes(reader.array()?),
        };
        reader.is_done().then_some(read)
    }

    /// Encodes it as [`Envelope::parse`] reads it.
    pub fn encode(&self) -> String {
        let signed = self
            .draft
            .with_seal(&self.encapsulated, self.size, &self.hash);
        Base64UrlUnpadded::encode_string(&[&signed[..], self.signature.as_bytes()].concat())
    }

    /// What is to be checked before anything in it is believed.
    pub fn claim(&self) -> SignatureClaim {
        SignatureClaim {
            key: self.draft.sender,
            message: self
                .draft
                .message(&self.encapsulated, self.size, &self.hash),
            signature: self.signature,
        }
    }

    /// Which message it is, for its receiver.
    pub fn name(&self) -> MessageName {
        MessageName {
            sender: self.draft.sender.user_id(),
            id: self.draft.id,
        }
    }
}
