//! The name that a person goes by.

use std::fmt;

use crate::limits;

/// A name that is fit to be shown to somebody else: trimmed, not empty, at
/// most [`limits::NAME_CHARS`] characters, and without characters that could
/// break a line, hide, or turn the text around them.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Name(String);

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Who somebody is belongs in no log.
        f.write_str("Name(..)")
    }
}

/// Why a text is not a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InvalidName {
    /// Nothing is left after trimming.
    Empty,
    /// More than [`limits::NAME_CHARS`] characters.
    TooLong,
    /// A control character, or one that is invisible or changes the direction
    /// of the text around it.
    ControlCharacter,
}

impl fmt::Display for InvalidName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("a name must not be empty"),
            Self::TooLong => write!(f, "a name has at most {} characters", limits::NAME_CHARS),
            Self::ControlCharacter => f.write_str("a name must not have control characters"),
        }
    }
}

impl std::error::Error for InvalidName {}

impl Name {
    /// Trims and checks a text and makes it a name.
    ///
    /// # Errors
    /// The first rule of [`InvalidName`] that the text breaks.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let text = text.trim();
        if text.is_empty() {
            return Err(InvalidName::Empty);
        }
        if text.chars().nth(limits::NAME_CHARS).is_some() {
            return Err(InvalidName::TooLong);
        }
        if text.chars().any(is_treacherous) {
            return Err(InvalidName::ControlCharacter);
        }
        Ok(Self(text.to_owned()))
    }

    /// The name as it stands on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Control characters, and the format characters with which a name could pose
/// as another one. The joiners U+200C and U+200D stay: Persian and emoji need them.
fn is_treacherous(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

impl TryFrom<String> for Name {
    type Error = InvalidName;
    fn try_from(text: String) -> Result<Self, InvalidName> {
        Self::parse(&text)
    }
}

impl From<Name> for String {
    fn from(name: Name) -> String {
        name.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
