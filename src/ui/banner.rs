//! What everybody on the page should know, whatever they are doing.

use leptos::prelude::*;
use wimpex_call::State;

use super::icon::logo;
use super::{live, use_session, words};
use crate::session::ServerState;

/// The state of the way to the server, when it is not well.
#[component]
pub fn Banner() -> impl IntoView {
    let view = use_session().view;
    let text = live(move || {
        let words = words::server(view.server.get())?;
        let in_call = view.call.with(|call| match call.state {
            State::Connecting | State::Connected | State::Reconnecting => true,
            State::Idle | State::Calling | State::Ringing | State::Ended => false,
        });
        let lost = view.server.get() == ServerState::Lost;
        Some(match (in_call, lost) {
            (true, true) => "No connection to the server. Your call goes on without it.",
            _ => words,
        })
    });
    view! {
        <div class="banner" class:shown=live(move || text.get().is_some()) role="alert">
            {live(move || text.get().unwrap_or_default())}
        </div>
    }
}

/// For a browser without WebRTC.
#[component]
pub fn Unable() -> impl IntoView {
    view! {
        <main class="column">
            <header class="top">{logo()}</header>
            <section class="card">
                <h1>"This browser cannot make calls"</h1>
                <p>
                    "It has no WebRTC, or it is turned off. Calls work in current versions of \
                     Chrome, Edge, Firefox and Safari; an extension or a setting may also have \
                     disabled it."
                </p>
            </section>
        </main>
    }
}
