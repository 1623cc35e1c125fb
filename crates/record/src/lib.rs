//! What went through a page's call machine, without anything private: to be sent with a
//! report of something odd, and replayed through the same machine.
//!
//! The machine is deterministic: the same inputs at the same times give the same
//! outputs. So the inputs are enough, and the names of the outputs and the states
//! beside them show that a replay is one. What could harm whoever sends a record is
//! replaced before it is written ([`Redaction`]): ids by numbers in their order,
//! descriptions and candidates by numbers, names and proofs by nothing.

mod entry;
mod format_1;
mod record;
mod recorder;
mod redaction;
mod replay;
mod timeline;

pub use entry::{Entry, Note, abridged};
pub use record::{FORMAT, ReadError, Record};
pub use recorder::Recorder;
pub use redaction::Redaction;
pub use replay::{Difference, Replay, replay};
