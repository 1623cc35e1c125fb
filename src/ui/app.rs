//! Which screen is shown.

use leptos::prelude::*;
use wimpex_call::State;

use super::banner::{Banner, unable};
use super::call_screen::CallScreen;
use super::ended::EndedScreen;
use super::home::Home;
use super::later::later;
use super::lazy;
use super::person::{BrokenLink, PersonScreen};
use super::place::Places;
use super::ringing::ring;
use super::use_session;
use super::welcome::Welcome;
use crate::browser::rtc_peer_connection;
use crate::session::Options;
use crate::session::address::Place;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Screen {
    Welcome,
    At(Place),
    Call,
    Ended,
}

/// The whole page.
#[component]
pub fn App(options: Options) -> impl IntoView {
    let view = use_session().view;
    let places = Places::provide();
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
                Screen::At(places.get())
            }
        }
    });
    ring();
    let body = move || match screen.get() {
        Screen::Welcome => view! { <Welcome done=move || renaming.set(false) /> }.into_any(),
        Screen::At(Place::Home) => view! { <Home rename=move || renaming.set(true) /> }.into_any(),
        Screen::At(Place::Person(user)) => view! { <PersonScreen user /> }.into_any(),
        Screen::At(Place::Broken) => view! { <BrokenLink /> }.into_any(),
        Screen::Call => view! { <CallScreen /> }.into_any(),
        Screen::Ended => view! { <EndedScreen /> }.into_any(),
    };
    let prompt = move || (state.get() == State::Ringing).then(|| later(lazy::incoming()));
    let alarm = Memo::new(move |_| view.trust.with(|trust| trust.alarm.is_some()));
    if !rtc_peer_connection::is_supported() {
        return unable();
    }
    view! {
        <Banner />
        {body}
        {prompt}
        {move || alarm.get().then(|| later(lazy::alarm()))}
        {options.debug.then(|| later(lazy::debug()))}
    }
    .into_any()
}
