//! The check of all that a call needs.

use crate::ui::words::check as words;
use wimpex_client::{Check, CheckResult};

/// The button that begins the check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckButton {
    /// It runs: it cannot be begun again.
    pub is_running: bool,
    /// There are results, or will be.
    pub has_begun: bool,
}

/// From the results so far.
pub fn check_button(check: &[(Check, CheckResult)]) -> CheckButton {
    let runs = |(_, finding): &(Check, CheckResult)| {
        matches!(finding, CheckResult::Waiting | CheckResult::Running)
    };
    CheckButton {
        is_running: check.iter().any(runs),
        has_begun: !check.is_empty(),
    }
}

/// How one part fares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckRow {
    /// Which part.
    pub name: &'static str,
    /// How it fares.
    pub says: String,
    /// For the style sheet.
    pub mark: &'static str,
    /// The person is asked whether they heard the sound.
    pub asks: bool,
}

/// The row of one part, from the results so far.
pub fn check_row(part: Check, check: &[(Check, CheckResult)]) -> CheckRow {
    let found = check.iter().find(|(of, _)| *of == part);
    let finding = found.map_or(&CheckResult::Waiting, |(_, finding)| finding);
    CheckRow {
        name: words::part(part),
        says: words::finding(finding),
        mark: match finding {
            CheckResult::Waiting | CheckResult::Asks | CheckResult::NotOffered => "none",
            CheckResult::Running => "looking",
            CheckResult::Works | CheckResult::Relayed(_) => "good",
            CheckResult::NotHeard | CheckResult::Fails(_) => "bad",
        },
        asks: *finding == CheckResult::Asks,
    }
}

/// The parts that have a row, in the order of the rows.
pub const ROWS: [Check; 8] = Check::ALL;

/// Whether the row of this part has buttons: only the person can tell what they heard.
pub fn has_answers(part: Check) -> bool {
    part == Check::Speaker
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_that_runs_is_not_begun_again() {
        let button =
            |finding| check_button(&[(Check::Camera, CheckResult::Works), (Check::Stun, finding)]);
        for (finding, is_running) in [
            (CheckResult::Waiting, true),
            (CheckResult::Running, true),
            (CheckResult::Asks, false),
            (CheckResult::Fails(None), false),
        ] {
            let shown = button(finding);
            assert_eq!((shown.is_running, shown.has_begun), (is_running, true));
        }
        assert!(!check_button(&[]).has_begun);
    }

    #[test]
    fn a_row_says_how_its_own_part_fares() {
        let check = [
            (Check::Speaker, CheckResult::Asks),
            (
                Check::Camera,
                CheckResult::Fails(Some("NotAllowedError".into())),
            ),
        ];
        let row = check_row(Check::Camera, &check);
        assert_eq!(
            (row.name, &*row.says, row.mark),
            ("Camera", "blocked", "bad")
        );
        let row = check_row(Check::Speaker, &check);
        assert!(row.asks && has_answers(Check::Speaker));
        let row = check_row(Check::Stun, &check);
        assert_eq!((&*row.says, row.mark, row.asks), ("", "none", false));
    }
}
