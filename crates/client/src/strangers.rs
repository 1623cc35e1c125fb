//! How often strangers may ring.
//!
//! Whoever has a link can call, with as many names and ids as they like. So strangers ring
//! with growing pauses, each of them and all together; what comes sooner is taken note of
//! without a sound. Nothing here limits contacts, whose link was opened, or whom the user
//! has talked with.

use std::time::Duration;

use wimpex_identity::LinkId;
use wimpex_protocol::UserId;
use wimpex_sansio::Now;

/// How long "Silence strangers for an hour" lasts.
pub(crate) const SILENCE: Duration = Duration::from_secs(3_600);

/// Rings of one stranger count for so long.
const REMEMBERED: Duration = Duration::from_secs(3_600);
/// The pause after each ring of one stranger; after the last, no more within the hour. Who
/// pressed the wrong button rings again at once.
const PAUSES: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_secs(10),
    Duration::from_secs(60),
    Duration::from_secs(300),
];
/// So many calls of one stranger are declined before no more of theirs is heard within the
/// hour.
const DECLINED: usize = 3;

/// Rings of all strangers together count for so long.
const REMEMBERED_OF_ALL: Duration = Duration::from_secs(600);
/// The pause after each ring of any stranger; after the last, no more within the ten minutes.
const PAUSES_OF_ALL: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_secs(10),
    Duration::from_secs(20),
    Duration::from_secs(40),
];
/// So many calls of strangers are declined before no more is heard within the ten minutes.
const DECLINED_OF_ALL: usize = 3;

/// Strangers with whom the user has talked since the page was opened.
const ACQUAINTED: usize = 32;

/// What is answered to strangers whose call does not ring, and noted in the history: so many
/// at once, ...
const REACTIONS: u32 = 32;
/// ... and one more each time this has passed. Our own messages are limited too, and a flood
/// must not use them up.
const REACTION_EVERY: Duration = Duration::from_millis(500);

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Strangers {
    /// Calls that rang, the oldest first, and were not taken. Bounded: with so many, no more
    /// rings.
    rings: Vec<Ring>,
    /// The oldest first.
    acquainted: Vec<UserId>,
    /// Reactions since `reactions_since`, less what time has given back.
    reactions: u32,
    reactions_since: Now,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Ring {
    user: UserId,
    /// By which the call came, if it came by one.
    link: Option<LinkId>,
    at: Now,
    declined: bool,
}

impl Strangers {
    /// Whether a stranger's call may ring now; if so, it counts as one that did.
    /// One who has called by a link that ends rings whatever other strangers do, and so does
    /// whoever else has that link, all together as if they were one.
    pub(crate) fn may_ring(&mut self, user: &UserId, link: Option<LinkId>, now: Now) -> bool {
        self.rings.retain(|ring| now.since(ring.at) < REMEMBERED);
        if self.acquainted.contains(user) {
            return true;
        }
        let of_all = |ring: &Ring| ring.link.is_none() && now.since(ring.at) < REMEMBERED_OF_ALL;
        let of_one = |ring: &Ring| ring.link == link && (link.is_some() || ring.user == *user);
        let is_free = (link.is_some()
            || self.is_free(&of_all, &PAUSES_OF_ALL, DECLINED_OF_ALL, now))
            && self.is_free(&of_one, &PAUSES, DECLINED, now);
        if is_free {
            self.rings.push(Ring {
                user: user.clone(),
                link,
                at: now,
                declined: false,
            });
        }
        is_free
    }

    /// The user has declined this stranger's call.
    pub(crate) fn declined(&mut self, user: &UserId) {
        let last = self.rings.iter_mut().rev().find(|ring| ring.user == *user);
        if let Some(last) = last {
            last.declined = true;
        }
    }

    /// The user talks to this stranger, or wants to: they are a nuisance no more.
    pub(crate) fn talked(&mut self, user: &UserId) {
        self.rings.retain(|ring| ring.user != *user);
        if !self.acquainted.contains(user) {
            if self.acquainted.len() >= ACQUAINTED {
                self.acquainted.remove(0);
            }
            self.acquainted.push(user.clone());
        }
    }

    /// The user wants to hear of strangers again, whatever there was.
    pub(crate) fn forgive(&mut self) {
        self.rings.clear();
    }

    /// Whether to react to a stranger whose message is about no call that there is; if so, it
    /// counts as a reaction.
    pub(crate) fn may_react(&mut self, now: Now) -> bool {
        while self.reactions > 0 && now.since(self.reactions_since) >= REACTION_EVERY {
            self.reactions -= 1;
            self.reactions_since = self.reactions_since + REACTION_EVERY;
        }
        if self.reactions == 0 {
            self.reactions_since = now;
        }
        let may = self.reactions < REACTIONS;
        if may {
            self.reactions += 1;
        }
        may
    }

    /// Whether the pause after the last of those rings is over that `counts` says yes to.
    fn is_free(
        &self,
        counts: &dyn Fn(&Ring) -> bool,
        pauses: &[Duration],
        most_declined: usize,
        now: Now,
    ) -> bool {
        let (mut free_at, mut rings, mut declined) = (Some(Now::ZERO), 0, 0);
        for ring in self.rings.iter().filter(|ring| counts(ring)) {
            free_at = pauses.get(rings).map(|pause| ring.at + *pause);
            rings += 1;
            declined += usize::from(ring.declined);
        }
        declined < most_declined && free_at.is_some_and(|at| at <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(number: u64) -> UserId {
        UserId::parse(format!("guest-{number}")).expect("it is one")
    }

    fn at(seconds: u64) -> Now {
        Now::ZERO + Duration::from_secs(seconds)
    }

    /// In which of these seconds the stranger with that number rings.
    fn heard(
        strangers: &mut Strangers,
        seconds: std::ops::Range<u64>,
        who: impl Fn(u64) -> u64,
    ) -> Vec<u64> {
        let rings = |second: &u64| strangers.may_ring(&user(who(*second)), None, at(*second));
        seconds.filter(rings).collect()
    }

    #[test]
    fn one_stranger_rings_with_growing_pauses() {
        let mut strangers = Strangers::default();
        let heard = heard(&mut strangers, 0..3_600, |_| 1);
        // Its own pauses, or those of all: whichever are longer.
        assert_eq!(heard, [0, 1, 11, 71, 371]);
    }

    #[test]
    fn a_new_name_each_time_is_no_way_around() {
        let mut strangers = Strangers::default();
        assert_eq!(
            heard(&mut strangers, 0..600, |second| second),
            [0, 1, 11, 31, 71]
        );
        // As many within the next ten minutes, and no more.
        let next = heard(&mut strangers, 600..1_200, |second| second);
        assert!(next.len() <= 5, "{next:?}");
    }

    #[test]
    fn whoever_is_declined_falls_silent() {
        let mut strangers = Strangers::default();
        for second in [0, 1, 100] {
            assert!(strangers.may_ring(&user(second), None, at(second)));
            strangers.declined(&user(second));
        }
        assert!(heard(&mut strangers, 101..600, |second| second).is_empty());
        // Ten minutes after the first it may ring again.
        assert!(strangers.may_ring(&user(7), None, at(601)));
        // One who was declined three times waits for an hour.
        let mut strangers = Strangers::default();
        for second in [0, 700, 1_400] {
            assert!(strangers.may_ring(&user(1), None, at(second)));
            strangers.declined(&user(1));
        }
        assert!(heard(&mut strangers, 1_401..3_600, |_| 1).is_empty());
        assert!(strangers.may_ring(&user(2), None, at(3_000)));
        assert!(strangers.may_ring(&user(1), None, at(3_601)));
    }

    #[test]
    fn who_was_talked_with_rings_as_ever() {
        let mut strangers = Strangers::default();
        strangers.may_ring(&user(1), None, at(0));
        strangers.talked(&user(1));
        assert_eq!(heard(&mut strangers, 1..10, |_| 1).len(), 9);
        // And has used up nobody's rings.
        assert_eq!(heard(&mut strangers, 10..13, |second| second), [10, 11]);
        for other in 100..200 {
            strangers.talked(&user(other));
        }
        assert_eq!(strangers.acquainted.len(), ACQUAINTED);
    }

    #[test]
    fn a_flood_fills_no_memory_and_is_not_answered() {
        let mut strangers = Strangers::default();
        let (mut reactions, minutes) = (0, 10);
        for millis in 0..60_000 * minutes {
            if millis % 3 == 0 {
                let now = Now::from_millis(millis);
                strangers.may_ring(&user(millis), None, now);
                reactions += u64::from(strangers.may_react(now));
            }
        }
        assert!(strangers.rings.len() <= 5, "{}", strangers.rings.len());
        let most = u64::from(REACTIONS) + 120 * minutes;
        assert!(reactions > 100 && reactions <= most, "{reactions}");
    }
}
