//! Plays a record again, through the machine of today.

use std::fmt;

use wimpex_call::CallMachine;
use wimpex_sansio::{Machine, outputs};

use crate::record::Record;

/// Where a replay went another way than the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Which entry, from 0.
    pub entry: usize,
    /// What was recorded: outputs and state.
    pub recorded: String,
    /// What the machine did now.
    pub replayed: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            entry,
            recorded,
            replayed,
        } = self;
        write!(f, "entry {entry}: recorded {recorded}, replayed {replayed}")
    }
}

/// What came of playing a record again.
#[derive(Clone, Debug)]
pub struct Replay {
    /// The machine at the end.
    pub machine: CallMachine,
    /// Where it went another way; empty if nowhere.
    pub differences: Vec<Difference>,
}

/// Outputs that records of before do not have, and that decide nothing in the machine.
const LATER: &str = "tell peer";

/// Plays a record again.
pub fn replay(record: &Record) -> Replay {
    let memory = record.memory.clone().unwrap_or_default();
    let mut machine = CallMachine::remembering(memory, record.ring);
    let mut differences = Vec::new();
    for (number, entry) in record.entries.iter().enumerate() {
        machine.handle(entry.input.clone(), entry.at);
        let outputs: Vec<&str> = outputs(&mut machine).map(|it| it.name()).collect();
        let state = machine.state();
        let now = outputs.iter().copied().filter(|name| *name != LATER);
        let then = entry.outputs.iter().map(String::as_str);
        if now.ne(then.filter(|name| *name != LATER)) || state != entry.state {
            differences.push(Difference {
                entry: number,
                recorded: format!("{:?} {:?}", entry.outputs, entry.state),
                replayed: format!("{outputs:?} {state:?}"),
            });
        }
    }
    Replay {
        machine,
        differences,
    }
}
