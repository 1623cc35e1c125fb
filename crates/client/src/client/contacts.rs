//! Contacts and past calls.

use std::sync::Arc;
use std::time::Duration;

use wimpex_call::{Ended, Standing};
use wimpex_contacts::Contacts;
use wimpex_protocol::{CallOffer, MissedCall, MissedCalls, Signal, UserId};
use wimpex_sansio::{Machine, Now, UnixTime};
use wimpex_verification::{CallKey, Incoming};

use super::Client;
use crate::command::ContactCommand;
use crate::contact_store::{self, ContactsRead, Loading};
use crate::contact_write::ContactWrite;
use crate::host::Host;
use crate::io::{Output, Setting};
use crate::peer;
use crate::signaling::SignalingInput;
use crate::view::Part;

/// A call that was held up for longer is of no use in the history. A page that sleeps over
/// night hears of it in the morning.
const HELD_AT_MOST: Duration = Duration::from_secs(24 * 3_600);

/// No server keeps a missed call for longer, in milliseconds.
const TOLD_AT_MOST: u64 = 31 * 24 * 3_600 * 1_000;

impl<H: Host> Client<H> {
    pub(super) fn contact_command(&mut self, command: ContactCommand, now: Now) {
        match command {
            ContactCommand::Load => self.load_contacts(),
            ContactCommand::SetContactsOnly(only) => {
                self.emit(Output::Store(Setting::ContactsOnly(only)));
                self.view.contacts_only = only;
                self.policy_changed = true;
                self.changed(Part::Settings);
            }
            command => {
                let known = self.signaling.missed_since();
                if command == ContactCommand::ForgetCalls && known > 0 {
                    let erase = SignalingInput::EraseMissed(Some(known));
                    self.signaling.handle(erase, now);
                }
                let writes = contact_store::apply(Arc::make_mut(&mut self.view.contacts), command);
                self.write_contacts(writes);
            }
        }
    }

    pub(super) fn load_contacts(&mut self) {
        if self.contact_store.loading == Loading::NotAsked {
            self.contact_store.loading = Loading::Reading;
            self.read_contacts();
        }
    }

    pub(super) fn read_contacts(&mut self) {
        self.contact_store.last_read.0 += 1;
        self.emit(Output::ReadContacts(self.contact_store.last_read));
    }

    /// What was read counts unless a change is on its way: then it is not the newest.
    pub(super) fn contacts_read(
        &mut self,
        read: ContactsRead,
        contacts: Option<Contacts>,
        now: Now,
    ) {
        // One that was asked for later is on its way, and two may cross.
        if read != self.contact_store.last_read {
            return;
        }
        // Where nothing is kept the contacts last as long as the page.
        if let Some(contacts) = contacts
            && self.contact_store.pending_writes == 0
        {
            self.view.contacts = Arc::new(contacts);
            self.may_have_contacts = false;
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
            self.read_contacts();
        }
    }

    /// An offer that was verified has not rung.
    pub(super) fn record_missed_call(&mut self, from: &UserId, offer: &CallOffer, at: UnixTime) {
        let call = contact_store::missed_call(from.clone(), offer, at);
        let writes = contact_store::record_call(Arc::make_mut(&mut self.view.contacts), call);
        self.write_contacts(writes);
    }

    /// The server says who has called while no device was there. Once that is kept, it need not say so
    /// again.
    pub(super) fn record_told_calls(&mut self, told: MissedCalls, now: Now) {
        let mut writes = Vec::new();
        for call in told.calls {
            writes.extend(self.told_call(call, now));
        }
        let known = ContactWrite::KnowMissed(told.until);
        if writes.is_empty() {
            // Nobody has contacts or past calls by that alone.
            self.contact_store.pending_writes += 1;
            self.emit(Output::WriteContacts(vec![known]));
        } else {
            writes.push(known);
            self.write_contacts(writes);
        }
        let known = SignalingInput::KnowMissed(told.until);
        self.signaling.handle(known, now);
    }

    /// It has nobody's signature: what is known here of that call counts for more.
    fn told_call(&mut self, told: MissedCall, now: Now) -> Vec<ContactWrite> {
        let wall = self.wall(now).as_millis();
        let is_known = self.call.is_over(&told.from_id, &told.call_id)
            || self
                .call_keys()
                .contains(&CallKey::new(told.from_id.clone(), told.call_id.clone()));
        let contacts = &self.view.contacts;
        if is_known
            || contacts.calls().iter().any(|it| it.call_id == told.call_id)
            || !contacts.may_call(&told.from_id, self.view.contacts_only)
        {
            return Vec::new();
        }
        // Whatever the server's clock says, it has been.
        let at = told.at.clamp(wall.saturating_sub(TOLD_AT_MOST), wall);
        contact_store::told_call(Arc::make_mut(&mut self.view.contacts), told, at)
    }

    /// An offer has come while there was a call with somebody else, and has not taken its place.
    pub(super) fn record_unless_ringing(&mut self, from: &UserId, offer: &CallOffer, now: Now) {
        let key = CallKey::new(from.clone(), offer.call_id.clone());
        // A stranger of whom nothing was to be heard.
        let is_known = self.call.is_over(from, &offer.call_id);
        if is_known && !self.call_keys().contains(&key) {
            self.record_missed_call(from, offer, self.wall(now));
        }
    }

    /// A call that came too late to ring is a missed one, unless it is known here.
    pub(super) fn record_held_call(&mut self, message: &Incoming, at: UnixTime, now: Now) {
        let Signal::CallOffer(offer) = &message.signal else {
            return;
        };
        let calls = self.view.contacts.calls();
        let is_known = calls.iter().any(|it| it.call_id == offer.call_id)
            || self.call.is_over(&message.from, &offer.call_id);
        let is_old = self.wall(now).abs_diff(at) > HELD_AT_MOST;
        let is_welcome =
            self.standing(&message.from) == Standing::Known || self.strangers.may_react(now);
        if !is_known && !is_old && is_welcome {
            self.record_missed_call(&message.from, offer, at);
        }
    }

    /// A call that ended is a past call, once.
    pub(super) fn record_ended_call(&mut self, before: Option<&Ended>, now: Now) {
        let Some(ended) = self.view.call.ended.clone() else {
            return;
        };
        if before.is_none_or(|before| before.call_id != ended.call_id) {
            self.learn_from_end(&ended);
            self.record_past_call(ended, now);
        }
    }

    pub(super) fn record_past_call(&mut self, ended: Ended, now: Now) {
        let stopped = self.view.is_stopped(&ended.call_id);
        let call = contact_store::past_call(ended, stopped, self.wall(now));
        let writes = contact_store::record_call(Arc::make_mut(&mut self.view.contacts), call);
        self.write_contacts(writes);
    }
}
