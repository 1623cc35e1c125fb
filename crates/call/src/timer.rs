//! The deadlines of a call, by name.

use wimpex_sansio::Now;

/// What a deadline is for. Where several have passed, the first in this order counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timer {
    /// Nobody has answered: see [`crate::limits::RING`].
    Ring,
    /// No connection came about: see [`crate::limits::CONNECT`].
    Connect,
    /// The connection was lost, and no other came about: see
    /// [`crate::limits::RECONNECT`].
    Reconnect,
    /// The peer's page was left, and has not said that it is back: see
    /// [`crate::limits::PAGE_BACK`].
    PageBack,
    /// No device of the peer has said that it rings: see
    /// [`crate::limits::NO_RINGING_AFTER`].
    NoRinging,
    /// The peer has been offline for too long: see [`crate::limits::PEER_LEFT_AFTER`].
    PeerLeft,
    /// ICE is to be restarted, as the path does not work.
    Restart,
    /// The restart's offer is to be retransmitted, if it has no answer:
    /// see [`crate::limits::RESEND_AFTER`].
    Resend,
}

impl Timer {
    const ALL: [Self; 8] = [
        Self::Ring,
        Self::Connect,
        Self::Reconnect,
        Self::PageBack,
        Self::NoRinging,
        Self::PeerLeft,
        Self::Restart,
        Self::Resend,
    ];
}

/// When each timer is due, of those that run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct TimerTable([Option<Now>; Timer::ALL.len()]);

impl TimerTable {
    /// Starts a timer, in place of where it stood.
    pub(crate) fn set(&mut self, timer: Timer, at: Now) {
        self.0[timer as usize] = Some(at);
    }

    /// Stops a timer; says whether it ran.
    pub(crate) fn stop(&mut self, timer: Timer) -> bool {
        self.0[timer as usize].take().is_some()
    }

    pub(crate) fn stop_all(&mut self) {
        *self = Self::default();
    }

    /// When a timer is due; `None` if it does not run.
    pub(crate) fn get(&self, timer: Timer) -> Option<Now> {
        self.0[timer as usize]
    }

    /// When the next step of the repair of a lost path is due: there is one at most.
    pub(crate) fn repair(&self) -> Option<Now> {
        self.get(Timer::Restart).or(self.get(Timer::Resend))
    }

    /// Starts [`Timer::Restart`] or [`Timer::Resend`], whichever comes next.
    pub(crate) fn set_repair(&mut self, step: Timer, at: Now) {
        self.stop(Timer::Restart);
        self.stop(Timer::Resend);
        self.set(step, at);
    }

    /// When the first timer is due; `None` if none runs.
    pub(crate) fn next(&self) -> Option<Now> {
        self.0.iter().flatten().min().copied()
    }

    /// The timer whose turn it is.
    pub(crate) fn due(&self, now: Now) -> Option<Timer> {
        let is_due = |timer: &Timer| self.get(*timer).is_some_and(|at| at <= now);
        Timer::ALL.into_iter().find(is_due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_due_timers_the_first_by_name_counts() {
        let mut timers = TimerTable::default();
        let at = Now::from_millis;
        timers.set(Timer::Resend, at(1));
        timers.set(Timer::Connect, at(2));
        assert_eq!(timers.next(), Some(at(1)));
        assert_eq!(timers.due(at(0)), None);
        assert_eq!(timers.due(at(1)), Some(Timer::Resend));
        assert_eq!(timers.due(at(2)), Some(Timer::Connect));
        assert!(timers.stop(Timer::Connect) && !timers.stop(Timer::Connect));
        assert_eq!(timers.due(at(2)), Some(Timer::Resend));
        timers.stop_all();
        assert_eq!(timers.next(), None);
    }
}
