//! The screens that are shown in a call: the peer's, and one's own as the peer sees it; and where
//! somebody points. Loaded with the call.

use leptos::html::Video;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlVideoElement, MediaStream, PointerEvent};
use wimpex_direct::{Pointer, Position};

use super::closer::Closer;
use super::icon::icon;
use super::remote_media::{lets_go, play};
use super::screens::icon::Icon;
use super::screens::pictures::{Picture, part, percent};
use super::stage::StageState;
use super::words::share as words;
use super::{signal_of, use_session};
use crate::session::DirectEvent;

/// Both screens, where they are.
#[component]
pub(crate) fn Screens() -> impl IntoView {
    let stage = StageState::of_call();
    let has = move |picture| {
        Memo::new(move |_| stage.is_large(picture) || stage.place(picture).is_some())
    };
    let (has_screen, has_own) = (has(Picture::Screen), has(Picture::OwnScreen));
    let remote = signal_of_stream(move || stage.share.with(|it| it.remote.clone()));
    let own = signal_of_stream(move || stage.share.with(|it| it.preview.clone()));
    view! {
        {move || {
            has_screen.get().then(|| view! { <Screen picture=Picture::Screen stream=remote /> }.into_any())
        }}
        {move || {
            has_own.get().then(|| view! { <Screen picture=Picture::OwnScreen stream=own /> }.into_any())
        }}
        <Swap picture=Picture::Screen name=words::SCREEN_LARGE />
        <Swap picture=Picture::Face name=words::FACE_LARGE />
        <Swap picture=Picture::OwnScreen name=words::OWN_LARGE />
    }
}

type StreamSignal = Signal<Option<MediaStream>, LocalStorage>;

fn signal_of_stream(read: impl Fn() -> Option<MediaStream> + 'static) -> StreamSignal {
    Signal::derive_local(read)
}

#[component]
fn Screen(picture: Picture, stream: StreamSignal) -> impl IntoView {
    let session = use_session();
    let stage = StageState::of_call();
    let is_large = Memo::new(move |_| stage.is_large(picture));
    let closer = Closer::new(is_large);
    let video = NodeRef::<Video>::new();
    Effect::new(move |_| {
        if let Some(element) = video.get() {
            // Muted, so that it is never refused.
            play(&element, stream.get(), |_| ());
        }
    });
    lets_go(video);
    let ratio = RwSignal::new((16, 9));
    let resized = move |event: web_sys::Event| {
        let element: HtmlVideoElement = event_target(&event);
        let size = (element.video_width(), element.video_height());
        if size.0 > 0 && size.1 > 0 {
            ratio.set(size);
        }
    };
    let is_own = picture == Picture::OwnScreen;
    let told = StoredValue::new(None);
    let point = move |at: Option<Position>| {
        if told.get_value() != at {
            told.set_value(at);
            session.direct(DirectEvent::Point(at.map(|at| Pointer { at, is_own })));
        }
    };
    let points = Memo::new(move |_| stage.points.get() && stage.can_point() && is_large.get());
    Effect::new(move |_| {
        if !points.get() {
            point(None);
        }
    });
    on_cleanup(move || {
        if told.try_get_value().flatten().is_some() {
            session.direct(DirectEvent::Point(None));
        }
    });
    let moved = move |event: PointerEvent| {
        closer.pull(&event);
        if points.get_untracked() {
            point(
                video
                    .get_untracked()
                    .and_then(|video| position(&video, &event)),
            );
        }
    };
    // What is the peer's own is not one's own.
    let pointer = Memo::new(move |_| {
        let pointer = stage.live.with(|it| it.peer_points);
        pointer.filter(|it| it.is_own != is_own).map(|it| it.at)
    });
    let side = move |read: fn(Position) -> u16| {
        signal_of(move || {
            pointer
                .get()
                .map_or_else(String::new, |at| percent(read(at)))
        })
    };
    let label = match picture {
        Picture::OwnScreen => words::OWN_SCREEN_LABEL,
        Picture::Face | Picture::Screen => words::SCREEN_LABEL,
    };
    view! {
        <div
            class="picture"
            class:small=signal_of(move || !is_large.get())
            class:closer=signal_of(move || !closer.zoom.get().is_whole())
            class:points=signal_of(move || points.get())
            data-place=signal_of(move || stage.place(picture))
            style:transform=signal_of(move || closer.zoom.get().transform())
            on:wheel=move |event| closer.wheel(&event)
            on:dblclick=move |event| closer.toggle(&event)
            on:pointerdown=move |event| closer.take(&event)
            on:pointermove=moved
            on:pointerup=move |_| closer.let_go()
            on:pointercancel=move |_| closer.let_go()
            on:pointerleave=move |_| point(None)
        >
            <div
                class="frame"
                style:--ratio=signal_of(move || {
                    let (width, height) = ratio.get();
                    [width.to_string(), " / ".to_owned(), height.to_string()].concat()
                })
            >
                <video
                    class="shared"
                    class:large=signal_of(move || is_large.get())
                    aria-label=label
                    aria-describedby="screen-hint"
                    tabindex="0"
                    on:keydown=move |event| {
                        if event.key() == "s" && !event.ctrl_key() && !event.alt_key() && !event.meta_key() {
                            stage.swap();
                        } else {
                            closer.key(&event);
                        }
                    }
                    autoplay
                    playsinline
                    prop:muted=true
                    node_ref=video
                    on:resize=move |event| resized(event.unchecked_into())
                    on:loadeddata=resized
                ></video>
                <span
                    class="pointer"
                    hidden=signal_of(move || pointer.get().is_none())
                    style:left=side(Position::x)
                    style:top=side(Position::y)
                ></span>
            </div>
            <span id="screen-hint" hidden>
                {words::SCREEN_HINT}
            </span>
        </div>
    }
}

/// Over a small picture: makes it the large one.
#[component]
fn Swap(picture: Picture, name: &'static str) -> impl IntoView {
    let stage = StageState::of_call();
    let place = Memo::new(move |_| stage.place(picture));
    view! {
        <button
            class="swap"
            data-place=signal_of(move || place.get())
            hidden=signal_of(move || place.with(Option::is_none))
            aria-label=name
            title=name
            on:click=move |_| stage.enlarge(picture)
        ></button>
    }
}

/// Shows the peer where the pointer is.
#[component]
pub(crate) fn PointButton() -> impl IntoView {
    let stage = StageState::of_call();
    let is_on = move || stage.points.get();
    view! {
        <button
            class="quiet"
            hidden=signal_of(move || !stage.can_point())
            aria-label=words::POINT
            title=words::POINT_HINT
            aria-pressed=signal_of(move || if is_on() { "true" } else { "false" })
            on:click=move |_| stage.points.update(|it| *it = !*it)
        >
            {icon(Icon::POINT)}
        </button>
    }
}

/// Where in the picture, however close it is looked at.
fn position(video: &Element, event: &PointerEvent) -> Option<Position> {
    let place = video.get_bounding_client_rect();
    let x = part(f64::from(event.client_x()), place.x(), place.width())?;
    let y = part(f64::from(event.client_y()), place.y(), place.height())?;
    Position::new(x, y)
}
