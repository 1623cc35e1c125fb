//! Contacts, the history of calls, blocking, and the file in which contacts move between
//! devices.
//!
//! Time (milliseconds since 1970) is an argument. This crate must not know browsers, or
//! the states of a call.

mod blocked;
mod entry;
mod file;
mod given_link;
mod likeness;

use std::fmt;
use std::sync::Arc;

use wimpex_identity::{IssuedLink, LinkId, LinkState};
use wimpex_protocol::{CallId, Name, UserId};
use wimpex_sansio::UnixTime;

pub use blocked::BlockedStranger;
pub use entry::{Contact, Direction, KeySource, Outcome, PastCall, Unreadable};
pub use file::{ImportEntry, ImportError, ImportPreview};
pub use given_link::GivenLink;
pub use likeness::Double;

/// How many past calls are kept of strangers, and as many of all others: the oldest make room, and
/// no stranger's for anybody else's.
pub const CALLS: usize = 200;

/// How many strangers can be blocked; the oldest make room.
pub const BLOCKED_STRANGERS: usize = 500;

/// How many contacts there may be: more than anybody knows, and not too many to compare names with.
pub const MAX_CONTACTS: usize = 2_000;

/// How many links that end there may be; the oldest that has ended makes room.
pub const MAX_LINKS: usize = 50;

/// There are [`MAX_CONTACTS`] already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyContacts;

impl fmt::Display for TooManyContacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there are {MAX_CONTACTS} contacts already")
    }
}

impl std::error::Error for TooManyContacts {}

/// A user's contacts and past calls.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Contacts {
    contacts: Vec<Contact>,
    /// The oldest first.
    blocked: Vec<BlockedStranger>,
    /// The newest first.
    calls: Vec<PastCall>,
    /// The newest first.
    links: Arc<Vec<GivenLink>>,
    /// The same, as calls are checked against them.
    issued: Arc<Vec<IssuedLink>>,
}

impl Contacts {
    /// From entries as [`Contact::encode`] or [`BlockedStranger::encode`], and
    /// [`PastCall::encode`] wrote them. What cannot be read is left out.
    pub fn from_entries(
        contacts: impl Iterator<Item = String>,
        calls: impl Iterator<Item = String>,
    ) -> Self {
        let mut all = Self::default();
        let mut links = Vec::new();
        for text in contacts {
            if let Ok(contact) = Contact::decode(&text) {
                if all.contact(&contact.id).is_none() {
                    all.contacts.push(contact);
                }
            } else if let Ok(blocked) = BlockedStranger::decode(&text) {
                all.blocked.push(blocked);
            } else if let Ok(link) = GivenLink::decode(&text) {
                links.push(link);
            }
        }
        links.sort_by_key(|it: &GivenLink| std::cmp::Reverse(it.made));
        all.issued = Arc::new(links.iter().map(|it| it.issued.clone()).collect());
        all.links = Arc::new(links);
        let contacts = &all.contacts;
        all.blocked
            .retain(|it| contacts.iter().all(|contact| contact.id != it.id));
        all.blocked.sort_by_key(|it| it.at);
        for call in calls.filter_map(|text| PastCall::decode(&text).ok()) {
            all.insert(call);
        }
        all.make_room();
        all
    }

    /// The contact with this id.
    pub fn contact(&self, id: &UserId) -> Option<&Contact> {
        self.contacts.iter().find(|contact| contact.id == *id)
    }

    /// All contacts, sorted by name without regard to ASCII case, then by id.
    pub fn contacts(&self) -> Vec<&Contact> {
        let mut contacts: Vec<&Contact> = self.contacts.iter().collect();
        // Large and small letters of other alphabets stay apart: their tables are large.
        contacts
            .sort_by_cached_key(|it| (it.name.as_str().to_ascii_lowercase(), it.id.to_string()));
        contacts
    }

    /// Who is blocked without being a contact, the newest first.
    pub fn blocked_strangers(&self) -> impl Iterator<Item = &BlockedStranger> {
        self.blocked.iter().rev()
    }

    /// Past calls, the newest first.
    pub fn calls(&self) -> &[PastCall] {
        &self.calls
    }

    /// The links that end which this browser has given out, the newest first.
    pub fn links(&self) -> &[GivenLink] {
        &self.links
    }

    /// What calls by them are checked against.
    pub fn issued_links(&self) -> Arc<Vec<IssuedLink>> {
        Arc::clone(&self.issued)
    }

    /// Whether another link can be made: where all of [`MAX_LINKS`] are open, one must be taken
    /// back first.
    pub fn has_room_for_link(&self, wall: UnixTime) -> bool {
        let open = |it: &&GivenLink| it.issued.state(wall) == LinkState::Open;
        self.links.iter().filter(open).count() < MAX_LINKS
    }

    /// The links that must make room for one more: the oldest of those that have ended.
    pub fn surplus_links(&self, wall: UnixTime) -> Vec<LinkId> {
        let ended = |it: &&GivenLink| it.issued.state(wall) != LinkState::Open;
        let oldest = self.links.iter().rev().filter(ended);
        let surplus = (self.links.len() + 1).saturating_sub(MAX_LINKS);
        oldest.take(surplus).map(GivenLink::id).collect()
    }

    /// How many more contacts there may be.
    pub fn room(&self) -> usize {
        MAX_CONTACTS.saturating_sub(self.contacts.len())
    }

    /// Whether this user is nobody's choice: no contact, and never called from here.
    pub fn is_stranger(&self, user: &UserId) -> bool {
        let called = |call: &PastCall| call.peer == *user && call.direction == Direction::Outgoing;
        self.contact(user).is_none() && !self.calls.iter().any(called)
    }

    /// Adds a contact. One that exists is renamed, and otherwise stays as it is; but it loses
    /// nothing of what vouches for it now.
    ///
    /// # Errors
    /// [`TooManyContacts`] if there is no room for another one.
    pub fn add(&mut self, contact: Contact) -> Result<(), TooManyContacts> {
        if let Some(known) = self.contacts.iter_mut().find(|it| it.id == contact.id) {
            known.name = contact.name;
            known.is_compared |= contact.is_compared;
            if contact.source == KeySource::Link {
                known.source = KeySource::Link;
            }
        } else if self.room() == 0 {
            return Err(TooManyContacts);
        } else {
            // Who is wanted among the contacts is wanted to ring.
            self.unblock_stranger(&contact.id);
            self.contacts.push(contact);
        }
        Ok(())
    }

    /// Renames a contact.
    pub fn rename(&mut self, id: &UserId, name: Name) {
        self.change(id, |contact| contact.name = name);
    }

    /// Removes a contact; past calls stay.
    pub fn remove(&mut self, id: &UserId) {
        self.contacts.retain(|contact| contact.id != *id);
    }

    /// Blocks a contact, or no longer: whoever is blocked cannot ring.
    pub fn block(&mut self, id: &UserId, is_blocked: bool) {
        self.change(id, |contact| contact.is_blocked = is_blocked);
    }

    /// Whether a contact rings even while the user is not to be disturbed.
    pub fn ring_always(&mut self, id: &UserId, rings_always: bool) {
        self.change(id, |contact| contact.rings_always = rings_always);
    }

    /// Blocks somebody who is no contact; a contact is blocked as one. Returns the entries
    /// that had to make room.
    pub fn block_stranger(&mut self, stranger: BlockedStranger) -> Vec<BlockedStranger> {
        if self.contact(&stranger.id).is_some() {
            self.block(&stranger.id, true);
            return Vec::new();
        }
        self.unblock_stranger(&stranger.id);
        self.blocked.push(stranger);
        let surplus = self.blocked.len().saturating_sub(BLOCKED_STRANGERS);
        self.blocked.drain(..surplus).collect()
    }

    /// Lets a stranger ring again; says whether they were blocked.
    pub fn unblock_stranger(&mut self, id: &UserId) -> bool {
        let before = self.blocked.len();
        self.blocked.retain(|it| it.id != *id);
        self.blocked.len() < before
    }

    /// What came of comparing the SAS emoji in a call with this contact; `None` takes back that they
    /// were the same. That they differed stays until they are the same, or
    /// [`Contacts::mistrust`] forgives it.
    pub fn compared(&mut self, id: &UserId, same: Option<bool>) {
        self.change(id, |contact| {
            contact.is_compared = same == Some(true);
            if let Some(same) = same {
                contact.is_mistrusted = !same;
            }
        });
    }

    /// Marks that the SAS emoji of a call with this contact differed, or clears the mark.
    pub fn mistrust(&mut self, id: &UserId, is_mistrusted: bool) {
        self.change(id, |contact| contact.is_mistrusted = is_mistrusted);
    }

    fn change(&mut self, id: &UserId, change: impl FnOnce(&mut Contact)) {
        if let Some(contact) = self.contacts.iter_mut().find(|it| it.id == *id) {
            change(contact);
        }
    }

    /// Whether this user may ring: nobody who is blocked, and only contacts if
    /// `contacts_only`.
    pub fn may_call(&self, id: &UserId, contacts_only: bool) -> bool {
        let is_blocked = self.blocked.iter().any(|it| it.id == *id);
        self.contact(id)
            .map_or(!contacts_only && !is_blocked, |it| !it.is_blocked)
    }

    /// Records a call that ended. An entry with the same call id is replaced, unless it
    /// is with another peer: nobody may erase somebody else's entry by reusing its id.
    /// Returns the entries that had to make room.
    pub fn note(&mut self, call: PastCall) -> Vec<PastCall> {
        let is_anothers = |it: &PastCall| it.call_id == call.call_id && it.peer != call.peer;
        if self.calls.iter().any(is_anothers) {
            return Vec::new();
        }
        self.calls.retain(|it| it.call_id != call.call_id);
        self.insert(call);
        self.make_room()
    }

    fn insert(&mut self, call: PastCall) {
        let place = self.calls.partition_point(|it| it.at > call.at);
        self.calls.insert(place, call);
    }

    /// Drops the oldest calls until there are [`CALLS`] of strangers at most, and as many of others.
    /// Of strangers, whoever has called most gives way: nobody's ringing erases the rest.
    fn make_room(&mut self) -> Vec<PastCall> {
        let mut dropped = Vec::new();
        while self.calls.len() > CALLS {
            let strangers: Vec<bool> = self
                .calls
                .iter()
                .map(|it| self.is_stranger(&it.peer))
                .collect();
            let of = |stranger: bool| {
                let places = strangers.iter().enumerate();
                places
                    .filter(move |(_, it)| **it == stranger)
                    .map(|(place, _)| place)
            };
            let calls_of = |peer: &UserId| self.calls.iter().filter(|it| it.peer == *peer).count();
            let place = if of(true).count() > CALLS {
                of(true).max_by_key(|place| (calls_of(&self.calls[*place].peer), *place))
            } else if of(false).count() > CALLS {
                of(false).next_back()
            } else {
                None
            };
            let Some(place) = place else { break };
            dropped.push(self.calls.remove(place));
        }
        dropped
    }

    /// Missed calls that the user has not seen in the list yet.
    pub fn missed(&self) -> impl Iterator<Item = &CallId> {
        let missed = self.calls.iter().filter(|call| !call.is_seen);
        missed.map(|call| &call.call_id)
    }

    /// Marks every call as seen.
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
