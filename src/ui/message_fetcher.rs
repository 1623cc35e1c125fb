//! Fetches messages as soon as the server says that there are some, whatever screen is shown.

use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::contact_actions::use_contacts;
use super::mailbox::{CHANNEL, accepted};
use super::new_messages::{NewMessages, use_new_messages};
use super::screens::message::{bytes_at_once, refused};
use super::use_session;
use super::words::message as words;
use crate::browser::broadcast_channel::BroadcastChannel;
use crate::session::Session;
use crate::session::mailbox::{self, ServerRefusal};

/// For so many milliseconds a call shows that a message has come.
const NOTE: u32 = 10_000;

#[derive(Clone, Copy)]
struct Fetcher {
    session: Session,
    messages: NewMessages,
    is_fetching: StoredValue<bool>,
    /// Something came while it was being fetched.
    again: StoredValue<bool>,
    channel: StoredValue<Option<BroadcastChannel>, LocalStorage>,
    note: StoredValue<Option<Timeout>, LocalStorage>,
}

/// Shows nothing by itself. Loaded when the first message waits.
pub(crate) fn message_fetcher() -> AnyView {
    use_contacts().load();
    let fetcher = Fetcher {
        session: use_session(),
        messages: use_new_messages(),
        is_fetching: StoredValue::new(false),
        again: StoredValue::new(false),
        channel: StoredValue::new_local(BroadcastChannel::open(CHANNEL, || {})),
        note: StoredValue::new_local(None),
    };
    let view = fetcher.session.view;
    // What a call leaves for later is fetched after it.
    let most = Memo::new(move |_| view.call.with(|call| bytes_at_once(call.state)));
    // Not before it is known who is a contact: what a stranger left may not be wanted.
    Effect::new(move |_| {
        let _ = (view.messages_waiting.get(), most.get());
        if view.contacts_loaded.get() {
            fetcher.fetch();
        }
    });
    ().into_any()
}

impl Fetcher {
    fn fetch(self) {
        if self.is_fetching.get_value() {
            return self.again.set_value(true);
        }
        self.is_fetching.set_value(true);
        let accepted = accepted(self.session);
        let call = self.session.view.call;
        let most = call.with_untracked(|call| bytes_at_once(call.state));
        spawn_local(async move {
            let fetched = mailbox::fetch(&accepted, most).await;
            // The page may be gone.
            if self.is_fetching.try_set_value(false).is_some() {
                return;
            }
            // Where nothing is known of them, they wait, and the server says so again at the next login.
            if let Ok(fetched) = fetched {
                let is_full = matches!(&fetched.failed,
                    Some(ServerRefusal::Browser(error)) if error == "QuotaExceededError");
                let notice = refused(&fetched.refused);
                let notice = notice.or(is_full.then_some(words::NO_ROOM));
                if notice.is_some() {
                    self.messages.notice.set(notice);
                }
                if let Some(sender) = fetched.senders.last() {
                    self.messages.sender.set(Some(sender.clone()));
                    let hide = move || self.messages.sender.set(None);
                    self.note.set_value(Some(Timeout::new(NOTE, hide)));
                }
            }
            self.messages.fetched.update(|times| *times += 1);
            self.channel.with_value(|channel| {
                if let Some(channel) = channel {
                    channel.post();
                }
            });
            if self.again.try_update_value(std::mem::take) == Some(true) {
                self.fetch();
            }
        });
    }
}
