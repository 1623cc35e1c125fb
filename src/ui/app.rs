//! Which screen is shown.

use leptos::prelude::*;

use super::banner::{Banner, no_webrtc};
use super::home::HomePage;
use super::lazy;
use super::lazy_view::{lazy_screen, lazy_view};
use super::new_messages::provide_new_messages;
use super::person::PersonPage;
use super::route::Router;
use super::screens::app::{CallPart, Screen, app_screen};
use super::welcome::WelcomePage;
use super::{signal_of, use_session};
use crate::session::{Options, has_webrtc};
use wimpex_client::address::Route;

/// The whole page.
#[component]
pub fn App(options: Options) -> impl IntoView {
    let view = use_session().view;
    let router = Router::provide();
    provide_new_messages();
    let renaming = RwSignal::new(false);
    let app = move || {
        app_screen(
            view.call.with(|call| call.state),
            view.name.with(Option::is_some),
            renaming.get(),
            router.get(),
        )
    };
    let below = Memo::new(move |_| app().below);
    let call = Memo::new(move |_| app().call);
    let may_ring = Memo::new(move |_| app().may_ring);
    let has_messages = Memo::new(move |_| view.messages_waiting.get() > 0);
    let has_alert = Memo::new(move |_| view.trust.with(|trust| trust.alert.is_some()));
    let below = move || match below.get() {
        Screen::Welcome => view! { <WelcomePage done=move || renaming.set(false) /> }.into_any(),
        Screen::At(Route::Home) => {
            view! { <HomePage rename=move || renaming.set(true) /> }.into_any()
        }
        Screen::At(Route::Person(user)) => view! { <PersonPage user /> }.into_any(),
        Screen::At(Route::Broken) => lazy_view(lazy::broken_link()),
    };
    let above = move || {
        call.get().map(|part| match part {
            CallPart::Call => lazy_screen(lazy::call_page()),
            CallPart::Ended => lazy_screen(lazy::ended_page()),
        })
    };
    if !has_webrtc() {
        return no_webrtc();
    }
    view! {
        <Banner />
        // What was typed there is there after the call.
        <div hidden=signal_of(move || call.get().is_some())>{below}</div>
        {above}
        {move || may_ring.get().then(|| lazy_view(lazy::unanswered_call()))}
        {move || has_messages.get().then(|| lazy_view(lazy::fetch_messages()))}
        {move || has_alert.get().then(|| lazy_view(lazy::security_alert()))}
        {options.debug.then(|| lazy_view(lazy::debug_panel()))}
    }
    .into_any()
}
