//! Home: one's own link, and somebody to call.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use wimpex_protocol::CallType;

use super::check::ConnectionCheck;
use super::icon::{Icon, icon, logo};
use super::later::later;
use super::lazy;
use super::notices::notices;
use super::welcome::invalid;
use super::{live, use_session, words};
use crate::browser::{location, navigator, notification, web_storage};
use crate::session::people::HAS_BOOK;
use crate::session::{Intent, ServerState, address};

/// The first screen of somebody who has a name.
#[component]
pub(crate) fn Home(rename: impl Fn() + 'static) -> impl IntoView {
    let view = use_session().view;
    view! {
        <main class="column">
            <header class="top">
                {logo()}
                <button class="quiet" aria-label="Change name" on:click=move |_| rename()>
                    {live(move || view.name.get().map_or(String::new(), String::from))}
                </button>
            </header>
            {notices()}
            <YourLink />
            <CallSomebody />
            <Book />
            <HideAddress />
            <AskForNotices />
            <ConnectionCheck />
        </main>
    }
}

#[component]
fn YourLink() -> impl IntoView {
    let view = use_session().view;
    let origin = location::origin();
    let link = live(move || {
        view.me
            .with(|me| me.as_ref().map(|me| address::link(&origin, me)))
            .unwrap_or_default()
    });
    let copied = RwSignal::new(None::<bool>);
    let copy = move |_| {
        spawn_local(async move {
            copied.set(Some(navigator::copy(&link.get_untracked()).await.is_ok()));
        });
    };
    let share = move |_| {
        spawn_local(async move {
            // Closing the share sheet is an answer, not an error.
            let _ = navigator::share("Call me", &link.get_untracked()).await;
        });
    };
    let select = move |event: web_sys::FocusEvent| {
        event_target::<web_sys::HtmlInputElement>(&event).select();
    };
    let hint =
        live(move || {
            match copied.get() { None => "Whoever has it can call you while this page is open.",
        Some(true) => "Copied. Send it to whoever should call you.",
        Some(false) => {
            "Your browser does not allow copying here: select the link and copy it yourself."
        }
    }.to_owned()
        });
    let drawn = RwSignal::new(false);
    view! {
        <section class="card">
            <label for="link">"Your link"</label>
            <input
                id="link"
                type="text"
                readonly
                prop:value=link
                placeholder="One moment…"
                on:focus=select
            />
            <p class="hint" aria-live="polite">{hint}</p>
            <div class="row">
                <button class="secondary" on:click=copy disabled=live(move || link.get().is_empty())>
                    {icon(live(move || match copied.get() {
                        Some(true) => Icon::Check,
                        None | Some(false) => Icon::Copy,
                    }))}
                    "Copy link"
                </button>
                <button class="secondary" on:click=share hidden=!navigator::can_share()>
                    {icon(Icon::Share)}
                    "Share…"
                </button>
                <button class="quiet" on:click=move |_| drawn.update(|drawn| *drawn = !*drawn)>
                    "QR code"
                </button>
            </div>
            {move || drawn.get().then(|| later(lazy::link_as_picture()))}
        </section>
    }
}

/// Contacts and calls, at once for who has any.
#[component]
fn Book() -> impl IntoView {
    let open = RwSignal::new(web_storage::read(HAS_BOOK).is_some());
    view! {
        <button
            class="quiet centered"
            hidden=live(move || open.get())
            on:click=move |_| open.set(true)
        >
            "Contacts and this device"
        </button>
        {move || open.get().then(|| later(lazy::people()))}
    }
}

#[component]
fn CallSomebody() -> impl IntoView {
    let session = use_session();
    let text = RwSignal::new(String::new());
    let error = RwSignal::new(String::new());
    let origin = location::origin();
    let call = move |call_type| {
        let me = session.view.me.get_untracked();
        // The buttons are off then, but for the Enter key there is none.
        if session.view.server.get_untracked() != ServerState::Online {
            error.set("There is no connection to the server at the moment.".to_owned());
            return;
        }
        match address::parse(&text.get_untracked(), &origin, me.as_ref()) {
            Ok(peer) => {
                session.dispatch(Intent::Open(peer.clone()));
                session.dispatch(Intent::Call { peer, call_type });
            }
            Err(wrong) => error.set(words::address_error(wrong).to_owned()),
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
                <label for="whom">"Call link or ID"</label>
                <input
                    id="whom"
                    type="text"
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    placeholder="https://…/u/w1…"
                    prop:value=live(move || text.get())
                    on:input=move |event| {
                        text.set(event_target_value(&event));
                        error.set(String::new());
                    }
                    aria-invalid=live(move || invalid(&error.get()))
                    aria-describedby="whom-error"
                />
                <p class="field-error" id="whom-error" role="alert">{live(move || error.get())}</p>
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
    let away = live(move || view.server.get() != ServerState::Online);
    let audio = call.clone();
    view! {
        <div class="row">
            <button type="button" class="primary" disabled=away on:click=move |_| call(CallType::Video)>
                {icon(Icon::Camera)}
                "Video call"
            </button>
            <button type="button" class="secondary" disabled=away on:click=move |_| audio(CallType::Audio)>
                {icon(Icon::Phone)}
                "Audio call"
            </button>
        </div>
    }
}

/// The choice to show no network address to the other side.
#[component]
pub fn HideAddress() -> impl IntoView {
    let session = use_session();
    let view = session.view;
    let hint = live(move || {
        match (view.hide_address.get(), view.has_relay.get()) {
            (true, false) => {
                "This server offers no relay, so no call can come about while this is on."
            }
            (true, true) => {
                "Calls go through the server’s relay, still encrypted, by a longer way."
            }
            (false, _) => {
                "Without it, whoever you are in a call with can see your network address."
            }
        }
        .to_owned()
    });
    let warns = live(move || view.hide_address.get() && !view.has_relay.get());
    view! {
        <div class="choice">
            <input
                id="hide-address"
                type="checkbox"
                aria-describedby="hide-address-hint"
                prop:checked=live(move || view.hide_address.get())
                on:change=move |event| {
                    session.dispatch(Intent::HideAddress(event_target_checked(&event)));
                }
            />
            <label for="hide-address">"Hide my network address"</label>
            <p class="hint" id="hide-address-hint" class:warning=warns>{hint}</p>
        </div>
    }
}

/// Offers to be told of calls while the page is out of sight.
#[component]
fn AskForNotices() -> impl IntoView {
    let may_ask = RwSignal::new(notification::may_request_permission());
    let ask = move |_| {
        spawn_local(async move {
            notification::request_permission().await;
            may_ask.set(notification::may_request_permission());
        });
    };
    view! {
        <button class="quiet centered" on:click=ask hidden=live(move || !may_ask.get())>
            {icon(Icon::Bell)}
            "Notify me of calls in the background"
        </button>
    }
}
