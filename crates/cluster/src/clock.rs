//! Which of two things at different nodes was later.

use wimpex_sansio::{Now, UnixTime};

/// A clock that is further ahead than this, a day, is wrong.
const MOST_AHEAD: u64 = 24 * 60 * 60 * 1_000;

/// A hybrid logical clock: it goes by the node whose clock is ahead of all others', and what follows
/// from something is later than that, however soon it follows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Clock {
    started: Now,
    /// The time on the wall when it started, by this node's own clock.
    wall: UnixTime,
    /// Milliseconds by which the clock of the node that is ahead is ahead of that.
    ahead: u64,
    /// The latest that was stamped here or heard of.
    latest: UnixTime,
}

impl Clock {
    pub(crate) fn new(wall: UnixTime, now: Now) -> Self {
        Self {
            started: now,
            wall,
            ahead: 0,
            latest: UnixTime::default(),
        }
    }

    /// Milliseconds since it has started.
    pub(crate) fn age(&self, now: Now) -> u64 {
        u64::try_from(now.since(self.started).as_millis()).unwrap_or(u64::MAX)
    }

    /// No earlier than anything that was stamped or heard of before.
    pub(crate) fn time(&self, now: Now) -> UnixTime {
        let time = self.own(now).saturating_add(self.ahead);
        UnixTime::from_millis(time).max(self.latest)
    }

    /// Later than anything that was stamped or heard of before.
    pub(crate) fn stamp(&mut self, now: Now) -> UnixTime {
        let next = UnixTime::from_millis(self.latest.as_millis().saturating_add(1));
        self.latest = self.time(now).max(next);
        self.latest
    }

    /// Another node's clock shows that. Which of two sessions of a device is the later one must not
    /// hang on whose clock is behind.
    pub(crate) fn hear(&mut self, theirs: UnixTime, now: Now) {
        let ahead = theirs.as_millis().saturating_sub(self.own(now));
        if ahead <= MOST_AHEAD {
            self.ahead = self.ahead.max(ahead);
            self.latest = self.latest.max(theirs);
        }
    }

    fn own(&self, now: Now) -> u64 {
        self.wall.as_millis().saturating_add(self.age(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> (UnixTime, Now) {
        (UnixTime::from_millis(millis), Now::from_millis(millis))
    }

    #[test]
    fn what_follows_is_later_within_a_millisecond_too() {
        let (wall, now) = at(100);
        let (mut one, mut other) = (Clock::new(wall, now), Clock::new(wall, now));
        let mut last = UnixTime::default();
        for _ in 0..5 {
            for clock in [&mut one, &mut other] {
                clock.hear(last, now);
                let stamp = clock.stamp(now);
                assert!(stamp > last);
                assert_eq!(clock.time(now), stamp);
                last = stamp;
            }
        }
    }

    #[test]
    fn it_goes_by_the_clock_that_is_ahead() {
        let mut clock = Clock::new(UnixTime::from_millis(1_000), Now::ZERO);
        clock.hear(UnixTime::from_millis(5_000), Now::ZERO);
        clock.hear(UnixTime::from_millis(3_000), Now::ZERO);
        let later = clock.time(Now::from_millis(700));
        assert_eq!(later, UnixTime::from_millis(5_700));
    }

    /// However often it is told, and in however small steps.
    #[test]
    fn it_is_never_more_than_a_day_ahead_of_its_own() {
        let mut clock = Clock::new(UnixTime::from_millis(1_000), Now::ZERO);
        for hours in 1..100 {
            let theirs = UnixTime::from_millis(hours * 60 * 60 * 1_000);
            clock.hear(theirs, Now::ZERO);
        }
        let day = UnixTime::from_millis(24 * 60 * 60 * 1_000);
        assert_eq!(clock.time(Now::ZERO), day);
    }
}
