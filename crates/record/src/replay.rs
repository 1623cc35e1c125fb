//! Plays a record again, through the same machine.

use std::fmt;

use wimpex_call::CallMachine;
use wimpex_sansio::{Machine, Now};

use crate::{FORMAT, Record, Start};

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

/// Plays a record again.
///
/// # Errors
/// In words, where it is of another format or an entry is unreadable.
pub fn replay(record: &Record) -> Result<Replay, String> {
    if record.wimpex != FORMAT {
        return Err(format!(
            "the record is of format {}, and this program reads {FORMAT}",
            record.wimpex
        ));
    }
    let memory = record.start.as_ref().map(Start::memory).transpose();
    let memory = memory.map_err(|_| "what was known before is unreadable".to_owned())?;
    let mut machine = CallMachine::remembering(memory.unwrap_or_default(), record.ring);
    let mut differences = Vec::new();
    for (number, entry) in record.entries.iter().enumerate() {
        let input = entry
            .event
            .input()
            .map_err(|_| format!("entry {number} is unreadable"))?;
        machine.handle(input, Now::ZERO + entry.at);
        let mut outputs = Vec::new();
        while let Some(output) = machine.poll_output() {
            outputs.push(output.name().to_owned());
        }
        let replayed = (outputs, format!("{:?}", machine.state()));
        if (&replayed.0, &replayed.1) != (&entry.outputs, &entry.state) {
            differences.push(Difference {
                entry: number,
                recorded: format!("{:?} {}", entry.outputs, entry.state),
                replayed: format!("{:?} {}", replayed.0, replayed.1),
            });
        }
    }
    Ok(Replay {
        machine,
        differences,
    })
}
