//! One contact.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::SubmitEvent;
use wimpex_protocol::{CallType, UserId};

use crate::browser::{location, navigator};
use crate::ui::contact_actions::use_contacts;
use crate::ui::field::invalid;
use crate::ui::icon::icon;
use crate::ui::screens::contacts::{contact_screen, copy_link, renamed};
use crate::ui::screens::icon::Icon;
use crate::ui::words::contacts as words;
use crate::ui::{signal_of, use_session};
use wimpex_client::{Command, address};

/// Their name, whether they are there, and what can be done about them.
#[component]
pub(super) fn ContactItem(id: UserId) -> impl IntoView {
    let session = use_session();
    let view = session.view;
    let contacts = use_contacts();
    let id = StoredValue::new(id);
    let screen = move || {
        let (people, server) = (view.peers.read(), view.server.get());
        contacts.with(|contacts| id.with_value(|id| contact_screen(id, contacts, &people, server)))
    };
    let name = signal_of(move || screen().name);
    let away = signal_of(move || !screen().can_call);
    let call = move |call_type| {
        let peer = id.get_value();
        session.dispatch(Command::StartCall { peer, call_type });
    };
    let text = RwSignal::new(String::new());
    let error = RwSignal::new(String::new());
    let rename = move |event: SubmitEvent| {
        event.prevent_default();
        match renamed(&text.get_untracked()) {
            Ok(name) => contacts.rename(id.get_value(), name),
            Err(wrong) => error.set(wrong),
        }
    };
    let copied = RwSignal::new(false);
    let copy = move |_| {
        let link = address::link(&location::origin(), &id.get_value());
        spawn_local(async move {
            let done = navigator::copy(&link).await.is_ok();
            // They may be removed by then.
            let _ = copied.try_set(done);
        });
    };
    let labelled = move |label: fn(&str) -> String| signal_of(move || label(&name.get()));
    view! {
        <li class="contact">
            <span class="presence" class:online=signal_of(move || screen().is_online)>
                <span class="name">{name}</span>
                <span class="sr">{signal_of(move || screen().presence.to_owned())}</span>
                <span class="tag" hidden=signal_of(move || !screen().is_blocked)>{words::BLOCKED}</span>
                <span class="tag" hidden=signal_of(move || !screen().is_mistrusted)>{words::MISMATCH}</span>
            </span>
            <button
                class="secondary square"
                aria-label=labelled(words::video_call_label)
                disabled=away
                on:click=move |_| call(CallType::Video)
            >
                {icon(Icon::Camera)}
            </button>
            <button
                class="secondary square"
                aria-label=labelled(words::audio_call_label)
                disabled=away
                on:click=move |_| call(CallType::Audio)
            >
                {icon(Icon::Phone)}
            </button>
            <details on:toggle=move |_| {
                text.set(name.get_untracked());
                error.set(String::new());
            }>
                <summary aria-label=labelled(words::more_label)>{words::MORE}</summary>
                <form novalidate on:submit=rename>
                    <input
                        type="text"
                        aria-label=labelled(words::rename_label)
                        aria-invalid=signal_of(move || invalid(&error.get()))
                        prop:value=signal_of(move || text.get())
                        on:input=move |event| text.set(event_target_value(&event))
                    />
                    <button class="secondary" type="submit">{words::RENAME}</button>
                </form>
                <p class="field-error" role="alert">{signal_of(move || error.get())}</p>
                <div class="row">
                    <button class="quiet" on:click=copy>
                        {signal_of(move || copy_link(copied.get()).to_owned())}
                    </button>
                    <button
                        class="quiet"
                        hidden=signal_of(move || screen().is_blocked)
                        on:click=move |_| contacts.block(id.get_value(), true)
                    >
                        {words::BLOCK}
                    </button>
                    <button
                        class="quiet"
                        hidden=signal_of(move || !screen().is_blocked)
                        on:click=move |_| contacts.block(id.get_value(), false)
                    >
                        {words::UNBLOCK}
                    </button>
                    <button
                        class="quiet"
                        hidden=signal_of(move || !screen().is_mistrusted)
                        on:click=move |_| contacts.trust_again(id.get_value())
                    >
                        {words::TRUST_AGAIN}
                    </button>
                    <button class="quiet" on:click=move |_| contacts.remove(id.get_value())>
                        {words::REMOVE}
                    </button>
                </div>
            </details>
        </li>
    }
}
