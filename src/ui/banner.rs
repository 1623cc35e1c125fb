//! What everybody on the page should know, whatever they are doing.

use leptos::prelude::*;
use wimpex_call::State;

use super::icon::logo;
use super::lazy;
use super::lazy_view::lazy_view;
use super::{signal_of, use_session, words};
use crate::session::ServerState;

/// The state of the way to the server, when it is not well.
#[component]
pub fn Banner() -> impl IntoView {
    let view = use_session().view;
    let lost = signal_of(move || {
        let in_call = view.call.with(|call| match call.state {
            State::Connecting | State::Connected | State::Reconnecting => true,
            State::Idle | State::Calling | State::Ringing | State::Ended => false,
        });
        match (view.server.get(), in_call) {
            (ServerState::Lost, true) => words::banner::LOST_IN_CALL,
            (ServerState::Lost, false) => words::banner::LOST,
            _ => "",
        }
        .to_owned()
    });
    // It answers, so that the words for it can be loaded.
    let refuses = Memo::new(move |_| {
        !matches!(
            view.server.get(),
            ServerState::Nameless
                | ServerState::Connecting
                | ServerState::Online
                | ServerState::Lost
        )
    });
    let shown = signal_of(move || refuses.get() || !lost.with(String::is_empty));
    view! {
        <div class="banner" class:shown=shown role="alert">
            {lost}
            {move || refuses.get().then(|| lazy_view(lazy::server_refusal()))}
        </div>
    }
}

/// Why the server is of no use.
#[component]
pub fn ServerRefusal() -> impl IntoView {
    let view = use_session().view;
    signal_of(move || words::banner::refusal(view.server.get()).to_owned())
}

/// The place for the words for a browser without WebRTC.
pub(crate) fn unable() -> AnyView {
    lazy_view(lazy::no_webrtc())
}

/// For a browser without WebRTC.
#[component]
pub fn NoWebRtc() -> impl IntoView {
    view! {
        <main class="column">
            <header class="top">{logo()}</header>
            <section class="card">
                <h1>{words::banner::NO_WEBRTC}</h1>
                <p>{words::banner::NO_WEBRTC_HINT}</p>
            </section>
        </main>
    }
}
