//! Timers of a connection: keepalive (ping), login, acknowledgment.

use std::time::Duration;

use tokio::time::Instant;

use super::close_cause::CloseCause;

/// Whoever is in the middle of setting up a call is pinged more often, so that
/// the other side soon learns if it is gone.
const BUSY_PING: Duration = Duration::from_secs(3);
/// For so long after the last message to or from somebody.
const BUSY: Duration = Duration::from_secs(90);
/// A peer that was silent since the ping before the last is dropped when the
/// third is due. Counted, not timed: after a pause of this very machine, pongs
/// that are waiting to be read must not be overlooked.
const SILENT_PINGS: u32 = 2;

pub(super) struct Timers {
    pub(super) login_until: Option<Instant>,
    pub(super) ping_every: Option<Duration>,
    pub(super) next_ping: Option<Instant>,
    /// Since anything was heard.
    pub(super) pings: u32,
    /// When anything was heard last.
    pub(super) heard: Instant,
    /// Until then it is pinged more often.
    pub(super) busy_until: Option<Instant>,
    /// When the client must have been told what has arrived.
    pub(super) ack_at: Option<Instant>,
    /// Until then nothing is read: the peer sends too fast.
    pub(super) rest_until: Option<Instant>,
}

impl Timers {
    /// When there is something to do even if nothing happens.
    pub(super) fn next(&self) -> Instant {
        [
            self.login_until,
            self.next_ping,
            self.rest_until,
            self.ack_at,
        ]
        .into_iter()
        .flatten()
        .min()
        .unwrap_or_else(|| Instant::now() + Duration::from_secs(3600))
    }

    /// Does what is due; says whether to ping.
    pub(super) fn due(&mut self, now: Instant) -> Result<bool, CloseCause> {
        let is_due = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        if is_due(self.rest_until) {
            self.rest_until = None;
        }
        if is_due(self.login_until) {
            return Err(CloseCause::LoginTooLate);
        }
        if !is_due(self.next_ping) {
            return Ok(false);
        }
        if self.pings >= SILENT_PINGS {
            return Err(CloseCause::Silent);
        }
        self.pings += 1;
        self.next_ping = self.interval(now).map(|every| now + every);
        Ok(true)
    }

    /// A message went to somebody, or came from somebody.
    pub(super) fn busy(&mut self, now: Instant) {
        self.busy_until = Some(now + BUSY);
        let soon = self.interval(now).map(|every| now + every);
        self.next_ping = self.next_ping.min(soon);
    }

    fn interval(&self, now: Instant) -> Option<Duration> {
        let is_busy = self.busy_until.is_some_and(|until| now < until);
        self.ping_every
            .map(|every| if is_busy { every.min(BUSY_PING) } else { every })
    }
}
