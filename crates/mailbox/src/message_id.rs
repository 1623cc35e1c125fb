//! Which message it is.

use std::fmt;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use wimpex_protocol::UserId;

/// Which of its sender's messages it is: 16 random bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageId([u8; 16]);

impl MessageId {
    /// Takes 16 random bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Base64UrlUnpadded::encode_string(&self.0))
    }
}

/// Which of all messages to one receiver it is: its sender and its id. Somebody else's message with
/// the same id is another one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageName {
    /// Whose it is.
    pub sender: UserId,
    /// Which of theirs.
    pub id: MessageId,
}

impl MessageName {
    /// Encodes it as [`MessageName::parse`] reads it: the sender, a dot, and base64url of the id.
    pub fn encode(&self) -> String {
        let id = Base64UrlUnpadded::encode_string(&self.id.0);
        [self.sender.as_str(), ".", &id].concat()
    }

    /// Reads a name; `None` if it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let (sender, id) = text.split_once('.')?;
        let mut bytes = [0; 16];
        let read = Base64UrlUnpadded::decode(id, &mut bytes).ok()?;
        if read.len() != 16 {
            return None;
        }
        Some(Self {
            sender: UserId::parse(sender.to_owned()).ok()?,
            id: MessageId(bytes),
        })
    }
}
