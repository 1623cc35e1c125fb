//! The self-view: one's own video, mirrored, and in whichever corner one likes.

use leptos::html::Video;
use leptos::prelude::*;
use web_sys::{Element, HtmlElement, KeyboardEvent, PointerEvent};

use super::remote_media::lets_go;
use super::screens::self_view::{Area, Corner, is_mirrored};
use super::words::call as words;
use super::{signal_of, use_session};
use crate::browser::media_capture;

/// Shown while the camera is on.
#[component]
pub(crate) fn SelfView() -> impl IntoView {
    let view = use_session().view;
    let on = Memo::new(move |_| view.own_video.with(Option::is_some));
    move || on.get().then(|| view! { <DraggableVideo /> }.into_any())
}

#[component]
fn DraggableVideo() -> impl IntoView {
    let view = use_session().view;
    let corner = RwSignal::new(Corner::default());
    // Where the drag began, and how far it has come.
    let drag = RwSignal::new(None::<((i32, i32), (i32, i32))>);
    let video = NodeRef::<Video>::new();
    Effect::new(move |_| {
        if let Some(element) = video.get() {
            element.set_src_object(view.own_video.get().as_ref());
        }
    });
    let mirrored = signal_of(move || {
        let facing = view
            .own_video
            .with(|stream| stream.as_ref().and_then(media_capture::facing_mode));
        is_mirrored(facing.as_deref())
    });
    lets_go(video);
    let take = move |event: PointerEvent| {
        let element: HtmlElement = event_current_target(&event);
        // Without capture a quick drag would lose the video; it is no more than that.
        let _ = element.set_pointer_capture(event.pointer_id());
        drag.set(Some(((event.client_x(), event.client_y()), (0, 0))));
    };
    let pull = move |event: PointerEvent| {
        drag.update(|drag| {
            if let Some(((x, y), moved)) = drag {
                *moved = (event.client_x() - *x, event.client_y() - *y);
            }
        });
    };
    let drop = move |event: PointerEvent| {
        if drag.get_untracked().is_some() {
            let element: HtmlElement = event_current_target(&event);
            corner.set(nearest(&element));
            drag.set(None);
        }
    };
    let keys = move |event: KeyboardEvent| {
        corner.update(|corner| *corner = corner.after(&event.key()));
    };
    view! {
        <div
            class="own"
            class:top=signal_of(move || corner.get().top)
            class:left=signal_of(move || corner.get().left)
            class:mirrored=mirrored
            class:dragged=signal_of(move || drag.get().is_some())
            role="group"
            aria-label=words::SELF_VIEW_LABEL
            tabindex="0"
            style:translate=signal_of(move || {
                let (x, y) = drag.get().map_or((0, 0), |(_, moved)| moved);
                format!("{x}px {y}px")
            })
            on:pointerdown=take
            on:pointermove=pull
            on:pointerup=drop
            on:pointercancel=drop
            on:keydown=keys
        >
            <video aria-label=words::OWN_VIDEO_LABEL autoplay playsinline prop:muted=true node_ref=video></video>
        </div>
    }
}

fn event_current_target(event: &PointerEvent) -> HtmlElement {
    use wasm_bindgen::JsCast;
    event
        .current_target()
        .expect("a listener runs on its element")
        .unchecked_into()
}

/// The corner of the parent that the element's middle is nearest to.
fn nearest(element: &HtmlElement) -> Corner {
    let area = |element: &Element| {
        let rect = element.get_bounding_client_rect();
        Area {
            x: rect.x(),
            y: rect.y(),
            width: rect.width(),
            height: rect.height(),
        }
    };
    let own = area(element);
    let stage = element.parent_element().map_or(own, |stage| area(&stage));
    Corner::nearest(own, stage)
}
