//! The file in which contacts go from one device to another.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wimpex_identity::is_whole_key_id;
use wimpex_protocol::{Name, UserId};

use crate::{Contact, Contacts};

const TYPE: &str = "wimpex-contacts";
const VERSION: u64 = 1;
/// A file may be so long, in bytes.
const LENGTH: usize = 1024 * 1024;
/// A file may have so many contacts.
const CONTACTS: usize = 2_000;

/// Why a file was not taken. Nothing of it was, then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportError {
    /// It is no JSON.
    NotJson,
    /// It is something else than contacts of Wimpex.
    NotContacts,
    /// A later Wimpex has written it.
    NewerVersion,
    /// It is longer than a megabyte, or has more than 2,000 contacts.
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

/// What came of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Who is new.
    pub added: Vec<UserId>,
    /// So many were contacts before, and have kept their names; or are oneself.
    pub known: usize,
    /// So many entries could not be read.
    pub unreadable: usize,
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

    /// Adds the contacts of a file, except those that exist and `me`, the user's own id.
    ///
    /// # Errors
    /// [`ImportError`] if it is no such file; then nothing changes.
    pub fn import(
        &mut self,
        text: &str,
        me: Option<&UserId>,
        now: u64,
    ) -> Result<Imported, ImportError> {
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
        if entries.len() > CONTACTS {
            return Err(ImportError::TooLarge);
        }
        let mut imported = Imported::default();
        for entry in entries {
            match read(entry, now) {
                None => imported.unreadable += 1,
                Some(contact) if me == Some(&contact.id) => imported.known += 1,
                Some(contact) if self.contact(&contact.id).is_some() => imported.known += 1,
                Some(contact) => {
                    imported.added.push(contact.id.clone());
                    self.add(contact);
                }
            }
        }
        Ok(imported)
    }
}

fn read(entry: &Value, now: u64) -> Option<Contact> {
    let entry = Entry::deserialize(entry).ok()?;
    Some(Contact {
        // Guests are no contacts, and of an id that was cut off nobody has the key.
        id: UserId::parse(entry.id).ok().filter(is_whole_key_id)?,
        name: Name::parse(&entry.name).ok()?,
        added: now,
        is_blocked: entry.blocked,
        is_mistrusted: entry.mistrusted,
    })
}
