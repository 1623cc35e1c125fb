//! What belongs to this device: who may ring, the file of contacts, the key.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::browser::{clock, window};
use crate::session::people::{self, Touched};
use crate::ui::words::this_device as words;
use crate::ui::{signal_of, use_session};

/// The choices, and the two that cannot be undone, said plainly.
#[component]
pub(super) fn ThisDevice() -> impl IntoView {
    let view = use_session().view;
    let only = RwSignal::new(people::contacts_only());
    let said = RwSignal::new(String::new());
    let export = move |_| {
        let text = people::book().with_untracked(|book| book.export());
        window::save("wimpex-contacts.json", &text);
    };
    let import = move |_| {
        let me = view.me.get_untracked();
        spawn_local(async move {
            let Some(text) = window::open_file(".json,application/json").await else {
                return;
            };
            let mut outcome = String::new();
            people::change(
                |book| match book.import(&text, me.as_ref(), clock::wall_millis()) {
                    Ok(imported) => {
                        outcome = words::imported(&imported);
                        imported.added.into_iter().map(Touched::Contact).collect()
                    }
                    Err(error) => {
                        outcome = words::import_error(error).to_owned();
                        Vec::new()
                    }
                },
            );
            let _ = said.try_set(outcome);
        });
    };
    let sure = RwSignal::new(false);
    let forget = move |_| {
        spawn_local(async move {
            match people::forget_me().await {
                Ok(()) => window::reload_home(),
                Err(error) => {
                    let _ = said.try_set(words::not_forgotten(&error.name));
                }
            }
        });
    };
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
                        people::set_contacts_only(only.get_untracked());
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
            <p class="hint" role="status">{signal_of(move || said.get())}</p>
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
