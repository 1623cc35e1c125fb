//! What went through the inbox to the call machine, for diagnostics. Bounded; it
//! leaves the page only when the person saves it, without anything private.

use std::collections::VecDeque;
use std::time::Duration;

use wimpex_call::{Input, State};
use wimpex_record::{Kept, Note, slim};

/// So many inputs are kept: a call has some hundred.
const INPUTS: usize = 1_000;
/// So many notes.
const NOTES: usize = 1_000;

/// The newest inputs, and what browser and server did around them.
#[derive(Default)]
pub struct Recorder {
    kept: VecDeque<Kept>,
    notes: VecDeque<Note>,
    dropped: u64,
    /// How long a call rings, if it is not the usual time.
    pub(crate) ring: Option<Duration>,
}

impl Recorder {
    pub(super) fn begin(&mut self, at: Duration, input: &Input) {
        if self.kept.len() == INPUTS {
            self.kept.pop_front();
            self.dropped += 1;
        }
        self.kept.push_back(Kept {
            at,
            input: slim(input),
            outputs: Vec::new(),
            state: State::Idle,
        });
    }

    pub(super) fn output(&mut self, name: &'static str) {
        if let Some(kept) = self.kept.back_mut() {
            kept.outputs.push(name);
        }
    }

    pub(super) fn end(&mut self, state: State) {
        if let Some(kept) = self.kept.back_mut() {
            kept.state = state;
        }
    }

    pub(super) fn note(&mut self, at: Duration, text: String) {
        if self.notes.len() == NOTES {
            self.notes.pop_front();
        }
        self.notes.push_back(Note { at, text });
    }

    /// What browser and server did.
    pub(crate) fn notes(&self) -> Vec<Note> {
        self.notes.iter().cloned().collect()
    }

    /// What is kept, and how many inputs before it are not.
    pub(crate) fn kept(&mut self) -> (&[Kept], u64) {
        (self.kept.make_contiguous(), self.dropped)
    }
}
