//! The call, from the first ring to the last word: one stage, so that nothing
//! jumps when it connects.

use std::time::Duration;

use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use wimpex_call::{CallView, State};
use wimpex_protocol::CallType;

use super::controls::CallControls;
use super::lazy;
use super::lazy_view::lazy_view;
use super::person::name_of;
use super::remote_media::RemoteMedia;
use super::{signal_of, use_session, words};
use crate::browser::clock;

/// Milliseconds without any input until the controls step aside.
const IDLE_AFTER: u32 = 3500;

/// Calling, connecting, connected, reconnecting.
#[component]
pub(crate) fn CallPage() -> impl IntoView {
    let view = use_session().view;
    let call = signal_of(move || view.call.with(|view| view.call.clone()));
    let state = signal_of(move || view.call.with(|view| view.state));
    let is_video = Memo::new(move |_| {
        call.with(|call| {
            call.as_ref()
                .is_some_and(|call| call.call_type == CallType::Video)
        })
    });
    let name = Signal::derive(move || {
        call.get().map_or(String::new(), |call| {
            name_of(view, &call.peer, call.peer_name.clone())
        })
    });
    let panel = RwSignal::new(false);
    let idle = use_idle();
    // Only a picture is worth hiding the controls for.
    let aside = signal_of(move || {
        idle.get()
            && !panel.get()
            && state.get() == State::Connected
            && view.picture_arrives.get() == Some(true)
    });
    let doing = signal_of(move || {
        let rings = call.with(|call| call.as_ref().is_some_and(|call| call.peer_rings));
        words::call::state(state.get(), rings).to_owned()
    });
    let connected = Memo::new(move |_| state.get() == State::Connected);
    let details = move || {
        let close = move || panel.set(false);
        panel
            .get()
            .then(|| lazy_view(lazy::quality_panel(Box::new(close))))
    };
    view! {
        <main class="stage" class:aside=aside class:audio=signal_of(move || !is_video.get())>
            <RemoteMedia name is_video state />
            <header class="caption">
                <h1>{name}</h1>
                <span class="lock-place">{lazy_view(lazy::lock_button())}</span>
                <CallTimer call aside />
                <span class="quality-sign">
                    {move || connected.get().then(|| lazy_view(lazy::quality_sign()))}
                </span>
                <p class="state" role="status" class:well=signal_of(move || state.get() == State::Connected)>
                    {doing}
                </p>
            </header>
            {lazy_view(lazy::self_view())}
            <div class="call-notices" role="alert">
                {lazy_view(lazy::device_notices())}
                {move || connected.get().then(|| lazy_view(lazy::pause_offer()))}
            </div>
            {details}
            <CallControls call state panel />
        </main>
    }
}

/// The time since the connection.
#[component]
fn CallTimer(call: Signal<Option<CallView>>, aside: Signal<bool>) -> impl IntoView {
    let now = RwSignal::new(clock::now());
    let since =
        signal_of(move || call.with(|call| call.as_ref().and_then(|call| call.connected_at)));
    let timer = StoredValue::new_local(None);
    Effect::new(move || {
        since.track();
        // Where nobody sees it, it stands: each change is a frame to draw.
        if aside.get() {
            timer.set_value(None);
        } else {
            tick(now, since, timer);
        }
    });
    let text = signal_of(move || {
        since.get().map_or(String::new(), |since| {
            words::common::clock(now.get().saturating_sub(since))
        })
    });
    view! {
        <span class="timer" role="timer" hidden=signal_of(move || since.get().is_none())>
            {text}
        </span>
    }
}

/// Now, and then whenever another second is full.
fn tick(
    now: RwSignal<Duration>,
    since: Signal<Option<Duration>>,
    timer: StoredValue<Option<Timeout>, LocalStorage>,
) {
    let at = clock::now();
    now.set(at);
    let past = at.saturating_sub(since.get_untracked().unwrap_or(at));
    let next = 1_001 - past.subsec_millis();
    timer.set_value(Some(Timeout::new(next, move || tick(now, since, timer))));
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
        let guard = crate::browser::window::on_document(event, move |_| wake());
        StoredValue::new_local(guard);
    }
    idle
}
