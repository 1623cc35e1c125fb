//! The key that messages to somebody are sealed with, signed by its owner.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use wimpex_identity::{PublicKey, Signature, SignatureClaim};
use wimpex_sansio::UnixTime;

use crate::reader::Reader;

const DOMAIN: &[u8] = b"wimpex-message-key-v1";
const VERSION: u8 = 1;
const BYTES: usize = 1 + 32 + 32 + 8 + 64;

/// "Messages to me are sealed with this key", signed with the key that is the owner's identity.
///
/// Bytes: 1 (version) ‖ identity key (32) ‖ X25519 key (32) ‖ time (8) ‖ signature (64). What is
/// signed is "wimpex-message-key-v1" and all bytes before the signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageKey {
    /// Whose it is.
    pub owner: PublicKey,
    /// The X25519 public key (RFC 7748), for DHKEM.
    pub key: [u8; 32],
    /// When it was signed. A later one counts.
    pub time: UnixTime,
    /// By the owner.
    pub signature: Signature,
}

impl MessageKey {
    /// What its owner signs.
    pub fn message(owner: &PublicKey, key: &[u8; 32], time: UnixTime) -> Vec<u8> {
        [DOMAIN, &signed(owner, key, time)].concat()
    }

    /// Reads one; `None` if it is none. Nothing is checked yet: see [`MessageKey::claim`], and
    /// that the owner's id is that of the person who is meant.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; BYTES];
        let bytes = Base64UrlUnpadded::decode(text, &mut bytes).ok()?;
        let mut reader = Reader(bytes);
        if reader.u8()? != VERSION {
            return None;
        }
        let read = Self {
            owner: PublicKey::from_bytes(reader.array()?),
            key: reader.array()?,
            time: UnixTime::from_millis(reader.u64()?),
            signature: Signature::from_bytes(reader.array()?),
        };
        reader.is_done().then_some(read)
    }

    /// Encodes it as [`MessageKey::parse`] reads it.
    pub fn encode(&self) -> String {
        let signed = signed(&self.owner, &self.key, self.time);
        let bytes = [&signed[..], self.signature.as_bytes()].concat();
        Base64UrlUnpadded::encode_string(&bytes)
    }

    /// What is to be checked before anything is sealed with it.
    pub fn claim(&self) -> SignatureClaim {
        SignatureClaim {
            key: self.owner,
            message: Self::message(&self.owner, &self.key, self.time),
            signature: self.signature,
        }
    }
}

fn signed(owner: &PublicKey, key: &[u8; 32], time: UnixTime) -> Vec<u8> {
    let time = time.as_millis().to_be_bytes();
    [&[VERSION], &owner.as_bytes()[..], key, &time].concat()
}
