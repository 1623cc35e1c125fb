//! The check of all that a call needs.

use crate::session::check::{Finding, PARTS, Part};
use crate::ui::words::check as words;

/// The button that begins the check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckButton {
    /// It runs: it cannot be begun again.
    pub is_running: bool,
    /// There are results, or will be.
    pub has_begun: bool,
}

/// From the results so far.
pub fn check_button(check: &[(Part, Finding)]) -> CheckButton {
    let runs =
        |(_, finding): &(Part, Finding)| matches!(finding, Finding::Waiting | Finding::Looking);
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
pub fn check_row(part: Part, check: &[(Part, Finding)]) -> CheckRow {
    let found = check.iter().find(|(of, _)| *of == part);
    let finding = found.map_or(&Finding::Waiting, |(_, finding)| finding);
    CheckRow {
        name: words::part(part),
        says: words::finding(finding),
        mark: match finding {
            Finding::Waiting | Finding::Asks | Finding::NotOffered => "none",
            Finding::Looking => "looking",
            Finding::Works | Finding::Relayed(_) => "good",
            Finding::Unheard | Finding::Fails(_) => "bad",
        },
        asks: *finding == Finding::Asks,
    }
}

/// The parts that have a row, in the order of the rows.
pub const ROWS: [Part; 8] = PARTS;

/// Whether the row of this part has buttons: only the person can tell what they heard.
pub fn has_answers(part: Part) -> bool {
    part == Part::Speaker
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_that_runs_is_not_begun_again() {
        let button =
            |finding| check_button(&[(Part::Camera, Finding::Works), (Part::Stun, finding)]);
        for (finding, is_running) in [
            (Finding::Waiting, true),
            (Finding::Looking, true),
            (Finding::Asks, false),
            (Finding::Fails(None), false),
        ] {
            let shown = button(finding);
            assert_eq!((shown.is_running, shown.has_begun), (is_running, true));
        }
        assert!(!check_button(&[]).has_begun);
    }

    #[test]
    fn a_row_says_how_its_own_part_fares() {
        let check = [
            (Part::Speaker, Finding::Asks),
            (Part::Camera, Finding::Fails(Some("NotAllowedError".into()))),
        ];
        let row = check_row(Part::Camera, &check);
        assert_eq!(
            (row.name, &*row.says, row.mark),
            ("Camera", "blocked", "bad")
        );
        let row = check_row(Part::Speaker, &check);
        assert!(row.asks && has_answers(Part::Speaker));
        let row = check_row(Part::Stun, &check);
        assert_eq!((&*row.says, row.mark, row.asks), ("", "none", false));
    }
}
