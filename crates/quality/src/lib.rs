//! How good a call is: from what `getStats` counts to what a person wants to know.
//!
//! Names are those of webrtc-stats, and each field says which of its members it is made of.
//! A browser's counters run since the stream began; people want to know about now, so most
//! numbers here are of the interval between two reports. What cannot be known (a counter is
//! missing, renamed or went back, no time has passed) is `None`, never a wrong number.
//!
//! ```text
//! JSON ─► StatsReport ─► Sample ─► Meter ─► Reading ─┬─► IntervalStats ─► the panel
//!                                                    ├─► Assessment, each direction ─► the indicator
//!                                                    └─► EncodingLimits ─► the outbound video
//! ```
//!
//! There is no browser in here, no clock and no wording: reports come in as text with their
//! own timestamps, and grades and reasons go out as enums.

mod broken_codec;
mod diagnostics;
pub mod emodel;
mod grade;
mod history;
mod hysteresis;
mod interval;
mod loss_based_control;
mod meter;
mod report;
mod sample;
mod window;

pub use diagnostics::saved_reading;
pub use grade::{Assessment, Grade, Reason};
pub use history::{HISTORY_SECONDS, History, Series};
pub use interval::{IntervalStats, Metric, StreamKind, StreamStats};
pub use loss_based_control::EncodingLimits;
pub use meter::{Meter, Reading};
pub use report::{Member, StatsObject, StatsReport};
pub use sample::{Candidate, CandidatePair, Sample, StreamSample, TransportSecurity, fingerprint};
