//! What comes from the peer: the picture, or initials and how loud they are.

use leptos::html::{Audio, Video};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{HtmlMediaElement, MediaStream};
use wimpex_call::State;

use super::icon::Avatar;
use super::use_session;

/// The peer, filling the stage.
#[component]
pub(crate) fn Remote(
    #[prop(into)] name: Signal<String>,
    is_video: Memo<bool>,
    state: Memo<State>,
) -> impl IntoView {
    let view = use_session().view;
    // The first picture is there before the first numbers are.
    let first_picture = RwSignal::new(false);
    let has_picture = Memo::new(move |_| {
        let measured = view
            .quality
            .with(|quality| quality.as_ref()?.video_in.as_ref()?.frame_rate);
        match measured {
            Some(_) => view.picture_arrives.get(),
            None => first_picture.get(),
        }
    });
    let silenced = RwSignal::new(false);
    let video = NodeRef::<Video>::new();
    let audio = NodeRef::<Audio>::new();
    Effect::new(move |_| {
        let stream = view.remote.get();
        if let Some(element) = video.get() {
            play(&element, stream.clone(), silenced);
        }
        if let Some(element) = audio.get() {
            play(&element, stream, silenced);
        }
    });
    let unsilence = move |_| {
        let stream = view.remote.get_untracked();
        if let Some(element) = video.get_untracked() {
            play(&element, stream.clone(), silenced);
        }
        if let Some(element) = audio.get_untracked() {
            play(&element, stream, silenced);
        }
    };
    let alone = move || is_video.get() && state.get() == State::Connected && !has_picture.get();
    view! {
        {move || {
            if is_video.get() {
                view! {
                    <video
                        class="remote"
                        class:shown=move || has_picture.get()
                        aria-label="Remote video"
                        autoplay
                        playsinline
                        node_ref=video
                        on:resize=move |event| {
                            let element: web_sys::HtmlVideoElement = event_target(&event);
                            first_picture.set(element.video_width() > 0);
                        }
                    ></video>
                }
                    .into_any()
            } else {
                view! { <audio autoplay node_ref=audio></audio> }.into_any()
            }
        }}
        <div class="presence-of-peer" class:hidden=move || has_picture.get()>
            <div class="pulse" class:calm=move || state.get() == State::Connected>
                <Avatar name />
            </div>
            <Show when=move || !is_video.get()>
                <Level />
            </Show>
            <p class="hint">{move || alone().then_some("No picture is arriving.")}</p>
        </div>
        <Show when=move || silenced.get()>
            <button class="primary unsilence" on:click=unsilence>
                "Play sound"
            </button>
        </Show>
    }
}

/// How loud the peer is at the moment.
#[component]
fn Level() -> impl IntoView {
    let level = use_session().view.level;
    // Loudness is heard by its logarithm: 60 dB below full is silence.
    let shown = move || {
        let decibels = 20.0 * level.get().max(1e-6).log10();
        ((decibels + 60.0) / 60.0).clamp(0.02, 1.0)
    };
    view! {
        <div
            class="level"
            role="meter"
            aria-label="Their sound level"
            aria-valuemin="0"
            aria-valuemax="1"
            aria-valuenow=move || format!("{:.2}", level.get())
        >
            <div class="bar" style:transform=move || format!("scaleX({:.3})", shown())></div>
        </div>
    }
}

/// Plays a stream; a browser that wants a click first gets a button for it.
fn play(element: &HtmlMediaElement, stream: Option<MediaStream>, silenced: RwSignal<bool>) {
    if element.src_object() != stream {
        element.set_src_object(stream.as_ref());
    }
    if stream.is_none() {
        return;
    }
    if let Ok(promise) = element.play() {
        spawn_local(async move {
            let refused = JsFuture::from(promise).await.is_err_and(|error| {
                error
                    .dyn_ref::<web_sys::DomException>()
                    .is_some_and(|error| error.name() == "NotAllowedError")
            });
            // The call may be over, and this component with it.
            let _ = silenced.try_set(refused);
        });
    }
}
