//! Keeps what another page of this browser needs to come back to a call, and looks for it when a
//! page is opened. Loaded with what runs calls.
//!
//! It is in the browser's database, since the certificate of a call can be nowhere else, and it is
//! the origin's: a tab that crashed may come back as another one. Whose it is says a lock, which the
//! page of the call holds for as long as it lives: while it does, no other page offers to return.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use gloo_timers::callback::{Interval, Timeout};
use gloo_timers::future::sleep;
use js_sys::{Object, Reflect};
use leptos::prelude::{GetUntracked, Set};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use wimpex_call::{KeptCall, PeerConnectionId};
use wimpex_client::{Client, Input, LeftCall};
use wimpex_sansio::UnixTime;

use super::event::{BoxedCalls, Event, Inbox};
use super::host::PageHost;
use super::identity::{STORE, database};
use super::settings;
use super::signals::Signals;
use crate::browser::rtc_certificate::Certificate;
use crate::browser::web_locks::Lock;
use crate::browser::{BrowserError, clock};

const ENTRY: &str = "call";
const CALL: &str = "call";
const CERTIFICATE: &str = "certificate";
const LOCK: &str = "wimpex-call";

/// How often the entry is written anew while the call goes on, in seconds: by its age a page sees
/// how long ago the call was left.
const WRITE_EVERY: u32 = 2;
/// A page that is left lets go of its lock a moment after the next one of the tab has begun.
const LOOK_EVERY: Duration = Duration::from_millis(200);
const LOOKS: u32 = 12;
/// How often it is looked whether the offer still holds, in milliseconds.
const OFFER_TICK: u32 = 500;

/// What is to be written next. Only the last one counts.
enum Write {
    Keep(String, Certificate),
    Forget,
}

/// A call that the user may return to.
struct Offer {
    left: LeftCall,
    certificate: Certificate,
    /// Has the client say whether the call is still there.
    _tick: Interval,
    /// Ends the offer.
    _end: Timeout,
}

/// See the module.
#[derive(Clone)]
pub(super) struct CallKeeping(Rc<Inner>);

struct Inner {
    inbox: Inbox,
    signals: Signals,
    ticks: Cell<u32>,
    lock: RefCell<Option<Lock>>,
    is_locking: Cell<bool>,
    /// What was written last, of the present call.
    last: RefCell<Option<(LeftCall, Certificate)>>,
    next: RefCell<Option<Write>>,
    is_writing: Cell<bool>,
    /// The call machine knows that the call is kept.
    is_told: Cell<bool>,
    offer: RefCell<Option<Offer>>,
}

impl CallKeeping {
    pub(super) fn new(inbox: Inbox, signals: Signals) -> Self {
        let keeping = Self(Rc::new(Inner {
            inbox,
            signals,
            ticks: Cell::new(0),
            lock: RefCell::default(),
            is_locking: Cell::new(false),
            last: RefCell::default(),
            next: RefCell::default(),
            is_writing: Cell::new(false),
            is_told: Cell::new(false),
            offer: RefCell::default(),
        }));
        if settings::may_return() {
            spawn_local(keeping.clone().look());
        }
        keeping
    }

    /// A second of a call, or half of one of an offer, has passed.
    pub(super) fn tick(&self, client: &Client<PageHost>, certificate: Option<&Certificate>) {
        if self.offer_is_gone(client) {
            self.forget();
        }
        let ticks = self.0.ticks.get();
        self.0.ticks.set(ticks.wrapping_add(1));
        let is_due = !self.0.is_told.get() || ticks.is_multiple_of(WRITE_EVERY);
        if !is_due || self.0.offer.borrow().is_some() {
            return;
        }
        let Some((left, certificate)) = client.keep_call(clock::now()).zip(certificate) else {
            return;
        };
        if self.0.lock.borrow().is_some() {
            self.keep(left, certificate.clone());
        } else if !self.0.is_locking.replace(true) {
            let keeping = self.clone();
            spawn_local(async move {
                // Another tab has a call too, or asks whether to return to one: then this one is
                // not kept.
                *keeping.0.lock.borrow_mut() = Lock::if_available(LOCK).await;
                keeping.0.is_locking.set(false);
            });
        }
    }

    fn keep(&self, left: LeftCall, certificate: Certificate) {
        settings::set_not_sent(left.call.muted, left.call.camera);
        self.write(Write::Keep(left.encode(), certificate.clone()));
        self.0.last.replace(Some((left, certificate)));
    }

    /// What the user has just chosen is kept at once: nobody who was muted is heard after a return.
    pub(super) fn change(&self, change: impl FnOnce(&mut KeptCall)) {
        if let Some((mut left, certificate)) = self.0.last.take() {
            change(&mut left.call);
            self.keep(left, certificate);
        }
    }

    fn offer_is_gone(&self, client: &Client<PageHost>) -> bool {
        let offer = self.0.offer.borrow();
        offer
            .as_ref()
            .is_some_and(|offer| client.is_call_gone(&offer.left))
    }

    /// The call is over, or nobody returns to it.
    pub(super) fn forget(&self) {
        self.0.is_told.set(false);
        self.0.last.take();
        self.show(None);
        if self.0.lock.take().is_some() {
            self.write(Write::Forget);
        }
    }

    /// The user returns: what the client needs for that, and the certificate of the call.
    pub(super) fn return_to_call(&self) -> Option<(Input<BoxedCalls>, Certificate)> {
        let Offer {
            left, certificate, ..
        } = self.show(None)?;
        let wall = UnixTime::from_millis(clock::wall_millis());
        let input = Input::ReturnToCall(Box::new(left.return_to_call(wall)));
        Some((input, certificate))
    }

    /// The user does not return: the peer is told.
    pub(super) fn end_call(&self) -> Option<Input<BoxedCalls>> {
        let offer = self.show(None)?;
        self.forget();
        let (session, message) = (offer.left.session.clone(), offer.left.hang_up());
        Some(Input::ReturnToSession(Box::new(session), Box::new(message)))
    }

    fn show(&self, offer: Option<Offer>) -> Option<Offer> {
        let shown = offer.as_ref().map_or_else(String::new, |offer| {
            let call = &offer.left.call;
            [
                call.peer.as_str(),
                "\n",
                call.peer_name.as_deref().unwrap_or_default(),
            ]
            .concat()
        });
        let signal = self.0.signals.left_call;
        if signal.get_untracked() != shown {
            signal.set(shown);
        }
        self.0.offer.replace(offer)
    }

    /// One write after the other.
    fn write(&self, write: Write) {
        *self.0.next.borrow_mut() = Some(write);
        if self.0.is_writing.replace(true) {
            return;
        }
        let keeping = self.clone();
        spawn_local(async move {
            loop {
                let next = keeping.0.next.take();
                match next {
                    None => break,
                    Some(Write::Keep(call, certificate)) => {
                        if keep(&call, &certificate).await.is_ok() {
                            keeping.kept();
                        }
                    }
                    Some(Write::Forget) => {
                        // What stays all the same is too old for anybody before long.
                        let _ = forget().await;
                        settings::set_may_return(false);
                    }
                }
            }
            keeping.0.is_writing.set(false);
        });
    }

    fn kept(&self) {
        if self.0.lock.borrow().is_some() && !self.0.is_told.replace(true) {
            settings::set_may_return(true);
            self.0.inbox.post(wimpex_call::Input::Kept(true).into());
        }
    }

    /// Looks whether there is a call to return to.
    async fn look(self) {
        // In any other tab the lock is that of a page which is there.
        let looks = if settings::was_in_call() { LOOKS } else { 1 };
        let mut lock = Lock::if_available(LOCK).await;
        for _ in 1..looks {
            if lock.is_none() {
                sleep(LOOK_EVERY).await;
                lock = Lock::if_available(LOCK).await;
            }
        }
        if lock.is_none() {
            return;
        }
        *self.0.lock.borrow_mut() = lock;
        let found = find().await.ok().flatten();
        let wall = UnixTime::from_millis(clock::wall_millis());
        let left = found.and_then(|(mut left, certificate)| {
            let [is_muted, is_camera_off] = settings::not_sent();
            left.call.muted |= is_muted;
            left.call.camera &= !is_camera_off;
            let time = left.time_left(wall)?;
            certificate.is_valid().then_some((left, certificate, time))
        });
        match left {
            Some((left, certificate, time)) => self.offer(left, certificate, time),
            None => self.forget(),
        }
    }

    fn offer(&self, left: LeftCall, certificate: Certificate, time: Duration) {
        let inbox = &self.0.inbox;
        // As whom the peer and the server know this page.
        let (session, message) = (left.session.clone(), left.ask());
        let asked = Input::ReturnToSession(Box::new(session), Box::new(message));
        inbox.post(Event::Client(asked));
        let (tick, end) = (inbox.clone(), self.clone());
        let millis = u32::try_from(time.as_millis()).unwrap_or(u32::MAX);
        self.show(Some(Offer {
            left,
            certificate,
            _tick: Interval::new(OFFER_TICK, move || {
                // Of no connection: there is none yet.
                tick.post(Event::StatsTick(PeerConnectionId::default()));
            }),
            _end: Timeout::new(millis, move || {
                // Not from within: the offer takes this very timer away.
                spawn_local(async move { end.forget() });
            }),
        }));
    }
}

async fn keep(call: &str, certificate: &Certificate) -> Result<(), BrowserError> {
    let entry = Object::new();
    Reflect::set(&entry, &CALL.into(), &call.into())?;
    Reflect::set(&entry, &CERTIFICATE.into(), certificate.js())?;
    database().await?.put(STORE, ENTRY, &entry).await
}

async fn forget() -> Result<(), BrowserError> {
    database().await?.delete(STORE, ENTRY).await
}

async fn find() -> Result<Option<(LeftCall, Certificate)>, BrowserError> {
    let entry: JsValue = database().await?.get(STORE, ENTRY).await?;
    if !entry.is_object() {
        return Ok(None);
    }
    let call = Reflect::get(&entry, &CALL.into())?.as_string();
    let left = call.and_then(|text| LeftCall::decode(&text));
    let certificate = Certificate::from_js(Reflect::get(&entry, &CERTIFICATE.into())?);
    Ok(left.zip(certificate))
}
