//! Holds an assessment for some readings, so that the indicator does not flicker.

use crate::grade::{Assessment, Grade, severity};

/// How many readings in a row, all worse than the current assessment, replace it.
const WORSE: u32 = 3;
/// How many in a row, all better.
const BETTER: u32 = 5;
/// How many unknown ones.
const UNKNOWN: u32 = 2;

/// The current assessment, and the readings that speak against it.
///
/// Readings that are worse count together, however much worse each is: a route that is fair
/// and poor by turns is not good. They are replaced by the mildest of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hysteresis {
    current: Assessment,
    worse: Streak,
    better: Streak,
    unknown: Streak,
}

/// Readings in a row that speak for another assessment.
#[derive(Clone, Debug, Default)]
struct Streak {
    count: u32,
    /// The one closest to the current assessment.
    mildest: Assessment,
}

impl Streak {
    fn add(&mut self, reading: Assessment, current: Grade) {
        let distance = |grade: Grade| severity(grade).abs_diff(severity(current));
        if self.count == 0 || distance(reading.grade) <= distance(self.mildest.grade) {
            self.mildest = reading;
        }
        self.count += 1;
    }

    fn reaching(&self, needed: u32) -> Option<Assessment> {
        (self.count >= needed).then_some(self.mildest)
    }
}

impl Hysteresis {
    pub(crate) fn grade(&self) -> Grade {
        self.current.grade
    }

    /// Takes one more reading's assessment, and returns the current one.
    pub(crate) fn update(&mut self, reading: Assessment) -> Assessment {
        let current = self.current.grade;
        if reading.grade == current || current == Grade::Unknown {
            return self.replace(reading);
        }
        if reading.grade == Grade::Unknown {
            // It speaks neither for better nor for worse.
            self.unknown.add(reading, current);
        } else {
            self.unknown = Streak::default();
            if severity(reading.grade) > severity(current) {
                self.worse.add(reading, current);
                self.better = Streak::default();
            } else {
                self.better.add(reading, current);
                self.worse = Streak::default();
            }
        }
        let next = self
            .worse
            .reaching(WORSE)
            .or_else(|| self.better.reaching(BETTER))
            .or_else(|| self.unknown.reaching(UNKNOWN));
        next.map_or(self.current, |next| self.replace(next))
    }

    fn replace(&mut self, next: Assessment) -> Assessment {
        *self = Self {
            current: next,
            ..Self::default()
        };
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grade::Reason;

    /// The current grade after each of these: G, F, P for the grades, U for unknown.
    fn grades(readings: &str) -> String {
        let mut hysteresis = Hysteresis::default();
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
                match hysteresis.update(Assessment { grade, reason }).grade {
                    Grade::Good => 'G',
                    Grade::Fair => 'F',
                    Grade::Poor => 'P',
                    Grade::Unknown => 'U',
                }
            })
            .collect()
    }

    #[test]
    fn the_first_known_grade_is_taken_at_once() {
        assert_eq!(grades("UUP"), "UUP");
        assert_eq!(grades("G"), "G");
    }

    #[test]
    fn it_takes_three_readings_to_get_worse_and_five_to_get_better() {
        assert_eq!(grades("GPPPP"), "GGGPP");
        assert_eq!(grades("GFFF"), "GGGF");
        assert_eq!(grades("PGGGGGG"), "PPPPPGG");
        assert_eq!(grades("FGGGGG"), "FFFFFG");
    }

    #[test]
    fn one_reading_in_between_begins_anew() {
        assert_eq!(grades("GPPGPPGPP"), "GGGGGGGGG");
        assert_eq!(grades("PGGGGPGGGG"), "PPPPPPPPPP");
    }

    #[test]
    fn two_unknown_readings_make_it_unknown() {
        assert_eq!(grades("GUGUG"), "GGGGG");
        assert_eq!(grades("GUUG"), "GGUG");
        assert_eq!(grades("PUU"), "PPU");
    }

    #[test]
    fn alternating_grades_do_not_hold_it_still() {
        assert_eq!(grades("GFPFPFP"), "GGGFFFF", "the mildest of them");
        assert_eq!(grades("GPPPFF"), "GGGPPP");
        assert_eq!(grades("PFGFGFG"), "PPPPPFF");
        assert_eq!(grades("GPUPUPU"), "GGGGGPP");
    }

    #[test]
    fn a_reason_is_taken_at_once_where_the_grade_stays() {
        let mut hysteresis = Hysteresis::default();
        let fair = |reason| Assessment {
            grade: Grade::Fair,
            reason,
        };
        hysteresis.update(fair(Reason::Loss));
        assert_eq!(hysteresis.update(fair(Reason::Delay)).reason, Reason::Delay);
    }
}
