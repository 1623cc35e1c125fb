//! Which of a sender's files is meant.

use std::fmt;

/// Names one file that is sent, for as long as its sender remembers it: 32 hexadecimal digits,
/// chosen at random. It is the name of what is kept of it, too.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(u128);

impl FileId {
    /// 32 hexadecimal digits in lower case; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let is_good = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let fits = text.len() == 32 && text.bytes().all(is_good);
        fits.then(|| u128::from_str_radix(text, 16).ok().map(Self))?
    }

    /// From random bytes.
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }

    /// As it is written.
    pub fn encode(self) -> String {
        format!("{:032x}", self.0)
    }
}

/// It tells that two records are of one call.
impl fmt::Debug for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FileId(…)")
    }
}
