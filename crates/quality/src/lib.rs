//! How good a call is: from what `getStats` counts to what a person wants to know.
//!
//! The browser counts since the beginning of time (webrtc-stats, section 6); people
//! want to know about now. So all numbers are of an interval between two readings.
//! Whatever cannot be known (a counter is missing, renamed or went back, no time has
//! passed) is `None`: unknown, never a wrong number.
//!
//! ```text
//! JSON of a report ─► Report ─► Sample ─┬─► Quality (an interval) ─► the panel
//!                                       └─► Meter ─► Verdict, each direction ─► the indicator
//!                                   └─► Limit ─► the picture that leaves
//! ```
//!
//! No browser in here, no clock and no wording: readings come in as text.

mod allowance;
pub mod emodel;
mod grade;
mod history;
mod meter;
mod quality;
mod recent;
mod report;
mod sample;
mod steady;

pub use allowance::Limit;
pub use grade::{Grade, Reason, Verdict};
pub use history::{History, SECONDS, Series};
pub use meter::{Meter, Reading};
pub use quality::{Flow, Media, Number, Quality};
pub use report::{Entry, Member, Report};
pub use sample::{CandidateEnd, Counter, Route, Sample, Security, Stream, fingerprint};
