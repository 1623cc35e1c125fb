//! The call, from the first ring to the last word: one stage, so that nothing
//! jumps when it connects.

use std::time::Duration;

use gloo_timers::callback::Timeout;
use leptos::prelude::*;

use super::controls::CallControls;
use super::lazy;
use super::lazy_view::lazy_view;
use super::remote_media::RemoteMedia;
use super::screens::call::{call_screen, next_tick, steps_aside, timer};
use super::{signal_of, use_session};
use crate::browser::{clock, window};

/// Milliseconds without any input until the controls step aside.
const IDLE_AFTER: u32 = 3500;

/// Calling, connecting, connected, reconnecting.
#[component]
pub(crate) fn CallPage() -> impl IntoView {
    let view = use_session().view;
    let call = move || {
        view.call
            .with(|call| view.people.with(|it| call_screen(call, it)))
    };
    let name = signal_of(move || call().name);
    let is_video = Memo::new(move |_| call().is_video);
    let is_connected = Memo::new(move |_| call().is_connected);
    let panel = RwSignal::new(false);
    let idle = use_idle();
    let aside = signal_of(move || {
        let state = view.call.with(|call| call.state);
        steps_aside(idle.get(), panel.get(), state, view.picture_arrives.get())
    });
    let details = move || {
        let close = move || panel.set(false);
        panel
            .get()
            .then(|| lazy_view(lazy::quality_panel(Box::new(close))))
    };
    view! {
        <main class="stage" class:aside=aside class:audio=signal_of(move || !is_video.get())>
            <RemoteMedia name is_video />
            <header class="caption">
                <h1>{name}</h1>
                <span class="lock-place">{lazy_view(lazy::lock_button())}</span>
                <CallTimer since=signal_of(move || call().since) aside />
                <span class="quality-sign">
                    {move || is_connected.get().then(|| lazy_view(lazy::quality_sign()))}
                </span>
                <p class="state" role="status" class:well=signal_of(move || is_connected.get())>
                    {signal_of(move || call().status.to_owned())}
                </p>
            </header>
            {lazy_view(lazy::self_view())}
            <div class="call-notices" role="alert">
                {lazy_view(lazy::device_notices())}
                {move || is_connected.get().then(|| lazy_view(lazy::pause_offer()))}
            </div>
            {details}
            <CallControls panel />
        </main>
    }
}

/// The time since the connection.
#[component]
fn CallTimer(since: Signal<Option<Duration>>, aside: Signal<bool>) -> impl IntoView {
    let now = RwSignal::new(clock::now());
    let timeout = StoredValue::new_local(None);
    Effect::new(move || {
        since.track();
        // Where nobody sees it, it stands: each change is a frame to draw.
        if aside.get() {
            timeout.set_value(None);
        } else {
            tick(now, since, timeout);
        }
    });
    view! {
        <span class="timer" role="timer" hidden=signal_of(move || since.get().is_none())>
            {signal_of(move || timer(since.get(), now.get()))}
        </span>
    }
}

/// Now, and then whenever another second is full.
fn tick(
    now: RwSignal<Duration>,
    since: Signal<Option<Duration>>,
    timeout: StoredValue<Option<Timeout>, LocalStorage>,
) {
    let at = clock::now();
    now.set(at);
    let next = next_tick(since.get_untracked(), at);
    timeout.set_value(Some(Timeout::new(next, move || tick(now, since, timeout))));
}

/// True while nobody has moved anything for a while.
fn use_idle() -> ReadSignal<bool> {
    let (idle, set_idle) = signal(false);
    let timer = StoredValue::new_local(None::<Timeout>);
    let wake = move || {
        set_idle.set(false);
        timer.set_value(Some(Timeout::new(IDLE_AFTER, move || set_idle.set(true))));
    };
    wake();
    for event in ["pointermove", "pointerdown", "keydown", "focusin"] {
        let guard = window::on_document(event, move |_| wake());
        StoredValue::new_local(guard);
    }
    idle
}
