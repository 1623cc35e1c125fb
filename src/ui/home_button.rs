//! The way out of a screen that a link opened.

use leptos::prelude::*;

use super::route::Router;
use super::words::common;

/// Leads to the first screen.
#[component]
pub(crate) fn HomeButton() -> impl IntoView {
    let router = expect_context::<Router>();
    view! {
        <button class="quiet centered" on:click=move |_| router.go_home()>
            {common::BACK_TO_HOME}
        </button>
    }
}
