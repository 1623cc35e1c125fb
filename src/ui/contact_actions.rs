//! All that the ui reads of contacts and past calls, and all that it does to them, in one
//! place: components must not know how they are stored.

use wimpex_client::{Audience, Command, ContactCommand};
use wimpex_contacts::{Contact, Contacts, ImportError, Imported};
use wimpex_protocol::{Name, UserId};

use super::use_session;
use crate::browser::{clock, storage_manager};
use crate::session::Session;

/// Reads and changes the contacts. The client stores a change, and tells other tabs.
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

impl ContactActions {
    fn command(self, command: ContactCommand) {
        self.session.dispatch(Command::Contacts(command));
    }

    /// Reads them from the browser's database, if nobody has yet.
    pub(crate) fn load(self) {
        self.command(ContactCommand::Load);
    }

    /// Reads a value of them, and subscribes who runs to their changes.
    pub(crate) fn with<T>(self, read: impl FnOnce(&Contacts) -> T) -> T {
        self.session.view.contacts.with(|contacts| read(contacts))
    }

    /// Reads a value of them once.
    pub(crate) fn with_untracked<T>(self, read: impl FnOnce(&Contacts) -> T) -> T {
        self.session
            .view
            .contacts
            .with_untracked(|contacts| read(contacts))
    }

    /// Whether the browser refused to store the last change; subscribes like [`Self::with`].
    pub(crate) fn is_unsaved(self) -> bool {
        self.session.view.contacts_unsaved.get()
    }

    /// Adds a contact, or renames the one with this id.
    pub(crate) fn add(self, id: UserId, name: Name) {
        // Who has contacts would miss them: the browser may not make room by forgetting.
        storage_manager::persist();
        self.command(ContactCommand::Add(Contact {
            id,
            name,
            added: clock::wall_millis(),
            is_blocked: false,
            is_mistrusted: false,
        }));
    }

    /// Renames a contact.
    pub(crate) fn rename(self, id: UserId, name: Name) {
        self.command(ContactCommand::Rename(id, name));
    }

    /// Removes a contact; past calls stay.
    pub(crate) fn remove(self, id: UserId) {
        self.command(ContactCommand::Remove(id));
    }

    /// Blocks a contact, or no longer.
    pub(crate) fn block(self, id: UserId, is_blocked: bool) {
        self.command(ContactCommand::Block(id, is_blocked));
    }

    /// Forgets that the SAS of a call with this contact differed.
    pub(crate) fn trust_again(self, id: UserId) {
        self.command(ContactCommand::TrustAgain(id));
    }

    /// Tells what came of comparing the SAS of the present call; `None` takes it back.
    pub(crate) fn compared(self, same: Option<bool>) {
        self.session.dispatch(Command::SasCompared(same));
    }

    /// Marks every missed call as seen.
    pub(crate) fn see_missed(self) {
        self.command(ContactCommand::MarkCallsSeen);
    }

    /// Forgets the past calls.
    pub(crate) fn clear_history(self) {
        self.command(ContactCommand::ForgetCalls);
    }

    /// Adds the contacts of a file; says what came of it.
    ///
    /// # Errors
    /// [`ImportError`] if it is no such file; then nothing changes.
    pub(crate) fn import(self, text: &str) -> Result<Imported, ImportError> {
        let me = self.session.view.me.get_untracked();
        // On a copy: the client adds those that are new there.
        let mut contacts = Contacts::clone(&self.session.view.contacts.get_untracked());
        let imported = contacts.import(text, me.as_ref(), clock::wall_millis())?;
        let added = imported.added.iter();
        let added = added
            .filter_map(|id| contacts.contact(id).cloned())
            .collect();
        self.command(ContactCommand::Import(added));
        Ok(imported)
    }

    /// Whether calls are taken from contacts only; subscribes like [`Self::with`].
    pub(crate) fn contacts_only(self) -> bool {
        self.session.view.contacts_only.get()
    }

    /// Takes calls from contacts only, or from everybody.
    pub(crate) fn set_contacts_only(self, only: bool) {
        self.command(ContactCommand::SetContactsOnly(only));
    }

    /// Who may learn that the user is online; subscribes like [`Self::with`].
    pub(crate) fn audience(self) -> Audience {
        self.session.view.audience.get()
    }

    /// Lets these learn that the user is online.
    pub(crate) fn set_audience(self, audience: Audience) {
        self.session.dispatch(Command::SetAudience(audience));
    }

    /// Deletes the key, the contacts, the name: all of this origin in this browser. What
    /// the browser could not delete is told by [`Self::forget_error`].
    pub(crate) fn forget_me(self) {
        self.session.dispatch(Command::ForgetMe);
    }

    /// The browser's error name, if not everything could be forgotten.
    pub(crate) fn forget_error(self) -> Option<String> {
        self.session.view.forget_error.get()
    }
}
