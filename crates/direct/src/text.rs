//! The text of one line of chat.

use std::fmt;

use crate::limits;

/// What somebody wrote: not empty, at most [`limits::LINE_BYTES`] long, and without characters
/// that would make something else of what stands around it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct LineText(String);

/// Why a text is no line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextError {
    /// Nothing in it can be seen.
    Empty,
    /// It is longer than [`limits::LINE_BYTES`] by so many bytes of UTF-8.
    TooLong(usize),
}

impl LineText {
    /// Takes what was typed, or what came from a peer: line ends become `\n`, control characters
    /// and those that turn the direction of what follows (UAX 9, section 2) are left out, and so
    /// is white space at both ends.
    ///
    /// # Errors
    /// If nothing is left, or too much.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        // Nobody has to go through a megabyte to be told so.
        if text.len() > 4 * limits::LINE_BYTES {
            return Err(TextError::TooLong(text.len() - limits::LINE_BYTES));
        }
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let text: String = text.chars().filter(|it| !is_left_out(*it)).collect();
        let text = text.trim();
        if !text.chars().any(is_visible) {
            return Err(TextError::Empty);
        }
        match text.len().checked_sub(limits::LINE_BYTES) {
            None | Some(0) => Ok(Self(text.to_owned())),
            Some(over) => Err(TextError::TooLong(over)),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Who talks about what is nobody else's business.
impl fmt::Debug for LineText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LineText({} bytes)", self.0.len())
    }
}

fn is_left_out(character: char) -> bool {
    let turns = matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    // Line and paragraph separators break lines nowhere else.
    let separates = matches!(character, '\u{2028}' | '\u{2029}');
    turns || separates || (character.is_control() && !matches!(character, '\n' | '\t'))
}

/// Joiners, marks of direction and the like are seen only beside something else.
fn is_visible(character: char) -> bool {
    let fills = matches!(
        character,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2060}'..='\u{206F}'
            | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
            | '\u{E0000}'..='\u{E0FFF}'
    );
    !fills && !character.is_whitespace()
}
