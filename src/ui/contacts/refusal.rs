//! Why a name was not taken, and the way to insist on it.

use leptos::prelude::*;

use crate::ui::screens::contacts::Refusal;
use crate::ui::signal_of;
use crate::ui::words::contacts as words;

/// Both below a field; `id` is what the field is described by.
#[component]
pub(super) fn RefusalNotice(
    #[prop(into)] id: String,
    refusal: RwSignal<Refusal>,
    insist: impl Fn() + 'static,
) -> impl IntoView {
    view! {
        <p class="field-error" id=id role="alert">
            {signal_of(move || refusal.with(|it| it.words.clone()))}
        </p>
        <button
            type="button"
            class="secondary"
            hidden=signal_of(move || refusal.with(|it| !it.may_insist))
            on:click=move |_| insist()
        >
            {words::INSIST}
        </button>
    }
}
