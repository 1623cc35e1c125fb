//! A new contact: from a link, from a picture of one, or after a call.

use leptos::prelude::*;
use web_sys::SubmitEvent;
use wimpex_book::Contact;
use wimpex_identity::{is_key_id, is_whole_key_id};
use wimpex_protocol::{Name, UserId};

use super::qr::Scan;
use crate::browser::{clock, location, storage_manager};
use crate::session::address;
use crate::session::people::{self, Touched};
use crate::ui::welcome::invalid;
use crate::ui::{live, use_session, words};

fn keep(id: UserId, name: Name) {
    // Who has contacts would miss them: the browser may not make room by forgetting.
    storage_manager::persist();
    people::change(|book| {
        book.add(Contact {
            id: id.clone(),
            name,
            added: clock::wall_millis(),
            is_blocked: false,
            is_mistrusted: false,
        });
        vec![Touched::Contact(id)]
    });
}

/// The fields for it.
#[component]
pub(super) fn AddContact() -> impl IntoView {
    let view = use_session().view;
    let [link, name] = [(); 2].map(|()| RwSignal::new(String::new()));
    let error = RwSignal::new(String::new());
    let add = move |event: SubmitEvent| {
        event.prevent_default();
        let me = view.me.get_untracked();
        let id = address::parse(&link.get_untracked(), &location::origin(), me.as_ref());
        let id = id.map_err(|wrong| words::address_error(wrong).to_owned());
        let id = id.and_then(|id| {
            if !is_key_id(&id) {
                Err(words::people::GUEST.to_owned())
            } else if is_whole_key_id(&id) {
                Ok(id)
            } else {
                Err(words::people::CUT_OFF.to_owned())
            }
        });
        let named = Name::parse(&name.get_untracked()).map_err(words::name_error);
        match id.and_then(|id| Ok((id, named?))) {
            Ok((id, named)) => {
                keep(id, named);
                link.set(String::new());
                name.set(String::new());
                error.set(String::new());
            }
            Err(wrong) => error.set(wrong),
        }
    };
    let field = move |id: &'static str, label: &'static str, text: RwSignal<String>| {
        view! {
            <label for=id>{label}</label>
            <input
                id=id
                type="text"
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                prop:value=live(move || text.get())
                on:input=move |event| {
                    text.set(event_target_value(&event));
                    error.set(String::new());
                }
                aria-invalid=live(move || invalid(&error.get()))
                aria-describedby="add-error"
            />
        }
        .into_any()
    };
    view! {
        <details class="add">
            <summary>"Add a contact"</summary>
            <form novalidate on:submit=add>
                {field("add-link", "Their link or ID", link)}
                {field("add-name", "Your name for them", name)}
                <p class="field-error" id="add-error" role="alert">{live(move || error.get())}</p>
                <button class="primary" type="submit">"Add"</button>
                <Scan found=move |text| link.set(text) />
            </form>
        </details>
    }
}

/// After a call: to keep who it was with, if they have a key.
#[component]
pub(crate) fn KeepContact(peer: UserId, name: String) -> impl IntoView {
    let session = use_session();
    leptos::task::spawn_local(people::load(session.inbox()));
    let book = people::book();
    let id = peer.clone();
    let known =
        Memo::new(move |_| !is_key_id(&id) || book.with(|book| book.contact(&id).is_some()));
    let kept = RwSignal::new(false);
    let add = move |_| {
        // What somebody calls themselves may be no name at all.
        let named = Name::parse(&name).or_else(|_| Name::parse(&words::nameless(&peer)));
        if let Ok(named) = named {
            keep(peer.clone(), named);
            kept.set(true);
        }
    };
    view! {
        <button class="quiet" hidden=known on:click=add>
            "Add to contacts"
        </button>
        <p class="hint" role="status">
            {live(move || if kept.get() { "They are in your contacts now." } else { "" }.to_owned())}
        </p>
    }
}
