//! After a call: to keep who it was with, under a name of one's own.

use leptos::html::{Button, Input};
use leptos::prelude::*;
use web_sys::KeyboardEvent;
use wimpex_client::Introduction;
use wimpex_identity::is_key_id;

use super::refusal::RefusalNotice;
use crate::browser::clock;
use crate::ui::contact_actions::use_contacts;
use crate::ui::field::invalid;
use crate::ui::screens::contacts::{Refusal, can_keep};
use crate::ui::screens::ended::NewContact;
use crate::ui::words::contacts as words;
use crate::ui::{signal_of, use_session};

/// A button that opens a form, for who is no contact yet. The field is empty: the name that they gave
/// themselves says nothing of who they are.
#[component]
pub fn KeepContact(new: NewContact) -> impl IntoView {
    let view = use_session().view;
    let contacts = use_contacts();
    contacts.load();
    let is_guest = !is_key_id(&new.user);
    let NewContact { user, claimed } = new;
    let user = StoredValue::new(user);
    let can_keep = Memo::new(move |_| {
        contacts.with(|contacts| user.with_value(|user| can_keep(user, contacts)))
    });
    let open = RwSignal::new(false);
    let is_kept = RwSignal::new(false);
    let name = RwSignal::new(String::new());
    let refusal = RwSignal::new(Refusal::default());
    let known = move || {
        let people = view.peers.get_untracked();
        user.with_value(|user| people.iter().find(|it| it.user == *user).cloned())
    };
    // As it was when the call ended: another one takes it away.
    let met = Introduction::of(
        known().as_ref(),
        view.trust.with_untracked(|trust| trust.compared),
    );
    let keep = move |insists| {
        let id = user.get_value();
        match contacts.named(&id, &name.get_untracked(), insists) {
            Ok(name) => {
                let opened = known().is_some_and(|it| it.opened);
                contacts.add(met.contact(id, name, opened, clock::wall_millis()));
                is_kept.set(true);
                open.set(false);
            }
            Err(refused) => refusal.set(refused),
        }
    };
    let field = NodeRef::<Input>::new();
    let button = NodeRef::<Button>::new();
    // Whoever closes the form is back where they opened it.
    Effect::new(move |was_open: Option<bool>| {
        let is_open = open.get();
        if was_open == Some(true) && !is_open {
            request_animation_frame(move || {
                if let Some(button) = button.try_get_untracked().flatten() {
                    let _ = button.focus();
                }
            });
        }
        is_open
    });
    Effect::new(move |_| {
        if let Some(field) = field.get() {
            let _ = field.focus();
        }
    });
    let form = move || {
        view! {
            <form
                class="keep"
                aria-label=words::KEEP
                novalidate
                on:submit=move |event| {
                    event.prevent_default();
                    keep(false);
                }
                on:keydown=move |event: KeyboardEvent| {
                    if event.key() == "Escape" {
                        open.set(false);
                    }
                }
            >
                <p class="hint" id="keep-hint">{words::introduction(met, claimed.as_deref())}</p>
                <label for="keep-name">{words::ADD_NAME_LABEL}</label>
                <input
                    id="keep-name"
                    type="text"
                    dir="auto"
                    autocomplete="off"
                    node_ref=field
                    prop:value=signal_of(move || name.get())
                    on:input=move |event| {
                        name.set(event_target_value(&event));
                        refusal.set(Refusal::default());
                    }
                    aria-invalid=signal_of(move || refusal.with(|it| invalid(&it.words)))
                    aria-describedby="keep-hint keep-error"
                />
                <RefusalNotice id="keep-error" refusal insist=move || keep(true) />
                <div class="row">
                    <button class="primary" type="submit">{words::ADD}</button>
                    <button class="quiet" type="button" on:click=move |_| open.set(false)>
                        {words::CANCEL}
                    </button>
                </div>
            </form>
        }
        .into_any()
    };
    // What is around it tells of changes (a live region), and nobody wants to hear what they type.
    view! {
        <div aria-live="off">
            <button
                class="quiet"
                node_ref=button
                hidden=signal_of(move || !can_keep.get() || open.get())
                on:click=move |_| open.set(true)
            >
                {words::KEEP}
            </button>
            {move || open.get().then(&form)}
            <p class="hint" hidden=!is_guest>{words::GUEST_CALLED}</p>
        </div>
        <p class="hint" role="status" hidden=signal_of(move || !is_kept.get())>
            {signal_of(move || if is_kept.get() { words::KEPT } else { "" }.to_owned())}
        </p>
    }
}
