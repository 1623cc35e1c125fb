//! One contact.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::SubmitEvent;
use wimpex_protocol::{CallType, UserId};

use super::refusal::RefusalNotice;
use crate::browser::{location, navigator};
use crate::ui::contact_actions::use_contacts;
use crate::ui::field::invalid;
use crate::ui::icon::icon;
use crate::ui::screens::contacts::{Refusal, contact_screen, copy_link};
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
    let refusal = RwSignal::new(Refusal::default());
    let rename = move |insists| {
        let named = id.with_value(|id| contacts.named(id, &text.get_untracked(), insists));
        match named {
            Ok(name) => {
                contacts.rename(id.get_value(), name);
                refusal.set(Refusal::default());
            }
            Err(refused) => refusal.set(refused),
        }
    };
    let error_id = id.with_value(|id| ["rename-error-", id.as_str()].concat());
    let described_by = error_id.clone();
    let copied = RwSignal::new(false);
    let copy = move |_| {
        let link = address::link(&location::home(), &id.get_value());
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
                <bdi class="name">{name}</bdi>
                <span class="sr">{signal_of(move || screen().presence.to_owned())}</span>
                <span class="tag" hidden=signal_of(move || !screen().is_blocked)>{words::BLOCKED}</span>
                <span class="tag" hidden=signal_of(move || !screen().is_mistrusted)>{words::MISMATCH}</span>
                <span class="tag quiet" hidden=signal_of(move || !screen().is_not_compared)>
                    {words::NOT_COMPARED}
                </span>
            </span>
            <button
                class="secondary square"
                aria-label=labelled(words::video_call_label)
                disabled=away
                on:click=move |_| call(CallType::Video)
            >
                {icon(Icon::CAMERA)}
            </button>
            <button
                class="secondary square"
                aria-label=labelled(words::audio_call_label)
                disabled=away
                on:click=move |_| call(CallType::Audio)
            >
                {icon(Icon::PHONE)}
            </button>
            <details on:toggle=move |_| {
                text.set(name.get_untracked());
                refusal.set(Refusal::default());
            }>
                <summary aria-label=labelled(words::more_label)>{words::MORE}</summary>
                <form
                    novalidate
                    on:submit=move |event: SubmitEvent| {
                        event.prevent_default();
                        rename(false);
                    }
                >
                    <input
                        type="text"
                        dir="auto"
                        aria-label=labelled(words::rename_label)
                        aria-invalid=signal_of(move || refusal.with(|it| invalid(&it.words)))
                        aria-describedby=described_by
                        prop:value=signal_of(move || text.get())
                        on:input=move |event| {
                            text.set(event_target_value(&event));
                            refusal.set(Refusal::default());
                        }
                    />
                    <button class="secondary" type="submit">{words::RENAME}</button>
                </form>
                <RefusalNotice id=error_id refusal insist=move || rename(true) />
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
