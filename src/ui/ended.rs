//! The screen after a call.

use leptos::html::Button;
use leptos::prelude::*;
use wimpex_call::Command as CallCommand;

use super::check::ConnectionCheck;
use super::end_card::EndCard;
use super::files::{FilesPanel, FilesState};
use super::icon::icon;
use super::lazy_panels;
use super::lazy_view::lazy_view;
use super::recording::RecordingState;
use super::route::Router;
use super::save::SaveDiagnostics;
use super::screens::ended::ended_screen;
use super::screens::icon::Icon;
use super::screens::message::may_leave_message;
use super::screens::names::name_of;
use super::typing::resume_typing;
use super::words::common::BACK_TO_HOME;
use super::words::ended::CALL_AGAIN;
use super::{signal_of, use_session};
use wimpex_client::Command;

/// The screen after a call.
#[component]
pub(crate) fn EndedPage() -> impl IntoView {
    let session = use_session();
    let view = session.view;
    let router = expect_context::<Router>();
    let screen = move || view.call.with(|call| ended_screen(call.ended.as_ref()));
    let home = NodeRef::<Button>::new();
    let (is_shown, show) = signal(false);
    Effect::new(move |_| show.set(true));
    Effect::new(move |_| {
        if let Some(button) = home.get() {
            let _ = button.focus();
        }
    });
    on_cleanup(resume_typing);
    let dismiss = move |_| {
        router.go_home();
        session.dispatch(CallCommand::Dismiss);
    };
    let again = move |_| {
        if let Some(ended) = view.call.with_untracked(|call| call.ended.clone()) {
            session.dispatch(Command::Watch(ended.peer.clone()));
            session.dispatch(Command::StartCall {
                peer: ended.peer,
                call_type: ended.call_type,
            });
        }
    };
    // As it was when the call ended.
    let message_to = view.call.with_untracked(|call| {
        let is_guest = view.trust.with_untracked(|trust| trust.is_guest);
        let ended = call.ended.as_ref();
        let ended = ended.filter(|ended| may_leave_message(ended, is_guest));
        ended.map(|ended| ended.peer.clone())
    });
    let name = signal_of(move || {
        let (call, people) = (view.call.read(), view.peers.read());
        let ended = call.ended.as_ref();
        ended.map_or_else(String::new, |ended| {
            name_of(&people, &ended.peer, ended.peer_name.as_deref())
        })
    });
    provide_context(FilesState::new(name));
    let made = RecordingState::provide().made();
    let made = signal_of(move || made.get());
    let wants_check = untrack(screen).wants_check;
    if wants_check {
        session.dispatch(Command::CheckConnection);
    }
    view! {
        <main class="column ended">
            <section class="card person" role="status">
                // A moment later, for a status is announced when its text changes.
                {move || is_shown.get().then(|| view! { <EndCard /> }.into_any())}
            </section>
            <FilesPanel />
            {lazy_view(lazy_panels::kept_recordings("card files", made))}
            {message_to.map(|peer| lazy_view(lazy_panels::leave_message(peer, name)))}
            {wants_check.then(|| {
                let results = || lazy_view(lazy_panels::check_results());
                view! { <ConnectionCheck results /> }.into_any()
            })}
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
                    {icon(Icon::PHONE)}
                    {CALL_AGAIN}
                </button>
            </div>
        </main>
    }
}
