//! What everybody on the page should know, whatever they are doing.

use leptos::prelude::*;
use wimpex_call::State;

use super::icon::{Icon, icon, logo};
use super::{live, use_session, words};
use crate::browser::window;
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

/// Why this page has neither camera nor microphone, where that is so.
#[component]
pub(crate) fn InsecureNotice() -> impl IntoView {
    let advice = format!(
        "This page came over plain http ({}), and browsers give camera and microphone only to \
         pages that came over https or from this very machine. Ask whoever runs this server to \
         set up https, or open it as http://localhost on the machine where it runs. You can \
         still call and listen.",
        window::origin()
    );
    view! {
        <div class="notice" role="note" hidden=window::is_secure()>
            {icon(Icon::Warning)}
            <div>
                <strong>"No camera or microphone here"</strong>
                <p>{advice}</p>
            </div>
        </div>
    }
}

/// That the person is a guest, where the browser keeps no key.
#[component]
pub(crate) fn GuestNotice() -> impl IntoView {
    let trust = use_session().view.trust;
    // On a page over http there is worse to say, and the reason is the same.
    let shown = live(move || window::is_secure() && trust.with(|trust| trust.is_guest));
    view! {
        <div class="notice" role="note" hidden=live(move || !shown.get())>
            {icon(Icon::Unlocked)}
            <div>
                <strong>"You are a guest here"</strong>
                <p>
                    "This browser, or this private window, keeps no key for you. You can call and be \
                     called, but others see you as not verified, and your link is good only while this \
                     page is open."
                </p>
            </div>
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
