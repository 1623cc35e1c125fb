//! Links that end.

use wimpex_identity::LinkState;

/// Heading.
pub const TITLE: &str = "Links that end";
/// What they are for.
pub const HINT: &str = "For someone who should reach you for a while: they ring even where strangers may \
    not, until the link ends or you take it back.";
/// Names the field for what a link is for.
pub const LABEL: &str = "What it’s for";
/// An example.
pub const LABEL_PLACEHOLDER: &str = "For the plumber";
/// What becomes of the label.
pub const LABEL_HINT: &str = "Only you see this.";
/// Names the choice of a time.
pub const ENDS: &str = "Ends";
/// Names the choice of a number.
pub const CALLS: &str = "Good for";
/// Opens the fields for another one.
pub const NEW: &str = "New link";
/// Makes it.
pub const MAKE: &str = "Make a link";
/// Copies one.
pub const COPY: &str = "Copy";
/// Shows one as a QR code.
pub const QR_CODE: &str = "QR code";
/// Takes one back.
pub const REVOKE: &str = "Take back";
/// Removes one that has ended from the list.
pub const FORGET: &str = "Remove";
/// A guest has no key to sign with.
pub const GUEST: &str = "This works once this browser can keep your key.";
/// There are as many as there may be.
pub const TOO_MANY: &str = "You have 50 links that are still open. Take one back first.";
/// What counts.
pub const COUNTED: &str = "A call counts once you’ve answered it.";
/// A link without a label.
pub const UNNAMED: &str = "No label";

/// The times after which a link can end, in minutes; 0: never.
pub const TIMES: [(u32, &str); 5] = [
    (60, "in an hour"),
    (24 * 60, "in a day"),
    (7 * 24 * 60, "in a week"),
    (30 * 24 * 60, "in 30 days"),
    (0, "when I take it back"),
];

/// For how many calls it can be; 0: any number.
pub const USES: [(u8, &str); 4] = [
    (1, "one call"),
    (3, "3 calls"),
    (10, "10 calls"),
    (0, "any number of calls"),
];

/// How a link stands. `ends`: when, in words.
pub fn state(state: LinkState, used: u32, uses: u8, ends: Option<&str>) -> String {
    let calls = match (used, uses) {
        (0, 0) => "not used yet".to_owned(),
        (1, 0) => "used for one call".to_owned(),
        (used, 0) => format!("used for {used} calls"),
        (0, 1) => "for one call".to_owned(),
        (used, uses) => format!("{used} of {uses} calls used"),
    };
    match (state, ends) {
        (LinkState::Open, Some(ends)) => format!("Until {ends}, {calls}"),
        (LinkState::Open, None) => format!("No end, {calls}"),
        (LinkState::Expired, _) => format!("Ended, {calls}"),
        (LinkState::UsedUp, _) => "Used up".to_owned(),
        (LinkState::Revoked, _) => format!("Taken back, {calls}"),
    }
}

/// Names a button of one of several links.
pub fn of(button: &str, label: &str) -> String {
    format!("{button}: {label}")
}

/// In the prompt: who rings has this link.
pub fn rings_by(label: &str) -> String {
    format!("By your link “{label}”")
}

/// The browser could not sign.
pub fn failed(error: &str) -> String {
    match error {
        "InvalidStateError" => GUEST.to_owned(),
        other => format!("This browser couldn’t do it ({other})."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_links_state_reads_as_people_say_it() {
        let open = |used, uses| state(LinkState::Open, used, uses, Some("Friday"));
        assert_eq!(open(0, 1), "Until Friday, for one call");
        assert_eq!(open(2, 3), "Until Friday, 2 of 3 calls used");
        assert_eq!(open(0, 0), "Until Friday, not used yet");
        assert_eq!(
            state(LinkState::Open, 1, 0, None),
            "No end, used for one call"
        );
        assert_eq!(state(LinkState::UsedUp, 1, 1, None), "Used up");
        let back = state(LinkState::Revoked, 7, 0, None);
        assert_eq!(back, "Taken back, used for 7 calls");
    }
}
