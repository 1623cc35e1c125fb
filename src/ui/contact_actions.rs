//! All that the ui reads of contacts and past calls, and all that it does to them, in one
//! place: components must not know how they are stored.

use wimpex_client::{Audience, Command, ContactCommand, ContactWrite};
use wimpex_confusables::TextForms;
use wimpex_contacts::{Contact, Contacts, GivenLink, ImportError, ImportPreview};
use wimpex_identity::LinkId;
use wimpex_protocol::{Name, UserId};
use wimpex_sansio::UnixTime;

use super::screens::contacts::{Refusal, named};
use super::use_session;
use crate::browser::{clock, storage_manager, text_forms};
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

/// What the browser makes of names.
struct BrowserForms;

impl TextForms for BrowserForms {
    fn nfkd(&self, text: &str) -> String {
        text_forms::nfkd(text)
    }

    fn lowercase(&self, text: &str) -> String {
        text_forms::lowercase(text)
    }

    fn uppercase(&self, text: &str) -> String {
        text_forms::uppercase(text)
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
    pub(crate) fn add(self, contact: Contact) {
        // Who has contacts would miss them: the browser may not make room by forgetting.
        storage_manager::persist();
        self.command(ContactCommand::Add(contact));
    }

    /// The name that was entered for somebody; see [`named`].
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn named(self, id: &UserId, text: &str, insists: bool) -> Result<Name, Refusal> {
        self.with_untracked(|contacts| named(id, text, contacts, &BrowserForms, insists))
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

    /// Whether a contact rings even while the user is not to be disturbed.
    pub(crate) fn ring_always(self, id: UserId, rings: bool) {
        self.command(ContactCommand::RingAlways(id, rings));
    }

    /// Keeps a link that ends; those that have ended long ago make room.
    pub(crate) fn add_link(self, link: &GivenLink) {
        storage_manager::persist();
        let wall = UnixTime::from_millis(link.made);
        let surplus = self.with_untracked(|contacts| contacts.surplus_links(wall));
        let mut writes: Vec<_> = surplus.into_iter().map(ContactWrite::DeleteLink).collect();
        writes.push(ContactWrite::PutLink(link.id(), link.encode()));
        self.command(ContactCommand::WriteLinks(writes));
    }

    /// Takes a link back: who calls by it is told so.
    pub(crate) fn revoke_link(self, id: LinkId) {
        let link = self.with_untracked(|contacts| {
            let mut links = contacts.links().iter();
            links.find(|it| it.id() == id).cloned()
        });
        if let Some(mut link) = link {
            link.issued.is_revoked = true;
            let write = ContactWrite::PutLink(id, link.encode());
            self.command(ContactCommand::WriteLinks(vec![write]));
        }
    }

    /// Forgets a link: who calls by it is told that it is not known.
    pub(crate) fn forget_link(self, id: LinkId) {
        let write = ContactWrite::DeleteLink(id);
        self.command(ContactCommand::WriteLinks(vec![write]));
    }

    /// Lets a blocked stranger ring again.
    pub(crate) fn unblock_stranger(self, id: UserId) {
        self.command(ContactCommand::UnblockStranger(id));
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

    /// Reads a file of contacts, and changes nothing.
    ///
    /// # Errors
    /// [`ImportError`] if it is no such file.
    pub(crate) fn preview_import(self, text: &str) -> Result<ImportPreview, ImportError> {
        let me = self.session.view.me.get_untracked();
        let now = clock::wall_millis();
        self.with_untracked(|contacts| {
            contacts.preview_import(text, me.as_ref(), &BrowserForms, now)
        })
    }

    /// Adds contacts of a file.
    pub(crate) fn import(self, contacts: Vec<Contact>) {
        storage_manager::persist();
        self.command(ContactCommand::Import(contacts));
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
