//! Somebody's link, opened.

use leptos::prelude::*;
use wimpex_protocol::UserId;

use super::home::CallButtons;
use super::icon::{Avatar, logo};
use super::notices::notices;
use super::route::Router;
use super::{signal_of, use_session, words};
use crate::session::address::InvalidAddress;
use crate::session::trust::Caller;
use crate::session::{Intent, View};

/// The person behind a link, ready to be called.
#[component]
pub(crate) fn PersonPage(user: UserId) -> impl IntoView {
    let session = use_session();
    session.dispatch(Intent::Open(user.clone()));
    let view = session.view;

    let peer = StoredValue::new(user);
    let call = move |call_type| {
        let peer = peer.get_value();
        session.dispatch(Intent::Call { peer, call_type });
    };
    let name = Signal::derive(move || name_of(view, &peer.get_value(), None));
    let online = signal_of(move || {
        let peer = peer.get_value();
        view.people.with(|people| {
            let person = people.iter().find(|it| it.user == peer);
            person.and_then(|person| person.online)
        })
    });
    let presence = signal_of(move || {
        match online.get() {
            None => words::common::ONE_MOMENT,
            Some(true) => words::person::ONLINE,
            Some(false) => words::person::OFFLINE,
        }
        .to_owned()
    });
    let own = signal_of(move || view.me.get() == Some(peer.get_value()));
    let others = signal_of(move || !own.get());
    view! {
        <main class="column">
            <header class="top">{logo()}</header>
            {notices()}
            <section class="card" hidden=others>
                <p role="alert">{words::home::address_error(InvalidAddress::Oneself)}</p>
            </section>
            <section class="card person" hidden=own>
                <Avatar name />
                <h1>{name}</h1>
                <p class="presence" class:online=signal_of(move || online.get() == Some(true)) aria-live="polite">
                    {presence}
                </p>
                <CallButtons call />
            </section>
            <HomeButton />
        </main>
    }
}

/// The best name that is known for somebody: the one that they are called here, then
/// what they say in this call, then what they say to everybody.
pub(crate) fn name_of(view: View, user: &UserId, claimed: Option<String>) -> String {
    view.people.with(|people| {
        let known = people.iter().find(|it| it.user == *user);
        let called = known.and_then(|it| it.called.clone());
        called
            .or(claimed)
            .or_else(|| known.and_then(|it| it.name.clone()))
            .unwrap_or_else(|| words::common::nameless(user))
    })
}

/// Who is at the other end of the call.
pub(crate) fn caller(view: View) -> Caller {
    let call = view.call.with(|view| view.call.clone());
    call.map_or(Caller::Unknown, |call| {
        view.people.with(|people| {
            let known = people.iter().find(|it| it.user == call.peer);
            Caller::of(&call.peer, known, call.peer_name)
        })
    })
}

/// A link that names nobody.
#[component]
pub(crate) fn BrokenLinkPage() -> impl IntoView {
    view! {
        <main class="column">
            <header class="top">{logo()}</header>
            <section class="card">
                <p role="alert">{words::person::BROKEN_LINK}</p>
            </section>
            <HomeButton />
        </main>
    }
}

#[component]
fn HomeButton() -> impl IntoView {
    let router = expect_context::<Router>();
    view! {
        <button class="quiet centered" on:click=move |_| router.go_home()>
            {words::common::BACK_TO_HOME}
        </button>
    }
}
