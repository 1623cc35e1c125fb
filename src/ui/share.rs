//! Showing a screen in a call. Loaded with the call.

use leptos::prelude::*;

use super::icon::icon;
use super::screens::icon::Icon;
use super::screens::share::share_screen;
use super::stage::StageState;
use super::words::share as words;
use super::{signal_of, use_session};
use crate::browser::rtc_rtp_sender::ContentHint;
use crate::browser::screen_capture;
use crate::session::ShareEvent;

/// Begins and ends it.
#[component]
pub(crate) fn ShareButton() -> impl IntoView {
    let session = use_session();
    let is_supported = screen_capture::is_supported();
    let screen = move || {
        let view = session.view;
        view.call
            .with(|call| view.peers.with(|it| share_screen(call, it, is_supported)))
    };
    let is_sharing = Memo::new(move |_| screen().is_sharing);
    view! {
        <button
            class="round"
            class:pressed=signal_of(move || is_sharing.get())
            hidden=signal_of(move || !screen().is_offered)
            aria-label=signal_of(move || if is_sharing.get() { words::STOP } else { words::START })
            on:click=move |_| {
                session
                    .share(
                        if is_sharing.get_untracked() {
                            ShareEvent::Stop
                        } else {
                            ShareEvent::Start
                        },
                    );
            }
        >
            {icon(Icon::SCREEN)}
        </button>
    }
}

/// That it is shown, and what matters of it; or why there is nothing to show.
#[component]
pub(crate) fn ShareBar() -> impl IntoView {
    let session = use_session();
    let shown = StageState::of_call().share;
    let text = Memo::new(move |_| {
        let view = session.view;
        view.call
            .with(|call| view.peers.with(|it| share_screen(call, it, true).text))
    });
    let is_hidden = Memo::new(move |_| text.with(String::is_empty));
    let content = |name, content| {
        let is_chosen = signal_of(move || {
            let is_chosen = shown.with(|it| it.content == content);
            if is_chosen { "true" } else { "false" }
        });
        view! {
            <button
                class="choice-of"
                aria-pressed=is_chosen
                on:click=move |_| session.share(ShareEvent::SetContent(content))
            >
                {name}
            </button>
        }
        .into_any()
    };
    let failure = signal_of(move || {
        let words = |error: &String| words::failure(error);
        shown.with(|it| it.error.as_ref().and_then(words).unwrap_or_default())
    });
    view! {
        <section class="share-bar" aria-label=words::BAR_LABEL hidden=signal_of(move || is_hidden.get())>
            <p role="status">{signal_of(move || text.get())}</p>
            <div role="group" aria-label=words::CONTENT_LABEL>
                {content(words::TEXT, ContentHint::Text)} {content(words::FILM, ContentHint::Motion)}
            </div>
        </section>
        <p
            class="share-bar"
            role="alert"
            hidden=signal_of(move || failure.get().is_empty())
        >
            {failure}
        </p>
    }
}
