//! Home: one's own link, and somebody to call.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use wimpex_protocol::CallType;

use super::check::ConnectionCheck;
use super::icon::{Icon, icon, logo};
use super::lazy;
use super::lazy_view::lazy_view;
use super::notices::notices;
use super::welcome::invalid;
use super::{signal_of, use_session, words};
use crate::browser::{notice, storage, window};
use crate::session::people::HAS_BOOK;
use crate::session::{Intent, ServerState, address};

/// The first screen of somebody who has a name.
#[component]
pub(crate) fn HomePage(rename: impl Fn() + 'static) -> impl IntoView {
    let view = use_session().view;
    view! {
        <main class="column">
            <header class="top">
                {logo()}
                <button class="quiet" aria-label=words::home::CHANGE_NAME_LABEL on:click=move |_| rename()>
                    {signal_of(move || view.name.get().map_or(String::new(), String::from))}
                </button>
            </header>
            {notices()}
            <OwnLink />
            <CallForm />
            <OpenContacts />
            <HideAddress />
            <NotificationPrompt />
            <ConnectionCheck />
        </main>
    }
}

#[component]
fn OwnLink() -> impl IntoView {
    let view = use_session().view;
    let origin = window::origin();
    let link = signal_of(move || {
        view.me
            .with(|me| me.as_ref().map(|me| address::link(&origin, me)))
            .unwrap_or_default()
    });
    let copied = RwSignal::new(None::<bool>);
    let copy = move |_| {
        spawn_local(async move {
            copied.set(Some(window::copy(&link.get_untracked()).await.is_ok()));
        });
    };
    let share = move |_| {
        spawn_local(async move {
            // Closing the share sheet is an answer, not an error.
            let _ = window::share(words::home::SHARE_TITLE, &link.get_untracked()).await;
        });
    };
    let select = move |event: web_sys::FocusEvent| {
        event_target::<web_sys::HtmlInputElement>(&event).select();
    };
    let hint = signal_of(move || {
        match copied.get() {
            None => words::home::LINK_HINT,
            Some(true) => words::home::LINK_COPIED,
            Some(false) => words::home::LINK_NOT_COPIED,
        }
        .to_owned()
    });
    let drawn = RwSignal::new(false);
    view! {
        <section class="card">
            <label for="link">{words::home::LINK_LABEL}</label>
            <input
                id="link"
                type="text"
                readonly
                prop:value=link
                placeholder=words::common::ONE_MOMENT
                on:focus=select
            />
            <p class="hint" aria-live="polite">{hint}</p>
            <div class="row">
                <button class="secondary" on:click=copy disabled=signal_of(move || link.get().is_empty())>
                    {icon(signal_of(move || match copied.get() {
                        Some(true) => Icon::Check,
                        None | Some(false) => Icon::Copy,
                    }))}
                    {words::home::COPY_LINK}
                </button>
                <button class="secondary" on:click=share hidden=!window::can_share()>
                    {icon(Icon::Share)}
                    {words::home::SHARE}
                </button>
                <button class="quiet" on:click=move |_| drawn.update(|drawn| *drawn = !*drawn)>
                    {words::home::QR_CODE}
                </button>
            </div>
            {move || drawn.get().then(|| lazy_view(lazy::link_qr_code()))}
        </section>
    }
}

/// Contacts and calls, at once for who has any.
#[component]
fn OpenContacts() -> impl IntoView {
    let open = RwSignal::new(storage::read(HAS_BOOK).is_some());
    view! {
        <button
            class="quiet centered"
            hidden=signal_of(move || open.get())
            on:click=move |_| open.set(true)
        >
            {words::home::OPEN_PEOPLE}
        </button>
        {move || open.get().then(|| lazy_view(lazy::contacts_area()))}
    }
}

#[component]
fn CallForm() -> impl IntoView {
    let session = use_session();
    let text = RwSignal::new(String::new());
    let error = RwSignal::new(String::new());
    let origin = window::origin();
    let call = move |call_type| {
        let me = session.view.me.get_untracked();
        // The buttons are off then, but for the Enter key there is none.
        if session.view.server.get_untracked() != ServerState::Online {
            error.set(words::home::OFFLINE.to_owned());
            return;
        }
        match address::parse(&text.get_untracked(), &origin, me.as_ref()) {
            Ok(peer) => {
                session.dispatch(Intent::Open(peer.clone()));
                session.dispatch(Intent::Call { peer, call_type });
            }
            Err(wrong) => error.set(words::home::address_error(wrong).to_owned()),
        }
    };
    let video = call.clone();
    let submit = call.clone();
    view! {
        <section class="card">
            <form
                novalidate
                on:submit=move |event| {
                    event.prevent_default();
                    submit(CallType::Video);
                }
            >
                <label for="whom">{words::home::PEER_LABEL}</label>
                <input
                    id="whom"
                    type="text"
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    placeholder=words::home::PEER_PLACEHOLDER
                    prop:value=signal_of(move || text.get())
                    on:input=move |event| {
                        text.set(event_target_value(&event));
                        error.set(String::new());
                    }
                    aria-invalid=signal_of(move || invalid(&error.get()))
                    aria-describedby="whom-error"
                />
                <p class="field-error" id="whom-error" role="alert">{signal_of(move || error.get())}</p>
                <CallButtons call=move |call_type| match call_type {
                    CallType::Video => video(CallType::Video),
                    CallType::Audio => call(CallType::Audio),
                } />
            </form>
        </section>
    }
}

/// The two ways to call.
#[component]
pub(crate) fn CallButtons(call: impl Fn(CallType) + Clone + 'static) -> impl IntoView {
    let view = use_session().view;
    let away = signal_of(move || view.server.get() != ServerState::Online);
    let audio = call.clone();
    view! {
        <div class="row">
            <button type="button" class="primary" disabled=away on:click=move |_| call(CallType::Video)>
                {icon(Icon::Camera)}
                {words::common::VIDEO_CALL}
            </button>
            <button type="button" class="secondary" disabled=away on:click=move |_| audio(CallType::Audio)>
                {icon(Icon::Phone)}
                {words::common::AUDIO_CALL}
            </button>
        </div>
    }
}

/// The choice to show no network address to the other side.
#[component]
pub fn HideAddress() -> impl IntoView {
    let session = use_session();
    let view = session.view;
    let hint = signal_of(move || {
        match (view.hide_address.get(), view.has_relay.get()) {
            (true, false) => words::home::ADDRESS_HIDDEN_WITHOUT_RELAY,
            (true, true) => words::home::ADDRESS_HIDDEN,
            (false, _) => words::home::ADDRESS_SHOWN,
        }
        .to_owned()
    });
    let warns = signal_of(move || view.hide_address.get() && !view.has_relay.get());
    view! {
        <div class="choice">
            <input
                id="hide-address"
                type="checkbox"
                aria-describedby="hide-address-hint"
                prop:checked=signal_of(move || view.hide_address.get())
                on:change=move |event| {
                    session.dispatch(Intent::HideAddress(event_target_checked(&event)));
                }
            />
            <label for="hide-address">{words::home::HIDE_ADDRESS_LABEL}</label>
            <p class="hint" id="hide-address-hint" class:warning=warns>{hint}</p>
        </div>
    }
}

/// Offers to be told of calls while the page is out of sight.
#[component]
fn NotificationPrompt() -> impl IntoView {
    let may_ask = RwSignal::new(notice::may_ask());
    let ask = move |_| {
        spawn_local(async move {
            notice::ask().await;
            may_ask.set(notice::may_ask());
        });
    };
    view! {
        <button class="quiet centered" on:click=ask hidden=signal_of(move || !may_ask.get())>
            {icon(Icon::Bell)}
            {words::home::NOTIFY}
        </button>
    }
}
