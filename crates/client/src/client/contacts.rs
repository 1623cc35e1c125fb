//! Contacts and past calls.

use std::sync::Arc;

use wimpex_call::Ended;
use wimpex_contacts::Contacts;
use wimpex_protocol::Signal;
use wimpex_sansio::Now;
use wimpex_verification::Incoming;

use super::Client;
use crate::command::ContactCommand;
use crate::contact_store::{self, ContactWrite, Loading};
use crate::host::Host;
use crate::io::{Output, Setting};
use crate::peer;
use crate::view::Part;

impl<H: Host> Client<H> {
    pub(super) fn contact_command(&mut self, command: ContactCommand) {
        match command {
            ContactCommand::Load => self.load_contacts(),
            ContactCommand::SetContactsOnly(only) => {
                self.emit(Output::Store(Setting::ContactsOnly(only)));
                self.view.contacts_only = only;
                self.policy_changed = true;
                self.changed(Part::Settings);
            }
            command => {
                let writes = contact_store::apply(Arc::make_mut(&mut self.view.contacts), command);
                self.write_contacts(writes);
            }
        }
    }

    pub(super) fn load_contacts(&mut self) {
        if self.contact_store.loading == Loading::NotAsked {
            self.contact_store.loading = Loading::Reading;
            self.emit(Output::ReadContacts);
        }
    }

    /// What was read counts unless a change is on its way: then it is not the newest.
    pub(super) fn contacts_read(&mut self, contacts: Option<Contacts>, now: Now) {
        // Where nothing is kept the contacts last as long as the page.
        if let Some(contacts) = contacts
            && self.contact_store.pending_writes == 0
        {
            self.view.contacts = Arc::new(contacts);
            self.contacts_changed();
        }
        self.contact_store.loading = Loading::Done;
        self.view.contacts_loaded = true;
        self.start_verifier(now);
    }

    pub(super) fn contacts_changed(&mut self) {
        let before = std::mem::take(&mut self.view.peers);
        self.view.peers = peer::with_contacts(before, &self.view.contacts);
        self.policy_changed = true;
        self.changed(Part::Contacts);
        self.changed(Part::Peers);
    }

    pub(super) fn write_contacts(&mut self, writes: Vec<ContactWrite>) {
        if writes.is_empty() {
            return;
        }
        self.contacts_changed();
        self.contact_store.pending_writes += 1;
        self.view.has_contacts = true;
        self.emit(Output::Store(Setting::HasContacts));
        self.emit(Output::WriteContacts(writes));
    }

    pub(super) fn contacts_written(&mut self, kept: bool) {
        let pending = &mut self.contact_store.pending_writes;
        *pending = pending.saturating_sub(1);
        if self.view.contacts_unsaved == kept {
            self.view.contacts_unsaved = !kept;
            self.changed(Part::Contacts);
        }
        if kept && self.contact_store.pending_writes == 0 {
            // What other tabs have written meanwhile.
            self.emit(Output::ReadContacts);
        }
    }

    /// An offer that was verified comes while there is a call with somebody else.
    pub(super) fn record_missed_call(&mut self, message: &Incoming, now: Now) {
        if let Signal::CallOffer(offer) = &message.signal {
            let call = contact_store::missed_call(message.from.clone(), offer, self.wall(now));
            let writes = contact_store::record_call(Arc::make_mut(&mut self.view.contacts), call);
            self.write_contacts(writes);
        }
    }

    /// A call that ended is a past call, once.
    pub(super) fn record_ended_call(&mut self, before: Option<&Ended>, now: Now) {
        let Some(ended) = self.view.call.ended.clone() else {
            return;
        };
        if before.is_none_or(|before| before.call_id != ended.call_id) {
            let stopped = self.view.is_stopped(&ended.call_id);
            let call = contact_store::past_call(ended, stopped, self.wall(now));
            let writes = contact_store::record_call(Arc::make_mut(&mut self.view.contacts), call);
            self.write_contacts(writes);
        }
    }
}
