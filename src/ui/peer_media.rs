//! How the other side of a call is, and the question whether there shall be video.

use leptos::prelude::*;
use wimpex_call::Command as CallCommand;

use super::screens::peer_media::{peer_notes, video_question};
use super::words::peer_media as words;
use super::{signal_of, use_session};

/// What the peer says of their side.
#[component]
pub(crate) fn PeerNotes() -> impl IntoView {
    let view = use_session().view;
    let notes = Memo::new(move |_| {
        view.call
            .with(|call| view.peers.with(|it| peer_notes(call, it)))
    });
    let lines = move || {
        let notes = notes.get();
        let lines = notes.into_iter().map(|note| view! { <p>{note}</p> });
        lines.collect_view()
    };
    view! {
        <div class="peer-notes" role="status">
            {lines}
        </div>
    }
}

/// Whether there shall be video in an audio call: the peer asks, or is asked.
#[component]
pub(crate) fn VideoQuestion() -> impl IntoView {
    let session = use_session();
    let view = session.view;
    let question = Memo::new(move |_| {
        view.call
            .with(|call| view.peers.with(|it| video_question(call, it)))
    });
    let is_asked = Memo::new(move |_| question.with(|question| question.is_asked));
    let accept = move |camera| move |_| session.dispatch(CallCommand::AcceptVideo { camera });
    let answers = move || {
        is_asked.get().then(|| {
            view! {
                <button class="primary" aria-describedby="video-question" on:click=accept(true)>
                    {words::ACCEPT_VIDEO}
                </button>
                <button class="secondary" aria-describedby="video-question" on:click=accept(false)>
                    {words::STAY_UNSEEN}
                </button>
            }
            .into_any()
        })
    };
    view! {
        <p class="video-question" hidden=signal_of(move || question.with(|it| it.text.is_empty()))>
            <span id="video-question">{signal_of(move || question.with(|it| it.text.clone()))}</span>
            {answers}
        </p>
    }
}
