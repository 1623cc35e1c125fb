//! The book of contacts and past calls, and the file that contacts travel in.
//!
//! Time (milliseconds since 1970) is an argument. This crate must not know browsers, or
//! the states of a call.

mod entry;
mod file;

use wimpex_protocol::{CallId, Name, UserId};

pub use entry::{Contact, Direction, Outcome, PastCall, Unreadable};
pub use file::{ImportError, Imported};

/// So many past calls are kept.
pub const CALLS: usize = 200;

/// Whom somebody knows, and whom they have called or been called by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Book {
    contacts: Vec<Contact>,
    /// The newest first.
    calls: Vec<PastCall>,
}

impl Book {
    /// From entries as [`Contact::encode`] and [`PastCall::encode`] wrote them. What
    /// cannot be read is left out.
    pub fn from_entries(
        contacts: impl Iterator<Item = String>,
        calls: impl Iterator<Item = String>,
    ) -> Self {
        let mut book = Self::default();
        for contact in contacts.filter_map(|text| Contact::decode(&text).ok()) {
            if book.contact(&contact.id).is_none() {
                book.contacts.push(contact);
            }
        }
        for call in calls.filter_map(|text| PastCall::decode(&text).ok()) {
            book.note(call);
        }
        book
    }

    /// One of them.
    pub fn contact(&self, id: &UserId) -> Option<&Contact> {
        self.contacts.iter().find(|contact| contact.id == *id)
    }

    /// All, by name.
    pub fn contacts(&self) -> Vec<&Contact> {
        let mut contacts: Vec<&Contact> = self.contacts.iter().collect();
        // Large and small letters of other alphabets stay apart: their tables are large.
        contacts
            .sort_by_cached_key(|it| (it.name.as_str().to_ascii_lowercase(), it.id.to_string()));
        contacts
    }

    /// Past calls, the newest first.
    pub fn calls(&self) -> &[PastCall] {
        &self.calls
    }

    /// A new contact. One that is there already gets the name, and stays as it is
    /// otherwise.
    pub fn add(&mut self, contact: Contact) {
        if self.contact(&contact.id).is_some() {
            self.rename(&contact.id, contact.name);
        } else {
            self.contacts.push(contact);
        }
    }

    /// Another name.
    pub fn rename(&mut self, id: &UserId, name: Name) {
        self.change(id, |contact| contact.name = name);
    }

    /// No contact any more.
    pub fn remove(&mut self, id: &UserId) {
        self.contacts.retain(|contact| contact.id != *id);
    }

    /// Whether they may ring.
    pub fn block(&mut self, id: &UserId, is_blocked: bool) {
        self.change(id, |contact| contact.is_blocked = is_blocked);
    }

    /// Whether the pictures of a call with them did not match.
    pub fn mistrust(&mut self, id: &UserId, is_mistrusted: bool) {
        self.change(id, |contact| contact.is_mistrusted = is_mistrusted);
    }

    fn change(&mut self, id: &UserId, change: impl FnOnce(&mut Contact)) {
        if let Some(contact) = self.contacts.iter_mut().find(|it| it.id == *id) {
            change(contact);
        }
    }

    /// Whether somebody may ring: never who is blocked, and nobody but contacts if it is
    /// to be so.
    pub fn may_call(&self, id: &UserId, contacts_only: bool) -> bool {
        self.contact(id)
            .map_or(!contacts_only, |contact| !contact.is_blocked)
    }

    /// A call is over. One with the same id is replaced, but for one with somebody else,
    /// who must not be able to have it forgotten. Gives what had to go for it.
    pub fn note(&mut self, call: PastCall) -> Vec<PastCall> {
        let is_anothers = |it: &PastCall| it.call_id == call.call_id && it.peer != call.peer;
        if self.calls.iter().any(is_anothers) {
            return Vec::new();
        }
        self.calls.retain(|it| it.call_id != call.call_id);
        let place = self.calls.partition_point(|it| it.at > call.at);
        self.calls.insert(place, call);
        self.calls.split_off(self.calls.len().min(CALLS))
    }

    /// Calls that were missed, and that nobody has looked at yet.
    pub fn missed(&self) -> impl Iterator<Item = &CallId> {
        let missed = self.calls.iter().filter(|call| !call.is_seen);
        missed.map(|call| &call.call_id)
    }

    /// All of them have been looked at.
    pub fn see_all(&mut self) {
        for call in &mut self.calls {
            call.is_seen = true;
        }
    }

    /// Forgets the past calls.
    pub fn forget_calls(&mut self) {
        self.calls.clear();
    }
}
