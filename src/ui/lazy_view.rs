//! A part of the page that is loaded when it is first shown.

use leptos::prelude::*;
use leptos::reactive::computed::ScopedFuture;
use leptos::task::spawn_local;

use wimpex_call::Command;

use super::use_session;
use super::words::common::{BACK_TO_HOME, NOT_LOADED, ONE_MOMENT};
use crate::chunk::{Lazy, NotLoaded};

/// Nothing until the part is there, then the part; or why it is not.
pub(crate) fn lazy_view(part: Lazy<AnyView>) -> AnyView {
    lazy_view_after(None, part, missing)
}

/// Like [`lazy_view`], for a whole screen: until it is there, a word.
pub(crate) fn lazy_screen(screen: Lazy<AnyView>) -> AnyView {
    let meanwhile = view! {
        <main class="column">
            <p class="hint" role="status">
                {ONE_MOMENT}
            </p>
        </main>
    };
    lazy_view_after(Some(meanwhile.into_any()), screen, missing_screen)
}

fn lazy_view_after(
    meanwhile: Option<AnyView>,
    part: Lazy<AnyView>,
    missing: fn() -> AnyView,
) -> AnyView {
    let shown = RwSignal::new_local(meanwhile);
    // It belongs to whoever shows it, and goes with them: the part, and what stands there without it.
    // What it reads while it is made is no reason to make it again.
    let view =
        ScopedFuture::new_untracked(
            async move { part.await.unwrap_or_else(|NotLoaded| missing()) },
        );
    spawn_local(async move {
        let view = view.await;
        if let Some(mut shown) = shown.try_write() {
            *shown = Some(view);
        }
    });
    (move || {
        shown.track();
        shown.write_untracked().take()
    })
    .into_any()
}

/// With the way out.
fn missing_screen() -> AnyView {
    let session = use_session();
    let leave = move |_| session.dispatch(Command::Dismiss);
    view! {
        <main class="column">
            {missing()}
            <button class="primary" on:click=leave>
                {BACK_TO_HOME}
            </button>
        </main>
    }
    .into_any()
}

fn missing() -> AnyView {
    // It may be gone with the build that this page is of.
    use_session().report_missing_part();
    view! {
        <p class="card field-error" role="alert">
            {NOT_LOADED}
        </p>
    }
    .into_any()
}
