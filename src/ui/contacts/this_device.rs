//! What belongs to this device: who may ring, who sees that one is online, the file of contacts, the key.

use leptos::prelude::*;
use wimpex_client::Audience;
use wimpex_contacts::ImportPreview;

use super::blocked_people::BlockedPeople;
use super::import::{ImportList, choose_file};
use crate::browser::file;
use crate::ui::contact_actions::{ContactActions, use_contacts};
use crate::ui::shortcuts::{ShortcutsList, kept_shortcuts};
use crate::ui::signal_of;
use crate::ui::words::{shortcuts as shortcut_words, this_device as words};

/// Those who may learn that the user is online, and the id of the choice.
const AUDIENCES: [(&str, Audience); 3] = [
    ("audience-everybody", Audience::Everybody),
    ("audience-contacts", Audience::Contacts),
    ("audience-nobody", Audience::Nobody),
];

fn audience_choice(
    contacts: ContactActions,
    id: &'static str,
    audience: Audience,
) -> impl IntoView {
    view! {
        <div class="choice">
            <input
                id=id
                type="radio"
                name="audience"
                prop:checked=signal_of(move || contacts.audience() == audience)
                on:change=move |_| contacts.set_audience(audience)
            />
            <label for=id>{words::audience(audience)}</label>
        </div>
    }
}

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
    let shortcuts = RwSignal::new(kept_shortcuts());
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
            <fieldset class="audience" aria-describedby="audience-hint">
                <legend>{words::AUDIENCE_LABEL}</legend>
                {AUDIENCES.map(|(id, audience)| audience_choice(contacts, id, audience))}
                <p class="hint" id="audience-hint">{words::AUDIENCE_HINT}</p>
            </fieldset>
            <div class="row">
                <button class="secondary" on:click=export>{words::EXPORT}</button>
                <button class="secondary" on:click=import>{words::IMPORT}</button>
            </div>
            {import_list}
            <p class="hint" role="status">{signal_of(move || outcome.get())}</p>
            <BlockedPeople />
            <details>
                <summary>{shortcut_words::TITLE}</summary>
                <ShortcutsList shortcuts />
            </details>
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
