//! A new contact: from a link, or from a QR code of one.

use leptos::prelude::*;
use wimpex_contacts::{Contact, KeySource};

use super::qr_code::ScanButton;
use super::refusal::RefusalNotice;
use crate::browser::{clock, location};
use crate::ui::contact_actions::use_contacts;
use crate::ui::field::invalid;
use crate::ui::screens::contacts::{Refusal, linked};
use crate::ui::words::contacts as words;
use crate::ui::{signal_of, use_session};

/// The fields for it.
#[component]
pub(super) fn AddContactForm() -> impl IntoView {
    let view = use_session().view;
    let contacts = use_contacts();
    let [link, name] = [(); 2].map(|()| RwSignal::new(String::new()));
    let refusal = RwSignal::new(Refusal::default());
    let add = move |insists| {
        let me = view.me.get_untracked();
        let (entered, named) = (link.get_untracked(), name.get_untracked());
        let added = linked(&entered, &location::home(), me.as_ref()).and_then(|id| {
            let name = contacts.named(&id, &named, insists)?;
            Ok(Contact::new(
                id,
                name,
                KeySource::Link,
                clock::wall_millis(),
            ))
        });
        match added {
            Ok(contact) => {
                contacts.add(contact);
                link.set(String::new());
                name.set(String::new());
                refusal.set(Refusal::default());
            }
            Err(refused) => refusal.set(refused),
        }
    };
    let field = move |id: &'static str, label: &'static str, text: RwSignal<String>| {
        view! {
            <label for=id>{label}</label>
            <input
                id=id
                type="text"
                dir="auto"
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                prop:value=signal_of(move || text.get())
                on:input=move |event| {
                    text.set(event_target_value(&event));
                    refusal.set(Refusal::default());
                }
                aria-invalid=signal_of(move || refusal.with(|it| invalid(&it.words)))
                aria-describedby="add-error"
            />
        }
        .into_any()
    };
    view! {
        <details class="add">
            <summary>{words::ADD_TITLE}</summary>
            <form
                novalidate
                on:submit=move |event| {
                    event.prevent_default();
                    add(false);
                }
            >
                {field("add-link", words::ADD_LINK_LABEL, link)}
                {field("add-name", words::ADD_NAME_LABEL, name)}
                <RefusalNotice id="add-error" refusal insist=move || add(true) />
                <button class="primary" type="submit">{words::ADD}</button>
                <ScanButton found=move |text| link.set(text) />
            </form>
        </details>
    }
}
