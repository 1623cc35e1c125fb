//! A message came in somebody's name, and failed verification.

use leptos::html::Dialog;
use leptos::prelude::*;

use crate::ui::icon::icon;
use crate::ui::screens::icon::Icon;
use crate::ui::screens::trust::alert_screen;
use crate::ui::styles::attach_styles;
use crate::ui::words::trust as words;
use crate::ui::{signal_of, use_session};
use wimpex_client::Command;

/// Says what was rejected and what it may mean, until it has been read.
#[component]
pub fn SecurityAlert() -> impl IntoView {
    attach_styles();
    let session = use_session();
    let view = session.view;
    let screen = move || {
        view.trust
            .with(|trust| view.peers.with(|it| alert_screen(trust, it)))
    };
    let dialog = NodeRef::<Dialog>::new();
    Effect::new(move |_| {
        if let Some(dialog) = dialog.get() {
            let _ = dialog.show_modal();
        }
    });
    let read = move || session.dispatch(Command::DismissAlert);
    view! {
        <dialog
            class="incoming alarm"
            role="alertdialog"
            aria-labelledby="alarm-title"
            aria-describedby="alarm-text"
            node_ref=dialog
            on:cancel=move |event: web_sys::Event| {
                event.prevent_default();
                read();
            }
        >
            {icon(Icon::WARNING)}
            <h2 id="alarm-title">{signal_of(move || screen().title)}</h2>
            <p id="alarm-text">{signal_of(move || screen().text)}</p>
            <div class="answers">
                <button class="primary" on:click=move |_| read()>
                    {words::ALERT_READ}
                </button>
            </div>
        </dialog>
    }
}
