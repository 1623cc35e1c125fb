//! Icons and other small drawings.

use leptos::prelude::*;

use super::screens::icon::Icon;
use super::{signal_of, words};

/// Draws one; the words beside it or its button's name say what it means.
pub(crate) fn icon(icon: impl Into<Signal<Icon>>) -> AnyView {
    let icon = icon.into();
    view! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
            <path d=signal_of(move || icon.get().path()) />
        </svg>
    }
    .into_any()
}

/// The sign of the house: two who overlap.
pub(crate) fn logo() -> AnyView {
    view! {
        <span class="wordmark">
            <svg class="logo" viewBox="0 0 32 24" aria-hidden="true">
                <circle cx="11" cy="12" r="9" />
                <circle cx="21" cy="12" r="9" />
            </svg>
            {words::common::PRODUCT}
        </span>
    }
    .into_any()
}

/// A person's initials in a circle.
#[component]
pub(crate) fn Avatar(#[prop(into)] name: Signal<String>) -> impl IntoView {
    view! { <div class="avatar" aria-hidden="true">{signal_of(move || words::common::initials(&name.get()))}</div> }
}
