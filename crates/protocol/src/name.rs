//! The name that a person goes by.

use std::fmt;

use crate::combining_mark::is_combining_mark;
use crate::limits;

/// A name that is fit to be shown to somebody else: at most [`limits::NAME_CHARS`] characters, of
/// which one at least can be seen, without white space at its ends or more than one space in a row,
/// and without characters that could break a line, hide, or turn the text around them.
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
    /// There is nothing to see in it.
    Empty,
    /// More than [`limits::NAME_CHARS`] characters.
    TooLong,
    /// A control character, or one that is invisible or changes the direction
    /// of the text around it.
    ControlCharacter,
    /// More than [`limits::NAME_MARKS`] marks on one letter: they would reach into other lines.
    StackedMarks,
}

impl fmt::Display for InvalidName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("a name must not be empty"),
            Self::TooLong => write!(f, "a name has at most {} characters", limits::NAME_CHARS),
            Self::ControlCharacter => f.write_str("a name must not have control characters"),
            Self::StackedMarks => write!(
                f,
                "a name has at most {} marks on a letter",
                limits::NAME_MARKS
            ),
        }
    }
}

impl std::error::Error for InvalidName {}

impl Name {
    /// Trims a text, makes one space of any white space inside, checks it and makes it a name.
    ///
    /// # Errors
    /// The first rule of [`InvalidName`] that the text breaks.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let text = text.trim();
        if text.is_empty() {
            return Err(InvalidName::Empty);
        }
        let name = with_single_spaces(text);
        if name.chars().nth(limits::NAME_CHARS).is_some() {
            return Err(InvalidName::TooLong);
        }
        check(&name)?;
        Ok(Self(name))
    }

    /// The name as it stands on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Line breaks are no such white space: [`check`] finds them.
fn with_single_spaces(text: &str) -> String {
    let mut name = String::with_capacity(text.len());
    for c in text.chars() {
        if !c.is_whitespace() || is_hidden(c) {
            name.push(c);
        } else if !name.ends_with(' ') {
            name.push(' ');
        }
    }
    name
}

fn check(name: &str) -> Result<(), InvalidName> {
    let (mut is_visible, mut marks, mut before) = (false, 0, ' ');
    let mut chars = name.chars().peekable();
    while let Some(c) = chars.next() {
        let after = chars.peek().copied().unwrap_or(' ');
        if is_hidden(c) {
            return Err(InvalidName::ControlCharacter);
        }
        match is_wanted(before, c, after) {
            Some(true) => {}
            Some(false) => return Err(InvalidName::ControlCharacter),
            None if is_combining_mark(c) => {
                marks += 1;
                if marks > limits::NAME_MARKS {
                    return Err(InvalidName::StackedMarks);
                }
            }
            None => {
                marks = 0;
                is_visible |= c != ' ';
            }
        }
        before = c;
    }
    if is_visible {
        Ok(())
    } else {
        Err(InvalidName::Empty)
    }
}

/// Control characters, what has no shape, and format characters with which a name could pose as
/// another one: all of Default_Ignorable_Code_Point (Unicode, DerivedCoreProperties.txt) but for
/// those that [`is_wanted`] judges, other blanks, private use, and planes where nothing is assigned.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{200b}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{2800}' | '\u{3164}' | '\u{e000}'..='\u{f8ff}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{ffff}' | '\u{13430}'..='\u{13446}' | '\u{16fe4}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d159}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{40000}'..='\u{e001f}' | '\u{e0080}'..='\u{e00ff}' | '\u{e01f0}'..)
}

/// Of a joiner, a variation selector or a tag: whether it does something where it stands, between
/// these two. `None` for any other character.
fn is_wanted(before: char, c: char, after: char) -> Option<bool> {
    Some(match c {
        '\u{200c}'..='\u{200d}' => {
            is_cursive(before) && (is_cursive(after) || is_virama(before))
                || c == '\u{200d}' && is_emoji_part(before) && is_emoji(after)
        }
        // Keycaps are digits.
        '\u{fe0e}'..='\u{fe0f}' => is_emoji(before) || after == '\u{20e3}',
        // Variants of Chinese characters, which some family names are told apart by.
        '\u{fe00}'..='\u{fe0d}' | '\u{e0100}'..='\u{e01ef}' => {
            matches!(before, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
        }
        // Mongolian letters have variants that readers cannot guess.
        '\u{180b}'..='\u{180f}' => matches!(before, '\u{1820}'..='\u{18aa}'),
        // The flags of England, Scotland and Wales: a black flag, letters, and an end.
        '\u{e0020}'..='\u{e007e}' => {
            matches!(before, '\u{1f3f4}' | '\u{e0020}'..='\u{e007e}')
                && matches!(after, '\u{e0020}'..='\u{e007f}')
        }
        '\u{e007f}' => matches!(before, '\u{e0020}'..='\u{e007e}'),
        _ => return None,
    })
}

/// Scripts whose letters join: Arabic and its like, those of India and around it, Mongolian.
fn is_cursive(c: char) -> bool {
    matches!(c,
        '\u{600}'..='\u{dff}' | '\u{f00}'..='\u{109f}' | '\u{1780}'..='\u{18af}'
        | '\u{1a20}'..='\u{1c4f}' | '\u{a800}'..='\u{abff}' | '\u{10a00}'..='\u{11fff}')
}

/// What a joiner may follow at the end of a word, as in names in Malayalam.
fn is_virama(c: char) -> bool {
    matches!(c, '\u{900}'..='\u{d7f}' if u32::from(c) & 0x7f == 0x4d) || c == '\u{dca}'
}

fn is_emoji(c: char) -> bool {
    matches!(c,
        '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}'..='\u{2bff}' | '\u{3030}'
        | '\u{303d}' | '\u{3297}' | '\u{3299}' | '\u{1f000}'..='\u{1faff}')
}

fn is_emoji_part(c: char) -> bool {
    is_emoji(c) || matches!(c, '\u{fe0f}' | '\u{20e3}' | '\u{e007f}')
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
