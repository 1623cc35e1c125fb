//! A part of the page that is loaded when it is first shown.

use leptos::prelude::*;
use leptos::reactive::computed::ScopedFuture;
use leptos::task::spawn_local;

use super::words::common::NOT_LOADED;
use crate::chunk::{Lazy, NotLoaded};

/// Nothing until the part is there, then the part; or why it is not.
pub(crate) fn lazy_view(part: Lazy<AnyView>) -> AnyView {
    let shown = RwSignal::new_local(None::<AnyView>);
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
