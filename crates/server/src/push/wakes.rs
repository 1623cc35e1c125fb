//! The calls to people of whom no device is there: some of them wake devices, and those that nobody
//! hears are missed.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use wimpex_hub::SessionId;
use wimpex_limits::Network;
use wimpex_protocol::{CallEndReason, CallId, MissedCall, Signal, UserId};

/// A call rings for so long; nobody need hear of it by a device that comes later.
pub(super) const RING: Duration = Duration::from_secs(60);
/// Calls of all callers of one standing that may wake one user within [`RING`]. Push services count
/// too, and drop whoever sends too much.
const PER_USER: usize = 6;
/// Of those, of strangers from one network: it costs nothing to be many.
const PER_NETWORK: usize = 2;
/// The pause after each stranger's call that wakes a user, as pages keep it that are open
/// (`crates/client/src/strangers.rs`): whoever pressed the wrong button wakes them again at once. After
/// the last, none does until [`STRANGERS_COUNT`] have passed since the first.
const STRANGERS_PAUSES: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_secs(10),
    Duration::from_secs(20),
    Duration::from_secs(40),
];
/// So long a stranger's call counts for that.
const STRANGERS_COUNT: Duration = Duration::from_secs(600);
/// Of one standing in all.
const TOTAL: usize = 10_000;

/// What a caller is to whom they call: each has places that the others cannot take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallerStanding {
    /// Named by them.
    Named,
    /// Rings since everybody does.
    Stranger,
    /// Wakes nobody.
    Unheard,
}

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
    /// When strangers' calls have woken somebody within [`STRANGERS_COUNT`], the first of them first;
    /// of at most [`TOTAL`] users.
    strangers: HashMap<UserId, Vec<Instant>>,
}

#[derive(Debug)]
struct Wake {
    user: UserId,
    session: SessionId,
    since: Instant,
    /// What is kept of it if nobody hears it.
    call: MissedCall,
    /// As which it was counted.
    standing: CallerStanding,
    /// Whence, if it began here.
    network: Option<Network>,
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

/// An offer to somebody of whom no device is there.
#[derive(Debug)]
pub(crate) struct Offered {
    pub(crate) user: UserId,
    /// The caller's.
    pub(crate) session: SessionId,
    pub(crate) network: Network,
    pub(crate) standing: CallerStanding,
    pub(crate) call: MissedCall,
}

/// What it may do.
#[derive(Debug)]
pub(crate) enum Begin {
    /// It is known, and goes on; whether devices are being woken for it.
    Known { wakes: bool },
    /// That call is over, or somebody else's.
    Over,
    /// They may be woken: whoever does it learns the outcome.
    New(watch::Receiver<Option<Outcome>>),
    /// It wakes nobody: it is missed if it is not heard otherwise.
    Unheard,
    /// Not even that can be told: there are too many.
    TooMany,
}

impl Wakes {
    /// A call to somebody of whom no device is there, which began at `since`.
    pub(crate) fn begin(&mut self, offered: Offered, since: Instant) -> Begin {
        let Offered {
            user,
            session,
            network,
            standing,
            call,
        } = offered;
        let key = (call.from_id.clone(), call.call_id.clone());
        if let Some(known) = self.calls.get(&key) {
            return match known.user == user && known.outcome.borrow().is_none() {
                true => Begin::Known {
                    wakes: known.wakes(),
                },
                false => Begin::Over,
            };
        }
        let may_wake = self.has_place(&user, network, standing)
            && (standing != CallerStanding::Stranger || self.is_after_pause(&user, since));
        let standing = match may_wake {
            true => standing,
            // A call that cannot wake anybody any more can still be missed.
            false if self.has_place(&user, network, CallerStanding::Unheard) => {
                CallerStanding::Unheard
            }
            false => return Begin::TooMany,
        };
        if standing == CallerStanding::Stranger {
            self.strangers.entry(user.clone()).or_default().push(since);
        }
        let (outcome, receiver) = watch::channel(None);
        let wake = Wake {
            user,
            session,
            since,
            call,
            standing,
            network: Some(network),
            has_rung: false,
            outcome,
        };
        self.calls.insert(key, wake);
        match standing {
            CallerStanding::Named | CallerStanding::Stranger => Begin::New(receiver),
            CallerStanding::Unheard => Begin::Unheard,
        }
    }

    fn has_place(&self, user: &UserId, network: Network, standing: CallerStanding) -> bool {
        let alike = || self.calls.values().filter(|wake| wake.standing == standing);
        let to_user = || alike().filter(|wake| wake.user == *user);
        if alike().count() >= TOTAL {
            return false;
        }
        match standing {
            CallerStanding::Named => to_user().count() < PER_USER,
            CallerStanding::Stranger => {
                let from_there = to_user().filter(|wake| wake.network == Some(network));
                from_there.count() < PER_NETWORK && to_user().count() < PER_USER
            }
            // Nothing is sent for it; what is kept of it is limited where it is kept.
            CallerStanding::Unheard => true,
        }
    }

    /// Whether strangers may wake this user again.
    fn is_after_pause(&mut self, user: &UserId, now: Instant) -> bool {
        let Some(woken) = self.strangers.get_mut(user) else {
            return self.strangers.len() < TOTAL;
        };
        woken.retain(|at| now.saturating_duration_since(*at) < STRANGERS_COUNT);
        let pause = woken.len().checked_sub(1);
        pause.is_none_or(|nth| {
            let since_last = woken.last().map(|at| now.saturating_duration_since(*at));
            STRANGERS_PAUSES
                .get(nth)
                .is_some_and(|pause| since_last >= Some(*pause))
        })
    }

    /// Goes on with one of another process, which has let it in. What it has to be followed by, if
    /// it wakes devices.
    pub(crate) fn go_on(
        &mut self,
        waiting: Waiting,
        standing: CallerStanding,
    ) -> Option<watch::Receiver<Option<Outcome>>> {
        let key = (waiting.call.from_id.clone(), waiting.call.call_id.clone());
        if self.calls.contains_key(&key) {
            return None;
        }
        let (outcome, receiver) = watch::channel(None);
        let wake = Wake {
            user: waiting.user,
            session: waiting.session,
            since: waiting.since,
            call: waiting.call,
            standing: match waiting.wakes {
                true => standing,
                false => CallerStanding::Unheard,
            },
            network: None,
            has_rung: waiting.has_rung,
            outcome,
        };
        let wakes = wake.wakes();
        if wake.standing == CallerStanding::Stranger {
            let woken = self.strangers.entry(wake.user.clone()).or_default();
            woken.push(wake.since);
            woken.sort_unstable();
        }
        self.calls.insert(key, wake);
        wakes.then_some(receiver)
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

    /// Gives up those of these callers' sessions that ring still, for another process.
    pub(crate) fn hand_over(&mut self, of: impl Fn(SessionId) -> bool) -> Vec<Waiting> {
        let all = self.calls.extract_if(|_, wake| of(wake.session));
        let ringing = all.map(|(_, wake)| wake);
        let ringing = ringing.filter(|wake| wake.end(Outcome::HandedOver));
        let waiting = ringing.map(|wake| Waiting {
            wakes: wake.wakes(),
            user: wake.user,
            session: wake.session,
            since: wake.since,
            call: wake.call,
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
                | CallEndReason::MayReturn
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
        self.strangers.retain(|_, woken| {
            let last = woken.last();
            last.is_some_and(|at| now.saturating_duration_since(*at) < STRANGERS_COUNT)
        });
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
    /// Devices are being woken for it.
    fn wakes(&self) -> bool {
        match self.standing {
            CallerStanding::Named | CallerStanding::Stranger => true,
            CallerStanding::Unheard => false,
        }
    }

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
        begin_as(wakes, CallerStanding::Named, (caller, 1), id, now)
    }

    fn begin_as(
        wakes: &mut Wakes,
        standing: CallerStanding,
        (caller, household): (&str, u8),
        id: &str,
        now: Instant,
    ) -> Begin {
        let call = MissedCall {
            from_id: user(caller),
            call_id: call(id),
            call_type: CallType::Audio,
            at: 0,
        };
        let offered = Offered {
            user: user("bob"),
            session: SessionId(1),
            network: Network::of([192, 0, 2, household].into()),
            standing,
            call,
        };
        wakes.begin(offered, now)
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
            Begin::Known { wakes: true }
        ));
        let over = (&user("alice"), &user("bob"), &call("1"));
        assert!(wakes.end(over.0, over.1, over.2, Outcome::Over));
        assert!(!wakes.end(over.0, over.1, over.2, Outcome::Missed));
        assert!(matches!(begin(&mut wakes, "alice", "1", now), Begin::Over));
    }

    #[test]
    fn only_so_many_calls_wake_one_user() {
        let (mut wakes, now) = (Wakes::default(), Instant::now());
        for nth in 0..PER_USER {
            let id = nth.to_string();
            assert!(matches!(begin(&mut wakes, &id, &id, now), Begin::New(_)));
        }
        // One more is missed, if nobody hears it.
        let more = begin(&mut wakes, "alice", "1", now);
        assert!(matches!(more, Begin::Unheard));
        wakes.tick(now + RING, |_| true);
        assert_eq!(wakes.take_missed().len(), PER_USER + 1);
        assert!(matches!(
            begin(&mut wakes, "alice", "1", now),
            Begin::New(_)
        ));
    }

    /// In which of these seconds a call wakes somebody, if there is one each second.
    fn woken(
        wakes: &mut Wakes,
        seconds: std::ops::Range<u64>,
        start: Instant,
        who: impl Fn(u64) -> (CallerStanding, u8),
    ) -> Vec<u64> {
        let is_woken = |second: &u64| {
            let now = start + Duration::from_secs(*second);
            wakes.tick(now, |_| true);
            let ((standing, household), id) = (who(*second), second.to_string());
            let begun = begin_as(wakes, standing, (&id, household), &id, now);
            assert!(matches!(begun, Begin::New(_) | Begin::Unheard));
            matches!(begun, Begin::New(_))
        };
        seconds.filter(is_woken).collect()
    }

    #[test]
    fn strangers_wake_somebody_with_growing_pauses() {
        let (mut wakes, start) = (Wakes::default(), Instant::now());
        let stranger = |second: u64| (CallerStanding::Stranger, second as u8);
        let heard = woken(&mut wakes, 0..600, start, stranger);
        // Whoever they are, and from wherever: as on a page that is open.
        assert_eq!(heard, [0, 1, 11, 31, 71]);
        let next = woken(&mut wakes, 600..1_200, start, stranger);
        assert!(next.len() <= 5, "{next:?}");
        let later = start + Duration::from_secs(1_200) + STRANGERS_COUNT;
        wakes.tick(later, |_| true);
        assert!(wakes.strangers.is_empty(), "it is forgotten");
    }

    #[test]
    fn one_household_of_strangers_wakes_somebody_twice_a_minute() {
        let (mut wakes, start) = (Wakes::default(), Instant::now());
        let stranger = |_| (CallerStanding::Stranger, 1);
        assert_eq!(woken(&mut wakes, 0..60, start, stranger), [0, 1]);
    }

    #[test]
    fn strangers_take_no_place_from_whom_the_user_has_named() {
        let (mut wakes, start) = (Wakes::default(), Instant::now());
        let stranger = |second: u64| (CallerStanding::Stranger, second as u8);
        woken(&mut wakes, 0..100, start, stranger);
        let now = start + Duration::from_secs(100);
        assert!(matches!(
            begin(&mut wakes, "mum", "mum", now),
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
