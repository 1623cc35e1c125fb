//! Who it is: the lock of a call, the pictures behind it, and the alarm.

mod alert;
mod comparison;

use leptos::html::{Button, Section};
use leptos::prelude::*;
use web_sys::KeyboardEvent;
use wimpex_gate::Assurance;

use super::icon::{Icon, icon};
use super::person::{caller, name_of};
use super::words::common::CLOSE;
use super::words::trust;
use super::{signal_of, use_session};
use crate::session::trust::{Caller, Lock as State};
use comparison::Comparison;

pub use alert::SecurityAlert;

/// Whether it is sure who the call is with, and behind it how to find out.
#[component]
pub fn LockButton() -> impl IntoView {
    crate::ui::styles::attach_styles();
    let view = use_session().view;
    let open = RwSignal::new(false);
    let caller = Memo::new(move |_| caller(view));
    let state = Memo::new(move |_| {
        view.trust
            .with(|trust| State::of(trust.assurance, trust.compared, &caller.get()))
    });
    let label = signal_of(move || trust::label(state.get()).to_owned());
    let sign = signal_of(move || match state.get() {
        State::Verified => Icon::Lock,
        State::Checking | State::NotVerified | State::Different => Icon::Unlocked,
    });
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
            data-lock=signal_of(move || trust::code(state.get()))
            aria-expanded=signal_of(move || if open.get() { "true" } else { "false" })
            aria-controls="verification"
            node_ref=button
            on:click=move |_| open.update(|open| *open = !*open)
        >
            {icon(sign)}
            {label}
        </button>
        {move || open.get().then(|| view! { <VerificationPanel state caller close /> }.into_any())}
    }
}

/// What the lock opens to.
#[component]
fn VerificationPanel(
    state: Memo<State>,
    caller: Memo<Caller>,
    close: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let view = use_session().view;
    let name = signal_of(move || {
        view.call.with(|call| {
            call.call.as_ref().map_or_else(String::new, |call| {
                name_of(view, &call.peer, call.peer_name.clone())
            })
        })
    });
    let title = signal_of(move || trust::label(state.get()).to_owned());
    let meaning = signal_of(move || {
        let assurance = view.trust.with(|trust| trust.assurance);
        trust::meaning(assurance, &caller.get(), &name.get())
    });
    let sas = Memo::new(move |_| match view.trust.with(|trust| trust.assurance) {
        Assurance::Compare(sas) | Assurance::Verified(sas) => Some(sas),
        Assurance::None | Assurance::Pending => None,
    });
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
            aria-label=trust::PANEL_LABEL
            node_ref=panel
            on:keydown=move |event: KeyboardEvent| {
                if event.key() == "Escape" {
                    close();
                }
            }
        >
            <header>
                <h2>{title}</h2>
                <button class="quiet" on:click=move |_| close()>
                    {CLOSE}
                </button>
            </header>
            <p hidden=signal_of(move || state.get() == State::Different)>{meaning}</p>
            {move || sas.get().map(|sas| view! { <Comparison sas name /> }.into_any())}
        </section>
    }
}
