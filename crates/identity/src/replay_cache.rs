//! The commitments and nonces that were received, so that none counts a second time.

use std::time::Duration;

use wimpex_sansio::UnixTime;

use crate::{FRESHNESS, UnsignedMessage};

/// How long a value is remembered: a message that is signed a minute ahead of this
/// clock stays fresh for twice [`FRESHNESS`].
const KEEP: Duration = FRESHNESS.saturating_mul(2);
/// The number of values that are remembered; with more, the oldest is forgotten. They
/// come from messages whose signature holds, of which no honest peer sends so many in a minute,
/// and from guests, who sign nothing.
const CAPACITY: usize = 1024;

/// Detects replays: the commitments of offers, and the nonces of answers and
/// confirmations, each count once. Whoever fills a cache makes it forget, so that a page has
/// one for its own messages and those of peers whom it trusts, and one for everybody else.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ReplayCache {
    /// The oldest first.
    entries: Vec<([u8; 32], UnixTime)>,
}

impl ReplayCache {
    /// Remembers a value; `false` if it is remembered already. `now` is the wall clock's
    /// time.
    pub(crate) fn insert(&mut self, value: [u8; 32], now: UnixTime) -> bool {
        self.entries.retain(|(_, at)| at.abs_diff(now) <= KEEP);
        if self.entries.iter().any(|(known, _)| *known == value) {
            return false;
        }
        if self.entries.len() >= CAPACITY {
            self.entries.remove(0);
        }
        self.entries.push((value, now));
        true
    }

    /// Whether a value is remembered. `now` is the wall clock's time.
    pub fn contains(&self, value: &[u8; 32], now: UnixTime) -> bool {
        let mut fresh = self
            .entries
            .iter()
            .filter(|(_, at)| at.abs_diff(now) <= KEEP);
        fresh.any(|(known, _)| known == value)
    }

    /// Remembers an offer of this device, so that it is rejected when a relay sends it
    /// back. `now` is the wall clock's time.
    pub fn insert_own(&mut self, message: &UnsignedMessage, now: UnixTime) {
        if let Some(value) = message.value() {
            self.insert(*value, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEEP_MS: u64 = 120_000;

    fn at(millis: u64) -> UnixTime {
        UnixTime::from_millis(millis)
    }

    #[test]
    fn remembers_while_a_message_can_be_fresh() {
        assert_eq!(KEEP, Duration::from_millis(KEEP_MS));
        let mut cache = ReplayCache::default();
        assert!(cache.insert([1; 32], at(1_000)));
        assert!(!cache.insert([1; 32], at(1_000 + KEEP_MS)));
        assert!(cache.insert([2; 32], at(1_001 + KEEP_MS)));
        assert!(cache.insert([1; 32], at(1_001 + KEEP_MS)));
    }

    #[test]
    fn capacity_is_bounded() {
        let mut cache = ReplayCache::default();
        for i in 0..2 * CAPACITY as u64 {
            let mut value = [0; 32];
            value[..8].copy_from_slice(&i.to_be_bytes());
            assert!(cache.insert(value, at(1)));
        }
        assert_eq!(cache.entries.len(), CAPACITY);
    }
}
