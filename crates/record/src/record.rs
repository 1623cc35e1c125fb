//! The file that `Save diagnostics` writes.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wimpex_call::Memory;

use crate::entry::{Entry, Note};
use crate::format_1;
use crate::redaction::Redaction;

/// The version of the format; a change that old readers cannot read makes it greater.
pub const FORMAT: u64 = 2;

/// What a page kept of its calls, redacted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// [`FORMAT`].
    pub wimpex: u64,
    /// What the browser calls itself.
    pub browser: String,
    /// How long a call rings, if it is not the usual time.
    pub ring: Option<Duration>,
    /// How many inputs before the entries are not kept any more.
    pub dropped: u64,
    /// What the machine remembered of those; without it a replay of what is left means
    /// little.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<Memory>,
    /// The inputs, in their order.
    pub entries: Vec<Entry>,
    /// What browser and server did around them.
    #[serde(default)]
    pub notes: Vec<Note>,
    /// Readings of the quality of the calls, each second.
    pub readings: Vec<Value>,
}

/// Why a text is no record that can be replayed.
#[derive(Debug)]
pub enum ReadError {
    /// It is no record, or a field of it is wrong.
    Json(serde_json::Error),
    /// It is of a format that this version does not know.
    Format(u64),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(error) => write!(f, "the record is unreadable: {error}"),
            Self::Format(format) => write!(
                f,
                "the record is of format {format}, and this program reads 1 and {FORMAT}"
            ),
        }
    }
}

impl std::error::Error for ReadError {}

impl Record {
    /// Redacts what the page kept: see [`crate::Recorder::kept`].
    pub fn new(
        kept: &[Entry<&'static str>],
        dropped: u64,
        memory: Option<Memory>,
        notes: Vec<Note>,
        ring: Option<Duration>,
        browser: String,
        readings: Vec<Value>,
    ) -> Self {
        let memory = memory.filter(|_| dropped > 0);
        let inputs = kept.iter().map(|entry| &entry.input);
        let redaction = Redaction::of(inputs, memory.as_ref());
        let entries = kept.iter().map(|entry| Entry {
            at: entry.at,
            input: redaction.apply(&entry.input),
            outputs: entry.outputs.iter().copied().map(str::to_owned).collect(),
            state: entry.state,
        });
        Self {
            wimpex: FORMAT,
            browser,
            ring,
            dropped,
            entries: entries.collect(),
            memory: memory.map(|memory| redaction.apply_to_memory(memory)),
            notes,
            readings,
        }
    }

    /// Reads a file, of this format or of an older one.
    ///
    /// # Errors
    /// [`ReadError`], in words for whoever has the file.
    pub fn parse(text: &str) -> Result<Self, ReadError> {
        let record: Value = serde_json::from_str(text).map_err(ReadError::Json)?;
        let record = match record["wimpex"].as_u64() {
            Some(1) => format_1::convert(&record, FORMAT),
            // Without a number it is no record, which reading it finds out.
            Some(FORMAT) | None => record,
            Some(format) => return Err(ReadError::Format(format)),
        };
        serde_json::from_value(record).map_err(ReadError::Json)
    }
}
