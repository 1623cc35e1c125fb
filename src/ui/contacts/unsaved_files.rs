//! What has arrived in earlier calls and was not saved.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wimpex_files::Partial;

use super::super::screens::files::unsaved_line;
use super::super::signal_of;
use super::super::words::files as words;
use crate::session::{delete_received, received_files, save_received};

/// The list, if there is anything in it.
#[component]
pub(super) fn UnsavedFiles() -> impl IntoView {
    let files = RwSignal::new(Vec::<Partial>::new());
    let failed = RwSignal::new(false);
    spawn_local(async move {
        let found = received_files().await;
        // The screen may be gone.
        let _ = files.try_set(found);
    });
    let line = move |file: Partial| {
        let (name, size) = unsaved_line(&file);
        let (kept, key) = (file.clone(), file.key);
        let save = move |_| {
            let kept = kept.clone();
            spawn_local(async move {
                let saved = save_received(&kept).await;
                let _ = failed.try_set(saved.is_err());
            });
        };
        let remove = move |_| {
            files.update(|files| files.retain(|it| it.key != key));
            spawn_local(async move {
                // What cannot be deleted is cleaned away some day.
                let _ = delete_received(key).await;
            });
        };
        view! {
            <li>
                <p class="name" dir="auto">
                    {name.clone()}
                </p>
                <p class="size">{size}</p>
                <div class="row">
                    <button
                        class="secondary"
                        aria-label=words::action_label(words::SAVE, &name)
                        on:click=save
                    >
                        {words::SAVE}
                    </button>
                    <button
                        class="quiet"
                        aria-label=words::action_label(words::REMOVE, &name)
                        on:click=remove
                    >
                        {words::REMOVE}
                    </button>
                </div>
            </li>
        }
        .into_any()
    };
    view! {
        <section
            class="card files"
            aria-label=words::UNSAVED_TITLE
            hidden=signal_of(move || files.with(Vec::is_empty))
        >
            <h2>{words::UNSAVED_TITLE}</h2>
            <p class="hint">{words::UNSAVED_HINT}</p>
            <ul>
                <For each=move || files.get() key=|file| file.key let:file>
                    {line(file)}
                </For>
            </ul>
            <p class="field-error" role="alert" hidden=signal_of(move || !failed.get())>
                {words::SAVE_FAILED}
            </p>
        </section>
    }
}
