//! What somebody says, as text.

use std::collections::VecDeque;
use std::fmt;

use crate::limits;
use crate::text::LineText;

/// A piece of what was said, in one line of at most [`limits::CAPTION_BYTES`].
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Caption {
    text: String,
    /// It will not change any more: what comes next follows it. Otherwise the next takes its
    /// place.
    pub is_final: bool,
}

impl Caption {
    /// From what was recognised, or what came from a peer: in one line, and without the characters
    /// that [`LineText::parse`] leaves out. `None` if nothing is left, or too much.
    pub fn parse(text: &str, is_final: bool) -> Option<Self> {
        if text.len() > limits::CAPTION_BYTES {
            return None;
        }
        let line = LineText::parse(text).ok()?;
        let text = line.as_str().replace(['\n', '\t'], " ");
        Some(Self { text, is_final })
    }

    /// The same of a longer text, of which the last words count.
    pub fn of_speech(text: &str, is_final: bool) -> Option<Self> {
        let from = text.len().saturating_sub(limits::CAPTION_BYTES);
        let from = (from..=text.len()).find(|at| text.is_char_boundary(*at))?;
        Self::parse(&text[from..], is_final)
    }

    /// What was said.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// What somebody says is nobody else's business.
impl fmt::Debug for Caption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Caption({} bytes)", self.text.len())
    }
}

/// What was said lately.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Captions {
    said: VecDeque<Caption>,
}

impl Captions {
    /// The oldest first; the last may be still being said.
    pub fn iter(&self) -> impl Iterator<Item = &Caption> {
        self.said.iter()
    }

    /// Whether nothing was said lately.
    pub fn is_empty(&self) -> bool {
        self.said.is_empty()
    }

    pub(crate) fn push(&mut self, caption: Caption) {
        self.said.pop_back_if(|last| !last.is_final);
        self.said.push_back(caption);
        if self.said.len() > limits::CAPTIONS {
            self.said.pop_front();
        }
    }

    /// Nobody needs to read it any more.
    pub(crate) fn clear(&mut self) {
        self.said.clear();
    }
}
