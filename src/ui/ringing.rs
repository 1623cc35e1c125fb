//! How a call makes itself heard: tone, title, notification. Each is a guard, so
//! that all of them end at once however the ringing ends. Loaded with the verifier, without which
//! nothing rings (`super::lazy`).

use std::cell::RefCell;
use std::rc::Rc;

use gloo_timers::callback::{Interval, Timeout};
use leptos::prelude::*;

use super::incoming::IncomingDialog;
use super::screens::ringing::{Ringing, has_prompt, ringing};
use super::use_session;
use super::words::common::PRODUCT;
use crate::browser::notification::Notification;
use crate::browser::vibration::Vibration;
use crate::browser::web_audio::Tone;
use crate::browser::web_locks::Lock;
use crate::browser::{user_activation, window};
use crate::session::tones::{CALL_WAITING, RINGBACK, RINGTONE};

/// Of the notification: the next call's takes its place.
const TAG: &str = "wimpex-call";

/// Held by the tab that sounds: of several that ring, one.
const SOUND_LOCK: &str = "wimpex.ringing";
/// Held by the tab that tells the system of the call.
const NOTICE_LOCK: &str = "wimpex.notice";
/// Milliseconds that a tab waits before it asks for either, if it is out of sight, or if nobody has
/// touched it yet, so that it may not sound: the one that somebody looks at comes first.
const YIELDS_FOR: u32 = 300;

#[allow(dead_code, reason = "its parts only need to be dropped")]
enum Bell {
    /// At the caller's.
    Ringback(Option<Tone>),
    Ringtone {
        sound: Elected<(Option<Tone>, Option<Vibration>)>,
        notice: Elected<Option<Notification>>,
        title: FlashingTitle,
    },
}

/// Tells of a call that waits inside another one, until it is dropped.
pub(super) struct Knock {
    _sound: Elected<Option<Tone>>,
    _title: FlashingTitle,
    _notice: Elected<Option<Notification>>,
}

/// A call that waits inside another one: softly, since somebody is talking.
pub(super) fn knock(title: String, body: String) -> Knock {
    Knock {
        _sound: Elected::new(SOUND_LOCK, || Tone::play(&CALL_WAITING).ok()),
        _title: FlashingTitle::new(title.clone()),
        _notice: Elected::new(NOTICE_LOCK, move || {
            (!window::is_visible())
                .then(|| Notification::show(&title, &body, TAG))
                .flatten()
        }),
    }
}

/// Rings and falls silent as the call says, at the latest when it is taken away; and shows the prompt
/// of a call that comes in.
#[component]
pub(crate) fn UnansweredCall() -> impl IntoView {
    let view = use_session().view;
    let ringing = Memo::new(move |_| {
        view.call
            .with(|call| view.peers.with(|it| ringing(call, it)))
    });
    let bell = StoredValue::new_local(None::<Bell>);
    Effect::new(move |_| {
        // The one before falls silent first.
        bell.set_value(None);
        bell.set_value(match ringing.get() {
            Ringing::Silent => None,
            Ringing::Theirs => Some(Bell::Ringback(Tone::play(&RINGBACK).ok())),
            Ringing::Ours { title, body } => Some(Bell::Ringtone {
                sound: Elected::new(SOUND_LOCK, || {
                    // As often as the tone, for a minute.
                    (Tone::play(&RINGTONE).ok(), Vibration::start(850, 1750, 23))
                }),
                title: FlashingTitle::new(title.clone()),
                notice: Elected::new(NOTICE_LOCK, move || {
                    (!window::is_visible())
                        .then(|| Notification::show(&title, &body, TAG))
                        .flatten()
                }),
            }),
        });
    });
    let has_prompt = Memo::new(move |_| view.call.with(has_prompt));
    move || {
        has_prompt
            .get()
            .then(|| view! { <IncomingDialog /> }.into_any())
    }
}

/// What one tab of all that ring does. Another takes over when this one is closed.
struct Elected<T> {
    _wait: Option<Timeout>,
    _lock: Rc<RefCell<Option<Lock>>>,
    _done: Rc<RefCell<Option<T>>>,
}

impl<T: 'static> Elected<T> {
    fn new(name: &'static str, run: impl FnOnce() -> T + 'static) -> Self {
        let lock = Rc::new(RefCell::new(None));
        let done = Rc::new(RefCell::new(None));
        let ask = {
            let (lock, done) = (Rc::clone(&lock), Rc::clone(&done));
            move || {
                let asked = Lock::request(name, move || {
                    let run = run();
                    done.replace(Some(run));
                });
                lock.replace(Some(asked));
            }
        };
        let reasons = [window::is_visible(), user_activation::has_been_active()];
        let yields = reasons.iter().filter(|fine| !**fine).count();
        let wait = if yields == 0 {
            ask();
            None
        } else {
            Some(Timeout::new(YIELDS_FOR * yields as u32, ask))
        };
        Self {
            _wait: wait,
            _lock: lock,
            _done: done,
        }
    }
}

/// The title changes every second, so that the tab catches the eye.
struct FlashingTitle {
    _interval: Interval,
}

impl FlashingTitle {
    fn new(title: String) -> Self {
        window::set_title(&title);
        let mut shown = true;
        let interval = Interval::new(1000, move || {
            shown = !shown;
            window::set_title(if shown { &title } else { PRODUCT });
        });
        Self {
            _interval: interval,
        }
    }
}

impl Drop for FlashingTitle {
    fn drop(&mut self) {
        window::set_title(PRODUCT);
    }
}
