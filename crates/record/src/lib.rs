//! What went through a page's call machine, without anything private: to be sent
//! with a report of something odd, and played again through the same machine.
//!
//! The machine is deterministic: the same inputs at the same times give the same
//! outputs. So the inputs are enough, and the names of the outputs and the states
//! beside them show that a replay is one. What could harm whoever sends a record is
//! replaced before it is written ([`Redaction`]): ids by numbers in their order,
//! descriptions and candidates by numbers, names and proofs by nothing.

mod event;
mod recorder;
mod redaction;
mod replay;
mod timeline;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use wimpex_call::{Input, Memory, State};
use wimpex_protocol::{DeviceId, IceCandidate, Signal};
use wimpex_sansio::Now;

pub use event::{Event, Unreadable};
pub use recorder::Recorder;
pub use redaction::{Redaction, slim};
pub use replay::{Difference, Replay, replay};

/// The version of the format; a change that old readers cannot read makes it greater.
pub const FORMAT: u32 = 1;

/// One input, and what came of it, as the page keeps it ([`slim`]): ids and candidates
/// are still in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// When, on the machine's clock.
    pub at: Now,
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
    /// Inputs before these that are not kept any more.
    pub dropped: u64,
    /// What the machine knew of them; without it a replay of what is left means little.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Start>,
    /// What happened.
    pub entries: Vec<Entry>,
    /// What browser and server did around it.
    #[serde(default)]
    pub notes: Vec<Note>,
    /// How the calls fared, each second.
    pub readings: Vec<serde_json::Value>,
}

/// [`Memory`], as it stands in the file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Start {
    /// [`Memory::connection`].
    #[serde(rename = "generation")]
    pub connection: u64,
    /// [`Memory::request`].
    pub request: u64,
    /// [`Memory::over`], as signals of the peers'.
    pub over: Vec<Event>,
    /// [`Memory::early`], likewise.
    pub early: Vec<Event>,
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
        start: Option<&Memory>,
        notes: Vec<Note>,
        ring: Option<Duration>,
        browser: String,
        readings: Vec<serde_json::Value>,
    ) -> Self {
        let known = start.map(as_inputs).unwrap_or_default();
        let all = known.iter().flatten();
        let redaction = Redaction::of(all.chain(kept.iter().map(|kept| &kept.input)));
        let events = |inputs: &[Input]| {
            let redacted = inputs.iter().map(|input| redaction.apply(input));
            redacted.map(|input| Event::of(&input)).collect()
        };
        let start = start.filter(|_| dropped > 0).map(|memory| Start {
            connection: memory.connection,
            request: memory.request,
            over: events(&known[0]),
            early: events(&known[1]),
        });
        let entries = kept.iter().map(|kept| Entry {
            at: kept.at.since(Now::ZERO),
            event: Event::of(&redaction.apply(&kept.input)),
            outputs: kept.outputs.iter().map(|name| (*name).to_owned()).collect(),
            state: format!("{:?}", kept.state),
        });
        Self {
            wimpex: FORMAT,
            browser,
            ring,
            dropped,
            start,
            entries: entries.collect(),
            notes,
            readings,
        }
    }
}

/// What a machine remembers, as the signals that it is of: of calls that are over, and
/// candidates that came early.
fn as_inputs(memory: &Memory) -> [Vec<Input>; 2] {
    let nobody = DeviceId::parse("device").expect("an id");
    let remote = |from, device, signal| Input::Signal {
        from,
        device,
        to_this_device: false,
        signal,
    };
    let over = memory.over().into_iter();
    let early = memory.early().into_iter();
    let early = early.map(|(from, device, call_id, candidate)| {
        let ice = IceCandidate {
            call_id: Some(call_id),
            candidate,
        };
        remote(from, device, Signal::IceCandidate(ice))
    });
    [
        over.map(|(from, signal)| remote(from, nobody.clone(), signal))
            .collect(),
        early.collect(),
    ]
}

impl Start {
    /// What it is of.
    ///
    /// # Errors
    /// Where an id or a signal in it is none.
    pub fn memory(&self) -> Result<Memory, Unreadable> {
        let (mut over, mut early) = (Vec::new(), Vec::new());
        for event in self.over.iter().chain(&self.early) {
            match event.input()? {
                Input::Signal {
                    from,
                    device,
                    signal: Signal::IceCandidate(ice),
                    ..
                } => {
                    let call_id = ice.call_id.ok_or(Unreadable)?;
                    early.push((from, device, call_id, ice.candidate));
                }
                Input::Signal { from, signal, .. } => over.push((from, signal)),
                _ => return Err(Unreadable),
            }
        }
        Ok(Memory::new(self.connection, self.request, over, early))
    }
}
