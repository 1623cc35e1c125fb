//! Somebody's link, opened.

use leptos::prelude::*;
use wimpex_protocol::UserId;

use super::banner::InsecureNotice;
use super::home::CallButtons;
use super::icon::{Avatar, logo};
use super::place::Places;
use super::{live, use_session, words};
use crate::session::address::InvalidAddress;
use crate::session::{Contact, Intent};

/// The person behind a link, ready to be called.
#[component]
pub(crate) fn PersonScreen(user: UserId) -> impl IntoView {
    let session = use_session();
    session.dispatch(Intent::Watch(Some(user.clone())));
    let view = session.view;

    let peer = StoredValue::new(user);
    let call = move |call_type| {
        let peer = peer.get_value();
        session.dispatch(Intent::Call { peer, call_type });
    };
    let name = Signal::derive(move || contact_name(view.contact.get(), &peer.get_value()));
    let online = live(move || view.contact.get().and_then(|contact| contact.online));
    let presence = live(move || {
        match online.get() {
            None => "One moment…",
            Some(true) => "Online",
            Some(false) => "Not online at the moment",
        }
        .to_owned()
    });
    let own = live(move || view.me.get() == Some(peer.get_value()));
    let others = live(move || !own.get());
    view! {
        <main class="column">
            <header class="top">{logo()}</header>
            <InsecureNotice />
            <section class="card" hidden=others>
                <p role="alert">{words::address_error(InvalidAddress::Oneself)}</p>
            </section>
            <section class="card person" hidden=own>
                <Avatar name />
                <h1>{name}</h1>
                <p class="presence" class:online=live(move || online.get() == Some(true)) aria-live="polite">
                    {presence}
                </p>
                <CallButtons call />
            </section>
            <HomeButton />
        </main>
    }
}

/// The best name that is known for somebody.
pub(crate) fn contact_name(contact: Option<Contact>, user: &UserId) -> String {
    contact
        .filter(|contact| contact.user == *user)
        .and_then(|contact| contact.name)
        .unwrap_or_else(|| words::nameless(user))
}

/// A link that names nobody.
#[component]
pub(crate) fn BrokenLink() -> impl IntoView {
    view! {
        <main class="column">
            <header class="top">{logo()}</header>
            <section class="card">
                <p role="alert">
                    "This link is broken: it names nobody. Ask whoever sent it to copy it once more."
                </p>
            </section>
            <HomeButton />
        </main>
    }
}

#[component]
fn HomeButton() -> impl IntoView {
    let places = expect_context::<Places>();
    view! {
        <button class="quiet centered" on:click=move |_| places.go_home()>
            "Back to home"
        </button>
    }
}
