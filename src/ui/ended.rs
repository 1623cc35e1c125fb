//! How the call ended, and how long it took.

use leptos::html::Button;
use leptos::prelude::*;

use super::check::ConnectionCheck;
use super::contacts::KeepContactButton;
use super::icon::{Avatar, icon};
use super::lazy;
use super::lazy_view::lazy_view;
use super::route::Router;
use super::save::SaveDiagnostics;
use super::screens::ended::{end_summary, ended_screen, new_contact};
use super::screens::icon::Icon;
use super::words::common::BACK_TO_HOME;
use super::words::ended::{CALL_AGAIN, Circumstances};
use super::{signal_of, use_session};
use crate::session::{Intent, ServerState};

/// The screen after a call.
#[component]
pub(crate) fn EndedPage() -> impl IntoView {
    let session = use_session();
    let view = session.view;
    let router = expect_context::<Router>();
    let screen = move || view.call.with(|call| ended_screen(call.ended.as_ref()));
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
    let again = move |_| {
        if let Some(ended) = view.call.with_untracked(|call| call.ended.clone()) {
            session.dispatch(Intent::Watch(ended.peer.clone()));
            session.dispatch(Intent::Call {
                peer: ended.peer,
                call_type: ended.call_type,
            });
        }
    };
    let wants_check = untrack(screen).wants_check;
    if wants_check {
        session.dispatch(Intent::Check);
    }
    view! {
        <main class="column ended">
            <section class="card person" role="status">
                {lazy_view(lazy::end_card())}
            </section>
            {wants_check.then(|| view! { <ConnectionCheck /> }.into_any())}
            {wants_check.then(|| view! { <SaveDiagnostics /> }.into_any())}
            <div class="row centered">
                <button class="primary" node_ref=home on:click=dismiss>
                    {BACK_TO_HOME}
                </button>
                <button
                    class="secondary"
                    on:click=again
                    hidden=signal_of(move || !screen().may_call_again)
                >
                    {icon(Icon::Phone)}
                    {CALL_AGAIN}
                </button>
            </div>
        </main>
    }
}

/// How, how long it took, and with whom. In words that come with the rest of a call.
#[component]
pub fn EndCard() -> impl IntoView {
    let view = use_session().view;
    // As it was when the call ended; a server that comes back changes no cause.
    let at_end = Circumstances {
        server: view.server.get_untracked() == ServerState::Online,
        has_relay: view.has_relay.get_untracked(),
        hides_address: view.hide_address.get_untracked(),
        routes: view.routes.get_value(),
    };
    let summary = move || {
        let (call, trust, people) = (view.call.read(), view.trust.read(), view.people.read());
        end_summary(&call, &trust, &people, at_end)
    };
    let name = signal_of(move || summary().name);
    // Not by the summary: it changes with whoever comes and goes, and this button must not.
    let keep = move || {
        let peer = view
            .call
            .with(|call| view.trust.with(|trust| new_contact(call, trust)));
        peer.map(|peer| {
            let name = name.get_untracked();
            view! { <KeepContactButton peer name /> }.into_any()
        })
    };
    view! {
        <Avatar name />
        <h1>{signal_of(move || summary().headline.to_owned())}</h1>
        <p>{signal_of(move || summary().sentence)}</p>
        <p class="hint">{signal_of(move || summary().length)}</p>
        {keep}
    }
}
