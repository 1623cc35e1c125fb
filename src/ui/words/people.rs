//! What is said of contacts and past calls.

use std::time::Duration;

use wimpex_contacts::{Direction, Imported, Outcome};
use wimpex_protocol::CallType;

/// Why a guest cannot be a contact.
pub const GUEST: &str =
    "That is the link of a guest, which is good only while their page is open. It cannot be kept.";

/// What looks like a contact's link and is none.
pub const CUT_OFF: &str =
    "That link is not whole: part of it is missing or was changed. Copy it once more.";

/// How a past call went.
pub fn past(direction: Direction, call_type: CallType, outcome: Outcome) -> String {
    let kind = match call_type {
        CallType::Audio => "Audio call",
        CallType::Video => "Video call",
    };
    let how = match (outcome, direction) {
        (Outcome::Answered { seconds }, _) => {
            return format!("{kind}, {}", super::length(Duration::from_secs(seconds)));
        }
        (Outcome::Missed, _) => "missed",
        (Outcome::Declined, Direction::Incoming) => "you declined",
        (Outcome::Declined, Direction::Outgoing) => "declined",
        (Outcome::Busy, _) => "busy",
        (Outcome::NoAnswer, _) => "no answer",
        (Outcome::Cancelled, _) => "cancelled",
        (Outcome::Elsewhere, _) => "on another device",
        (Outcome::Failed, _) => "could not connect",
        (Outcome::Stopped, _) => "stopped: it was not sure with whom",
    };
    format!("{kind}, {how}")
}

/// What came of a file.
pub fn imported(imported: &Imported) -> String {
    let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let mut text = format!("{} added", count(imported.added.len(), "contact"));
    if imported.known > 0 {
        text += &format!(", {} known already", imported.known);
    }
    if imported.unreadable > 0 {
        text += &format!(
            ", {} could not be read",
            count(imported.unreadable, "entry").replace("entrys", "entries")
        );
    }
    text + "."
}
