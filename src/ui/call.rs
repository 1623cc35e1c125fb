//! The call, from the first ring to the last word: one stage, so that nothing
//! jumps when it connects.

use gloo_timers::callback::Timeout;
use leptos::prelude::*;

use super::call_keeper::keep_call;
use super::call_overlay::CallOverlay;
use super::chat::ChatState;
use super::files::{DropPlace, FilesState};
use super::pictures::Screens;
use super::recording::RecordingState;
use super::remote_media::RemoteMedia;
use super::screens::call::{call_screen, steps_aside};
use super::stage::StageState;
use super::styles::attach_styles;
use super::{signal_of, use_session};
use crate::browser::window;

/// Milliseconds without any input until the controls step aside.
const IDLE_AFTER: u32 = 3500;

/// Calling, connecting, connected, reconnecting. The peer's video and audio are here from the
/// start. Loaded with the verifier, without which no call begins.
#[component]
pub(crate) fn CallPage() -> impl IntoView {
    attach_styles();
    keep_call();
    let view = use_session().view;
    let call = move || {
        view.call
            .with(|call| view.peers.with(|it| call_screen(call, it)))
    };
    let name = signal_of(move || call().name);
    let is_video = Memo::new(move |_| call().is_video);
    let panel = RwSignal::new(false);
    let devices = RwSignal::new(false);
    let chat = ChatState::new();
    StageState::provide();
    provide_context(FilesState::of_call());
    RecordingState::provide();
    let idle = use_idle();
    let aside = signal_of(move || {
        let (state, waits) = view.call.with(|call| (call.state, call.waiting.is_some()));
        steps_aside(
            idle.get(),
            panel.get() || devices.get() || chat.is_open() || waits,
            state,
            view.video_arrives.get(),
        )
    });
    view! {
        <main class="stage" class:aside=aside class:audio=signal_of(move || !is_video.get())>
            <RemoteMedia name is_video />
            <Screens />
            <CallOverlay aside panel devices chat />
            <DropPlace />
        </main>
    }
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
