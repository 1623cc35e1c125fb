//! The two clocks: one that never goes back, and the one on the wall.

use std::ops::Add;
use std::time::Duration;

/// An instant in milliseconds on a clock that never goes back (`performance.now()`,
/// `CLOCK_MONOTONIC`). Its zero is any fixed moment of the driver's choice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(transparent)
)]
pub struct Now(u64);

impl Now {
    /// The driver's fixed moment.
    pub const ZERO: Self = Self(0);

    /// So many milliseconds after the fixed moment.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the fixed moment.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// How long ago `earlier` was; zero if it lies ahead.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Now {
    type Output = Self;

    /// Saturates, as a deadline that far away never comes.
    fn add(self, duration: Duration) -> Self {
        self + u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
    }
}

impl Add<u64> for Now {
    type Output = Self;

    /// That many milliseconds later; saturates.
    fn add(self, millis: u64) -> Self {
        Self(self.0.saturating_add(millis))
    }
}

/// Milliseconds since 1970-01-01T00:00Z by a wall clock, which may be wrong and may jump.
/// Goes into signatures, history and credentials; never into deadlines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(transparent)
)]
pub struct UnixTime(u64);

impl UnixTime {
    /// So many milliseconds since 1970.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// Whole seconds since 1970.
    pub const fn as_secs(self) -> u64 {
        self.0 / 1_000
    }

    /// How far the two clocks are apart, whichever is ahead.
    pub const fn abs_diff(self, other: Self) -> Duration {
        Duration::from_millis(self.0.abs_diff(other.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_far_away_saturates() {
        let now = Now::from_millis(u64::MAX - 1);
        assert_eq!(now + Duration::MAX, Now::from_millis(u64::MAX));
        assert_eq!(now + 5, Now::from_millis(u64::MAX));
    }

    #[test]
    fn what_lies_ahead_is_no_time_ago() {
        let earlier = Now::from_millis(2_000);
        assert_eq!(Now::ZERO.since(earlier), Duration::ZERO);
        assert_eq!(earlier.since(Now::ZERO), Duration::from_secs(2));
    }
}
