//! The calls to people of whom no device is there: some of them wake devices, and those that nobody
//! hears are missed.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use wimpex_hub::SessionId;
use wimpex_protocol::{CallEndReason, CallId, MissedCall, Signal, UserId};

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
pub(crate) struct Wakes {
    calls: HashMap<(UserId, CallId), Wake>,
    /// Who has missed which, and has not been told.
    missed: Vec<(UserId, MissedCall)>,
}

#[derive(Debug)]
struct Wake {
    user: UserId,
    session: SessionId,
    since: Instant,
    /// What is kept of it if nobody hears it.
    call: MissedCall,
    /// Devices are being woken for it.
    wakes: bool,
    /// A device has come for it, and knows what became of it.
    has_rung: bool,
    outcome: watch::Sender<Option<Outcome>>,
}

/// A call that another process goes on with.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) user: UserId,
    pub(crate) session: SessionId,
    pub(crate) since: Instant,
    pub(crate) call: MissedCall,
    pub(crate) wakes: bool,
    pub(crate) has_rung: bool,
}

/// What an offer to somebody who is not there may do.
#[derive(Debug)]
pub(crate) enum Begin {
    /// It is known; whether devices are being woken for it.
    Known { wakes: bool },
    /// They may be woken: whoever does it learns the outcome.
    New(watch::Receiver<Option<Outcome>>),
    /// Too many calls.
    TooMany,
}

impl Wakes {
    /// A call to somebody of whom no device is there, which began at `since`; from a session of the
    /// caller.
    pub(crate) fn begin(
        &mut self,
        session: SessionId,
        user: &UserId,
        call: MissedCall,
        since: Instant,
    ) -> Begin {
        let key = (call.from_id.clone(), call.call_id.clone());
        if let Some(known) = self.calls.get(&key) {
            return match known.user == *user && known.outcome.borrow().is_none() {
                true => Begin::Known { wakes: known.wakes },
                false => Begin::TooMany,
            };
        }
        let of_user = self.calls.values().filter(|wake| wake.user == *user);
        if of_user.count() >= PER_USER || self.calls.len() >= TOTAL {
            return Begin::TooMany;
        }
        let (outcome, receiver) = watch::channel(None);
        let wake = Wake {
            user: user.clone(),
            session,
            since,
            call,
            wakes: false,
            has_rung: false,
            outcome,
        };
        self.calls.insert(key, wake);
        Begin::New(receiver)
    }

    /// Goes on with one of another process. What it has to be followed by, if it wakes devices.
    pub(crate) fn go_on(&mut self, waiting: Waiting) -> Option<watch::Receiver<Option<Outcome>>> {
        let (wakes, has_rung) = (waiting.wakes, waiting.has_rung);
        let key = (waiting.call.from_id.clone(), waiting.call.call_id.clone());
        let begun = self.begin(waiting.session, &waiting.user, waiting.call, waiting.since);
        let Begin::New(outcome) = begun else {
            return None;
        };
        if let Some(wake) = self.calls.get_mut(&key) {
            (wake.wakes, wake.has_rung) = (wakes, has_rung);
        }
        wakes.then_some(outcome)
    }

    /// Devices are being woken for it.
    pub(crate) fn woken(&mut self, caller: &UserId, call: &CallId) {
        if let Some(wake) = self.get(caller, call) {
            wake.wakes = true;
        }
    }

    /// Nobody has to know of it after all.
    pub(crate) fn withdraw(&mut self, caller: &UserId, call: &CallId) {
        self.calls.remove(&(caller.clone(), call.clone()));
    }

    /// A device that has come gets the offer.
    pub(crate) fn rings(&mut self, caller: &UserId, user: &UserId, call: &CallId) {
        if let Some(wake) = self.get(caller, call).filter(|wake| wake.user == *user) {
            wake.has_rung = true;
        }
    }

    /// Whether a device may still come for it.
    pub(crate) fn is_ringing(&self, caller: &UserId, call: &CallId) -> bool {
        let wake = self.calls.get(&(caller.clone(), call.clone()));
        wake.is_some_and(|wake| wake.outcome.borrow().is_none())
    }

    /// Gives up all that ring still, for another process.
    pub(crate) fn hand_over(&mut self) -> Vec<Waiting> {
        let all = self.calls.drain().map(|(_, wake)| wake);
        let ringing = all.filter(|wake| wake.end(Outcome::HandedOver));
        let waiting = ringing.map(|wake| Waiting {
            user: wake.user,
            session: wake.session,
            since: wake.since,
            call: wake.call,
            wakes: wake.wakes,
            has_rung: wake.has_rung,
        });
        waiting.collect()
    }

    /// The server stops, and no other takes its place.
    pub(crate) fn close(&mut self) {
        for wake in self.calls.values() {
            wake.end_as(Outcome::Missed, &mut self.missed);
        }
        self.calls.clear();
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

    /// Ends one; says whether there was one that had not ended.
    pub(crate) fn end(
        &mut self,
        caller: &UserId,
        user: &UserId,
        call: &CallId,
        outcome: Outcome,
    ) -> bool {
        let wake = self.calls.get(&(caller.clone(), call.clone()));
        let wake = wake.filter(|wake| wake.user == *user);
        wake.is_some_and(|wake| wake.end_as(outcome, &mut self.missed))
    }

    /// Forgets what is long over; a caller who is gone calls no more.
    pub(crate) fn tick(&mut self, now: Instant, is_there: impl Fn(SessionId) -> bool) {
        let missed = &mut self.missed;
        self.calls.retain(|_, wake| {
            let is_old = now.saturating_duration_since(wake.since) >= RING;
            if is_old || !is_there(wake.session) {
                wake.end_as(Outcome::Missed, missed);
            }
            !is_old
        });
    }

    /// Who has missed what since this was asked last.
    pub(crate) fn take_missed(&mut self) -> Vec<(UserId, MissedCall)> {
        std::mem::take(&mut self.missed)
    }

    fn get(&mut self, caller: &UserId, call: &CallId) -> Option<&mut Wake> {
        self.calls.get_mut(&(caller.clone(), call.clone()))
    }
}

impl Wake {
    /// The same, and notes the call as missed if it is, and no device knows better.
    fn end_as(&self, outcome: Outcome, missed: &mut Vec<(UserId, MissedCall)>) -> bool {
        let is_first = self.end(outcome);
        if is_first && outcome == Outcome::Missed && !self.has_rung {
            missed.push((self.user.clone(), self.call.clone()));
        }
        is_first
    }

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
    use wimpex_protocol::{CallEnd, CallType};

    fn user(id: &str) -> UserId {
        UserId::parse(id).unwrap()
    }

    fn call(id: &str) -> CallId {
        CallId::parse(id).unwrap()
    }

    fn begin(wakes: &mut Wakes, caller: &str, id: &str, now: Instant) -> Begin {
        let missed = MissedCall {
            from_id: user(caller),
            call_id: call(id),
            call_type: CallType::Audio,
            at: 0,
        };
        wakes.begin(SessionId(1), &user("bob"), missed, now)
    }

    #[test]
    fn an_offer_that_is_sent_again_wakes_nobody_again() {
        let (mut wakes, now) = (Wakes::default(), Instant::now());
        assert!(matches!(
            begin(&mut wakes, "alice", "1", now),
            Begin::New(_)
        ));
        assert!(matches!(
            begin(&mut wakes, "alice", "1", now),
            Begin::Known { wakes: false }
        ));
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
        assert_eq!(wakes.take_missed().len(), 1);
        assert!(wakes.take_missed().is_empty());
    }

    #[test]
    fn a_device_that_rang_is_told_of_nothing() {
        let (mut wakes, now) = (Wakes::default(), Instant::now());
        begin(&mut wakes, "alice", "1", now);
        wakes.rings(&user("alice"), &user("bob"), &call("1"));
        begin(&mut wakes, "alice", "2", now);
        assert!(wakes.end(&user("alice"), &user("bob"), &call("2"), Outcome::Over));
        wakes.tick(now + RING, |_| true);
        assert!(wakes.take_missed().is_empty());
    }
}
