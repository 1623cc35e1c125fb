//! How the call ended, and how long it took.

use leptos::html::Button;
use leptos::prelude::*;
use wimpex_call::{EndReason, Ended, Role};

use super::check::ConnectionCheck;
use super::contacts::KeepContactButton;
use super::icon::{Avatar, Icon, icon};
use super::lazy;
use super::lazy_view::lazy_view;
use super::person::name_of;
use super::route::Router;
use super::save::SaveDiagnostics;
use super::words::ended::Circumstances;
use super::{signal_of, use_session, words};
use crate::session::{Intent, ServerState};

/// The screen after a call.
#[component]
pub(crate) fn EndedPage() -> impl IntoView {
    let session = use_session();
    let router = expect_context::<Router>();
    let ended = signal_of(move || session.view.call.with(|view| view.ended.clone()));
    let home = NodeRef::<Button>::new();
    Effect::new(move |_| {
        if let Some(button) = home.get() {
            let _ = button.focus();
        }
    });
    let dismiss = move |_| {
        router.go_home();
        session.dispatch(Intent::Dismiss);
    };
    let final_word = signal_of(move || ended.get().is_none_or(|ended| !may_call_again(&ended)));
    let again = move |_| {
        if let Some(ended) = ended.get_untracked() {
            session.dispatch(Intent::Watch(ended.peer.clone()));
            session.dispatch(Intent::Call {
                peer: ended.peer,
                call_type: ended.call_type,
            });
        }
    };
    // No path was found: the check says which kind is missing.
    let failed = ended
        .get_untracked()
        .is_some_and(|ended| ended.reason == EndReason::ConnectionFailed);
    if failed {
        session.dispatch(Intent::Check);
    }
    view! {
        <main class="column ended">
            <section class="card person" role="status">
                {lazy_view(lazy::end_summary())}
            </section>
            {failed.then(|| view! { <ConnectionCheck /> }.into_any())}
            {failed.then(|| view! { <SaveDiagnostics /> }.into_any())}
            <div class="row centered">
                <button class="primary" node_ref=home on:click=dismiss>
                    {words::common::BACK_TO_HOME}
                </button>
                <button class="secondary" on:click=again hidden=final_word>
                    {icon(Icon::Phone)}
                    {words::ended::CALL_AGAIN}
                </button>
            </div>
        </main>
    }
}

/// How, how long it took, and with whom. In words that come with the rest of a call.
#[component]
pub fn EndSummary() -> impl IntoView {
    let session = use_session();
    let ended = signal_of(move || session.view.call.with(|view| view.ended.clone()));
    let name = Signal::derive(move || {
        ended.get().map_or(String::new(), |ended| {
            name_of(session.view, &ended.peer, ended.peer_name)
        })
    });
    // As it was when the call ended; a server that comes back changes no cause.
    let at_end = Circumstances {
        server: session.view.server.get_untracked() == ServerState::Online,
        has_relay: session.view.has_relay.get_untracked(),
        hides_address: session.view.hide_address.get_untracked(),
        routes: session.view.routes.get_value(),
    };
    let is_stopped = move |ended: &Ended| {
        let id = Some(&ended.call_id);
        let trust = session.view.trust;
        trust.with(|trust| trust.stopped.as_ref() == id)
    };
    let words = move || {
        ended.get().map(|ended| {
            if is_stopped(&ended) {
                words::trust::stopped(&name.get())
            } else {
                words::ended::end(&ended, &name.get(), at_end)
            }
        })
    };
    let headline =
        signal_of(move || words().map_or(String::new(), |(headline, _)| headline.to_owned()));
    let sentence = signal_of(move || words().map_or(String::new(), |(_, sentence)| sentence));
    let length = signal_of(move || {
        let duration = ended.get().and_then(|ended| ended.duration);
        duration.map_or(String::new(), words::ended::length)
    });
    let trusted = move || ended.get().filter(|ended| !is_stopped(ended));
    let keep = move || {
        trusted().map(|ended| {
            let (peer, name) = (ended.peer, name.get_untracked());
            view! { <KeepContactButton peer name /> }.into_any()
        })
    };
    view! {
        <Avatar name />
        <h1>{headline}</h1>
        <p>{sentence}</p>
        <p class="hint">{length}</p>
        {keep}
    }
}

/// Whether calling (back) is what the person may want next.
fn may_call_again(ended: &Ended) -> bool {
    let settled = matches!(
        ended.reason,
        EndReason::AnsweredElsewhere | EndReason::DeclinedElsewhere | EndReason::Unsupported
    );
    let wanted =
        ended.role == Role::Caller || ended.reason == EndReason::Missed || ended.duration.is_some();
    wanted && !settled
}
