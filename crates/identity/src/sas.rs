//! The short authentication string (SAS): what two people compare aloud.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::emoji::{EMOJI, Emoji};
use crate::{Fingerprint, MessageHash, Nonce};

/// The length of the SAS in bits.
pub const SAS_BITS: usize = EMOJI_COUNT * BITS_EACH;
const EMOJI_COUNT: usize = 7;
const BITS_EACH: usize = 6;
const DOMAIN: &[u8] = b"wimpex-sas-v1";

/// The whole hash, of which [`Sas`] shows the first 42 bits: SHA-256("wimpex-sas-v1" ‖ the
/// caller's nonce ‖ the callee's nonce ‖ the caller's fingerprint ‖ the callee's fingerprint
/// ‖ hash of the offer ‖ hash of the answer), each but the first of 32 bytes. Pairs are
/// caller first.
pub fn sas_digest(
    nonces: [&Nonce; 2],
    fingerprints: [&Fingerprint; 2],
    messages: [&MessageHash; 2],
) -> [u8; 32] {
    let mut hash = Sha256::new_with_prefix(DOMAIN);
    for nonce in nonces {
        hash.update(nonce.as_bytes());
    }
    for fingerprint in fingerprints {
        hash.update(fingerprint.as_bytes());
    }
    for message in messages {
        hash.update(message.as_bytes());
    }
    hash.finalize().into()
}

/// Seven emoji, the same on both sides if nobody is in the middle.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sas([u8; EMOJI_COUNT]);

impl Sas {
    /// Of the first 42 bits of [`sas_digest`], most significant first, each six are the
    /// number of one of the [`EMOJI`].
    pub fn from_digest(digest: &[u8; 32]) -> Self {
        let [a, b, c, d, e, f, ..] = *digest;
        let bits = u64::from_be_bytes([0, 0, a, b, c, d, e, f]);
        let mut shift = 48;
        Self([0; EMOJI_COUNT].map(|_: u8| {
            shift -= BITS_EACH;
            (bits >> shift) as u8 & 0x3f
        }))
    }

    /// The numbers of the [`EMOJI`], to be kept while the call goes on.
    pub(crate) fn numbers(self) -> [u8; EMOJI_COUNT] {
        self.0
    }

    /// The one of these numbers; `None` if one of them is that of no emoji.
    pub(crate) fn from_numbers(numbers: [u8; EMOJI_COUNT]) -> Option<Self> {
        let are_emoji = numbers.iter().all(|it| usize::from(*it) < EMOJI.len());
        are_emoji.then_some(Self(numbers))
    }

    /// The seven emoji, in the order in which they are read aloud.
    pub fn emoji(&self) -> [Emoji; EMOJI_COUNT] {
        // Six bits are less than 64.
        self.0.map(|number| EMOJI[usize::from(number)])
    }
}

impl fmt::Debug for Sas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sas(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sas_is_the_first_42_bits() {
        let names = |digest: &[u8; 32]| Sas::from_digest(digest).0;
        let mut digest = [0; 32];
        assert_eq!(names(&digest), [0; 7]);
        digest[0] = 0b0000_0100;
        assert_eq!(names(&digest), [1, 0, 0, 0, 0, 0, 0]);
        digest[5] = 0b0100_0000;
        assert_eq!(names(&digest), [1, 0, 0, 0, 0, 0, 1]);
        digest[5] = 0b0111_1111;
        digest[6] = 0xff;
        assert_eq!(names(&digest), [1, 0, 0, 0, 0, 0, 1]);
        assert_eq!(names(&[0xff; 32]), [63; 7]);
    }
}
