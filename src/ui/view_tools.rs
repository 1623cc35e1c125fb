//! The call on the whole screen, or in a window on top of others. Loaded with the call.

use leptos::html::Video;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use wimpex_call::Command as CallCommand;

use super::captions::CaptionsButton;
use super::files::SendFileButton;
use super::icon::icon;
use super::pictures::PointButton;
use super::recording::{RecordingButtons, RecordingNote, RecordingState};
use super::remote_media::{lets_go, play};
use super::screens::call::{call_screen, control_bar};
use super::screens::icon::Icon;
use super::stage::StageState;
use super::words::call as words;
use super::{signal_of, use_session};
use crate::browser::fullscreen;
use crate::browser::picture_in_picture::{self, PictureInPicture, TopWindow, Wish};
use crate::session::Session;

/// Width and height of the window, in pixels.
const SIZE: (u32, u32) = (400, 300);

/// Both buttons.
#[component]
pub(crate) fn ViewTools() -> impl IntoView {
    view! {
        <div class="view-tools">
            <PointButton />
            <CaptionsButton />
            <SendFileButton />
            <RecordingButtons />
            <TopWindowButton />
            <FullScreenButton />
        </div>
    }
}

#[component]
fn FullScreenButton() -> impl IntoView {
    let is_on = RwSignal::new(fullscreen::is_on());
    let changed = fullscreen::on_change(move || {
        let _ = is_on.try_set(fullscreen::is_on());
    });
    StoredValue::new_local(changed);
    // Whoever is back on the first screen wants the rest of their own.
    on_cleanup(fullscreen::exit);
    view! {
        <button
            class="quiet"
            hidden=!fullscreen::is_supported()
            aria-label=words::FULL_SCREEN
            aria-pressed=signal_of(move || if is_on.get() { "true" } else { "false" })
            on:click=move |_| {
                if fullscreen::is_on() { fullscreen::exit() } else { fullscreen::enter() }
            }
        >
            {icon(Icon::FULL_SCREEN)}
        </button>
    }
}

/// What is open; it closes with the call's screen.
type Open = StoredValue<Option<(UnmountHandle<AnyViewState>, TopWindow)>, LocalStorage>;
type AnyViewState = <AnyView as leptos::tachys::view::Render>::State;

#[component]
fn TopWindowButton() -> impl IntoView {
    let session = use_session();
    let stage = StageState::of_call();
    let recording = expect_context::<RecordingState>();
    let kind = PictureInPicture::of_this_browser();
    let open: Open = StoredValue::new_local(None);
    let is_on = RwSignal::new(false);
    let toggle = move || match kind {
        Some(PictureInPicture::Document) => {
            if is_on.get_untracked() {
                open.set_value(None);
                is_on.set(false);
            } else {
                open_window((session, stage, recording), open, is_on);
            }
        }
        Some(PictureInPicture::Video) => {
            let video = document().query_selector("video.large").ok().flatten();
            if let Some(Ok(video)) = video.map(JsCast::dyn_into) {
                picture_in_picture::toggle(&video);
            }
        }
        None => {}
    };
    let wish = Wish::listen(move || {
        if kind == Some(PictureInPicture::Document) && !is_on.get_untracked() {
            open_window((session, stage, recording), open, is_on);
        }
    });
    StoredValue::new_local(wish);
    view! {
        <button
            class="quiet"
            hidden=kind.is_none()
            aria-label=words::PICTURE_IN_PICTURE
            aria-pressed=signal_of(move || if is_on.get() { "true" } else { "false" })
            on:click=move |_| toggle()
        >
            {icon(Icon::TOP_WINDOW)}
        </button>
    }
}

fn open_window(
    (session, stage, recording): (Session, StageState, RecordingState),
    open: Open,
    is_on: RwSignal<bool>,
) {
    let closed = move || {
        // What is in it goes before it does.
        let _ = open.try_set_value(None);
        let _ = is_on.try_set(false);
    };
    // At once: the click that allows it is forgotten soon.
    let opening = TopWindow::open(SIZE, include_str!("../../style/top-window.css"), closed);
    spawn_local(async move {
        let Ok(window) = opening.await else { return };
        // The call may be over by now; then it closes with the end of this.
        let Some(body) = window.body() else { return };
        if is_on.try_set(true).is_some() {
            return;
        }
        let shown = mount_to(body, move || {
            provide_context(session);
            provide_context(stage);
            view! { <SmallCall recording /> }.into_any()
        });
        open.set_value(Some((shown, window)));
    });
}

/// The peer, and the three buttons that matter.
#[component]
fn SmallCall(recording: RecordingState) -> impl IntoView {
    let session = use_session();
    let view = session.view;
    let stage = StageState::of_call();
    let video = NodeRef::<Video>::new();
    Effect::new(move |_| {
        if let Some(element) = video.get() {
            play(&element, stage.large_stream(), |_| {});
        }
    });
    lets_go(video);
    let name = signal_of(move || {
        view.call
            .with(|call| view.peers.with(|it| call_screen(call, it).name))
    });
    let bar = move || view.call.with(control_bar);
    let bar_now = move || view.call.with_untracked(control_bar);
    view! {
        <main>
            <h1 dir="auto">{name}</h1>
            <RecordingNote recording />
            <video
                aria-label=words::REMOTE_VIDEO_LABEL
                autoplay
                playsinline
                prop:muted=true
                node_ref=video
            ></video>
            <div role="group" aria-label=words::CONTROLS_LABEL>
                <button
                    class:off=signal_of(move || bar().is_silent)
                    aria-label=signal_of(move || bar().microphone_label)
                    on:click=move |_| session.dispatch(bar_now().toggle_microphone())
                >
                    {icon(signal_of(move || bar().microphone_icon))}
                </button>
                <button
                    class:off=signal_of(move || !bar().sends_video)
                    hidden=signal_of(move || !bar().has_camera)
                    aria-label=signal_of(move || bar().camera_label)
                    on:click=move |_| session.dispatch(bar_now().toggle_camera())
                >
                    {icon(signal_of(move || bar().camera_icon))}
                </button>
                <button
                    class="end"
                    aria-label=signal_of(move || bar().end_label)
                    on:click=move |_| session.dispatch(CallCommand::HangUp)
                >
                    {icon(Icon::HANG_UP)}
                </button>
            </div>
        </main>
    }
}
