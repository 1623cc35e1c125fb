//! What belongs to this device: who may ring, the file of contacts, the key.

use wimpex_client::Audience;
use wimpex_confusables::Likeness;
use wimpex_contacts::{Double, ImportError, ImportPreview};

use super::common;

/// Heading.
pub const TITLE: &str = "This device";
/// Names the choice.
pub const CONTACTS_ONLY_LABEL: &str = "Only contacts may call me";
/// What the choice does.
pub const CONTACTS_ONLY_HINT: &str = "Calls from anyone else go unanswered.";
/// Opens the list of who is blocked and is no contact.
pub const BLOCKED_PEOPLE: &str = "Blocked people";
/// What that means.
pub const BLOCKED_PEOPLE_TEXT: &str = "Their calls don’t reach you, and they aren’t told. The names are what \
    they called themselves.";
/// Lets one of them ring again.
pub const UNBLOCK: &str = "Unblock";
/// Names the choice of an [`Audience`].
pub const AUDIENCE_LABEL: &str = "Who can see that I’m online";
/// What the choice does not do.
pub const AUDIENCE_HINT: &str = "Anyone with your link can still call you.";

/// One choice.
pub fn audience(audience: Audience) -> &'static str {
    match audience {
        Audience::Everybody => "Everyone with my link",
        Audience::Contacts => "My contacts",
        Audience::Nobody => "No one",
    }
}

/// Writes the file.
pub const EXPORT: &str = "Save contacts to a file";
/// Reads a file.
pub const IMPORT: &str = "Load contacts from a file";
/// Opens [`MOVE_TEXT`].
pub const MOVE: &str = "Move to another device";
/// How to.
pub const MOVE_TEXT: &str = "Your key can’t leave this browser: no one can steal a copy, but you can’t \
    take one with you either. On another device you’re a new person with a new link. To move, save your \
    contacts to a file here, load it there, and send your new link to the people who call you.";
/// Opens [`FORGET_TEXT`].
pub const FORGET: &str = "Forget me";
/// What it deletes.
pub const FORGET_TEXT: &str = "This deletes your key, your name, your contacts and your calls from this \
    browser. Your link will stop working, and no one can bring it back.";
/// Names the checkbox that unlocks the button.
pub const FORGET_SURE_LABEL: &str = "I know that this cannot be undone";
/// Deletes all of it.
pub const FORGET_NOW: &str = "Forget everything";

/// Names the button [`UNBLOCK`].
pub fn unblock_label(name: &str) -> String {
    format!("Unblock {name}")
}

/// The browser failed with an error of this name.
pub fn not_forgotten(error: &str) -> String {
    format!("This browser couldn’t delete everything ({error}).")
}

/// Heads the contacts of a file before they count.
pub const IMPORT_TITLE: &str = "Contacts in this file";
/// What adding them means.
pub const IMPORT_HINT: &str = "Add only those you expect. They count as “not compared” until you’ve compared \
    emoji with them in a call.";
/// Adds those that are chosen.
pub const IMPORT_ADD: &str = "Add chosen contacts";
/// Adds none.
pub const IMPORT_CANCEL: &str = "Cancel";
/// Beside somebody in a file who is blocked there, and will be here.
pub const IMPORT_BLOCKED: &str = "blocked";
/// Beside somebody in a file with whom a comparison failed.
pub const IMPORT_MISMATCH: &str = super::trust::MISMATCH;

/// What came of a file.
pub fn imported(added: usize, preview: &ImportPreview) -> String {
    let left = preview.entries.len().saturating_sub(added);
    let text = format!("{} added", count(added, "contact", "contacts"));
    let left = (left > 0).then(|| format!(", {left} left out"));
    text + &left.unwrap_or_default() + &rest(preview)
}

/// What a file brings.
pub fn found(preview: &ImportPreview) -> String {
    let text = count(preview.entries.len(), "new contact", "new contacts");
    let alike = preview.entries.iter().filter(|it| it.double.is_some());
    let alike = match alike.count() {
        0 => String::new(),
        alike => format!(", {alike} with a name that is taken"),
    };
    let blocked = preview.entries.iter().filter(|it| it.contact.is_blocked);
    let blocked = match blocked.count() {
        0 => String::new(),
        blocked => format!(", {blocked} blocked"),
    };
    text + &alike + &blocked + &rest(preview)
}

fn rest(preview: &ImportPreview) -> String {
    let mut text = String::new();
    if preview.known > 0 {
        text += &format!(", {} already known", preview.known);
    }
    if preview.unreadable > 0 {
        let unreadable = count(preview.unreadable, "entry", "entries");
        text += &format!(", {unreadable} couldn’t be read");
    }
    text + "."
}

fn count(n: usize, one: &str, more: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { more })
}

/// Whose name somebody in a file has.
pub fn import_double(double: &Double) -> String {
    let name = common::isolated(double.name.as_str());
    match double.likeness {
        Likeness::Same => format!("there already is a contact called {name}"),
        Likeness::LooksAlike => format!("looks like {name}"),
    }
}

/// More are chosen than there is room for.
pub fn no_room(room: usize) -> String {
    format!(
        "You can have 2,000 contacts, so there’s room for {room} more. Choose fewer, or remove some first."
    )
}

/// Why nothing was taken from a file.
pub fn import_error(error: ImportError) -> &'static str {
    match error {
        ImportError::NotJson => "This file can’t be read. It’s damaged, or it’s something else.",
        ImportError::NotContacts => "There are no Wimpex contacts in this file.",
        ImportError::NewerVersion => {
            "This file was written by a newer Wimpex. Reload the page and try again."
        }
        ImportError::TooLarge => "This file is too large to be a list of contacts.",
    }
}
