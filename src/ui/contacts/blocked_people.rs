//! Who is blocked without being a contact.

use leptos::prelude::*;
use wimpex_contacts::BlockedStranger;

use crate::ui::contact_actions::use_contacts;
use crate::ui::screens::contacts::blocked_name;
use crate::ui::signal_of;
use crate::ui::words::this_device as words;

/// Each of them, and a way to take it back. Empty where there is nobody.
#[component]
pub(super) fn BlockedPeople() -> impl IntoView {
    let contacts = use_contacts();
    let blocked = Memo::new(move |_| {
        contacts.with(|contacts| contacts.blocked_strangers().cloned().collect::<Vec<_>>())
    });
    view! {
        <details hidden=signal_of(move || blocked.with(Vec::is_empty))>
            <summary>{words::BLOCKED_PEOPLE}</summary>
            <p>{words::BLOCKED_PEOPLE_TEXT}</p>
            <ul>
                <For each=move || blocked.get() key=|it| it.id.clone() let:stranger>
                    {item(stranger)}
                </For>
            </ul>
        </details>
    }
}

fn item(stranger: BlockedStranger) -> AnyView {
    let contacts = use_contacts();
    let name = blocked_name(&stranger);
    let label = words::unblock_label(&name);
    let id = stranger.id;
    view! {
        <li class="past">
            <span></span>
            <bdi>{name}</bdi>
            <button
                class="quiet"
                aria-label=label
                on:click=move |_| contacts.unblock_stranger(id.clone())
            >
                {words::UNBLOCK}
            </button>
        </li>
    }
    .into_any()
}
