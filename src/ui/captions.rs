//! What the peer says, as text below the picture. Loaded with the call.

use leptos::prelude::*;
use wimpex_direct::{Caption, Feature};

use super::icon::icon;
use super::screens::call::call_screen;
use super::screens::icon::Icon;
use super::stage::StageState;
use super::words::captions as words;
use super::{signal_of, use_session};
use crate::session::DirectEvent;

/// Asks for it, or no longer. Only where the peer's browser can write it down on its own device.
#[component]
pub(crate) fn CaptionsButton() -> impl IntoView {
    let session = use_session();
    let live = StageState::of_call().live;
    let reads = Memo::new(move |_| live.with(|it| it.reads_captions));
    view! {
        <button
            class="quiet"
            hidden=signal_of(move || !live.with(|it| it.features.has(Feature::Captions)))
            aria-label=words::TITLE
            title=words::HINT
            aria-pressed=signal_of(move || if reads.get() { "true" } else { "false" })
            on:click=move |_| {
                session.direct(DirectEvent::ReadCaptions(!reads.get_untracked()));
            }
        >
            {icon(Icon::CAPTIONS)}
        </button>
    }
}

/// The last of what was said; and that the peer reads what is said here.
#[component]
pub(crate) fn CaptionLines() -> impl IntoView {
    let view = use_session().view;
    let live = StageState::of_call().live;
    let lines = Memo::new(move |_| {
        live.with(|it| {
            let lines = it.captions.iter().map(|it| Caption::text(it).to_owned());
            lines.collect::<Vec<_>>()
        })
    });
    let is_read = Memo::new(move |_| live.with(|it| it.is_read));
    let told = signal_of(move || {
        let name = || {
            view.call
                .with(|call| view.peers.with(|it| call_screen(call, it).name))
        };
        if is_read.get() {
            words::is_read(&name())
        } else {
            String::new()
        }
    });
    view! {
        <p class="read-along" role="status">
            {told}
        </p>
        <section
            class="captions"
            aria-label=words::TITLE
            hidden=signal_of(move || lines.with(Vec::is_empty))
        >
            {move || {
                let lines = lines.get().into_iter();
                lines.map(|line| view! { <p dir="auto">{line}</p> }).collect_view()
            }}
        </section>
    }
}
