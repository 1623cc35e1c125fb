//! A link that names nobody.

use leptos::prelude::*;

use super::home_button::HomeButton;
use super::icon::logo;
use super::words::person as words;

/// A link that names nobody.
#[component]
pub(crate) fn BrokenLinkPage() -> impl IntoView {
    view! {
        <main class="column">
            <header class="top">{logo()}</header>
            <section class="card">
                <h1>{words::BROKEN_LINK}</h1>
            </section>
            <HomeButton />
        </main>
    }
}
