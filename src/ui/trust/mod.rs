//! Who it is: the lock of a call, the comparison of emoji behind it, and the alert.

mod alert;
mod comparison;

use leptos::html::{Button, Section};
use leptos::prelude::*;
use web_sys::KeyboardEvent;

use super::icon::icon;
use super::screens::trust::verification;
use super::styles::attach_styles;
use super::words::common::CLOSE;
use super::words::trust as words;
use super::{signal_of, use_session};
use crate::session::Signals;
use comparison::Comparison;

pub use alert::SecurityAlert;

/// Whether it is sure who the call is with, and behind it how to find out.
#[component]
pub fn LockButton() -> impl IntoView {
    attach_styles();
    let view = use_session().view;
    let open = RwSignal::new(false);
    let button = NodeRef::<Button>::new();
    let close = move || {
        open.set(false);
        if let Some(button) = button.get_untracked() {
            let _ = button.focus();
        }
    };
    view! {
        <button
            class="lock"
            data-lock=signal_of(move || shown(view).style)
            aria-expanded=signal_of(move || if open.get() { "true" } else { "false" })
            aria-controls="verification"
            node_ref=button
            on:click=move |_| open.update(|open| *open = !*open)
        >
            {icon(signal_of(move || shown(view).icon))}
            {signal_of(move || shown(view).label.to_owned())}
        </button>
        <span class="lock-note" hidden=signal_of(move || shown(view).note.is_empty())>
            {signal_of(move || shown(view).note.to_owned())}
        </span>
        {move || open.get().then(|| view! { <VerificationPanel close /> }.into_any())}
    }
}

fn shown(view: Signals) -> super::screens::trust::Verification {
    let (call, trust, people) = (view.call.read(), view.trust.read(), view.peers.read());
    verification(&call, &trust, &people)
}

/// What the lock opens to.
#[component]
fn VerificationPanel(close: impl Fn() + Copy + Send + Sync + 'static) -> impl IntoView {
    let view = use_session().view;
    let name = signal_of(move || shown(view).name);
    let sas = Memo::new(move |_| shown(view).sas);
    let panel = NodeRef::<Section>::new();
    Effect::new(move |_| {
        if let Some(panel) = panel.get() {
            let _ = panel.focus();
        }
    });
    view! {
        <section
            id="verification"
            class="panel verification"
            tabindex="-1"
            aria-label=words::PANEL_LABEL
            node_ref=panel
            on:keydown=move |event: KeyboardEvent| {
                if event.key() == "Escape" {
                    close();
                }
            }
        >
            <header>
                <h2>{signal_of(move || shown(view).label.to_owned())}</h2>
                <button class="quiet" on:click=move |_| close()>
                    {CLOSE}
                </button>
            </header>
            <p hidden=signal_of(move || !shown(view).has_meaning)>
                {signal_of(move || shown(view).meaning)}
            </p>
            {move || sas.get().map(|sas| view! { <Comparison sas name /> }.into_any())}
        </section>
    }
}
