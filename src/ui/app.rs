//! Which screen is shown.

use leptos::prelude::*;
use wimpex_call::State;

use super::banner::{Banner, unable};
use super::call_screen::CallPage;
use super::ended::EndedPage;
use super::home::HomePage;
use super::lazy;
use super::lazy_view::lazy_view;
use super::person::{BrokenLinkPage, PersonPage};
use super::ringing::ring;
use super::route::Router;
use super::use_session;
use super::welcome::WelcomePage;
use crate::browser::window;
use crate::session::Options;
use crate::session::address::Route;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Screen {
    Welcome,
    At(Route),
    Call,
    Ended,
}

/// The whole page.
#[component]
pub fn App(options: Options) -> impl IntoView {
    let view = use_session().view;
    let router = Router::provide();
    let renaming = RwSignal::new(false);
    let state = Memo::new(move |_| view.call.with(|call| call.state));
    let screen = Memo::new(move |_| match state.get() {
        State::Calling | State::Connecting | State::Connected | State::Reconnecting => Screen::Call,
        State::Ended => Screen::Ended,
        // The prompt lies over whatever was there.
        State::Idle | State::Ringing => {
            if renaming.get() || view.name.with(Option::is_none) {
                Screen::Welcome
            } else {
                Screen::At(router.get())
            }
        }
    });
    ring();
    let body = move || match screen.get() {
        Screen::Welcome => view! { <WelcomePage done=move || renaming.set(false) /> }.into_any(),
        Screen::At(Route::Home) => {
            view! { <HomePage rename=move || renaming.set(true) /> }.into_any()
        }
        Screen::At(Route::Person(user)) => view! { <PersonPage user /> }.into_any(),
        Screen::At(Route::Broken) => view! { <BrokenLinkPage /> }.into_any(),
        Screen::Call => view! { <CallPage /> }.into_any(),
        Screen::Ended => view! { <EndedPage /> }.into_any(),
    };
    let prompt =
        move || (state.get() == State::Ringing).then(|| lazy_view(lazy::incoming_dialog()));
    let alarm = Memo::new(move |_| view.trust.with(|trust| trust.alarm.is_some()));
    if !window::has_webrtc() {
        return unable();
    }
    view! {
        <Banner />
        {body}
        {prompt}
        {move || alarm.get().then(|| lazy_view(lazy::security_alert()))}
        {options.debug.then(|| lazy_view(lazy::debug_panel()))}
    }
    .into_any()
}
