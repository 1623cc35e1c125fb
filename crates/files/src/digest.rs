//! SHA-256, as it goes over the wire and is compared.

use std::fmt;

/// A SHA-256, of a block.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

/// One hash over all blocks so far: `SHA-256(chain before ‖ SHA-256(block))`, beginning with 32
/// zeros. Equal chains mean equal bytes, and each block is hashed once.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Chain(Digest);

impl Digest {
    /// 64 hexadecimal digits in lower case.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return None;
        }
        let value = |digit: u8| match digit {
            b'0'..=b'9' => Some(digit - b'0'),
            b'a'..=b'f' => Some(digit - b'a' + 10),
            _ => None,
        };
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = value(pair[0])? << 4 | value(pair[1])?;
        }
        Some(Self(bytes))
    }

    /// Of these bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub fn to_bytes(self) -> [u8; 32] {
        self.0
    }

    /// 64 hexadecimal digits.
    pub fn encode(self) -> String {
        let digit = |value: u8| char::from(b"0123456789abcdef"[usize::from(value & 15)]);
        let pairs = self
            .0
            .into_iter()
            .flat_map(|byte| [digit(byte >> 4), digit(byte)]);
        pairs.collect()
    }
}

impl Chain {
    /// Of no blocks at all.
    pub const START: Self = Self(Digest([0; 32]));

    /// That value.
    pub fn new(digest: Digest) -> Self {
        Self(digest)
    }

    /// Its value.
    pub fn digest(self) -> Digest {
        self.0
    }
}

/// Tells who has which file.
impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest(…)")
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Chain(…)")
    }
}
