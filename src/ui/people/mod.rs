//! Contacts, past calls, and what belongs to this device. Loaded when it is wanted.

mod add;
mod calls;
mod device;
mod entry;
mod qr;

use leptos::prelude::*;

use super::styles::attach_styles;
use super::words::people as words;
use super::{signal_of, use_session};
use crate::session::people;
use add::AddContact;
use calls::PastCalls;
use device::ThisDevice;
use entry::Entry;

pub(crate) use add::KeepContact;
pub use qr::LinkAsPicture;

/// All of it, for the first screen.
#[component]
pub fn People() -> impl IntoView {
    attach_styles();
    let session = use_session();
    leptos::task::spawn_local(people::load(session.inbox()));
    let book = people::book();
    let ids = Memo::new(move |_| {
        let contacts = |book: &wimpex_contacts::Contacts| {
            let contacts = book.contacts().into_iter();
            contacts
                .map(|contact| contact.id.clone())
                .collect::<Vec<_>>()
        };
        book.with(contacts)
    });
    let nobody = signal_of(move || !ids.with(Vec::is_empty));
    let unkept = people::unkept();
    view! {
        <section class="card people" aria-labelledby="contacts-title">
            <h2 id="contacts-title">{words::CONTACTS}</h2>
            <p class="hint" hidden=nobody>
                {words::NO_CONTACTS}
            </p>
            <ul class="contacts">
                <For each=move || ids.get() key=Clone::clone let:id>
                    <Entry id />
                </For>
            </ul>
            <AddContact />
            {move || {
                unkept.get().then(|| {
                    view! {
                        <p class="field-error" role="alert">
                            {words::NOT_STORED}
                        </p>
                    }
                    .into_any()
                })
            }}
        </section>
        <PastCalls />
        <ThisDevice />
    }
}
