//! Home: one's own link, and somebody to call.

use leptos::html::Main;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::Element;
use wimpex_protocol::CallType;

use super::check::ConnectionCheck;
use super::check_devices::check_devices;
use super::field::invalid;
use super::icon::{icon, logo};
use super::lazy_view::lazy_view;
use super::notices::notices;
use super::screens::home::{address_choice, callee, can_call, copy_link, own_link, shown_name};
use super::screens::icon::Icon;
use super::words::{common, home as words};
use super::{lazy, lazy_panels};
use super::{signal_of, use_session};
use crate::browser::{location, navigator, network_information, notification, window};
use crate::session::settings;
use wimpex_client::{Command, address};

/// The first screen of somebody who has a name.
#[component]
pub(crate) fn HomePage(rename: impl Fn() + 'static) -> impl IntoView {
    let view = use_session().view;
    let home = NodeRef::<Main>::new();
    // Before anything is there that is loaded later: so it begins the next time, too.
    spawn_local(async move {
        if let Some(home) = home.try_get_untracked().flatten() {
            settings::keep_home(&first_markup(&home));
        }
    });
    view! {
        <main class="column home" node_ref=home>
            <header class="top">
                <h1>{logo()}</h1>
                <span dir="auto">
                    {signal_of(move || view.name.with(|name| shown_name(name.as_ref())))}
                </span>
                <button class="quiet" aria-label=words::CHANGE_NAME_LABEL on:click=move |_| rename()>
                    {icon(Icon::EDIT)}
                </button>
            </header>
            {notices()}
            <OwnLinkCard />
            <CallForm />
            <OpenContacts />
            <HideAddress />
            <NotificationPrompt />
            {check_devices(|is_open| lazy_view(lazy::devices_card(is_open)))}
            <ConnectionCheck results=|| lazy_view(lazy_panels::check_results()) />
        </main>
    }
}

/// With what markup does not say by itself.
fn first_markup(home: &Element) -> String {
    let checked = home.query_selector("input:checked").ok().flatten();
    if let Some(checked) = checked {
        let _ = checked.set_attribute("checked", "");
    }
    home.outer_html()
}

#[component]
fn OwnLinkCard() -> impl IntoView {
    let view = use_session().view;
    let home = location::home();
    let own = move || view.me.with(|me| own_link(me.as_ref(), &home));
    let link = {
        let own = own.clone();
        signal_of(move || own().link)
    };
    let copied = RwSignal::new(None::<bool>);
    let copy = move |_| {
        spawn_local(async move {
            copied.set(Some(navigator::copy(&link.get_untracked()).await.is_ok()));
        });
    };
    let share = move |_| {
        spawn_local(async move {
            // Closing the share sheet is an answer, not an error.
            let _ = navigator::share(words::SHARE_TITLE, &link.get_untracked()).await;
        });
    };
    let select = move |event: web_sys::FocusEvent| {
        event_target::<web_sys::HtmlInputElement>(&event).select();
    };
    let drawn = RwSignal::new(false);
    view! {
        <section class="card">
            <label for="link">{words::LINK_LABEL}</label>
            <input
                id="link"
                type="text"
                readonly
                prop:value=link
                placeholder=common::ONE_MOMENT
                on:focus=select
            />
            <p class="hint" aria-live="polite">
                {signal_of(move || copy_link(copied.get()).hint.to_owned())}
            </p>
            <div class="row">
                <button class="secondary" on:click=copy disabled=signal_of(move || !own().can_copy)>
                    {icon(signal_of(move || copy_link(copied.get()).icon))}
                    {words::COPY_LINK}
                </button>
                <button class="secondary" on:click=share hidden=!navigator::can_share()>
                    {icon(Icon::SHARE)}
                    {words::SHARE}
                </button>
                <button class="quiet" on:click=move |_| drawn.update(|drawn| *drawn = !*drawn)>
                    {words::QR_CODE}
                </button>
            </div>
            {move || drawn.get().then(|| lazy_view(lazy::link_qr_code()))}
        </section>
    }
}

/// Contacts and calls, at once for who has any, or has the place.
#[component]
fn OpenContacts() -> impl IntoView {
    let view = use_session().view;
    let opened = RwSignal::new(window::is_wide() && !network_information::saves_data());
    let open = Memo::new(move |_| {
        // What was left is shown among the calls.
        opened.get() || view.has_contacts.get() || view.messages_waiting.get() > 0
    });
    view! {
        <div class="beside">
            <button
                class="quiet centered"
                hidden=signal_of(move || open.get())
                on:click=move |_| opened.set(true)
            >
                {words::OPEN_CONTACTS}
            </button>
            {move || open.get().then(|| lazy_view(lazy::contacts_area()))}
        </div>
    }
}

#[component]
fn CallForm() -> impl IntoView {
    let session = use_session();
    let view = session.view;
    let text = RwSignal::new(String::new());
    let error = RwSignal::new(String::new());
    let call = move |call_type| {
        let (server, me) = (view.server.get_untracked(), view.me.get_untracked());
        let link = text.with_untracked(|text| address::link_that_ends(text));
        match callee(
            &text.get_untracked(),
            server,
            &location::home(),
            me.as_ref(),
        ) {
            Ok(peer) => {
                // This screen stays while there is a call.
                text.set(String::new());
                session.dispatch(Command::OpenLink(peer.clone(), link));
                session.dispatch(Command::StartCall { peer, call_type });
            }
            Err(wrong) => error.set(wrong.to_owned()),
        }
    };
    view! {
        <section class="card">
            <form
                novalidate
                on:submit=move |event| {
                    event.prevent_default();
                    call(CallType::Video);
                }
            >
                <label for="whom">{words::PEER_LABEL}</label>
                <input
                    id="whom"
                    type="text"
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    placeholder=words::PEER_PLACEHOLDER
                    prop:value=signal_of(move || text.get())
                    on:input=move |event| {
                        text.set(event_target_value(&event));
                        error.set(String::new());
                    }
                    aria-invalid=signal_of(move || invalid(&error.get()))
                    aria-describedby="whom-error"
                />
                <p class="field-error" id="whom-error" role="alert">{signal_of(move || error.get())}</p>
                <CallButtons call />
            </form>
        </section>
    }
}

/// The two ways to call.
#[component]
pub(crate) fn CallButtons(call: impl Fn(CallType) + Copy + 'static) -> impl IntoView {
    let view = use_session().view;
    let away = signal_of(move || !can_call(view.server.get()));
    view! {
        <div class="row">
            <button type="button" class="primary" disabled=away on:click=move |_| call(CallType::Video)>
                {icon(Icon::CAMERA)}
                {common::VIDEO_CALL}
            </button>
            <button type="button" class="secondary" disabled=away on:click=move |_| call(CallType::Audio)>
                {icon(Icon::PHONE)}
                {common::AUDIO_CALL}
            </button>
        </div>
    }
}

/// The choice to show no network address to the other side.
#[component]
pub fn HideAddress() -> impl IntoView {
    let session = use_session();
    let view = session.view;
    let choice = move || address_choice(view.hide_address.get(), view.has_relay.get());
    view! {
        <div class="choice">
            <input
                id="hide-address"
                type="checkbox"
                aria-describedby="hide-address-hint"
                prop:checked=signal_of(move || choice().is_on)
                on:change=move |event| {
                    session.dispatch(Command::SetHideAddress(event_target_checked(&event)));
                }
            />
            <label for="hide-address">{words::HIDE_ADDRESS_LABEL}</label>
            <p class="hint" id="hide-address-hint" class:warning=signal_of(move || choice().warns)>
                {signal_of(move || choice().hint.to_owned())}
            </p>
        </div>
    }
}

/// Offers to be told of calls while the page is out of sight.
#[component]
fn NotificationPrompt() -> impl IntoView {
    let may_ask = RwSignal::new(notification::may_request_permission());
    let ask = move |_| {
        spawn_local(async move {
            notification::request_permission().await;
            may_ask.set(notification::may_request_permission());
        });
    };
    view! {
        <button class="quiet centered" on:click=ask hidden=signal_of(move || !may_ask.get())>
            {icon(Icon::BELL)}
            {words::NOTIFY}
        </button>
    }
}
