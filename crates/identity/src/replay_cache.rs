//! What has come once, so that it does not count a second time.

/// So long something is remembered, in milliseconds: a message that is signed a
/// minute ahead is fresh for two.
const KEEP_MS: u64 = 2 * crate::FRESH_MS;
/// So much at most. With more the oldest is forgotten.
const CAPACITY: usize = 1024;

/// Remembers the commitments and nonces that others have used. A page has one,
/// for all of its calls.
#[derive(Clone, Debug, Default)]
pub struct ReplayCache {
    /// The oldest first.
    entries: Vec<([u8; 32], u64)>,
}

impl ReplayCache {
    /// Remembers it; false if it has come before. `now` in milliseconds since 1970.
    pub(crate) fn insert(&mut self, value: [u8; 32], now: u64) -> bool {
        self.entries.retain(|(_, at)| at.abs_diff(now) <= KEEP_MS);
        if self.entries.iter().any(|(known, _)| *known == value) {
            return false;
        }
        if self.entries.len() >= CAPACITY {
            self.entries.remove(0);
        }
        self.entries.push((value, now));
        true
    }

    /// Remembers an offer of one's own, so that it is not taken when it comes back.
    pub fn insert_own(&mut self, unsigned: &crate::UnsignedMessage, now: u64) {
        if let Some(value) = unsigned.value() {
            self.insert(*value, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_remembers_for_as_long_as_a_message_can_be_fresh() {
        let mut cache = ReplayCache::default();
        assert!(cache.insert([1; 32], 1_000));
        assert!(!cache.insert([1; 32], 1_000 + KEEP_MS));
        assert!(cache.insert([2; 32], 1_001 + KEEP_MS));
        assert!(cache.insert([1; 32], 1_001 + KEEP_MS));
    }

    #[test]
    fn it_does_not_grow_for_ever() {
        let mut cache = ReplayCache::default();
        for i in 0..2 * CAPACITY as u64 {
            let mut value = [0; 32];
            value[..8].copy_from_slice(&i.to_be_bytes());
            assert!(cache.insert(value, 1));
        }
        assert_eq!(cache.entries.len(), CAPACITY);
    }
}
