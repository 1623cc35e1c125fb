//! The file in which contacts go from one device to another.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wimpex_confusables::TextForms;
use wimpex_identity::is_whole_key_id;
use wimpex_protocol::UserId;

use crate::entry::readable_name;
use crate::likeness::{Double, Names};
use crate::{Contact, Contacts, KeySource, MAX_CONTACTS};

const TYPE: &str = "wimpex-contacts";
const VERSION: u64 = 1;
/// A file may be so long, in bytes.
const LENGTH: usize = 1024 * 1024;

/// Why a file was not taken. Nothing of it was, then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportError {
    /// It is no JSON.
    NotJson,
    /// It is something else than contacts of Wimpex.
    NotContacts,
    /// A later Wimpex has written it.
    NewerVersion,
    /// It is longer than a megabyte, or has more than [`MAX_CONTACTS`] contacts.
    TooLarge,
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotJson => "This file cannot be read: it is damaged, or something else.",
            Self::NotContacts => "This file has no contacts of Wimpex in it.",
            Self::NewerVersion => {
                "A newer Wimpex has written this file. Reload the page and try again."
            }
            Self::TooLarge => "This file is too large to be a list of contacts.",
        })
    }
}

impl std::error::Error for ImportError {}

/// What is in a file, before any of it counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportPreview {
    /// Who is new, in the order of the file.
    pub entries: Vec<ImportEntry>,
    /// So many are contacts already, and stay as they are; or are oneself.
    pub known: usize,
    /// So many entries could not be read.
    pub unreadable: usize,
}

/// Somebody whom a file would add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportEntry {
    /// As they would be added: nothing is compared yet, whatever the file says.
    pub contact: Contact,
    /// Whose name is like theirs: a contact's, or that of an earlier entry.
    pub double: Option<Double>,
}

#[derive(Serialize)]
struct File<'a> {
    r#type: &'a str,
    version: u64,
    contacts: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    id: String,
    name: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    blocked: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    mistrusted: bool,
}

impl Contacts {
    /// The contacts as a file: JSON.
    pub fn export(&self) -> String {
        let contacts = self.contacts().into_iter().map(|contact| Entry {
            id: contact.id.to_string(),
            name: contact.name.to_string(),
            blocked: contact.is_blocked,
            mistrusted: contact.is_mistrusted,
        });
        let file = File {
            r#type: TYPE,
            version: VERSION,
            contacts: contacts.collect(),
        };
        serde_json::to_string_pretty(&file).expect("texts, numbers and booleans are JSON")
    }

    /// Reads a file, and changes nothing. `me` is the user's own id.
    ///
    /// # Errors
    /// [`ImportError`] if it is no such file.
    pub fn preview_import(
        &self,
        text: &str,
        me: Option<&UserId>,
        forms: &impl TextForms,
        now: u64,
    ) -> Result<ImportPreview, ImportError> {
        if text.len() > LENGTH {
            return Err(ImportError::TooLarge);
        }
        let file: Value = serde_json::from_str(text).map_err(|_| ImportError::NotJson)?;
        if file["type"] != TYPE {
            return Err(ImportError::NotContacts);
        }
        let version = file["version"].as_u64().ok_or(ImportError::NotContacts)?;
        if version > VERSION {
            return Err(ImportError::NewerVersion);
        }
        let entries = file["contacts"]
            .as_array()
            .ok_or(ImportError::NotContacts)?;
        if entries.len() > MAX_CONTACTS {
            return Err(ImportError::TooLarge);
        }
        let mut preview = ImportPreview::default();
        let mut names = Names::of(self.contacts().into_iter(), forms);
        for entry in entries {
            let Some(contact) = read(entry, now) else {
                preview.unreadable += 1;
                continue;
            };
            let is_listed = preview.entries.iter().any(|it| it.contact.id == contact.id);
            if me == Some(&contact.id) || self.contact(&contact.id).is_some() || is_listed {
                preview.known += 1;
                continue;
            }
            let double = names.double(&contact.name, forms);
            names.push(&contact.name, forms);
            preview.entries.push(ImportEntry { contact, double });
        }
        Ok(preview)
    }
}

fn read(entry: &Value, now: u64) -> Option<Contact> {
    let entry = Entry::deserialize(entry).ok()?;
    // Guests are no contacts, and of an id that was cut off nobody has the key.
    let id = UserId::parse(entry.id).ok().filter(is_whole_key_id)?;
    let name = readable_name(&entry.name)?;
    Some(Contact {
        is_blocked: entry.blocked,
        is_mistrusted: entry.mistrusted,
        ..Contact::new(id, name, KeySource::File, now)
    })
}
