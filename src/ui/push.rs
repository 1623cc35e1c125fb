//! The choice to be rung where no page is open. Loaded with the contacts.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use wimpex_contacts::Contacts;
use wimpex_protocol::{UserId, limits};

use super::contact_actions::use_contacts;
use super::screens::push::{PushState, push_choice};
use super::words::push as words;
use super::{signal_of, use_session};
use crate::browser::push_manager;
use crate::session::push::{self, Callers};

/// Nothing where neither this server nor this browser can do it.
#[component]
pub(crate) fn PushSettings() -> impl IntoView {
    let possible = RwSignal::new(false);
    if push_manager::needs_home_screen() && !push_manager::is_supported() {
        return home_screen();
    }
    spawn_local(async move {
        if push::is_possible().await {
            possible.try_set(true);
        }
    });
    (move || possible.get().then(|| view! { <PushChoices /> }.into_any())).into_any()
}

fn home_screen() -> AnyView {
    view! {
        <section class="card people" aria-labelledby="push-title">
            <h2 id="push-title">{words::TITLE}</h2>
            <p class="hint">{words::HOME_SCREEN}</p>
        </section>
    }
    .into_any()
}

/// Who may wake this device, if strangers may not.
fn callers(contacts: &Contacts) -> Vec<UserId> {
    let all = contacts.contacts();
    let callers = all.iter().filter(|it| !it.is_blocked);
    // As many as a server takes; the newest matter most.
    let mut callers: Vec<_> = callers.map(|it| (it.added, it.id.clone())).collect();
    callers.sort_by_key(|(added, _)| std::cmp::Reverse(*added));
    callers
        .into_iter()
        .map(|(_, id)| id)
        .take(limits::VISIBLE_TO)
        .collect()
}

#[component]
fn PushChoices() -> impl IntoView {
    let contacts = use_contacts();
    let view = use_session().view;
    let trust = view.trust;
    let ringing = RwSignal::new(PushState::Pending);
    let changes = StoredValue::new(0u32);
    let change = move |wanted: Option<Callers>| {
        ringing.set(PushState::Pending);
        changes.update_value(|changes| *changes += 1);
        let change = changes.get_value();
        let callers = contacts.with_untracked(callers);
        let contacts_only = view.contacts_only.get_untracked();
        spawn_local(async move {
            let done = match wanted {
                Some(wanted) => push::subscribe(wanted, contacts_only, &callers).await,
                None => push::unsubscribe().await,
            };
            let is = match (done, wanted) {
                (Err(error), _) => PushState::Failed(error.name),
                (Ok(()), Some(wanted)) => PushState::On {
                    strangers: wanted == Callers::Everybody && !contacts_only,
                },
                (Ok(()), None) => PushState::Off,
            };
            // The screen may have gone meanwhile, or the user wants something else by now.
            if changes.try_get_value() == Some(change) {
                ringing.try_set(is);
            }
        });
    };
    // Says again what is wanted: the server may have forgotten it, the contacts may be others, or
    // strangers not wanted any more. That there is nobody is said like anything else.
    let told = Memo::new(move |_| {
        let callers = contacts.with(callers);
        (
            view.contacts_loaded.get(),
            view.contacts_only.get(),
            callers,
        )
    });
    Effect::new(move |_| {
        let is_loaded = told.with(|(is_loaded, ..)| *is_loaded);
        match push::wanted() {
            // Until then it is not known whom the server is to be told of.
            Some(_) if !is_loaded => ringing.set(PushState::Pending),
            Some(wanted) => change(Some(wanted)),
            None => ringing.set(PushState::Off),
        }
    });
    let choice = move || {
        let is_guest = trust.with(|trust| trust.is_guest);
        ringing.with(|ringing| push_choice(ringing, is_guest))
    };
    view! {
        <section class="card people" aria-labelledby="push-title">
            <h2 id="push-title">{words::TITLE}</h2>
            <div class="choice">
                <input
                    id="push"
                    type="checkbox"
                    aria-describedby="push-hint"
                    prop:checked=signal_of(move || choice().is_on)
                    disabled=signal_of(move || !choice().can_choose)
                    on:change=move |event| {
                        change(event_target_checked(&event).then_some(Callers::Contacts));
                    }
                />
                <label for="push">{words::RING_LABEL}</label>
                <p class="hint" id="push-hint">{words::RING_HINT}</p>
            </div>
            <div
                class="choice"
                hidden=signal_of(move || !choice().is_on || view.contacts_only.get())
            >
                <input
                    id="push-strangers"
                    type="checkbox"
                    aria-describedby="push-strangers-hint"
                    prop:checked=signal_of(move || choice().strangers)
                    on:change=move |event| {
                        let everybody = event_target_checked(&event);
                        change(Some(if everybody { Callers::Everybody } else { Callers::Contacts }));
                    }
                />
                <label for="push-strangers">{words::STRANGERS_LABEL}</label>
                <p class="hint" id="push-strangers-hint">{words::STRANGERS_HINT}</p>
            </div>
            <p class="hint" role="status">{signal_of(move || choice().status)}</p>
        </section>
    }
}
