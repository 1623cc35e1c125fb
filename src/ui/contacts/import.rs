//! A file of contacts: whom it brings, before any of them counts.

use leptos::html::H3;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use wimpex_contacts::{ImportEntry, ImportPreview};

use crate::browser::file_pick;
use crate::ui::contact_actions::use_contacts;
use crate::ui::screens::contacts::{chosen, chosen_first};
use crate::ui::signal_of;
use crate::ui::words::common::id_tail;
use crate::ui::words::this_device as words;

/// Lets the user choose a file; what is in it, or what is wrong with it in words.
pub(super) fn choose_file(preview: RwSignal<Option<ImportPreview>>, outcome: RwSignal<String>) {
    let contacts = use_contacts();
    spawn_local(async move {
        let Some(text) = file_pick::open(".json,application/json").await else {
            return;
        };
        // The screen may be another one by then.
        let (found, said) = match contacts.preview_import(&text) {
            Ok(found) if found.entries.is_empty() => (None, words::imported(0, &found)),
            Ok(found) => (Some(found), String::new()),
            Err(error) => (None, words::import_error(error).to_owned()),
        };
        let _ = outcome.try_set(said);
        let _ = preview.try_set(found);
    });
}

/// The new ones, each with a choice.
#[component]
pub(super) fn ImportList(
    found: ImportPreview,
    preview: RwSignal<Option<ImportPreview>>,
    outcome: RwSignal<String>,
) -> impl IntoView {
    let contacts = use_contacts();
    let are_chosen = RwSignal::new(chosen_first(&found));
    let error = RwSignal::new(String::new());
    let entries = found.entries.iter().enumerate();
    let items = entries
        .map(|(place, it)| entry(place, it, are_chosen))
        .collect_view();
    let summary = words::found(&found);
    let found = StoredValue::new(found);
    let add = move |_| {
        let chosen = found.with_value(|found| {
            contacts.with_untracked(|contacts| chosen(found, &are_chosen.get_untracked(), contacts))
        });
        match chosen {
            Ok(chosen) => {
                outcome.set(found.with_value(|found| words::imported(chosen.len(), found)));
                contacts.import(chosen);
                preview.set(None);
            }
            Err(wrong) => error.set(wrong),
        }
    };
    let heading = NodeRef::<H3>::new();
    Effect::new(move |_| {
        if let Some(heading) = heading.get() {
            let _ = heading.focus();
        }
    });
    view! {
        <section class="import" aria-labelledby="import-title">
            <h3 id="import-title" tabindex="-1" node_ref=heading>{words::IMPORT_TITLE}</h3>
            <p role="status">{summary}</p>
            <p class="hint">{words::IMPORT_HINT}</p>
            <ul>{items}</ul>
            <p class="field-error" role="alert">{signal_of(move || error.get())}</p>
            <div class="row">
                <button class="primary" on:click=add>{words::IMPORT_ADD}</button>
                <button class="quiet" on:click=move |_| preview.set(None)>
                    {words::IMPORT_CANCEL}
                </button>
            </div>
        </section>
    }
}

fn entry(place: usize, entry: &ImportEntry, are_chosen: RwSignal<Vec<bool>>) -> AnyView {
    let contact = &entry.contact;
    let tag = |is_there: bool, text: String| {
        is_there.then(|| view! { <span class="tag">{text}</span> }.into_any())
    };
    let double = entry.double.as_ref().map(words::import_double);
    view! {
        <li>
            <label>
                <input
                    type="checkbox"
                    prop:checked=signal_of(move || are_chosen.with(|it| it.get(place) == Some(&true)))
                    on:change=move |event| {
                        are_chosen
                            .update(|it| {
                                if let Some(chosen) = it.get_mut(place) {
                                    *chosen = event_target_checked(&event);
                                }
                            });
                    }
                />
                <bdi>{contact.name.to_string()}</bdi>
                <span class="hint">{id_tail(&contact.id)}</span>
                {tag(contact.is_blocked, words::IMPORT_BLOCKED.to_owned())}
                {tag(contact.is_mistrusted, words::IMPORT_MISMATCH.to_owned())}
                {double.map(|text| tag(true, text))}
            </label>
        </li>
    }
    .into_any()
}
