//! What a page keeps of its calls. Bounded; what goes, goes as whole calls, so that the rest
//! can be played again.

use std::collections::VecDeque;
use std::time::Duration;

use wimpex_call::{CallMachine, Input, Memory, State};
use wimpex_sansio::{Machine, Now};

use crate::entry::{Entry, Note, abridged};

/// So many inputs are kept: a call has some hundred.
const INPUTS: usize = 1_000;
/// So many notes.
const NOTES: usize = 1_000;
/// So many times [`INPUTS`] are kept of one call, where it has that many.
const LONGEST: usize = 4;
/// More than so many are not there even in a page that nobody calls from, for days.
const MOST: usize = 2 * LONGEST * INPUTS;

/// The newest inputs, and what browser and server did around them.
#[derive(Debug, Default)]
pub struct Recorder {
    kept: VecDeque<Entry<&'static str>>,
    notes: VecDeque<Note>,
    dropped: u64,
    /// A machine that has taken those that are not kept any more: what it knows is what the
    /// page's knew then.
    past: CallMachine,
    /// Some were dropped that it has not taken: nobody knows what it would know.
    has_gap: bool,
    /// How long a call rings, if it is not the usual time.
    pub ring: Option<Duration>,
}

impl Recorder {
    /// The machine is about to take an input.
    pub fn begin(&mut self, at: Now, input: &Input) {
        self.kept.push_back(Entry {
            at,
            input: abridged(input),
            outputs: Vec::new(),
            state: State::Idle,
        });
        if self.kept.len() > MOST {
            self.kept.pop_front();
            self.dropped += 1;
            self.has_gap = true;
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
    pub fn note(&mut self, at: Now, text: String) {
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
    pub fn kept(&mut self) -> (&[Entry<&'static str>], u64, Option<Memory>) {
        let known = self.past.memory().filter(|_| !self.has_gap);
        (self.kept.make_contiguous(), self.dropped, known)
    }

    /// The oldest calls go where there is more than is to be kept, or the oldest inputs of
    /// one that is too long. Not done with each input, so that it is no part of the page's
    /// first load.
    pub fn shorten(&mut self) {
        while self.kept.len() > INPUTS && self.drop_call() {}
    }

    /// Whether there was something to drop.
    fn drop_call(&mut self) -> bool {
        // Not the newest: it has not been taken.
        let taken = self.kept.len() - 1;
        let mut states = self.kept.iter().take(taken).map(|kept| kept.state);
        let idle = states.position(|state| state == State::Idle);
        let oldest = (self.kept.len() > LONGEST * INPUTS).then_some(0);
        let Some(last) = idle.or(oldest) else {
            return false;
        };
        if let (0, Some(ring)) = (self.dropped, self.ring) {
            self.past = CallMachine::with_ring_time(ring);
        }
        for _ in 0..=last {
            if let Some(kept) = self.kept.pop_front() {
                self.past.handle(kept.input, kept.at);
                while self.past.poll_output().is_some() {}
                self.dropped += 1;
            }
        }
        true
    }
}
