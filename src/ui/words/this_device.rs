//! What belongs to this device: who may ring, the file of contacts, the key.

use wimpex_client::Audience;
use wimpex_contacts::{ImportError, Imported};

/// Heading.
pub const TITLE: &str = "This device";
/// Names the choice.
pub const CONTACTS_ONLY_LABEL: &str = "Only contacts may call me";
/// What the choice does.
pub const CONTACTS_ONLY_HINT: &str = "Calls from anyone else go unanswered.";
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

/// The browser failed with an error of this name.
pub fn not_forgotten(error: &str) -> String {
    format!("This browser couldn’t delete everything ({error}).")
}

/// What came of a file.
pub fn imported(imported: &Imported) -> String {
    let count =
        |n: usize, one: &str, more: &str| format!("{n} {}", if n == 1 { one } else { more });
    let added = count(imported.added.len(), "contact", "contacts");
    let mut text = format!("{added} added");
    if imported.known > 0 {
        text += &format!(", {} already known", imported.known);
    }
    if imported.unreadable > 0 {
        let unreadable = count(imported.unreadable, "entry", "entries");
        text += &format!(", {unreadable} couldn’t be read");
    }
    text + "."
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
