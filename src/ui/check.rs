//! The check of everything that a call needs.

use leptos::prelude::*;

use super::screens::check::check_button;
use super::words::check as words;
use super::{signal_of, use_session};
use wimpex_client::Command;

/// A button that begins the check, and the `results` that it shows.
#[component]
pub fn ConnectionCheck(results: fn() -> AnyView) -> impl IntoView {
    let session = use_session();
    let view = session.view;
    let button = move || view.check.with(|check| check_button(check));
    let has_begun = Memo::new(move |_| button().has_begun);
    view! {
        <button
            class="quiet centered"
            disabled=signal_of(move || button().is_running)
            on:click=move |_| session.dispatch(Command::CheckConnection)
        >
            {words::START}
        </button>
        <p class="field-error" role="alert" hidden=signal_of(move || !view.check_unavailable.get())>
            {words::NO_CHECK}
        </p>
        {move || has_begun.get().then(results)}
    }
}
