//! How long messages and steps of the handshake count.

use std::time::Duration;

/// How far a message's timestamp may be from the receiver's wall clock, in either
/// direction: the difference of the clocks and the time on the way together.
pub const FRESHNESS: Duration = Duration::from_secs(60);

/// How long after its offer the caller takes an answer: a minute of ringing, and a minute
/// on the way.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(120);

/// How long after its answer the callee takes the confirmation.
pub const CONFIRM_TIMEOUT: Duration = Duration::from_secs(60);
