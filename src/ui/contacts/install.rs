//! A hint that the page can be installed: at the end of the page, once, and gone for good when it
//! is put away.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::browser::{install_prompt, push_manager};
use crate::session::settings;
use crate::ui::signal_of;
use crate::ui::words::install as words;

/// Nothing where the page is installed, cannot be, or the user does not want it.
pub(super) fn install_card() -> AnyView {
    let is_wanted = RwSignal::new(!settings::is_install_hint_dismissed());
    let is_ready = RwSignal::new(install_prompt::is_ready());
    StoredValue::new_local(install_prompt::on_change(move || {
        is_ready.set(install_prompt::is_ready());
    }));
    let by_hand = push_manager::needs_home_screen();
    let is_shown = move || is_wanted.get() && (by_hand || is_ready.get());
    let install = move |_| {
        spawn_local(async move {
            install_prompt::ask().await;
            is_ready.try_set(install_prompt::is_ready());
        });
    };
    let dismiss = move |_| {
        settings::dismiss_install_hint();
        is_wanted.set(false);
    };
    view! {
        <section
            class="card people"
            aria-labelledby="install-title"
            hidden=signal_of(move || !is_shown())
        >
            <h2 id="install-title">{words::TITLE}</h2>
            <p class="hint">{if by_hand { words::HOME_SCREEN } else { words::HINT }}</p>
            <div class="row">
                <button class="secondary" hidden=by_hand on:click=install>
                    {words::INSTALL}
                </button>
                <button class="quiet" on:click=dismiss>
                    {words::NOT_NOW}
                </button>
            </div>
        </section>
    }
    .into_any()
}
