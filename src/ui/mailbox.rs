//! The messages that came, in step with whoever fetches them (`super::message_fetcher`) and with other
//! tabs; and whether people may leave any.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use wimpex_mailbox::MessageName;
use wimpex_protocol::UserId;

use super::new_messages::use_new_messages;
use super::screens::message::MailboxState;
use super::use_session;
use crate::browser::broadcast_channel::BroadcastChannel;
use crate::browser::web_storage;
use crate::session::Session;
use crate::session::mailbox::{self, AcceptedSenders, Entry, ServerRefusal};

/// That the user wants no messages.
const WANTED: &str = "wimpex.messages";
const OFF: &str = "off";
/// Tells other tabs that something has changed.
pub(super) const CHANNEL: &str = "wimpex.messages";

/// See the module.
#[derive(Clone, Copy)]
pub(crate) struct Mailbox {
    session: Session,
    /// What is here, the newest first.
    pub(crate) entries: RwSignal<Vec<Entry>>,
    /// What is to be known of those that are not.
    pub(crate) notice: RwSignal<Option<&'static str>>,
    /// Whether people may leave any.
    pub(crate) state: RwSignal<MailboxState>,
    /// Whether the user wants that.
    pub(crate) wanted: RwSignal<bool>,
    changes: StoredValue<u32>,
    channel: StoredValue<Option<BroadcastChannel>, LocalStorage>,
}

/// Whose messages are taken, and by whom.
#[derive(Clone, PartialEq)]
struct Wish {
    senders: Vec<UserId>,
    contacts_only: bool,
    is_guest: bool,
    is_known: bool,
}

impl Mailbox {
    /// One for the first screen. Publishes for as long as that is shown.
    pub(crate) fn open() -> Self {
        let mailbox = Self {
            session: use_session(),
            entries: RwSignal::new(Vec::new()),
            notice: use_new_messages().notice,
            state: RwSignal::new(MailboxState::Pending),
            wanted: RwSignal::new(web_storage::read(WANTED).as_deref() != Some(OFF)),
            changes: StoredValue::new(0),
            channel: StoredValue::new_local(None),
        };
        let channel = BroadcastChannel::open(CHANNEL, move || mailbox.read());
        mailbox.channel.set_value(channel);
        let fetched = use_new_messages().fetched;
        Effect::new(move |_| {
            fetched.track();
            mailbox.read();
        });
        let view = mailbox.session.view;
        // What is published changes with this, and with nothing else.
        let wish = Memo::new(move |_| {
            let contacts = view.contacts.read();
            let all = contacts.contacts();
            let senders = all.iter().filter(|it| !it.is_blocked);
            let mut senders: Vec<UserId> = senders.map(|it| it.id.clone()).collect();
            senders.sort();
            Wish {
                senders,
                contacts_only: view.contacts_only.get(),
                is_guest: view.trust.with(|trust| trust.is_guest),
                is_known: view.contacts_loaded.get() && view.me.with(Option::is_some),
            }
        });
        Effect::new(move |_| {
            let (is_guest, is_known) = wish.with(|wish| (wish.is_guest, wish.is_known));
            if is_guest {
                mailbox.state.set(MailboxState::Unavailable);
            } else if is_known && mailbox.wanted.get_untracked() {
                mailbox.publish();
            } else if is_known {
                mailbox.state.set(MailboxState::Off);
            }
        });
        mailbox
    }

    /// Whether there is nothing to show; subscribes whoever runs.
    pub(crate) fn is_empty(self) -> bool {
        self.entries.with(Vec::is_empty) && self.notice.get().is_none()
    }

    /// Lets people leave messages, or no longer.
    pub(crate) fn set_wanted(self, wanted: bool) {
        self.wanted.set(wanted);
        if wanted {
            web_storage::remove(WANTED);
            self.publish();
            return;
        }
        web_storage::write(WANTED, OFF);
        let change = self.change();
        spawn_local(async move {
            let told = mailbox::take_none().await;
            self.settle(change, told, MailboxState::Off);
        });
    }

    /// Somebody has played it.
    pub(crate) fn mark_played(self, entry: Entry) {
        spawn_local(async move {
            // If that is not kept, it is shown as new once more.
            let _ = mailbox::mark_played(&entry).await;
            self.changed();
        });
    }

    /// Deletes one.
    pub(crate) fn delete(self, name: MessageName) {
        spawn_local(async move {
            // If it cannot be deleted, it is still shown.
            let _ = mailbox::delete(&name).await;
            self.changed();
        });
    }

    fn publish(self) {
        let (change, accepted) = (self.change(), accepted(self.session));
        let contacts_only = accepted.contacts_only;
        spawn_local(async move {
            let told = mailbox::publish(&accepted).await;
            self.settle(change, told, MailboxState::On { contacts_only });
        });
    }

    fn change(self) -> u32 {
        self.state.set(MailboxState::Pending);
        self.changes.update_value(|changes| *changes += 1);
        self.changes.get_value()
    }

    /// The screen may have gone meanwhile, or the user wants something else by now.
    fn settle(self, change: u32, told: Result<(), ServerRefusal>, then: MailboxState) {
        if self.changes.try_get_value() != Some(change) {
            return;
        }
        self.state.set(match told {
            Ok(()) => then,
            Err(ServerRefusal::Off) => MailboxState::Unavailable,
            Err(ServerRefusal::Browser(error)) => match error.as_str() {
                // No key yet, or none of the kind that seals.
                "InvalidStateError" | "NotSupportedError" => MailboxState::Unavailable,
                _ => MailboxState::Failed(Some(error)),
            },
            Err(_) => MailboxState::Failed(None),
        });
    }

    fn changed(self) {
        self.channel.try_with_value(|channel| {
            if let Some(channel) = channel {
                channel.post();
            }
        });
        self.read();
    }

    fn read(self) {
        spawn_local(async move {
            if let Ok(entries) = mailbox::entries().await {
                self.entries.try_set(entries);
            }
        });
    }
}

/// Whose messages are taken now.
pub(super) fn accepted(session: Session) -> AcceptedSenders {
    let view = session.view;
    AcceptedSenders {
        contacts: view.contacts.get_untracked(),
        contacts_only: view.contacts_only.get_untracked(),
    }
}
