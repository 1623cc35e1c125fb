//! How good a call is: from what `getStats` counts to what a person wants to know.
//!
//! The browser counts since the beginning of time (webrtc-stats, section 6); people
//! want to know about now. So all numbers are of an interval between two readings.
//! Whatever cannot be known (a counter is missing, renamed or went back, no time has
//! passed) is `None`: unknown, never a wrong number.
//!
//! ```text
//! JSON ─► StatsReport ─► Sample ─► Meter ─┬─► IntervalStats ─► the panel
//!                                         ├─► Assessment, each direction ─► the indicator
//!                                         └─► EncodingLimits ─► the video that is sent
//! ```
//!
//! No browser in here, no clock and no wording: readings come in as text.

pub mod emodel;
mod grade;
mod history;
mod hysteresis;
mod interval;
mod loss_based;
mod meter;
mod report;
mod sample;
mod window;

pub use grade::{Assessment, Grade, Reason};
pub use history::{HISTORY_SECONDS, History, Series};
pub use interval::{IntervalStats, Metric, StreamKind, StreamStats};
pub use loss_based::EncodingLimits;
pub use meter::{Meter, Reading};
pub use report::{Member, StatsObject, StatsReport};
pub use sample::{
    Candidate, CandidatePair, Counter, Sample, StreamSample, TransportSecurity, fingerprint,
};
