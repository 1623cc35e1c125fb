//! The button **Save diagnostics**.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::use_session;
use super::words::diagnostics as words;
use crate::chunk::NotLoaded;
use crate::session::lazy;

/// A button that saves it.
#[component]
pub(crate) fn SaveDiagnostics() -> impl IntoView {
    let view = use_session().view;
    let failed = RwSignal::new(false);
    let save = move |_| {
        let saved = lazy::save_diagnostics(view);
        spawn_local(async move {
            let missing = saved.await == Err(NotLoaded);
            // The screen with this button may be gone.
            let _ = failed.try_set(missing);
        });
    };
    view! {
        <button
            class="quiet centered"
            title=words::SAVE_HINT
            on:click=save
        >
            {move || if failed.get() { words::NOT_SAVED } else { words::SAVE }}
        </button>
    }
}
