//! Seven pictures, the same on both sides if nobody stands between them.

use leptos::prelude::*;
use wimpex_identity::{Emoji, Sas};

use crate::session::{Intent, people};
use crate::ui::words::common::END_CALL;
use crate::ui::words::trust;
use crate::ui::{signal_of, use_session};

/// The pictures, how to compare them, and what came of it.
#[component]
pub(super) fn Comparison(sas: Sas, name: Signal<String>) -> impl IntoView {
    let session = use_session();
    let compared = Memo::new(move |_| session.view.trust.with(|trust| trust.compared));
    let say = move |same| {
        move |_| {
            session.dispatch(Intent::Compared(same));
            let peer = session
                .view
                .call
                .with_untracked(|view| view.call.as_ref().map(|call| call.peer.clone()));
            if let (Some(same), Some(peer)) = (same, peer) {
                people::mistrust(&peer, !same);
            }
        }
    };
    let pictures = sas.emoji().map(picture).collect_view();
    let outcome = signal_of(move || trust::outcome(compared.get(), &name.get()));
    view! {
        <ol class="pictures" aria-label=trust::EMOJI_LABEL>{pictures}</ol>
        <p
            class="outcome"
            class:different=signal_of(move || compared.get() == Some(false))
            role="status"
        >
            {outcome}
        </p>
        <div class="row" hidden=signal_of(move || compared.get().is_some())>
            <button class="primary" on:click=say(Some(true))>
                {trust::MATCH}
            </button>
            <button class="secondary" on:click=say(Some(false))>
                {trust::NO_MATCH}
            </button>
        </div>
        <div class="row" hidden=signal_of(move || compared.get().is_none())>
            <button
                class="decline"
                hidden=signal_of(move || compared.get() != Some(false))
                on:click=move |_| session.dispatch(Intent::HangUp)
            >
                {END_CALL}
            </button>
            <button class="secondary" on:click=say(None)>
                {trust::COMPARE_AGAIN}
            </button>
        </div>
    }
}

fn picture(emoji: Emoji) -> AnyView {
    view! {
        <li>
            <span class="picture" aria-hidden="true">
                {emoji.picture}
            </span>
            <span>{emoji.name}</span>
        </li>
    }
    .into_any()
}
