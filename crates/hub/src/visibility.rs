//! Who may learn that a session is there.

use std::collections::{BTreeMap, BTreeSet};

use wimpex_protocol::{CallId, Signal, UserId};
use wimpex_sansio::Now;

/// Milliseconds for which a session is shown to somebody it is hidden from, from the last
/// message of a call with them. Longer than a call rings; an established call needs nobody
/// to be online.
const GRANT_MILLIS: u64 = 2 * 60 * 1000;
/// To so many people is a session shown for calls at a time; the earliest is forgotten.
const GRANTS: usize = 32;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Visibility {
    /// `None`: to everybody.
    only: Option<BTreeSet<UserId>>,
    /// To whom it is shown for a call.
    grants: BTreeMap<UserId, Grant>,
}

/// For a call: that one's end ends it, and no other's. Who calls back somebody may get the
/// end of the other's call after their own offer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Grant {
    until: Now,
    /// The last that was offered; `None` if a message that names none came first.
    call: Option<CallId>,
}

/// That a session is shown to somebody for a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// To whom.
    pub user: UserId,
    /// For how many more milliseconds.
    pub millis_left: u64,
    /// Which call; `None`: any.
    pub call: Option<CallId>,
}

impl Visibility {
    /// To everybody, or to nobody.
    pub(crate) fn new(hidden: bool) -> Self {
        Self {
            only: hidden.then(BTreeSet::new),
            grants: BTreeMap::new(),
        }
    }

    /// As another hub has known it: to whom, and to whom for a call for how many more milliseconds.
    pub(crate) fn restore(only: Option<Vec<UserId>>, grants: Vec<Shown>, now: Now) -> Self {
        let until = |left: u64| now + left.min(GRANT_MILLIS);
        Self {
            only: only.map(|users| users.into_iter().collect()),
            grants: grants
                .into_iter()
                .take(GRANTS)
                .map(|shown| {
                    let (until, call) = (until(shown.millis_left), shown.call);
                    (shown.user, Grant { until, call })
                })
                .collect(),
        }
    }

    /// What [`Visibility::restore`] takes.
    pub(crate) fn save(&self, now: Now) -> (Option<Vec<UserId>>, Vec<Shown>) {
        let only = self.only.as_ref();
        let only = only.map(|users| users.iter().cloned().collect());
        let left = |until: &Now| u64::try_from(until.since(now).as_millis()).unwrap_or(u64::MAX);
        let grants = self.grants.iter();
        let grants = grants.map(|(user, grant)| Shown {
            user: user.clone(),
            millis_left: left(&grant.until),
            call: grant.call.clone(),
        });
        (only, grants.collect())
    }

    /// To these, or to everybody, from now on; calls go on.
    pub(crate) fn set(&mut self, only: Option<Vec<UserId>>) {
        self.only = only.map(|users| users.into_iter().collect());
        if self.only.is_none() {
            self.grants.clear();
        }
    }

    /// Whether everybody may learn of it.
    pub(crate) fn is_public(&self) -> bool {
        self.only.is_none()
    }

    /// Whether that user may learn of it.
    pub(crate) fn includes(&self, user: &UserId) -> bool {
        self.is_listed(user) || self.grants.contains_key(user)
    }

    /// Whether that user is named, and not only one of everybody.
    pub(crate) fn names(&self, user: &UserId) -> bool {
        self.only.as_ref().is_some_and(|only| only.contains(user))
    }

    fn is_listed(&self, user: &UserId) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(user))
    }

    /// Shows it to that user for a call, of which a message comes or goes. Says whether that
    /// is new.
    pub(crate) fn grant(&mut self, user: &UserId, signal: &Signal, now: Now) -> bool {
        let until = now + GRANT_MILLIS;
        match self.grants.get_mut(user) {
            Some(grant) if !matches!(signal, Signal::CallOffer(_)) => {
                grant.until = until;
                false
            }
            Some(_) | None => self.grant_for(user, signal.call_id(), now),
        }
    }

    /// The same for a call that was offered. Says whether that is new.
    pub(crate) fn grant_for(&mut self, user: &UserId, call: Option<&CallId>, now: Now) -> bool {
        if self.is_listed(user) {
            return false;
        }
        let (until, call) = (now + GRANT_MILLIS, call.cloned());
        if let Some(grant) = self.grants.get_mut(user) {
            *grant = Grant { until, call };
            return false;
        }
        self.grants.insert(user.clone(), Grant { until, call });
        if self.grants.len() > GRANTS
            && let Some(earliest) = self.grants.iter().min_by_key(|(_, grant)| grant.until)
        {
            let earliest = earliest.0.clone();
            self.grants.remove(&earliest);
        }
        true
    }

    /// That call is over. Says whether that changes anything.
    pub(crate) fn end_grant(&mut self, user: &UserId, call: Option<&CallId>) -> bool {
        let grant = self.grants.get(user);
        let ends = grant.is_some_and(|grant| grant.call.is_none() || grant.call.as_ref() == call);
        ends && self.grants.remove(user).is_some()
    }

    /// Ends what has lasted long enough. Says whether there was any.
    pub(crate) fn end_grants(&mut self, now: Now) -> bool {
        let before = self.grants.len();
        self.grants.retain(|_, grant| now < grant.until);
        self.grants.len() < before
    }

    /// When the next ends.
    pub(crate) fn next_end(&self) -> Option<Now> {
        self.grants.values().map(|grant| grant.until).min()
    }
}
