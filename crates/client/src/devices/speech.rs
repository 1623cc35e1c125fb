//! Whether somebody speaks, by how loud the microphone is.

use std::time::Duration;

use wimpex_sansio::Now;

/// Tells speech from a quiet room, a fan, and a single knock.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SpeechDetector {
    /// How loud the room is by itself: falls at once, rises slowly.
    floor: Option<f64>,
    /// The last levels, newest in bit 0: 1 is loud.
    loud: u8,
    /// When it was last heard.
    heard: Option<Now>,
}

/// Quieter is no speech into this microphone: 40 dB below full.
const QUIETEST: f64 = 0.01;
/// So many times as loud as the room (12 dB).
const ABOVE_FLOOR: f64 = 4.0;
/// In how much of the last eight levels: half of them. A syllable takes 200 ms.
const SYLLABLES: u32 = 4;
/// How long what was heard still counts: as long as the hint is to be read.
const HOLD: Duration = Duration::from_secs(4);

impl SpeechDetector {
    /// Takes a level, 0 to 1 (root mean square), about ten times a second.
    pub fn take(&mut self, level: f64, now: Now) {
        let floor = self.floor.get_or_insert(level);
        *floor = level.min(*floor * 1.02 + 1e-5);
        let is_loud = level > QUIETEST.max(*floor * ABOVE_FLOOR);
        self.loud = self.loud << 1 | u8::from(is_loud);
        if self.loud.count_ones() >= SYLLABLES {
            self.heard = Some(now);
        }
    }

    /// Whether somebody spoke a moment ago.
    pub fn is_speaking(&self, now: Now) -> bool {
        self.heard.is_some_and(|heard| now < heard + HOLD)
    }

    /// When [`Self::is_speaking`] ends, if nothing more is heard.
    pub fn ends_at(&self) -> Option<Now> {
        self.heard.map(|heard| heard + HOLD)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether speech is heard in ten levels a second.
    fn hears(levels: impl IntoIterator<Item = f64>) -> bool {
        let mut detector = SpeechDetector::default();
        let mut at = Now::ZERO;
        levels.into_iter().any(|level| {
            at = at + Duration::from_millis(100);
            detector.take(level, at);
            detector.is_speaking(at)
        })
    }

    /// Field report 30, second half.
    #[test]
    fn report_30_speech_is_told_from_noise() {
        let quiet = [0.002; 20];
        let speech = [0.05, 0.08, 0.01, 0.09, 0.06, 0.07, 0.02, 0.1];
        assert!(hears(quiet.into_iter().chain(speech)));
        assert!(!hears(quiet));
        // A fan, a knock, and steps.
        assert!(!hears([0.08; 60]));
        assert!(!hears(quiet.into_iter().chain([0.5, 0.3]).chain(quiet)));
        let steps = [0.2, 0.002, 0.002, 0.002, 0.002, 0.2, 0.002, 0.002];
        assert!(!hears(quiet.into_iter().chain(steps).chain(steps)));
        assert!(!hears([]));
    }

    #[test]
    fn what_was_heard_counts_for_four_seconds() {
        let mut detector = SpeechDetector::default();
        assert_eq!(detector.ends_at(), None);
        detector.take(0.001, Now::ZERO);
        for _ in 0..4 {
            detector.take(0.2, Now::from_millis(500));
        }
        assert_eq!(detector.ends_at(), Some(Now::from_millis(4_500)));
        assert!(detector.is_speaking(Now::from_millis(4_499)));
        assert!(!detector.is_speaking(Now::from_millis(4_500)));
    }
}
