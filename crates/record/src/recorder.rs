//! What a page keeps of its calls. Bounded; what goes, goes as whole calls, so that the rest
//! can be played again.

use std::collections::VecDeque;
use std::time::Duration;

use wimpex_call::{Input, Machine, Memory, State};

use crate::{Kept, Note, slim};

/// So many inputs are kept: a call has some hundred.
const INPUTS: usize = 1_000;
/// So many notes.
const NOTES: usize = 1_000;
/// So many inputs between two places where a replay can begin.
const STRIDE: u64 = INPUTS as u64 / 10;
/// So many times [`INPUTS`] are kept of one call, where it has that many.
const LONGEST: usize = 4;

/// The newest inputs, and what browser and server did around them.
#[derive(Debug)]
pub struct Recorder {
    kept: VecDeque<Kept>,
    notes: VecDeque<Note>,
    dropped: u64,
    /// What the machine knew before the first that is kept; none in the middle of a call.
    start: Option<Memory>,
    /// What it knew before others, by their number.
    starts: Vec<(u64, Memory)>,
    /// How long a call rings, if it is not the usual time.
    pub ring: Option<Duration>,
}

impl Default for Recorder {
    fn default() -> Self {
        Self {
            kept: VecDeque::new(),
            notes: VecDeque::new(),
            dropped: 0,
            start: Some(Memory::default()),
            starts: Vec::new(),
            ring: None,
        }
    }
}

impl Recorder {
    /// The machine is about to take an input.
    pub fn begin(&mut self, at: Duration, input: &Input, machine: &Machine) {
        let number = self.dropped + self.kept.len() as u64;
        let last = self.starts.last().map_or(self.dropped, |(last, _)| *last);
        if number >= last + STRIDE
            && let Some(memory) = machine.memory()
        {
            self.starts.push((number, memory));
        }
        self.kept.push_back(Kept {
            at,
            input: slim(input),
            outputs: Vec::new(),
            state: State::Idle,
        });
        if self.kept.len() > INPUTS {
            self.shorten();
        }
    }

    /// It asks for something.
    pub fn output(&mut self, name: &'static str) {
        if let Some(kept) = self.kept.back_mut() {
            kept.outputs.push(name);
        }
    }

    /// It has taken the input, and stands there.
    pub fn end(&mut self, state: State) {
        if let Some(kept) = self.kept.back_mut() {
            kept.state = state;
        }
    }

    /// What browser or server did.
    pub fn note(&mut self, at: Duration, text: String) {
        if self.notes.len() == NOTES {
            self.notes.pop_front();
        }
        self.notes.push_back(Note { at, text });
    }

    /// What browser and server did.
    pub fn notes(&self) -> Vec<Note> {
        self.notes.iter().cloned().collect()
    }

    /// What is kept, how many inputs before it are not, and what the machine knew then.
    pub fn kept(&mut self) -> (&[Kept], u64, Option<&Memory>) {
        (
            self.kept.make_contiguous(),
            self.dropped,
            self.start.as_ref(),
        )
    }

    /// The oldest goes, up to where a replay can begin.
    fn shorten(&mut self) {
        if self.starts.is_empty() {
            if self.kept.len() > LONGEST * INPUTS {
                self.kept.pop_front();
                self.dropped += 1;
                self.start = None;
            }
            return;
        }
        let (number, memory) = self.starts.remove(0);
        while self.dropped < number {
            self.kept.pop_front();
            self.dropped += 1;
        }
        self.start = Some(memory);
    }
}
