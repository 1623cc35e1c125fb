//! A new contact: from a link, from a QR code of one, or after a call.

use leptos::prelude::*;
use web_sys::SubmitEvent;
use wimpex_protocol::UserId;

use super::qr_code::ScanButton;
use crate::browser::location;
use crate::ui::contact_actions::use_contacts;
use crate::ui::field::invalid;
use crate::ui::screens::contacts::{added, can_keep, kept_name};
use crate::ui::words::contacts as words;
use crate::ui::{signal_of, use_session};

/// The fields for it.
#[component]
pub(super) fn AddContactForm() -> impl IntoView {
    let view = use_session().view;
    let contacts = use_contacts();
    let [link, name] = [(); 2].map(|()| RwSignal::new(String::new()));
    let error = RwSignal::new(String::new());
    let add = move |event: SubmitEvent| {
        event.prevent_default();
        let me = view.me.get_untracked();
        let (entered, named) = (link.get_untracked(), name.get_untracked());
        match added(&entered, &named, &location::origin(), me.as_ref()) {
            Ok((id, named)) => {
                contacts.add(id, named);
                link.set(String::new());
                name.set(String::new());
                error.set(String::new());
            }
            Err(wrong) => error.set(wrong),
        }
    };
    let field = move |id: &'static str, label: &'static str, text: RwSignal<String>| {
        view! {
            <label for=id>{label}</label>
            <input
                id=id
                type="text"
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                prop:value=signal_of(move || text.get())
                on:input=move |event| {
                    text.set(event_target_value(&event));
                    error.set(String::new());
                }
                aria-invalid=signal_of(move || invalid(&error.get()))
                aria-describedby="add-error"
            />
        }
        .into_any()
    };
    view! {
        <details class="add">
            <summary>{words::ADD_TITLE}</summary>
            <form novalidate on:submit=add>
                {field("add-link", words::ADD_LINK_LABEL, link)}
                {field("add-name", words::ADD_NAME_LABEL, name)}
                <p class="field-error" id="add-error" role="alert">{signal_of(move || error.get())}</p>
                <button class="primary" type="submit">{words::ADD}</button>
                <ScanButton found=move |text| link.set(text) />
            </form>
        </details>
    }
}

/// After a call: to keep who it was with, if they have a key.
#[component]
pub(crate) fn KeepContactButton(peer: UserId, name: String) -> impl IntoView {
    let contacts = use_contacts();
    contacts.load();
    let id = peer.clone();
    let hidden = Memo::new(move |_| contacts.with(|contacts| !can_keep(&id, contacts)));
    let kept = RwSignal::new(false);
    let add = move |_| {
        if let Some(name) = kept_name(&name, &peer) {
            contacts.add(peer.clone(), name);
            kept.set(true);
        }
    };
    view! {
        <button class="quiet" hidden=hidden on:click=add>
            {words::KEEP}
        </button>
        <p class="hint" role="status">
            {signal_of(move || if kept.get() { words::KEPT } else { "" }.to_owned())}
        </p>
    }
}
