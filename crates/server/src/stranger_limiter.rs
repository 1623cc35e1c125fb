//! How much somebody may send to somebody who has not chosen to talk to them.
//!
//! Whoever has a link may call, so whoever has a link may send. What a stranger
//! sends costs a budget: one for each pair of a sender's network and a receiver,
//! and one for each receiver and all strangers together. Where it is used up the
//! message is refused, to its sender; nothing happens to the receiver. Two people
//! are no strangers while the receiver takes part in a call with the sender: it
//! has offered or answered one.
//!
//! Time is an argument.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use wimpex_limits::{Network, TokenBucket};
use wimpex_protocol::{Signal, UserId};
use wimpex_sansio::Now;

/// Of every signal but offers and answers; a candidate takes a few hundred.
const SMALL_SIGNAL_BYTES: usize = 4 * 1024;
/// What a message costs at least, however short it is: so that those of one network never
/// fill the part of a queue that strangers may fill.
const LEAST_COST: usize = 2 * 1024;
/// Seconds' worth of bytes that may come at once: a call begins with a
/// description and dozens of candidates.
const BURST_SECONDS: f64 = 8.0;
/// All strangers together may send a receiver this many times what those of one
/// network may, so that one network cannot use it up for the others.
const NETWORKS: f64 = 4.0;
/// Offers that may come at once: attempts that fail and are made again.
const OFFER_BURST: f64 = 20.0;
/// Milliseconds for which taking part in a call counts, from its last message.
const TALKING_MILLIS: u64 = 10 * 60 * 1000;
/// With so many people does one talk at a time; the earliest is forgotten.
const TALKING_WITH: usize = 32;

/// To so many people may those of one network send at a time, as strangers. A budget that is full
/// again is forgotten, so that it is a bound on how fast one goes from door to door.
const RECEIVERS_OF_A_NETWORK: usize = 256;
/// Budgets that are kept at most, of all networks together; and as many of people who take part
/// in a call with each other. Beyond, new strangers are refused, and whoever begins a call then has
/// a stranger's budget, which a call does not use up.
const MOST_ENTRIES: usize = 100_000;

/// How much a stranger may send; 0 is no limit.
#[derive(Clone, Copy)]
pub(crate) struct StrangerLimits {
    pub(crate) bytes_per_second: u32,
    pub(crate) offers_per_minute: u32,
}

/// What the sender of a message is to its receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    /// They are in a call, or the same person.
    InCall,
    /// The receiver has named them among their contacts: what strangers use up is not
    /// theirs.
    Named,
    /// The receiver has not chosen to talk to them.
    Stranger,
}

/// Why a message is not passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LimitExceeded {
    /// No such message is that long.
    TooLong,
    /// The budget is used up.
    TooMuch,
}

/// See the module.
pub(crate) struct StrangerLimiter {
    limits: StrangerLimits,
    /// By receiver: with whom it takes part in a call, and until when that counts.
    talking: HashMap<UserId, HashMap<UserId, Now>>,
    /// The entries of all of them.
    talks: usize,
    pairs: HashMap<(Network, UserId), PairBudget>,
    /// How many pairs there are of each network.
    networks: HashMap<Network, usize>,
    receivers: HashMap<UserId, TokenBucket>,
}

struct PairBudget {
    bytes: TokenBucket,
    offers: TokenBucket,
}

impl StrangerLimiter {
    pub(crate) fn new(limits: StrangerLimits) -> Self {
        Self {
            limits,
            talking: HashMap::new(),
            talks: 0,
            pairs: HashMap::new(),
            networks: HashMap::new(),
            receivers: HashMap::new(),
        }
    }

    /// Whether a message of so many bytes may be passed on; if so it is paid for.
    /// `is_named`: the receiver has named the sender among their contacts.
    pub(crate) fn admit(
        &mut self,
        (sender, network): (&UserId, Network),
        receiver: &UserId,
        signal: &Signal,
        bytes: usize,
        is_named: bool,
        now: Now,
    ) -> Result<Relation, LimitExceeded> {
        let is_offer = matches!(signal, Signal::CallOffer(_));
        let is_large = is_offer || matches!(signal, Signal::CallAnswer(_));
        if !is_large && bytes > SMALL_SIGNAL_BYTES {
            return Err(LimitExceeded::TooLong);
        }
        let relation = match self.relation(sender, receiver, now) {
            Relation::Stranger if is_named => Relation::Named,
            relation => relation,
        };
        match relation {
            Relation::InCall => {}
            Relation::Named => self.charge(network, receiver, is_offer, bytes, true, now)?,
            Relation::Stranger => self.charge(network, receiver, is_offer, bytes, false, now)?,
        }
        self.note_talking(sender, receiver, is_large, now);
        Ok(relation)
    }

    /// Who takes part in a call with whom, and for how many more milliseconds that counts.
    pub(crate) fn talks(&self, now: Now) -> impl Iterator<Item = (&UserId, &UserId, u64)> {
        let left = move |until: &Now| until.since(now).as_millis() as u64;
        self.talking.iter().flat_map(move |(user, with)| {
            let with = with.iter().filter(move |(_, until)| now < **until);
            with.map(move |(other, until)| (user, other, left(until)))
        })
    }

    /// The same for one person.
    pub(crate) fn talks_of(&self, user: &UserId, now: Now) -> impl Iterator<Item = (&UserId, u64)> {
        let with = self.talking.get(user).into_iter().flatten();
        let with = with.filter(move |(_, until)| now < **until);
        with.map(move |(other, until)| (other, until.since(now).as_millis() as u64))
    }

    /// Takes up what another process has known; see [`StrangerLimiter::talks`].
    pub(crate) fn restore_talk(&mut self, user: UserId, with: UserId, left: u64, now: Now) {
        if self.talks < MOST_ENTRIES {
            let until = now + left.min(TALKING_MILLIS);
            let others = self.talking.entry(user).or_default();
            if others.len() < TALKING_WITH && others.insert(with, until).is_none() {
                self.talks += 1;
            }
        }
    }

    /// Forgets what has no effect any more.
    pub(crate) fn sweep(&mut self, now: Now) {
        self.talking.retain(|_, with| {
            with.retain(|_, until| now < *until);
            !with.is_empty()
        });
        self.talks = self.talking.values().map(HashMap::len).sum();
        self.pairs
            .retain(|_, pair| !pair.bytes.is_full(now) || !pair.offers.is_full(now));
        self.networks.clear();
        for (network, _) in self.pairs.keys() {
            *self.networks.entry(*network).or_default() += 1;
        }
        self.receivers.retain(|_, bytes| !bytes.is_full(now));
    }

    /// What somebody at another server is to somebody here.
    pub(crate) fn relation_of(&self, sender: &UserId, receiver: &UserId, now: Now) -> Relation {
        self.relation(sender, receiver, now)
    }

    /// Somebody at another server, which has admitted it, sends something to somebody here: they
    /// take part in a call if they offer or answer one.
    pub(crate) fn note_elsewhere(
        &mut self,
        sender: &UserId,
        receiver: &UserId,
        signal: &Signal,
        now: Now,
    ) {
        let begins = matches!(signal, Signal::CallOffer(_) | Signal::CallAnswer(_));
        self.note_talking(sender, receiver, begins, now);
    }

    fn relation(&self, sender: &UserId, receiver: &UserId, now: Now) -> Relation {
        let until = self.talking.get(receiver).and_then(|with| with.get(sender));
        if sender == receiver || until.is_some_and(|until| now < *until) {
            Relation::InCall
        } else {
            Relation::Stranger
        }
    }

    fn charge(
        &mut self,
        network: Network,
        receiver: &UserId,
        is_offer: bool,
        bytes: usize,
        is_named: bool,
        now: Now,
    ) -> Result<(), LimitExceeded> {
        // Nor is then counted to how many people.
        if self.limits.bytes_per_second == 0 && self.limits.offers_per_minute == 0 {
            return Ok(());
        }
        let rate = f64::from(self.limits.bytes_per_second);
        let offers = f64::from(self.limits.offers_per_minute) / 60.0;
        let bucket = |rate: f64| TokenBucket::new(rate, rate * BURST_SECONDS, now);
        let cost = bytes.max(LEAST_COST) as f64;
        let kept = self.pairs.len();
        let pair = match self.pairs.entry((network, receiver.clone())) {
            Entry::Occupied(pair) => pair.into_mut(),
            Entry::Vacant(place) => {
                let of_network = self.networks.entry(network).or_default();
                if *of_network >= RECEIVERS_OF_A_NETWORK || kept >= MOST_ENTRIES {
                    return Err(LimitExceeded::TooMuch);
                }
                *of_network += 1;
                place.insert(PairBudget {
                    bytes: bucket(rate),
                    offers: TokenBucket::new(offers, OFFER_BURST, now),
                })
            }
        };
        let all = self
            .receivers
            .entry(receiver.clone())
            .or_insert_with(|| bucket(rate * NETWORKS));
        let offer = f64::from(u8::from(is_offer));
        let fits = pair.bytes.has(cost, now) && pair.offers.has(offer, now);
        if !fits || !(is_named || all.take(cost, now)) {
            return Err(LimitExceeded::TooMuch);
        }
        pair.bytes.take(cost, now);
        pair.offers.take(offer, now);
        Ok(())
    }

    /// Whoever offers or answers a call takes part in it, and goes on to while
    /// they send anything.
    fn note_talking(&mut self, sender: &UserId, receiver: &UserId, begins: bool, now: Now) {
        let talks = |with: &HashMap<UserId, Now>| with.contains_key(receiver);
        if !begins && !self.talking.get(sender).is_some_and(talks) {
            return;
        }
        if self.talks >= MOST_ENTRIES {
            return;
        }
        let with = self.talking.entry(sender.clone()).or_default();
        if with
            .insert(receiver.clone(), now + TALKING_MILLIS)
            .is_none()
        {
            self.talks += 1;
        }
        if with.len() > TALKING_WITH {
            let earliest = with.iter().min_by_key(|(_, until)| **until);
            if let Some(earliest) = earliest.map(|(user, _)| user.clone()) {
                with.remove(&earliest);
                self.talks -= 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use wimpex_protocol::{CallAnswer, CallId, CallOffer, CallRinging, CallType, Offer, Sdp};

    use super::*;

    fn new_limiter() -> StrangerLimiter {
        StrangerLimiter::new(StrangerLimits {
            bytes_per_second: 32 * 1024,
            offers_per_minute: 12,
        })
    }

    fn user(id: &str) -> UserId {
        UserId::parse(id).unwrap()
    }

    fn network(last: u8) -> Network {
        Network::of([192, 0, 2, last].into())
    }

    fn call() -> CallId {
        CallId::parse("c1").unwrap()
    }

    fn ringing() -> Signal {
        Signal::CallRinging(CallRinging {
            call_id: call(),
            silently: false,
        })
    }

    fn offer() -> Signal {
        Signal::CallOffer(CallOffer {
            call_id: call(),
            offer: Offer::new(Sdp(String::new())),
            call_type: CallType::Audio,
            from_username: None,
            sec: None,
            link: None,
        })
    }

    fn answer() -> Signal {
        Signal::CallAnswer(CallAnswer {
            call_id: call(),
            answer: wimpex_protocol::Answer::new(Sdp(String::new())),
            sec: None,
        })
    }

    /// How many of so many messages Mallory gets through to Bob.
    fn passed(
        limiter: &mut StrangerLimiter,
        from: u8,
        signal: &Signal,
        bytes: usize,
        now: Now,
    ) -> usize {
        let mallory = user("mallory");
        (0..1000)
            .filter(|_| {
                let sender = (&mallory, network(from));
                limiter
                    .admit(sender, &user("bob"), signal, bytes, false, now)
                    .is_ok()
            })
            .count()
    }

    #[test]
    fn a_stranger_has_a_burst_and_then_a_rate() {
        let mut limiter = new_limiter();
        assert_eq!(passed(&mut limiter, 1, &ringing(), 100, Now::ZERO), 128);
        let later = Now::from_millis(1_000);
        assert_eq!(passed(&mut limiter, 1, &ringing(), 100, later), 16);
    }

    #[test]
    fn offers_are_few() {
        let mut limiter = new_limiter();
        assert_eq!(passed(&mut limiter, 1, &offer(), 1_000, Now::ZERO), 20);
        let later = Now::from_millis(10_000);
        assert_eq!(passed(&mut limiter, 1, &offer(), 1_000, later), 2);
    }

    #[test]
    fn one_network_uses_nothing_up_for_the_others() {
        let mut limiter = new_limiter();
        passed(&mut limiter, 1, &ringing(), 4_000, Now::ZERO);
        let friend = (&user("friend"), network(2));
        let relation = limiter.admit(friend, &user("bob"), &offer(), 20_000, false, Now::ZERO);
        assert_eq!(relation, Ok(Relation::Stranger));
        // All networks together have a budget too.
        let sum: usize = (3..100)
            .map(|from| passed(&mut limiter, from, &ringing(), 4_000, Now::ZERO))
            .sum();
        assert!(sum < 250, "{sum}");
    }

    /// From ever so many networks.
    #[test]
    fn strangers_use_nothing_up_for_who_is_named() {
        let mut limiter = new_limiter();
        for from in 3..100 {
            passed(&mut limiter, from, &ringing(), 4_000, Now::ZERO);
        }
        let friend = (&user("friend"), network(2));
        let mut admit =
            |is_named| limiter.admit(friend, &user("bob"), &offer(), 8_000, is_named, Now::ZERO);
        assert_eq!(admit(false), Err(LimitExceeded::TooMuch));
        assert_eq!(admit(true), Ok(Relation::Named));
        // Who is named has no more than others of their own.
        let more = (0..100).filter(|_| admit(true).is_ok()).count();
        assert_eq!(more, 19, "offers");
    }

    #[test]
    fn whoever_is_in_a_call_with_the_receiver_is_no_stranger() {
        let mut limiter = new_limiter();
        let now = Now::ZERO;
        let (alice, bob) = (user("alice"), user("bob"));
        let from_alice = (&alice, network(1));
        let first = limiter.admit(from_alice, &bob, &offer(), 8_000, false, now);
        assert_eq!(first, Ok(Relation::Stranger));
        // That Bob's page rings is no choice of Bob's.
        let from_bob = (&bob, network(2));
        limiter
            .admit(from_bob, &alice, &ringing(), 100, false, now)
            .unwrap();
        let second = limiter.admit(from_alice, &bob, &ringing(), 100, false, now);
        assert_eq!(second, Ok(Relation::Stranger));
        let answered = limiter.admit(from_bob, &alice, &answer(), 8_000, false, now);
        assert_eq!(answered, Ok(Relation::InCall));
        let third = limiter.admit(from_alice, &bob, &ringing(), 100, false, now);
        assert_eq!(third, Ok(Relation::InCall));
        let later = now + TALKING_MILLIS;
        let fourth = limiter.admit(from_alice, &bob, &ringing(), 100, false, later);
        assert_eq!(fourth, Ok(Relation::Stranger));
    }

    #[test]
    fn what_is_small_must_be_short() {
        let mut limiter = new_limiter();
        let alice = user("alice");
        let sender = (&alice, network(1));
        let long = limiter.admit(sender, &user("bob"), &ringing(), 5_000, false, Now::ZERO);
        assert_eq!(long, Err(LimitExceeded::TooLong));
    }

    #[test]
    fn going_from_door_to_door_is_slow_and_costs_little() {
        let mut limiter = new_limiter();
        let mut offer_to = |sender: &str, from, receiver: usize, now| {
            let (sender, receiver) = (user(sender), user(&format!("bob{receiver}")));
            let sender = (&sender, network(from));
            limiter.admit(sender, &receiver, &offer(), 1_000, false, now)
        };
        let passed = (0..1_000)
            .filter(|receiver| offer_to("mallory", 1, *receiver, Now::ZERO).is_ok())
            .count();
        assert_eq!(passed, RECEIVERS_OF_A_NETWORK);
        // Nobody else has to wait for that.
        assert!(offer_to("friend", 2, 999, Now::ZERO).is_ok());
        assert!(limiter.talks <= TALKING_WITH + 1);
        limiter.sweep(Now::from_millis(10_000));
        assert!(limiter.pairs.is_empty() && limiter.networks.is_empty());
        let later = Now::from_millis(10_000);
        let mallory = user("mallory");
        let again = limiter.admit(
            (&mallory, network(1)),
            &user("carol"),
            &offer(),
            1_000,
            false,
            later,
        );
        assert!(again.is_ok());
    }

    #[test]
    fn without_limits_nobody_is_counted() {
        let mut limiter = StrangerLimiter::new(StrangerLimits {
            bytes_per_second: 0,
            offers_per_minute: 0,
        });
        for receiver in 0..2 * RECEIVERS_OF_A_NETWORK {
            let (sender, receiver) = (user("crowd"), user(&format!("bob{receiver}")));
            let sender = (&sender, network(1));
            let said = limiter.admit(sender, &receiver, &ringing(), 100, false, Now::ZERO);
            assert_eq!(said.unwrap(), Relation::Stranger);
        }
        assert!(limiter.pairs.is_empty());
    }

    #[test]
    fn nothing_is_kept_that_has_no_effect() {
        let mut limiter = new_limiter();
        passed(&mut limiter, 1, &offer(), 100, Now::ZERO);
        limiter.sweep(Now::from_millis(1_000));
        assert!(!limiter.pairs.is_empty());
        limiter.sweep(Now::from_millis(TALKING_MILLIS));
        assert!(limiter.pairs.is_empty() && limiter.receivers.is_empty());
        assert!(limiter.talking.is_empty());
    }
}
