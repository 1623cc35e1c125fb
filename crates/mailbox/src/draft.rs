//! A message before it is signed.

use wimpex_identity::PublicKey;
use wimpex_protocol::UserId;
use wimpex_sansio::UnixTime;

use crate::message_id::MessageId;

const DOMAIN: &[u8] = b"wimpex-message-v1";
const INFO: &[u8] = b"wimpex-message-v1 hpke";
pub(crate) const VERSION: u8 = 1;

/// From whom, to whom, which and when: what is known of a message before it is sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The sender's identity.
    pub sender: PublicKey,
    /// For whom it is.
    pub receiver: UserId,
    /// The receiver's [`crate::MessageKey`] that it is sealed with.
    pub receiver_key: [u8; 32],
    /// Which of the sender's messages.
    pub id: MessageId,
    /// When it was left, by the sender's clock.
    pub time: UnixTime,
}

impl Draft {
    /// The `info` of HPKE: whoever takes the sealed bytes for a message of their own, or for
    /// another receiver, id or time, cannot have it opened.
    pub fn info(&self) -> Vec<u8> {
        [INFO, &self.encode()].concat()
    }

    /// What the sender signs, given the ephemeral key (`enc`), the size and the SHA-256 hash of
    /// what was sealed.
    pub fn message(&self, encapsulated: &[u8; 32], size: u32, hash: &[u8; 32]) -> Vec<u8> {
        [DOMAIN, &self.with_seal(encapsulated, size, hash)].concat()
    }

    pub(crate) fn with_seal(&self, encapsulated: &[u8; 32], size: u32, hash: &[u8; 32]) -> Vec<u8> {
        let draft = self.encode();
        [&draft[..], encapsulated, &size.to_be_bytes(), hash].concat()
    }

    fn encode(&self) -> Vec<u8> {
        let receiver = self.receiver.as_str().as_bytes();
        [
            &[VERSION],
            &self.sender.as_bytes()[..],
            // A user id has at most 64 bytes.
            &[u8::try_from(receiver.len()).unwrap_or(u8::MAX)],
            receiver,
            &self.receiver_key,
            self.id.as_bytes(),
            &self.time.as_millis().to_be_bytes(),
        ]
        .concat()
    }
}
