//! Something came in somebody's name, and does not hold.

use leptos::html::Dialog;
use leptos::prelude::*;

use crate::session::Intent;
use crate::ui::icon::{Icon, icon};
use crate::ui::person::name_of;
use crate::ui::words::trust;
use crate::ui::{signal_of, use_session};

/// Says what was refused and what it means, until it has been read.
#[component]
pub fn SecurityAlert() -> impl IntoView {
    crate::ui::styles::attach_styles();
    let session = use_session();
    let view = session.view;
    let words = Memo::new(move |_| {
        view.trust
            .get()
            .alarm
            .map_or_else(Default::default, |alarm| {
                let name = name_of(view, &alarm.peer, None);
                trust::alarm(alarm.refusal, &alarm.peer, &name)
            })
    });
    let dialog = NodeRef::<Dialog>::new();
    Effect::new(move |_| {
        if let Some(dialog) = dialog.get() {
            let _ = dialog.show_modal();
        }
    });
    let read = move || session.dispatch(Intent::Alarmed);
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
            {icon(Icon::Warning)}
            <h2 id="alarm-title">{signal_of(move || words.get().0)}</h2>
            <p id="alarm-text">{signal_of(move || words.get().1)}</p>
            <div class="answers">
                <button class="primary" on:click=move |_| read()>
                    {trust::ALARM_READ}
                </button>
            </div>
        </dialog>
    }
}
