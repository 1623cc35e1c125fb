//! Contacts, past calls, and what belongs to this device. Loaded when it is wanted.

mod add;
mod blocked_people;
mod call_history;
mod do_not_disturb;
mod import;
mod install;
mod item;
mod keep;
mod links;
mod messages;
mod qr_code;
mod refusal;
mod this_device;
mod unsaved_files;

use leptos::prelude::*;

use super::contact_actions::use_contacts;
use super::mailbox::Mailbox;
use super::push::PushSettings;
use super::recording::KeptRecordings;
use super::screens::contacts::listed;
use super::screens::message::mailbox_choice;
use super::signal_of;
use super::styles::attach_styles;
use super::words::{contacts as words, message};
use add::AddContactForm;
use call_history::CallHistory;
use do_not_disturb::do_not_disturb_card;
use install::install_card;
use item::ContactItem;
use links::links_card;
use this_device::ThisDevice;
use unsaved_files::UnsavedFiles;

pub(crate) use do_not_disturb::{on_until, set as set_do_not_disturb};
pub use keep::KeepContact;
pub(crate) use links::shown_label;
pub use qr_code::LinkQrCode;

/// All of it, for the first screen.
#[component]
pub fn ContactsArea() -> impl IntoView {
    attach_styles();
    let contacts = use_contacts();
    contacts.load();
    let mailbox = Mailbox::open();
    let ids = Memo::new(move |_| contacts.with(listed));
    view! {
        // First: after a crash it is looked for.
        <KeptRecordings class="card files" made=signal_of(|| 0) />
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
        {links_card()}
        {do_not_disturb_card()}
        <PushSettings />
        {message_settings(mailbox)}
        <CallHistory mailbox />
        <UnsavedFiles />
        <ThisDevice />
        {install_card()}
    }
}

/// The choice to let people leave messages; nothing where there is none.
fn message_settings(mailbox: Mailbox) -> AnyView {
    let choice = signal_of(move || {
        let wanted = mailbox.wanted.get();
        mailbox.state.with(|state| mailbox_choice(state, wanted))
    });
    view! {
        <section
            class="card people"
            aria-labelledby="mailbox-title"
            hidden=signal_of(move || !choice.with(|it| it.is_shown))
        >
            <h2 id="mailbox-title">{message::SETTING_TITLE}</h2>
            <div class="choice">
                <input
                    id="mailbox"
                    type="checkbox"
                    aria-describedby="mailbox-hint"
                    prop:checked=signal_of(move || choice.with(|it| it.is_on))
                    on:change=move |event| mailbox.set_wanted(event_target_checked(&event))
                />
                <label for="mailbox">{message::SETTING_LABEL}</label>
                <p class="hint" id="mailbox-hint">
                    {message::SETTING_HINT}
                </p>
            </div>
            <p class="hint" role="status">
                {signal_of(move || choice.with(|it| it.status.clone()))}
            </p>
        </section>
    }
    .into_any()
}
