//! The tones of calls and of the check.

use crate::browser::web_audio::Pattern;

/// For an incoming call: two soft double bursts.
pub const RINGTONE: Pattern = Pattern {
    frequencies: &[587.33, 880.0],
    cadence: &[(0.0, 0.35), (0.5, 0.85)],
    period: 2.6,
    volume: 0.12,
};

/// For an outgoing call that rings at the other end: the long quiet beat of a telephone
/// (ITU-T E.180, section 5).
pub const RINGBACK: Pattern = Pattern {
    frequencies: &[425.0],
    cadence: &[(0.0, 1.0)],
    period: 4.0,
    volume: 0.05,
};

/// For a call that comes in during another one: a short soft beat, seldom enough to talk on
/// (ITU-T E.180, section 8).
pub const CALL_WAITING: Pattern = Pattern {
    frequencies: &[440.0],
    cadence: &[(0.0, 0.2), (0.4, 0.6)],
    period: 5.0,
    volume: 0.04,
};

/// The check of the speaker: one soft chord, loud enough to be sure of.
pub const CHIME: Pattern = Pattern {
    frequencies: &[523.25, 659.26, 783.99],
    cadence: &[(0.0, 0.7)],
    period: 300.0,
    volume: 0.15,
};
