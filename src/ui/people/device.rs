//! What belongs to this device: who may ring, the file of contacts, the key.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::browser::{clock, file, location};
use crate::session::people::{self, Touched};
use crate::ui::{live, use_session};

/// The choices, and the two that cannot be undone, said plainly.
#[component]
pub(super) fn ThisDevice() -> impl IntoView {
    let view = use_session().view;
    let only = RwSignal::new(people::contacts_only());
    let said = RwSignal::new(String::new());
    let export = move |_| {
        let text = people::book().with_untracked(|book| book.export());
        file::save("wimpex-contacts.json", &text);
    };
    let import = move |_| {
        let me = view.me.get_untracked();
        spawn_local(async move {
            let Some(text) = file::open(".json,application/json").await else {
                return;
            };
            let mut outcome = String::new();
            people::change(
                |book| match book.import(&text, me.as_ref(), clock::wall_millis()) {
                    Ok(imported) => {
                        outcome = crate::ui::words::people::imported(&imported);
                        imported.added.into_iter().map(Touched::Contact).collect()
                    }
                    Err(error) => {
                        outcome = error.to_string();
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
                Ok(()) => location::replace("/"),
                Err(error) => {
                    let _ = said.try_set(format!(
                        "This browser could not forget everything ({error})."
                    ));
                }
            }
        });
    };
    view! {
        <section class="card people" aria-labelledby="device-title">
            <h2 id="device-title">"This device"</h2>
            <div class="choice">
                <input
                    id="contacts-only"
                    type="checkbox"
                    aria-describedby="contacts-only-hint"
                    prop:checked=live(move || only.get())
                    on:change=move |event| {
                        only.set(event_target_checked(&event));
                        people::set_contacts_only(only.get_untracked());
                    }
                />
                <label for="contacts-only">"Only contacts may call me"</label>
                <p class="hint" id="contacts-only-hint">
                    "Everybody else gets no answer."
                </p>
            </div>
            <div class="row">
                <button class="secondary" on:click=export>"Save contacts to a file"</button>
                <button class="secondary" on:click=import>"Load contacts from a file"</button>
            </div>
            <p class="hint" role="status">{live(move || said.get())}</p>
            <details>
                <summary>"Move to another device"</summary>
                <p>
                    "Your key cannot leave this browser: nobody can steal a copy of it, and you cannot take \
                     one along either. On another device you are a new person with a new link. To move: save \
                     your contacts to a file here, load it there, and send your new link to those who call you."
                </p>
            </details>
            <details>
                <summary>"Forget me"</summary>
                <p>
                    "Deletes your key, your name, your contacts and your calls from this browser. Your link \
                     will reach nobody any more, and nobody can bring it back."
                </p>
                <label class="sure">
                    <input
                        type="checkbox"
                        prop:checked=live(move || sure.get())
                        on:change=move |event| sure.set(event_target_checked(&event))
                    />
                    "I know that this cannot be undone"
                </label>
                <button class="decline" disabled=live(move || !sure.get()) on:click=forget>
                    "Forget everything"
                </button>
            </details>
        </section>
    }
}
