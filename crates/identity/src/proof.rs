//! The wire format of a proof: the field `sec` of a handshake's messages.

use wimpex_protocol::Sec;
use wimpex_sansio::UnixTime;

use crate::text;
use crate::{PublicKey, Signature, VerifyError};

const VERSION: u8 = 1;
const VALUE_BYTES: usize = 32;
const KEY_BYTES: usize = 32;
const SIGNED_BYTES: usize = KEY_BYTES + 64;
/// Version and timestamp.
const HEAD_BYTES: usize = 1 + 8;
const MOST_BYTES: usize = HEAD_BYTES + VALUE_BYTES + SIGNED_BYTES;

/// The decoded `sec`: base64url of version (1 byte, which is 1) ‖ timestamp (8 bytes,
/// big-endian) ‖ commitment or nonce (32 bytes; absent within a call) ‖ public key
/// (32 bytes) ‖ signature (64 bytes), of which guests leave out the last two. So there
/// are four lengths: 137, 41, 105 and 9 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// By the sender's wall clock.
    pub timestamp: UnixTime,
    /// The commitment of a first offer; the nonce of a first answer or a confirmation.
    pub value: Option<[u8; 32]>,
    /// The sender's key and signature; absent for guests.
    pub signed: Option<(PublicKey, Signature)>,
}

impl Proof {
    /// Decodes the field.
    ///
    /// # Errors
    /// [`VerifyError::Malformed`], [`VerifyError::UnknownVersion`].
    pub fn parse(sec: &Sec) -> Result<Self, VerifyError> {
        let mut space = [0; MOST_BYTES];
        let bytes = text::read_base64url(sec.as_str(), &mut space)?;
        let (version, rest) = bytes.split_first().ok_or(VerifyError::Malformed)?;
        if *version != VERSION {
            return Err(VerifyError::UnknownVersion);
        }
        let (timestamp, rest) = rest.split_first_chunk().ok_or(VerifyError::Malformed)?;
        let (value, rest) = match rest.split_first_chunk::<VALUE_BYTES>() {
            Some((value, rest)) if matches!(rest.len(), 0 | SIGNED_BYTES) => (Some(*value), rest),
            _ => (None, rest),
        };
        let signed = match rest.split_first_chunk::<KEY_BYTES>() {
            None if rest.is_empty() => None,
            None => return Err(VerifyError::Malformed),
            Some((key, signature)) => {
                let signature = signature.try_into().map_err(|_| VerifyError::Malformed)?;
                Some((
                    PublicKey::from_bytes(*key),
                    Signature::from_bytes(signature),
                ))
            }
        };
        Ok(Self {
            timestamp: UnixTime::from_millis(u64::from_be_bytes(*timestamp)),
            value,
            signed,
        })
    }

    /// Encodes it as [`Proof::parse`] reads it: 183, 55, 140 or 12 characters.
    pub fn encode(&self) -> Sec {
        let mut bytes = Vec::with_capacity(MOST_BYTES);
        bytes.push(VERSION);
        bytes.extend(self.timestamp.as_millis().to_be_bytes());
        bytes.extend(self.value.iter().flatten());
        if let Some((key, signature)) = &self.signed {
            bytes.extend(key.as_bytes());
            bytes.extend(signature.as_bytes());
        }
        Sec::new(text::base64url(&bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_forms_round_trip() {
        let signed = (
            PublicKey::from_bytes([2; 32]),
            Signature::from_bytes([3; 64]),
        );
        for value in [Some([1; 32]), None] {
            for signed in [Some(signed), None] {
                let proof = Proof {
                    timestamp: UnixTime::from_millis(1_701_234_567_890),
                    value,
                    signed,
                };
                assert_eq!(Proof::parse(&proof.encode()), Ok(proof));
            }
        }
    }

    #[test]
    fn other_lengths_are_rejected() {
        for length in 0..=200 {
            let mut bytes = vec![7; length];
            if let Some(version) = bytes.first_mut() {
                *version = VERSION;
            }
            let read = Proof::parse(&Sec::new(text::base64url(&bytes)));
            let is_form = [9, 41, 105, 137].contains(&length);
            assert_eq!(read.is_ok(), is_form, "{length}");
        }
        let other = Sec::new(text::base64url(&[2; 41]));
        assert_eq!(Proof::parse(&other), Err(VerifyError::UnknownVersion));
        for garbage in ["", "!", "AQ==", &"A".repeat(60_000)] {
            assert!(Proof::parse(&Sec::new(garbage)).is_err(), "{garbage}");
        }
    }
}
