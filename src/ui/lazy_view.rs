//! A part of the page that is loaded when it is first shown.

use leptos::prelude::*;
use leptos::reactive::computed::ScopedFuture;
use leptos::task::spawn_local;

use super::words::common::{NOT_LOADED, ONE_MOMENT};
use crate::chunk::{Lazy, NotLoaded};

/// Nothing until the part is there, then the part; or why it is not.
pub(crate) fn lazy_view(part: Lazy<AnyView>) -> AnyView {
    lazy_view_after(None, part)
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
    lazy_view_after(Some(meanwhile.into_any()), screen)
}

fn lazy_view_after(meanwhile: Option<AnyView>, part: Lazy<AnyView>) -> AnyView {
    let shown = RwSignal::new_local(meanwhile);
    // It belongs to whoever shows it, and goes with them.
    let part = ScopedFuture::new(part);
    spawn_local(async move {
        let view = part.await.unwrap_or_else(|NotLoaded| missing());
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

fn missing() -> AnyView {
    view! {
        <p class="card field-error" role="alert">
            {NOT_LOADED}
        </p>
    }
    .into_any()
}
