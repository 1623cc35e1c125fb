//! What belongs to this device: who may ring, the file of contacts, the key.

use wimpex_contacts::{ImportError, Imported};

/// Heading.
pub const TITLE: &str = "This device";
/// Names the choice.
pub const CONTACTS_ONLY_LABEL: &str = "Only contacts may call me";
/// What the choice does.
pub const CONTACTS_ONLY_HINT: &str = "Everybody else gets no answer.";
/// Writes the file.
pub const EXPORT: &str = "Save contacts to a file";
/// Reads a file.
pub const IMPORT: &str = "Load contacts from a file";
/// Opens [`MOVE_TEXT`].
pub const MOVE: &str = "Move to another device";
/// How to.
pub const MOVE_TEXT: &str = "Your key cannot leave this browser: nobody can steal a copy of it, and \
    you cannot take one along either. On another device you are a new person with a new link. To move: save \
    your contacts to a file here, load it there, and send your new link to those who call you.";
/// Opens [`FORGET_TEXT`].
pub const FORGET: &str = "Forget me";
/// What it deletes.
pub const FORGET_TEXT: &str = "Deletes your key, your name, your contacts and your calls from this \
    browser. Your link will reach nobody any more, and nobody can bring it back.";
/// Names the checkbox that unlocks the button.
pub const FORGET_SURE_LABEL: &str = "I know that this cannot be undone";
/// Deletes all of it.
pub const FORGET_NOW: &str = "Forget everything";

/// The browser failed with an error of this name.
pub fn not_forgotten(error: &str) -> String {
    format!("This browser could not forget everything ({error}).")
}

/// What came of a file.
pub fn imported(imported: &Imported) -> String {
    let count =
        |n: usize, one: &str, more: &str| format!("{n} {}", if n == 1 { one } else { more });
    let added = count(imported.added.len(), "contact", "contacts");
    let mut text = format!("{added} added");
    if imported.known > 0 {
        text += &format!(", {} known already", imported.known);
    }
    if imported.unreadable > 0 {
        let unreadable = count(imported.unreadable, "entry", "entries");
        text += &format!(", {unreadable} could not be read");
    }
    text + "."
}

/// Why nothing was taken from a file.
pub fn import_error(error: ImportError) -> &'static str {
    match error {
        ImportError::NotJson => "This file cannot be read: it is damaged, or something else.",
        ImportError::NotContacts => "This file has no contacts of Wimpex in it.",
        ImportError::NewerVersion => {
            "A newer Wimpex has written this file. Reload the page and try again."
        }
        ImportError::TooLarge => "This file is too large to be a list of contacts.",
    }
}
