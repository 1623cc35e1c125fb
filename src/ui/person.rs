//! The screen of a call link, `/u/USERID`.

use leptos::prelude::*;
use wimpex_protocol::UserId;

use super::home::CallButtons;
use super::home_button::HomeButton;
use super::icon::{Avatar, logo};
use super::lazy;
use super::lazy_view::lazy_view;
use super::notices::notices;
use super::screens::person::person_screen;
use super::words::home;
use super::{signal_of, use_session};
use crate::browser::location;
use wimpex_client::Command;
use wimpex_client::address::{self, InvalidAddress};

/// The person behind a link, ready to be called.
#[component]
pub(crate) fn PersonPage(user: UserId) -> impl IntoView {
    let session = use_session();
    let link = address::link_that_ends(&location::fragment());
    session.dispatch(Command::OpenLink(user.clone(), link));
    let view = session.view;
    let peer = StoredValue::new(user);
    let call = move |call_type| {
        let peer = peer.get_value();
        session.dispatch(Command::StartCall { peer, call_type });
    };
    let screen = move || {
        let (people, me) = (view.peers.read(), view.me.read());
        peer.with_value(|peer| person_screen(peer, &people, me.as_ref()))
    };
    let name = signal_of(move || screen().name);
    let is_claimed = Memo::new(move |_| screen().is_claimed);
    let sign = move || {
        let sign = || lazy_view(lazy::person_claim(peer.get_value()));
        is_claimed.get().then(sign)
    };
    view! {
        <main class="column">
            <header class="top">{logo()}</header>
            {notices()}
            <section class="card" hidden=signal_of(move || !screen().is_own)>
                <h1>{home::address_error(InvalidAddress::Oneself)}</h1>
            </section>
            <section class="card person" hidden=signal_of(move || screen().is_own)>
                <Avatar name />
                <h1 dir="auto">{name}</h1>
                {sign}
                <p class="presence" class:online=signal_of(move || screen().is_online) aria-live="polite">
                    {signal_of(move || screen().presence.to_owned())}
                </p>
                <CallButtons call />
            </section>
            <HomeButton />
        </main>
    }
}
