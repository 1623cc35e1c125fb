//! Whether the clock of a mix of sounds stands still: then nothing of it is heard.

/// So many looks in a row have to find it where it was: a system's speaker takes a moment to be
/// opened, and a busy one may miss a look.
pub const STILL_LOOKS: u32 = 3;

/// Of an `AudioContext`, whose `currentTime` advances only while something takes the sound
/// (Web Audio API, section 1.2.1). Firefox renders nothing where the system has no speaker.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stillness {
    seconds: f64,
    looks: u32,
}

impl Stillness {
    /// Whether it stands still, when its clock shows so many seconds; looked at about once a second.
    pub fn look(&mut self, seconds: f64) -> bool {
        self.looks = if seconds > self.seconds {
            0
        } else {
            self.looks.saturating_add(1)
        };
        self.seconds = seconds;
        self.looks >= STILL_LOOKS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_never_starts_stands_still() {
        let mut it = Stillness::default();
        assert_eq!([0.0; 4].map(|at| it.look(at)), [false, false, true, true]);
    }

    #[test]
    fn a_clock_that_starts_late_does_not() {
        let mut it = Stillness::default();
        let seconds = [0.0, 0.0, 0.4, 1.4, 1.4, 2.4, 3.4];
        assert!(seconds.iter().all(|at| !it.look(*at)));
    }

    #[test]
    fn a_speaker_that_goes_and_comes_is_noticed() {
        let mut it = Stillness::default();
        let looks = [1.0, 2.0, 2.0, 2.0, 2.0, 2.5, 3.5].map(|at| it.look(at));
        assert_eq!(looks, [false, false, false, false, true, false, false]);
    }
}
