//! How the call ended, and how long it took.

use leptos::html::Button;
use leptos::prelude::*;
use wimpex_call::{EndReason, Role};

use super::icon::{Avatar, Icon, icon};
use super::person::contact_name;
use super::place::Places;
use super::{use_session, words};
use crate::session::Intent;

/// The screen after a call.
#[component]
pub(crate) fn EndedScreen() -> impl IntoView {
    let session = use_session();
    let places = expect_context::<Places>();
    let ended = Memo::new(move |_| session.view.call.with(|view| view.ended.clone()));
    let name = Signal::derive(move || {
        ended.get().map_or(String::new(), |ended| {
            let known = ended.peer_name.clone();
            known.unwrap_or_else(|| contact_name(session.view.contact.get(), &ended.peer))
        })
    });
    let words = move || ended.get().map(|ended| words::end(&ended, &name.get()));
    let length = move || {
        let duration = ended.get()?.duration?;
        Some(format!("It took {}.", words::length(duration)))
    };
    let home = NodeRef::<Button>::new();
    Effect::new(move |_| {
        if let Some(button) = home.get() {
            let _ = button.focus();
        }
    });
    let dismiss = move |_| {
        places.go_home();
        session.dispatch(Intent::Dismiss);
    };
    let may_call_again = move || {
        ended.get().is_some_and(|ended| match ended.reason {
            EndReason::AnsweredElsewhere
            | EndReason::DeclinedElsewhere
            | EndReason::Unsupported => false,
            _ => {
                ended.role == Role::Caller
                    || ended.reason == EndReason::Missed
                    || ended.duration.is_some()
            }
        })
    };
    let again = move |_| {
        if let Some(ended) = ended.get_untracked() {
            session.dispatch(Intent::Watch(Some(ended.peer.clone())));
            session.dispatch(Intent::Call {
                peer: ended.peer,
                call_type: ended.call_type,
            });
        }
    };
    view! {
        <main class="column ended">
            <section class="card person" role="status">
                <Avatar name />
                <h1>{move || words().map(|(headline, _)| headline)}</h1>
                <p>{move || words().map(|(_, sentence)| sentence)}</p>
                <p class="hint">{length}</p>
            </section>
            <div class="row centered">
                <button class="primary" node_ref=home on:click=dismiss>
                    "Back to home"
                </button>
                <Show when=may_call_again>
                    <button class="secondary" on:click=again>
                        {icon(Icon::Phone)}
                        "Call again"
                    </button>
                </Show>
            </div>
        </main>
    }
}
