//! The calls for which somebody's devices are being woken.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use wimpex_hub::SessionId;
use wimpex_protocol::{CallEndReason, CallId, Signal, UserId};

/// A call rings for so long; nobody need hear of it by a device that comes later.
pub(super) const RING: Duration = Duration::from_secs(60);
/// Calls of all callers that may wake one user within [`RING`]. Push services count too, and drop
/// whoever sends too much.
const PER_USER: usize = 6;
/// Wakes in all.
const TOTAL: usize = 10_000;

/// How a call ended for which devices were woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Nobody has answered.
    Missed,
    /// Answered or declined.
    Over,
    /// Another process follows it from here on.
    HandedOver,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Wakes(HashMap<(UserId, CallId), Wake>);

#[derive(Debug)]
struct Wake {
    user: UserId,
    session: SessionId,
    since: Instant,
    outcome: watch::Sender<Option<Outcome>>,
}

/// What an offer to somebody who is not there may do.
#[derive(Debug)]
pub(crate) enum Begin {
    /// They are being woken for this call already.
    Known,
    /// They may be woken: whoever does it learns the outcome.
    New(watch::Receiver<Option<Outcome>>),
    /// Too many calls.
    TooMany,
}

impl Wakes {
    /// A call to somebody of whom no device is there; from a session of the caller.
    pub(crate) fn begin(
        &mut self,
        (caller, session): (&UserId, SessionId),
        user: &UserId,
        call: &CallId,
        now: Instant,
    ) -> Begin {
        let key = (caller.clone(), call.clone());
        if let Some(known) = self.0.get(&key) {
            return match known.user == *user && known.outcome.borrow().is_none() {
                true => Begin::Known,
                false => Begin::TooMany,
            };
        }
        let of_user = self.0.values().filter(|wake| wake.user == *user).count();
        if of_user >= PER_USER || self.0.len() >= TOTAL {
            return Begin::TooMany;
        }
        let (outcome, receiver) = watch::channel(None);
        let wake = Wake {
            user: user.clone(),
            session,
            since: now,
            outcome,
        };
        self.0.insert(key, wake);
        Begin::New(receiver)
    }

    /// Nobody could be woken after all.
    pub(crate) fn withdraw(&mut self, caller: &UserId, call: &CallId) {
        self.0.remove(&(caller.clone(), call.clone()));
    }

    /// Gives up all that ring still, for another process, with when they began.
    pub(crate) fn hand_over(&mut self) -> Vec<(UserId, UserId, CallId, SessionId, Instant)> {
        let ringing = self.0.drain();
        let ringing = ringing.filter(|(_, wake)| wake.end(Outcome::HandedOver));
        let saved = ringing.map(|((caller, call), wake)| {
            (wake.user.clone(), caller, call, wake.session, wake.since)
        });
        saved.collect()
    }

    /// The server stops, and no other takes its place.
    pub(crate) fn close(&mut self) {
        for (_, wake) in self.0.drain() {
            wake.end(Outcome::Missed);
        }
    }

    /// Somebody sends something about a call.
    pub(crate) fn note(&mut self, from: &UserId, to: &UserId, signal: &Signal) {
        let Some(call) = signal.call_id() else { return };
        let (caller, user, outcome) = match signal {
            Signal::CallEnd(end) => match end.reason {
                CallEndReason::Ended
                | CallEndReason::Cancelled
                | CallEndReason::NoAnswer
                | CallEndReason::Failed => (from, to, Outcome::Missed),
                CallEndReason::AnsweredElsewhere
                | CallEndReason::DeclinedElsewhere
                | CallEndReason::Superseded => (from, to, Outcome::Over),
            },
            Signal::CallAnswer(_) | Signal::CallReject(_) => (to, from, Outcome::Over),
            Signal::CallOffer(_)
            | Signal::CallConfirm(_)
            | Signal::CallRinging(_)
            | Signal::IceCandidate(_) => return,
        };
        self.end(caller, user, call, outcome);
    }

    /// Ends a wake; says whether there was one that had not ended.
    pub(crate) fn end(
        &mut self,
        caller: &UserId,
        user: &UserId,
        call: &CallId,
        outcome: Outcome,
    ) -> bool {
        let wake = self.0.get(&(caller.clone(), call.clone()));
        let Some(wake) = wake.filter(|wake| wake.user == *user) else {
            return false;
        };
        wake.end(outcome)
    }

    /// Forgets what is long over; a caller who is gone calls no more.
    pub(crate) fn tick(&mut self, now: Instant, is_there: impl Fn(SessionId) -> bool) {
        self.0.retain(|_, wake| {
            if !is_there(wake.session) {
                wake.end(Outcome::Missed);
            }
            now.saturating_duration_since(wake.since) < RING
        });
    }
}

impl Wake {
    /// The first word counts. Whether this is it.
    fn end(&self, outcome: Outcome) -> bool {
        self.outcome.send_if_modified(|known| {
            let is_first = known.is_none();
            known.get_or_insert(outcome);
            is_first
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wimpex_protocol::CallEnd;

    fn user(id: &str) -> UserId {
        UserId::parse(id).unwrap()
    }

    fn call(id: &str) -> CallId {
        CallId::parse(id).unwrap()
    }

    fn begin(wakes: &mut Wakes, caller: &str, id: &str, now: Instant) -> Begin {
        let from = (&user(caller), SessionId(1));
        wakes.begin(from, &user("bob"), &call(id), now)
    }

    #[test]
    fn an_offer_that_is_sent_again_wakes_nobody_again() {
        let (mut wakes, now) = (Wakes::default(), Instant::now());
        assert!(matches!(
            begin(&mut wakes, "alice", "1", now),
            Begin::New(_)
        ));
        assert!(matches!(begin(&mut wakes, "alice", "1", now), Begin::Known));
        let over = (&user("alice"), &user("bob"), &call("1"));
        assert!(wakes.end(over.0, over.1, over.2, Outcome::Over));
        assert!(!wakes.end(over.0, over.1, over.2, Outcome::Missed));
        assert!(matches!(
            begin(&mut wakes, "alice", "1", now),
            Begin::TooMany
        ));
    }

    #[test]
    fn only_so_many_calls_wake_one_user() {
        let (mut wakes, now) = (Wakes::default(), Instant::now());
        for nth in 0..PER_USER {
            let id = nth.to_string();
            assert!(matches!(begin(&mut wakes, &id, &id, now), Begin::New(_)));
        }
        assert!(matches!(
            begin(&mut wakes, "alice", "1", now),
            Begin::TooMany
        ));
        wakes.tick(now + RING, |_| true);
        assert!(matches!(
            begin(&mut wakes, "alice", "1", now),
            Begin::New(_)
        ));
    }

    #[test]
    fn nobody_else_ends_a_call() {
        let (mut wakes, now) = (Wakes::default(), Instant::now());
        let Begin::New(outcome) = begin(&mut wakes, "alice", "1", now) else {
            panic!("the first is new");
        };
        let end = Signal::CallEnd(CallEnd {
            call_id: call("1"),
            reason: CallEndReason::Cancelled,
        });
        wakes.note(&user("mallory"), &user("bob"), &end);
        wakes.note(&user("alice"), &user("mallory"), &end);
        assert_eq!(*outcome.borrow(), None);
        wakes.note(&user("alice"), &user("bob"), &end);
        assert_eq!(*outcome.borrow(), Some(Outcome::Missed));
    }

    #[test]
    fn a_caller_who_is_gone_has_called_in_vain() {
        let (mut wakes, now) = (Wakes::default(), Instant::now());
        let Begin::New(outcome) = begin(&mut wakes, "alice", "1", now) else {
            panic!("the first is new");
        };
        wakes.tick(now, |_| true);
        assert_eq!(*outcome.borrow(), None);
        wakes.tick(now, |_| false);
        assert_eq!(*outcome.borrow(), Some(Outcome::Missed));
    }
}
