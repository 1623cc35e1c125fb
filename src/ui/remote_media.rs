//! What comes from the peer: video, or initials and how loud they are.

use leptos::html::{Audio, ElementType, Video};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{HtmlMediaElement, MediaStream};

use super::closer::Closer;
use super::icon::Avatar;
use super::screens::call::{level_percent, remote_screen};
use super::screens::peer_media::is_unseen;
use super::screens::pictures::Picture;
use super::stage::{StageState, face_is_screen};
use super::words::call as words;
use super::{signal_of, use_session};
use crate::browser::audio_output;

/// The peer, filling the stage.
#[component]
pub(crate) fn RemoteMedia(
    #[prop(into)] name: Signal<String>,
    is_video: Memo<bool>,
) -> impl IntoView {
    let view = use_session().view;
    let first_frame = RwSignal::new(false);
    let screen = move || {
        let state = view.call.with(|call| call.state);
        remote_screen(
            is_video.get(),
            state,
            view.video_arrives.get(),
            first_frame.get(),
            view.call.with(is_unseen),
        )
    };
    let silenced = RwSignal::new(false);
    let told = move |refused| {
        // The call may be over, and this component with it.
        let _ = silenced.try_set(refused);
    };
    let video = NodeRef::<Video>::new();
    let audio = NodeRef::<Audio>::new();
    Effect::new(move |_| {
        if let Some(element) = video.get() {
            // Muted, so that it is never refused.
            play(&element, view.remote_video.get(), |_| ());
        }
    });
    Effect::new(move |_| {
        if let Some(element) = audio.get() {
            play(&element, view.remote_audio.get(), told);
        }
    });
    Effect::new(move |_| {
        if let Some(element) = audio.get() {
            let speaker = view.speaker.get();
            // It was tried before; the system's default stays where it fails all the same.
            spawn_local(async move {
                let _ = audio_output::set_sink(&element, &speaker).await;
            });
        }
    });
    lets_go(video);
    lets_go(audio);
    let unsilence = move |_| {
        if let Some(element) = audio.get_untracked() {
            play(&element, element.src_object(), told);
        }
    };
    // Safari pauses what plays when a telephone call or another program takes the
    // sound, and does not go on by itself. Nobody else pauses anything in here.
    let interrupted = move |event: web_sys::Event| {
        let element: HtmlMediaElement = event_target(&event);
        if element.is_connected() {
            play(&element, element.src_object(), told);
        }
    };
    let resized = move |event: web_sys::UiEvent| {
        let element: web_sys::HtmlVideoElement = event_target(&event);
        first_frame.set(element.video_width() > 0);
    };
    let stage = StageState::of_call();
    let is_large = Memo::new(move |_| stage.is_large(Picture::Face));
    let is_screen = Memo::new(move |_| is_large.get() && view.call.with(face_is_screen));
    let closer = Closer::new(is_screen);
    // Of another call's stream, which may be as large.
    let loaded = move |event: web_sys::Event| {
        let element: web_sys::HtmlVideoElement = event_target(&event);
        first_frame.set(element.video_width() > 0);
    };
    let video_element = move || {
        is_video.get().then(|| {
            view! {
                <video
                    class="remote"
                    class:gone=signal_of(move || screen().is_covered)
                    class:large=signal_of(move || is_large.get())
                    class:small=signal_of(move || !is_large.get())
                    data-place=signal_of(move || stage.place(Picture::Face))
                    class:closer=signal_of(move || !closer.zoom.get().is_whole())
                    style:transform=signal_of(move || closer.zoom.get().transform())
                    tabindex=signal_of(move || closer.is_screen.get().then_some("0"))
                    aria-describedby=signal_of(move || closer.is_screen.get().then_some("zoom-hint"))
                    on:wheel=move |event| closer.wheel(&event)
                    on:dblclick=move |event| closer.toggle(&event)
                    on:pointerdown=move |event| closer.take(&event)
                    on:pointermove=move |event| closer.pull(&event)
                    on:pointerup=move |_| closer.let_go()
                    on:pointercancel=move |_| closer.let_go()
                    on:keydown=move |event| closer.key(&event)
                    aria-label=words::REMOTE_VIDEO_LABEL
                    autoplay
                    playsinline
                    prop:muted=true
                    node_ref=video
                    on:resize=resized
                    on:loadeddata=loaded
                    // Another call's stream, or none: what was seen is not the peer's any more.
                    on:emptied=move |_| first_frame.set(false)
                    on:pause=interrupted
                ></video>
            }
            .into_any()
        })
    };
    // Audio has an element of its own: Chromium's <video> plays none before its first frame.
    view! {
        {video_element}
        <span id="zoom-hint" hidden>
            {words::ZOOM_HINT}
        </span>
        <audio autoplay node_ref=audio on:pause=interrupted></audio>
        <div
            class="presence-of-peer"
            class:hidden=signal_of(move || screen().shows_video)
            class:small=signal_of(move || !is_large.get())
            data-place=signal_of(move || stage.place(Picture::Face))
        >
            <div class="pulse" class:calm=signal_of(move || screen().is_calm)>
                <Avatar name />
            </div>
            <LevelMeter shown=signal_of(move || screen().has_level) />
            <p class="hint">{signal_of(move || screen().hint.to_owned())}</p>
        </div>
        <button class="primary unsilence" on:click=unsilence hidden=signal_of(move || !silenced.get())>
            {words::PLAY_SOUND}
        </button>
    }
}

/// How loud the peer is at the moment.
#[component]
fn LevelMeter(shown: Signal<bool>) -> impl IntoView {
    let level = use_session().view.level;
    let percent = signal_of(move || level_percent(level.get()).to_string());
    view! {
        <div
            class="level"
            role="meter"
            aria-label=words::LEVEL_LABEL
            aria-valuemin="0"
            aria-valuemax="100"
            aria-valuenow=percent
            hidden=signal_of(move || !shown.get())
        >
            <div class="bar" style:width=signal_of(move || format!("{}%", percent.get()))></div>
        </div>
    }
}

/// Takes the stream from the element when the component goes. The browser keeps an
/// element that waits for its first frame, and with it the whole screen.
pub(crate) fn lets_go<E>(element: NodeRef<E>)
where
    E: ElementType<Output: JsCast + AsRef<HtmlMediaElement> + Clone + 'static> + 'static,
{
    on_cleanup(move || {
        if let Some(Some(element)) = element.try_get_untracked() {
            let element: &HtmlMediaElement = element.as_ref();
            element.set_src_object(None);
        }
    });
}

/// Plays a stream; `refused` hears whether the browser's autoplay policy wants a click first.
pub(crate) fn play(
    element: &HtmlMediaElement,
    stream: Option<MediaStream>,
    refused: impl FnOnce(bool) + 'static,
) {
    if element.src_object() != stream {
        element.set_src_object(stream.as_ref());
    }
    let Some(promise) = stream.and_then(|_| element.play().ok()) else {
        return;
    };
    spawn_local(async move {
        // It also fails when the call ends before the first frame: that is no news.
        let error = JsFuture::from(promise).await.err();
        let error = error.and_then(|error| error.dyn_into::<web_sys::DomException>().ok());
        refused(error.is_some_and(|error| error.name() == "NotAllowedError"));
    });
}
