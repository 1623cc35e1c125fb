//! Contacts and past calls.

use std::time::Duration;

use wimpex_client::Introduction;
use wimpex_confusables::Likeness;
use wimpex_contacts::{Direction, Double, Outcome};
use wimpex_protocol::CallType;

use super::common;

/// Heading of the contacts.
pub const CONTACTS: &str = "Contacts";
/// There are none.
pub const NO_CONTACTS: &str = "No one yet. People you add appear under the name you give them, and \
    their key is remembered, so no one else can call you under that name.";
/// The browser refused to store the last change.
pub const NOT_STORED: &str =
    "This browser couldn’t save that. It will be lost when you close this page.";

/// For who cannot see the dot.
pub const ONLINE: &str = "online";
/// For who cannot see the dot.
pub const OFFLINE: &str = "not online";
/// Beside a contact whose calls are not let in.
pub const BLOCKED: &str = "blocked";
/// Beside a contact with whom a comparison failed.
pub const MISMATCH: &str = super::trust::MISMATCH;
/// Beside a contact with whom nothing was ever compared.
pub const NOT_COMPARED: &str = super::trust::NOT_COMPARED;
/// Opens what can be done about a contact.
pub const MORE: &str = "More";
/// Takes the new name.
pub const RENAME: &str = "Rename";
/// Copies the contact's link.
pub const COPY_THEIR_LINK: &str = "Copy their link";
/// No longer lets their calls in.
pub const BLOCK: &str = "Block";
/// Lets them in again.
pub const UNBLOCK: &str = "Unblock";
/// Forgets the failed comparison.
pub const TRUST_AGAIN: &str = "Trust again";
/// Forgets the contact.
pub const REMOVE: &str = "Remove";

/// Opens the form for a new contact.
pub const ADD_TITLE: &str = "Add a contact";
/// Names the field for the link.
pub const ADD_LINK_LABEL: &str = "Their link or ID";
/// Names the field for the name.
pub const ADD_NAME_LABEL: &str = "Your name for them";
/// Adds the contact.
pub const ADD: &str = "Add";
/// Adds who the last call was with.
pub const KEEP: &str = "Add to contacts";
/// They were added.
pub const KEPT: &str = "They’re in your contacts now.";
/// Gives that up.
pub const CANCEL: &str = "Cancel";
/// After a call with a guest.
pub const GUEST_CALLED: &str =
    "They’re a guest: no key shows who they are, so they can’t be a contact.";
/// Takes a name that is like a contact's.
pub const INSIST: &str = "Use this name anyway";
/// There are as many contacts as there may be.
pub const TOO_MANY: &str =
    "You have 2,000 contacts, and there’s no room for more. Remove some first.";
/// Why a guest cannot be a contact.
pub const GUEST: &str =
    "That’s a guest’s link. It only works while their page is open, so it can’t be saved.";
/// What looks like a contact's link and is none.
pub const CUT_OFF: &str =
    "That link is incomplete: part of it is missing or was changed. Please copy it again.";

/// Reads a link with the camera.
pub const SCAN: &str = "Scan a code";
/// Ends that.
pub const STOP_SCANNING: &str = "Stop scanning";
/// Names the camera's picture.
pub const SCANNER_LABEL: &str = "Camera";

/// Heading of the past calls.
pub const CALLS: &str = "Calls";
/// Forgets them.
pub const CLEAR_CALLS: &str = "Clear the list";
/// Calls somebody in the list.
pub const CALL: &str = "Call";

/// Heads the calls of strangers that are folded away.
pub fn more_strangers(count: usize) -> String {
    if count == 1 {
        "Calls from 1 more stranger".to_owned()
    } else {
        format!("Calls from {count} more strangers")
    }
}

/// How often somebody is in the list.
pub fn times(count: usize) -> String {
    format!("{count} calls")
}

/// Before a name is given to whom a call was with, who goes by this one.
pub fn introduction(met: Introduction, claimed: Option<&str>) -> String {
    let vouched = match met {
        Introduction::Compared => {
            "You compared emoji in this call, and they were the same: their key is verified."
        }
        Introduction::Different => {
            "The emoji didn’t match in this call. Don’t add them as someone you know."
        }
        Introduction::Link => {
            "Their key is the one that the link named. You haven’t compared emoji with them yet."
        }
        Introduction::Call => {
            "Their key will be remembered, but nothing shows whose it is: you haven’t compared emoji \
             with them."
        }
    };
    match claimed {
        Some(name) => {
            let name = common::isolated(name);
            format!("They call themselves “{name}”; choose your own name for them. {vouched}")
        }
        None => vouched.to_owned(),
    }
}

/// Why a name is not taken at once: a contact's is like it.
pub fn double(double: &Double) -> String {
    let name = common::isolated(double.name.as_str());
    match double.likeness {
        Likeness::Same => format!(
            "You already have a contact called {name}. Choose another name, so that you can tell them apart."
        ),
        Likeness::LooksAlike => format!(
            "That looks like your contact {name}. Choose another name, so that you can tell them apart."
        ),
    }
}

/// Names a contact's button for a video call.
pub fn video_call_label(name: &str) -> String {
    format!("Video call with {name}")
}

/// Names a contact's button for an audio call.
pub fn audio_call_label(name: &str) -> String {
    format!("Audio call with {name}")
}

/// Names what opens the rest about a contact.
pub fn more_label(name: &str) -> String {
    format!("More about {name}")
}

/// Names the field for another name.
pub fn rename_label(name: &str) -> String {
    format!("Name for {name}")
}

/// Names the button that calls somebody in the list.
pub fn call_again_label(name: &str) -> String {
    format!("Call {name} again")
}

/// The browser failed with an error of this name.
pub fn scanner_error(error: &str) -> String {
    format!("The camera can’t be used ({error}).")
}

/// How a past call went.
pub fn past(direction: Direction, call_type: CallType, outcome: Outcome) -> String {
    let kind = common::call_type(call_type);
    let how = match (outcome, direction) {
        (Outcome::Answered { seconds }, _) => {
            return format!("{kind}, {}", common::length(Duration::from_secs(seconds)));
        }
        (Outcome::Missed, _) => "missed",
        (Outcome::Declined, Direction::Incoming) => "you declined",
        (Outcome::Declined, Direction::Outgoing) => "declined",
        (Outcome::Busy, _) => "busy",
        (Outcome::NoAnswer, _) => "no answer",
        (Outcome::Cancelled, _) => "cancelled",
        (Outcome::Elsewhere, _) => "on another device",
        (Outcome::Failed, _) => "couldn’t connect",
        (Outcome::Stopped, _) => "stopped: the other side couldn’t be verified",
    };
    format!("{kind}, {how}")
}
