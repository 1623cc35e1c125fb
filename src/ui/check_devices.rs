//! The button that looks at microphone and camera before a call, or while one rings.

use leptos::prelude::*;

use super::signal_of;
use super::words::devices::CHECK_DEVICES;

/// A button that opens the choice of devices and takes it away again; `panel` is that choice.
pub(crate) fn check_devices(panel: fn(RwSignal<bool>) -> AnyView) -> AnyView {
    let is_open = RwSignal::new(false);
    view! {
        <button
            type="button"
            class="quiet centered"
            aria-expanded=signal_of(move || if is_open.get() { "true" } else { "false" })
            on:click=move |_| is_open.update(|open| *open = !*open)
        >
            {CHECK_DEVICES}
        </button>
        {move || is_open.get().then(|| panel(is_open))}
    }
    .into_any()
}
