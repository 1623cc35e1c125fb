//! Keeps a verdict for some readings, so that the sign does not flicker.

use crate::grade::{Assessment, Grade, rank};

/// So many readings in a row that are all worse than what is shown.
const WORSE: u32 = 3;
/// So many that are all better.
const BETTER: u32 = 5;
/// So many of which nothing can be said.
const UNKNOWN: u32 = 2;

/// What is shown, and what speaks against it.
///
/// Readings that are worse count together, however much worse each is: a way that is fair
/// and poor in turn is not good. What is shown then is the mildest of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hysteresis {
    shown: Assessment,
    worse: Streak,
    better: Streak,
    unknown: Streak,
}

/// Readings in a row that speak for something else.
#[derive(Clone, Debug, Default)]
struct Streak {
    count: u32,
    /// The one that is nearest to what is shown.
    mildest: Assessment,
}

impl Streak {
    fn add(&mut self, now: Assessment, shown: Grade) {
        let distance = |grade: Grade| rank(grade).abs_diff(rank(shown));
        if self.count == 0 || distance(now.grade) <= distance(self.mildest.grade) {
            self.mildest = now;
        }
        self.count += 1;
    }

    /// What they come to, if they are enough.
    fn of(&self, needed: u32) -> Option<Assessment> {
        (self.count >= needed).then_some(self.mildest)
    }
}

impl Hysteresis {
    pub(crate) fn grade(&self) -> Grade {
        self.shown.grade
    }

    /// The verdict to show, after one more.
    pub(crate) fn after(&mut self, now: Assessment) -> Assessment {
        let shown = self.shown.grade;
        if now.grade == shown || shown == Grade::Unknown {
            *self = Self {
                shown: now,
                ..Self::default()
            };
            return now;
        }
        if now.grade == Grade::Unknown {
            // It speaks neither for better nor for worse.
            self.unknown.add(now, shown);
        } else {
            self.unknown = Streak::default();
            if rank(now.grade) > rank(shown) {
                self.worse.add(now, shown);
                self.better = Streak::default();
            } else {
                self.better.add(now, shown);
                self.worse = Streak::default();
            }
        }
        let next = self.worse.of(WORSE).or_else(|| self.better.of(BETTER));
        if let Some(next) = next.or_else(|| self.unknown.of(UNKNOWN)) {
            *self = Self {
                shown: next,
                ..Self::default()
            };
        }
        self.shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grade::Reason;

    /// What is shown after each of these: G, F, P for the grades, U for unknown.
    fn shown(readings: &str) -> String {
        let mut steady = Hysteresis::default();
        readings
            .chars()
            .map(|letter| {
                let grade = match letter {
                    'G' => Grade::Good,
                    'F' => Grade::Fair,
                    'P' => Grade::Poor,
                    _ => Grade::Unknown,
                };
                let reason = Reason::Undisturbed;
                match steady.after(Assessment { grade, reason }).grade {
                    Grade::Good => 'G',
                    Grade::Fair => 'F',
                    Grade::Poor => 'P',
                    Grade::Unknown => 'U',
                }
            })
            .collect()
    }

    #[test]
    fn the_first_that_is_known_is_shown_at_once() {
        assert_eq!(shown("UUP"), "UUP");
        assert_eq!(shown("G"), "G");
    }

    #[test]
    fn it_takes_three_readings_to_get_worse_and_five_to_get_better() {
        assert_eq!(shown("GPPPP"), "GGGPP");
        assert_eq!(shown("GFFF"), "GGGF");
        assert_eq!(shown("PGGGGGG"), "PPPPPGG");
        assert_eq!(shown("FGGGGG"), "FFFFFG");
    }

    #[test]
    fn one_reading_in_between_begins_anew() {
        assert_eq!(shown("GPPGPPGPP"), "GGGGGGGGG");
        assert_eq!(shown("PGGGGPGGGG"), "PPPPPPPPPP");
    }

    #[test]
    fn two_readings_of_nothing_and_nothing_is_known() {
        assert_eq!(shown("GUGUG"), "GGGGG");
        assert_eq!(shown("GUUG"), "GGUG");
        assert_eq!(shown("PUU"), "PPU");
    }

    #[test]
    fn verdicts_that_alternate_do_not_hold_the_sign_still() {
        assert_eq!(shown("GFPFPFP"), "GGGFFFF", "the mildest of them");
        assert_eq!(shown("GPPPFF"), "GGGPPP");
        assert_eq!(shown("PFGFGFG"), "PPPPPFF");
        assert_eq!(shown("GPUPUPU"), "GGGGGPP");
    }

    #[test]
    fn a_reason_is_shown_at_once_where_the_grade_stays() {
        let mut steady = Hysteresis::default();
        let fair = |reason| Assessment {
            grade: Grade::Fair,
            reason,
        };
        steady.after(fair(Reason::Loss));
        assert_eq!(steady.after(fair(Reason::Delay)).reason, Reason::Delay);
    }
}
