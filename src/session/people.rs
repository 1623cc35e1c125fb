//! The book of contacts and past calls, as the browser keeps it. Loaded when it is
//! wanted (`super::lazy`).

use std::cell::{Cell, RefCell};

use futures_channel::mpsc::UnboundedSender;
use leptos::prelude::*;
use leptos::reactive::graph::Source;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use wimpex_book::{Book, Direction, Outcome, PastCall};
use wimpex_call::{EndReason, Ended, Role};
use wimpex_gate::Incoming;
use wimpex_protocol::{CallId, Signal, UserId};

use super::Intent;
use super::event::Event;
use super::identity::database;
use super::view::{Contact, View};
use crate::browser::broadcast_channel::BroadcastChannel;
use crate::browser::{BrowserError, clock, web_storage};

const CONTACT_STORE: &str = "contacts";
const CALL_STORE: &str = "calls";
/// "1" if only contacts may call.
const CONTACTS_ONLY: &str = "wimpex.contacts-only";
/// There is a book: the first screen shows it.
pub(crate) const HAS_BOOK: &str = "wimpex.book";

thread_local! {
    static BOOK: ArcRwSignal<Book> = ArcRwSignal::new(Book::default());
    static INBOX: RefCell<Option<UnboundedSender<Event>>> = const { RefCell::new(None) };
    /// Tells the other tabs, and is told by them.
    static TABS: RefCell<Option<BroadcastChannel>> = const { RefCell::new(None) };
    /// The browser could not keep the last change.
    static UNKEPT: ArcRwSignal<bool> = ArcRwSignal::new(false);
    static WATCHES: Cell<bool> = const { Cell::new(false) };
    static IS_LOADED: Cell<bool> = const { Cell::new(false) };
    /// Changes that are not written yet: what is read meanwhile is not the newest.
    static UNWRITTEN: Cell<u32> = const { Cell::new(0) };
}

/// What a change has touched, and is to be written.
#[derive(Debug)]
pub(crate) enum Touched {
    Contact(UserId),
    Call(CallId),
    /// A call, unless it is there already.
    NewCall(CallId),
}

/// The book, to read.
pub(crate) fn book() -> ArcRwSignal<Book> {
    BOOK.with(Clone::clone)
}

/// Whether the browser could not keep the last change: it lasts as long as the page.
pub(crate) fn unkept() -> ArcRwSignal<bool> {
    UNKEPT.with(Clone::clone)
}

/// Reads what this browser keeps, and tells the session whom it knows. From then on it
/// follows what other tabs write.
pub(crate) async fn load(inbox: UnboundedSender<Event>) {
    let is_first = INBOX.replace(Some(inbox)).is_none();
    if is_first {
        let tabs = BroadcastChannel::open("wimpex.book", || spawn_local(reload()));
        TABS.replace(tabs);
    }
    if !IS_LOADED.get() {
        reload().await;
        IS_LOADED.set(true);
    }
}

async fn reload() {
    // Where nothing is kept the book lasts as long as the page.
    if let Ok(kept) = read().await
        && UNWRITTEN.get() == 0
    {
        book().set(kept);
        tell();
    }
}

async fn read() -> Result<Book, BrowserError> {
    let database = database().await?;
    let contacts = database.all(CONTACT_STORE).await?;
    let calls = database.all(CALL_STORE).await?;
    let texts = |values: Vec<JsValue>| values.into_iter().filter_map(|value| value.as_string());
    Ok(Book::from_entries(texts(contacts), texts(calls)))
}

/// Changes the book and keeps what was touched.
pub(crate) fn change(run: impl FnOnce(&mut Book) -> Vec<Touched>) {
    let book = book();
    let touched = book.try_update(run).unwrap_or_default();
    // As `View::sweep`: whoever is still there comes back.
    book.clear_subscribers();
    web_storage::write(HAS_BOOK, "1");
    tell();
    UNWRITTEN.set(UNWRITTEN.get() + 1);
    spawn_local(async move {
        let written = write(touched).await;
        UNWRITTEN.set(UNWRITTEN.get() - 1);
        UNKEPT.with(|unkept| unkept.set(written.is_err()));
        if written.is_ok() {
            // What other tabs have written meanwhile.
            reload().await;
        }
        TABS.with_borrow(|tabs| {
            if let Some(tabs) = tabs {
                tabs.post();
            }
        });
    });
}

/// As the book is when it is written, so that the last change wins.
async fn write(touched: Vec<Touched>) -> Result<(), BrowserError> {
    let database = database().await?;
    for one in touched {
        let (store, key, text) = match &one {
            Touched::Contact(user) => {
                let text = book().with_untracked(|book| book.contact(user).map(|it| it.encode()));
                (CONTACT_STORE, user.as_str(), text)
            }
            Touched::Call(id) | Touched::NewCall(id) => {
                let text = book().with_untracked(|book| {
                    let call = book.calls().iter().find(|call| call.call_id == *id);
                    call.map(PastCall::encode)
                });
                (CALL_STORE, id.as_str(), text)
            }
        };
        match (text, &one) {
            (Some(text), Touched::NewCall(_)) => {
                database.put_first(store, key, &text.into()).await?;
            }
            (Some(text), Touched::Contact(_) | Touched::Call(_)) => {
                database.put(store, key, &text.into()).await?;
            }
            (None, _) => database.delete(store, key).await?,
        }
    }
    Ok(())
}

/// Tells the session who is a contact.
fn tell() {
    let known = book().with_untracked(|book| {
        let contacts = book.contacts().into_iter().filter(|it| !it.is_blocked);
        let known = contacts.map(|it| Contact {
            called: Some(it.name.to_string()),
            mistrusted: it.is_mistrusted,
            ..Contact::new(it.id.clone())
        });
        known.collect()
    });
    INBOX.with_borrow(|inbox| {
        if let Some(inbox) = inbox {
            let _ = inbox.unbounded_send(Event::Person(Intent::Know(known)));
        }
    });
}

/// Whether calls are taken from contacts only.
pub(crate) fn contacts_only() -> bool {
    web_storage::read(CONTACTS_ONLY).is_some_and(|value| value == "1")
}

/// Takes calls from contacts only, or from everybody.
pub(crate) fn set_contacts_only(only: bool) {
    web_storage::write(CONTACTS_ONLY, if only { "1" } else { "0" });
}

/// Whether this person may ring.
pub(crate) fn may_call(user: &UserId) -> bool {
    book().with_untracked(|book| book.may_call(user, contacts_only()))
}

/// The pictures of a call with this person did not match, or did. Kept if they are a
/// contact.
pub(crate) fn mistrust(user: &UserId, mistrusted: bool) {
    let changes = book().with_untracked(|book| {
        let known = book.contact(user);
        known.is_some_and(|known| known.is_mistrusted != mistrusted)
    });
    if changes {
        change(|book| {
            book.mistrust(user, mistrusted);
            vec![Touched::Contact(user.clone())]
        });
    }
}

/// Somebody rang while there was another call.
pub(crate) fn missed(incoming: &Incoming) {
    if let Signal::CallOffer(offer) = &incoming.signal {
        note(PastCall {
            call_id: offer.call_id.clone(),
            peer: incoming.from.clone(),
            peer_name: offer.from_username.clone(),
            at: clock::wall_millis(),
            direction: Direction::Incoming,
            call_type: offer.call_type,
            outcome: Outcome::Missed,
            is_seen: false,
        });
    }
}

/// From now on every call that ends is noted.
pub(crate) fn follow(view: View) {
    if WATCHES.replace(true) {
        return;
    }
    // As long as the page: it belongs to no component.
    let owner = Owner::new();
    owner.with(|| {
        Effect::new(move |before: Option<Option<CallId>>| {
            let ended = view.call.with(|call| call.ended.clone());
            let id = ended.as_ref().map(|ended| ended.call_id.clone());
            if let Some(ended) = ended.filter(|_| before != Some(id.clone())) {
                let stopped = view.trust.with_untracked(|trust| trust.stopped.clone());
                let is_stopped = stopped.as_ref() == Some(&ended.call_id);
                let mut call = past(ended);
                if is_stopped {
                    call.outcome = Outcome::Stopped;
                }
                note(call);
            }
            id
        });
    });
    std::mem::forget(owner);
}

fn note(call: PastCall) {
    change(|book| {
        let id = call.call_id.clone();
        // Where another tab has settled it, that tab knows how.
        let touched = if call.outcome == Outcome::Elsewhere {
            Touched::NewCall
        } else {
            Touched::Call
        };
        let dropped = book.note(call).into_iter().map(|call| call.call_id);
        dropped.map(Touched::Call).chain([touched(id)]).collect()
    });
}

fn past(ended: Ended) -> PastCall {
    let seconds = ended.duration.map(|duration| duration.as_secs());
    let outcome = match (seconds, ended.reason) {
        (Some(seconds), _) => Outcome::Answered { seconds },
        (None, EndReason::Missed) => Outcome::Missed,
        (None, EndReason::Declined | EndReason::PeerDeclined) => Outcome::Declined,
        (None, EndReason::Busy) => Outcome::Busy,
        (None, EndReason::NoAnswer | EndReason::PeerOffline) => Outcome::NoAnswer,
        (None, EndReason::HungUp | EndReason::PeerHungUp | EndReason::Cancelled) => {
            Outcome::Cancelled
        }
        (
            None,
            EndReason::AnsweredElsewhere | EndReason::DeclinedElsewhere | EndReason::Superseded,
        ) => Outcome::Elsewhere,
        (
            None,
            EndReason::Unsupported
            | EndReason::PeerGone
            | EndReason::ConnectionFailed
            | EndReason::ConnectionLost
            | EndReason::NegotiationFailed,
        ) => Outcome::Failed,
    };
    PastCall {
        call_id: ended.call_id,
        peer: ended.peer,
        peer_name: ended.peer_name,
        at: clock::wall_millis(),
        direction: match ended.role {
            Role::Caller => Direction::Outgoing,
            Role::Callee => Direction::Incoming,
        },
        call_type: ended.call_type,
        outcome,
        // Who was there knows of it.
        is_seen: !matches!(outcome, Outcome::Missed),
    }
}

/// Forgets the person: the key, the book, the name, all of this origin in this browser.
///
/// # Errors
/// Where the browser cannot write.
pub(crate) async fn forget_me() -> Result<(), BrowserError> {
    let database = database().await?;
    for store in super::identity::STORES {
        database.clear(store).await?;
    }
    // Last: that is how other tabs hear of it, and they must not find the key again.
    web_storage::clear();
    Ok(())
}
