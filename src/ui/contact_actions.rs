//! All that the ui reads of contacts and past calls, and all that it does to them, in one
//! place: components must not know how they are stored.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wimpex_contacts::{Contact, Contacts, ImportError, Imported, PastCall};
use wimpex_protocol::{CallId, Name, UserId};

use super::use_session;
use crate::browser::{BrowserError, clock, storage};
use crate::session::people::{self, Touched};
use crate::session::{Intent, Session};

/// Reads and changes the contacts. A change is stored, told to other tabs and to the
/// session by whoever carries it out.
#[derive(Clone, Copy)]
pub(crate) struct ContactActions {
    session: Session,
}

/// The contacts of the session that the page was started with.
pub(crate) fn use_contacts() -> ContactActions {
    ContactActions {
        session: use_session(),
    }
}

/// Whether this browser has stored contacts or calls: the first screen shows them at once.
pub(crate) fn has_stored_contacts() -> bool {
    storage::read(people::HAS_BOOK).is_some()
}

impl ContactActions {
    /// Reads them from the browser's database, if nobody has yet.
    pub(crate) fn load(self) {
        spawn_local(people::load(self.session.inbox()));
    }

    /// Reads a value of them, and subscribes who runs to their changes.
    pub(crate) fn with<T>(self, read: impl FnOnce(&Contacts) -> T) -> T {
        people::book().with(read)
    }

    /// Reads a value of them once.
    pub(crate) fn with_untracked<T>(self, read: impl FnOnce(&Contacts) -> T) -> T {
        people::book().with_untracked(read)
    }

    /// Whether the browser refused to store the last change; subscribes like [`Self::with`].
    pub(crate) fn is_unsaved(self) -> bool {
        people::unkept().get()
    }

    /// Adds a contact, or renames the one with this id.
    pub(crate) fn add(self, id: UserId, name: Name) {
        // Who has contacts would miss them: the browser may not make room by forgetting.
        storage::persist();
        people::change(|contacts| {
            contacts.add(Contact {
                id: id.clone(),
                name,
                added: clock::wall_millis(),
                is_blocked: false,
                is_mistrusted: false,
            });
            vec![Touched::Contact(id)]
        });
    }

    /// Renames a contact.
    pub(crate) fn rename(self, id: UserId, name: Name) {
        change(id, |contacts, id| contacts.rename(id, name));
    }

    /// Removes a contact; past calls stay.
    pub(crate) fn remove(self, id: UserId) {
        change(id, Contacts::remove);
    }

    /// Blocks a contact, or no longer.
    pub(crate) fn block(self, id: UserId, is_blocked: bool) {
        change(id, |contacts, id| contacts.block(id, is_blocked));
    }

    /// Forgets that the SAS of a call with this contact differed.
    pub(crate) fn trust_again(self, id: UserId) {
        change(id, |contacts, id| contacts.mistrust(id, false));
    }

    /// Tells what came of comparing the SAS of the present call; `None` takes it back.
    pub(crate) fn compared(self, same: Option<bool>) {
        self.session.dispatch(Intent::Compared(same));
        let peer = self
            .session
            .view
            .call
            .with_untracked(|view| view.call.as_ref().map(|call| call.peer.clone()));
        if let (Some(same), Some(peer)) = (same, peer) {
            people::mistrust(&peer, !same);
        }
    }

    /// Marks every missed call as seen.
    pub(crate) fn see_missed(self, missed: Vec<CallId>) {
        people::change(|contacts| {
            contacts.see_all();
            missed.into_iter().map(Touched::Call).collect()
        });
    }

    /// Forgets the past calls.
    pub(crate) fn clear_history(self) {
        people::change(|contacts| {
            let id = |call: &PastCall| Touched::Call(call.call_id.clone());
            let gone = contacts.calls().iter().map(id).collect();
            contacts.forget_calls();
            gone
        });
    }

    /// Adds the contacts of a file.
    pub(crate) fn import(self, text: &str) -> Result<Imported, ImportError> {
        let me = self.session.view.me.get_untracked();
        let mut outcome = Ok(Imported::default());
        people::change(|contacts| {
            outcome = contacts.import(text, me.as_ref(), clock::wall_millis());
            let added = outcome.iter().flat_map(|imported| &imported.added);
            added.cloned().map(Touched::Contact).collect()
        });
        outcome
    }

    /// Whether calls are taken from contacts only.
    pub(crate) fn contacts_only(self) -> bool {
        people::contacts_only()
    }

    /// Takes calls from contacts only, or from everybody.
    pub(crate) fn set_contacts_only(self, only: bool) {
        people::set_contacts_only(only);
    }

    /// Deletes the key, the contacts, the name: all of this origin in this browser.
    ///
    /// # Errors
    /// Where the browser cannot write.
    pub(crate) async fn forget_me(self) -> Result<(), BrowserError> {
        people::forget_me().await
    }
}

fn change(id: UserId, run: impl FnOnce(&mut Contacts, &UserId)) {
    people::change(|contacts| {
        run(contacts, &id);
        vec![Touched::Contact(id)]
    });
}
