//! How a call makes itself heard: tone, title, notification. Each is a guard, so
//! that all of them end at once however the ringing ends. Loaded with the verifier, without which
//! nothing rings (`super::lazy`).

use gloo_timers::callback::Interval;
use leptos::prelude::*;

use super::incoming::IncomingDialog;
use super::screens::ringing::{Ringing, has_prompt, ringing};
use super::use_session;
use super::words::common::PRODUCT;
use crate::browser::notification::Notification;
use crate::browser::web_audio::Tone;
use crate::browser::window;
use crate::session::tones::{RINGBACK, RINGTONE};

/// Of the notification: the next call's takes its place.
const TAG: &str = "wimpex-call";

#[allow(dead_code, reason = "its parts only need to be dropped")]
struct Bell {
    tone: Option<Tone>,
    title: Option<FlashingTitle>,
    notice: Option<Notification>,
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
        bell.set_value(match ringing.get() {
            Ringing::Silent => None,
            Ringing::Theirs => Some(Bell {
                tone: Tone::play(&RINGBACK).ok(),
                title: None,
                notice: None,
            }),
            Ringing::Ours { title, body } => Some(Bell {
                tone: Tone::play(&RINGTONE).ok(),
                notice: (!window::is_visible())
                    .then(|| Notification::show(&title, &body, TAG))
                    .flatten(),
                title: Some(FlashingTitle::new(title)),
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
