//! What belongs to this device: who may ring, the file of contacts, the key.

use leptos::prelude::*;
use wimpex_contacts::ImportPreview;

use super::blocked_people::BlockedPeople;
use super::import::{ImportList, choose_file};
use crate::browser::file;
use crate::ui::contact_actions::use_contacts;
use crate::ui::signal_of;
use crate::ui::words::this_device as words;

/// The choices, and the two that cannot be undone, said plainly.
#[component]
pub(super) fn ThisDevice() -> impl IntoView {
    let contacts = use_contacts();
    let only = RwSignal::new(contacts.contacts_only());
    let outcome = RwSignal::new(String::new());
    let export = move |_| {
        let text = contacts.with_untracked(|contacts| contacts.export());
        file::save("wimpex-contacts.json", &text);
    };
    let preview = RwSignal::new(None::<ImportPreview>);
    let import = move |_| choose_file(preview, outcome);
    let import_list = move || {
        let found = preview.get();
        found.map(|found| view! { <ImportList found preview outcome /> }.into_any())
    };
    let sure = RwSignal::new(false);
    let forget = move |_| {
        contacts.forget_me();
    };
    Effect::new(move |_| {
        if let Some(error) = contacts.forget_error() {
            outcome.set(words::not_forgotten(&error));
        }
    });
    view! {
        <section class="card people" aria-labelledby="device-title">
            <h2 id="device-title">{words::TITLE}</h2>
            <div class="choice">
                <input
                    id="contacts-only"
                    type="checkbox"
                    aria-describedby="contacts-only-hint"
                    prop:checked=signal_of(move || only.get())
                    on:change=move |event| {
                        only.set(event_target_checked(&event));
                        contacts.set_contacts_only(only.get_untracked());
                    }
                />
                <label for="contacts-only">{words::CONTACTS_ONLY_LABEL}</label>
                <p class="hint" id="contacts-only-hint">
                    {words::CONTACTS_ONLY_HINT}
                </p>
            </div>
            <div class="row">
                <button class="secondary" on:click=export>{words::EXPORT}</button>
                <button class="secondary" on:click=import>{words::IMPORT}</button>
            </div>
            {import_list}
            <p class="hint" role="status">{signal_of(move || outcome.get())}</p>
            <BlockedPeople />
            <details>
                <summary>{words::MOVE}</summary>
                <p>{words::MOVE_TEXT}</p>
            </details>
            <details>
                <summary>{words::FORGET}</summary>
                <p>{words::FORGET_TEXT}</p>
                <label class="sure">
                    <input
                        type="checkbox"
                        prop:checked=signal_of(move || sure.get())
                        on:change=move |event| sure.set(event_target_checked(&event))
                    />
                    {words::FORGET_SURE_LABEL}
                </label>
                <button class="decline" disabled=signal_of(move || !sure.get()) on:click=forget>
                    {words::FORGET_NOW}
                </button>
            </details>
        </section>
    }
}
