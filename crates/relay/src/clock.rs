//! The system's two clocks, for the machines that must not read them.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use wimpex_sansio::{Now, UnixTime};

const LOOKS: u8 = 4;

/// The clock that never goes back, counted from when this was made. Copies agree.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
}

impl Clock {
    /// Its zero is now.
    pub fn start() -> Self {
        Self {
            start: Instant::now(),
        }
    }

    /// What it shows.
    pub fn now(&self) -> Now {
        self.at(Instant::now())
    }

    /// What both clocks show at one time: whoever is interrupted between the two looks again.
    pub fn both(&self) -> (UnixTime, Now) {
        let look = |_| {
            let (before, wall) = (Instant::now(), unix_time());
            (before.elapsed(), wall, self.at(before))
        };
        let looks = (0..LOOKS).map(look).min_by_key(|(took, ..)| *took);
        looks.map_or_else(|| (unix_time(), self.now()), |(_, wall, now)| (wall, now))
    }

    /// What it showed or will show at an instant; zero before it was made.
    pub fn at(&self, instant: Instant) -> Now {
        Now::ZERO + instant.saturating_duration_since(self.start)
    }

    /// When it will show that.
    pub fn instant(&self, now: Now) -> Instant {
        self.start + Duration::from_millis(now.as_millis())
    }
}

/// What the clock on the wall shows; zero if it stands before 1970.
pub fn unix_time() -> UnixTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let millis = since.map_or(0, |since| since.as_millis());
    UnixTime::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
}
