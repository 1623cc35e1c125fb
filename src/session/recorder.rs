//! What went through the inbox to the call machine, for diagnostics. Bounded; it
//! leaves the page only when the person saves it, without anything private.

pub use wimpex_record::Recorder;
