//! Which of a page's streams a number belongs to.

use std::fmt;

use crate::limits;

/// Names the numbering of one sender, for as long as its page remembers it. One that was loaded
/// anew begins at 1 again, and must not be taken for the one before.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct StreamId(String);

impl StreamId {
    /// From 1 to [`limits::STREAM_ID_CHARS`] letters and digits of ASCII, `-`, `_` and `.`; `None`
    /// for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let is_good = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let fits = (1..=limits::STREAM_ID_CHARS).contains(&text.len());
        (fits && text.bytes().all(is_good)).then(|| Self(text.to_owned()))
    }

    /// From random bytes.
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// That of the same page's next numbering.
    pub(crate) fn next(&self) -> Self {
        let (first, number) = self.0.split_once('.').unwrap_or((&self.0, "0"));
        let number: u64 = number.parse().unwrap_or_default();
        Self(format!("{first}.{}", number.wrapping_add(1)))
    }
}

/// It is nothing for a record: it tells that two records are of one call.
impl fmt::Debug for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StreamId(…)")
    }
}
