//! Contacts, past calls, and what belongs to this device. Loaded when it is wanted.

mod add;
mod blocked_people;
mod call_history;
mod import;
mod item;
mod keep;
mod qr_code;
mod refusal;
mod this_device;

use leptos::prelude::*;

use super::contact_actions::use_contacts;
use super::push::PushSettings;
use super::screens::contacts::listed;
use super::signal_of;
use super::styles::attach_styles;
use super::words::contacts as words;
use add::AddContactForm;
use call_history::CallHistory;
use item::ContactItem;
use this_device::ThisDevice;

pub use keep::KeepContact;
pub use qr_code::LinkQrCode;

/// All of it, for the first screen.
#[component]
pub fn ContactsArea() -> impl IntoView {
    attach_styles();
    let contacts = use_contacts();
    contacts.load();
    let ids = Memo::new(move |_| contacts.with(listed));
    view! {
        <section class="card people" aria-labelledby="contacts-title">
            <h2 id="contacts-title">{words::CONTACTS}</h2>
            <p class="hint" hidden=signal_of(move || !ids.with(Vec::is_empty))>
                {words::NO_CONTACTS}
            </p>
            <ul class="contacts">
                <For each=move || ids.get() key=Clone::clone let:id>
                    <ContactItem id />
                </For>
            </ul>
            <AddContactForm />
            {move || {
                contacts.is_unsaved().then(|| {
                    view! {
                        <p class="field-error" role="alert">
                            {words::NOT_STORED}
                        </p>
                    }
                    .into_any()
                })
            }}
        </section>
        <PushSettings />
        <CallHistory />
        <ThisDevice />
    }
}
