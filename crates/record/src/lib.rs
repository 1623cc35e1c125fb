//! What went through a page's call machine, without anything private: to be sent
//! with a report of something odd, and played again through the same machine.
//!
//! The machine is deterministic: the same inputs at the same times give the same
//! outputs. So the inputs are enough, and the names of the outputs and the states
//! beside them show that a replay is one. What could harm whoever sends a record is
//! replaced before it is written ([`Redaction`]): ids by numbers in their order,
//! descriptions and candidates by numbers, names and proofs by nothing.

mod event;
mod redaction;
mod replay;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use wimpex_call::{Input, State};

pub use event::{Event, Unreadable};
pub use redaction::{Redaction, slim};
pub use replay::{Difference, Replay, replay};

/// The version of the format; a change that old readers cannot read makes it greater.
pub const FORMAT: u32 = 1;

/// One input, and what came of it, as the page keeps it ([`slim`]): ids and candidates
/// are still in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// When, on the machine's clock.
    pub at: Duration,
    /// What happened.
    pub input: Input,
    /// The names of what the machine asked for ([`wimpex_call::Output::name`]).
    pub outputs: Vec<&'static str>,
    /// The state after it.
    pub state: State,
}

/// The file that `Save diagnostics` writes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// [`FORMAT`].
    pub wimpex: u32,
    /// What the browser calls itself.
    pub browser: String,
    /// How long a call rings, if it is not the usual time.
    pub ring: Option<Duration>,
    /// Inputs before these that are not kept any more: then a replay begins without
    /// what the machine knew of them.
    pub dropped: u64,
    /// What happened.
    pub entries: Vec<Entry>,
    /// What browser and server did around it.
    #[serde(default)]
    pub notes: Vec<Note>,
    /// How the calls fared, each second.
    pub readings: Vec<serde_json::Value>,
}

/// One input, and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: Duration,
    /// What happened.
    pub event: Event,
    /// The names of what the machine asked for.
    pub outputs: Vec<String>,
    /// The state after it.
    pub state: String,
}

/// Something that browser or server did, in words and without anything private.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// When.
    pub at: Duration,
    /// What.
    pub text: String,
}

impl Record {
    /// Makes the file's content of what the page kept.
    pub fn new(
        kept: &[Kept],
        dropped: u64,
        notes: Vec<Note>,
        ring: Option<Duration>,
        browser: String,
        readings: Vec<serde_json::Value>,
    ) -> Self {
        let redaction = Redaction::of(kept.iter().map(|kept| &kept.input));
        let entries = kept.iter().map(|kept| Entry {
            at: kept.at,
            event: Event::of(&redaction.apply(&kept.input)),
            outputs: kept.outputs.iter().map(|name| (*name).to_owned()).collect(),
            state: format!("{:?}", kept.state),
        });
        Self {
            wimpex: FORMAT,
            browser,
            ring,
            dropped,
            entries: entries.collect(),
            notes,
            readings,
        }
    }

    /// What happened, one text each, in its order.
    pub fn timeline(&self) -> Vec<String> {
        let line = |at: Duration, text: &str| format!("{:>10.3} {text}", at.as_secs_f64());
        let mut state = "Idle";
        let entries = self.entries.iter().map(|entry| {
            let mut text = serde_json::to_string(&entry.event).unwrap_or_default();
            if !entry.outputs.is_empty() {
                text += &format!("\n           → {}", entry.outputs.join(", "));
            }
            let before = std::mem::replace(&mut state, &entry.state);
            if before != state {
                text += &format!("\n           {before} → {state}");
            }
            (entry.at, line(entry.at, &text))
        });
        let mut all: Vec<_> = entries.collect();
        let notes = self.notes.iter();
        all.extend(notes.map(|note| (note.at, line(note.at, &note.text))));
        // Stable: what happened at one moment keeps its order.
        all.sort_by_key(|(at, _)| *at);
        all.into_iter().map(|(_, line)| line).collect()
    }
}
