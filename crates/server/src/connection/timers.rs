//! Timers of a connection: keepalive (ping), login, acknowledgment.

use std::time::Duration;

use wimpex_sansio::Now;

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

/// What is never due.
pub(super) const NEVER: Now = Now::from_millis(u64::MAX);

/// Moments at which something is due, or [`NEVER`]; there are as many of these as connections.
pub(super) struct Timers {
    pub(super) login_until: Now,
    pub(super) next_ping: Now,
    /// Since anything was heard.
    pub(super) pings: u32,
    /// When anything was heard last.
    pub(super) heard: Now,
    /// Until then it is pinged more often.
    busy_until: Now,
    /// When the client must have been told what has arrived.
    pub(super) ack_at: Now,
    /// Until then nothing is read: the peer sends too fast.
    pub(super) rest_until: Now,
}

impl Timers {
    /// Of a connection that is new, which is to log in by then.
    pub(super) fn new(now: Now, login_until: Now, ping_every: Option<Duration>) -> Self {
        Self {
            login_until,
            next_ping: ping_every.map_or(NEVER, |every| now + every),
            pings: 0,
            heard: now,
            busy_until: Now::ZERO,
            ack_at: NEVER,
            rest_until: NEVER,
        }
    }

    /// When there is something to do even if nothing happens.
    pub(super) fn next(&self) -> Now {
        self.login_until
            .min(self.next_ping)
            .min(self.rest_until)
            .min(self.ack_at)
    }

    /// Does what is due; says whether to ping. `ping_every` is what it is where nothing is going on.
    pub(super) fn due(
        &mut self,
        now: Now,
        ping_every: Option<Duration>,
    ) -> Result<bool, CloseCause> {
        if self.rest_until <= now {
            self.rest_until = NEVER;
        }
        if self.login_until <= now {
            return Err(CloseCause::LoginTooLate);
        }
        if self.next_ping > now {
            return Ok(false);
        }
        if self.pings >= SILENT_PINGS {
            return Err(CloseCause::Silent);
        }
        self.pings += 1;
        self.next_ping = self.ping_after(now, ping_every);
        Ok(true)
    }

    /// A message went to somebody, or came from somebody.
    pub(super) fn busy(&mut self, now: Now, ping_every: Option<Duration>) {
        self.busy_until = now + BUSY;
        self.next_ping = self.next_ping.min(self.ping_after(now, ping_every));
    }

    fn ping_after(&self, now: Now, ping_every: Option<Duration>) -> Now {
        let is_busy = now < self.busy_until;
        ping_every.map_or(NEVER, |every| {
            now + if is_busy { every.min(BUSY_PING) } else { every }
        })
    }
}
