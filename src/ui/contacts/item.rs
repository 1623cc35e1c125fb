//! One contact.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::SubmitEvent;
use wimpex_contacts::{Contact, Contacts};
use wimpex_protocol::{CallType, Name, UserId};

use crate::browser::window;
use crate::session::people::{self, Touched};
use crate::session::{Intent, ServerState, address};
use crate::ui::icon::{Icon, icon};
use crate::ui::welcome::invalid;
use crate::ui::{signal_of, use_session, words};

/// Their name, whether they are there, and what can be done about them.
#[component]
pub(super) fn ContactItem(id: UserId) -> impl IntoView {
    let session = use_session();
    let view = session.view;
    let id = StoredValue::new(id);
    let book = people::book();
    let contact = Memo::new(move |_| book.with(|book| book.contact(&id.get_value()).cloned()));
    let of = move |read: fn(&Contact) -> bool| {
        signal_of(move || contact.with(|it| it.as_ref().is_some_and(read)))
    };
    let name = signal_of(move || {
        contact.with(|it| {
            it.as_ref()
                .map_or_else(String::new, |it| it.name.to_string())
        })
    });
    let blocked = of(|it| it.is_blocked);
    let mistrusted = of(|it| it.is_mistrusted);
    let online = signal_of(move || {
        let id = id.get_value();
        view.people.with(|people| {
            let person = people.iter().find(|it| it.user == id);
            person.and_then(|person| person.online) == Some(true)
        })
    });
    let away = signal_of(move || view.server.get() != ServerState::Online);
    let call = move |call_type| {
        let peer = id.get_value();
        session.dispatch(Intent::Call { peer, call_type });
    };
    let change = move |run: fn(&mut Contacts, &UserId)| {
        let id = id.get_value();
        people::change(|book| {
            run(book, &id);
            vec![Touched::Contact(id.clone())]
        });
    };
    let text = RwSignal::new(String::new());
    let error = RwSignal::new(String::new());
    let rename = move |event: SubmitEvent| {
        event.prevent_default();
        match Name::parse(&text.get_untracked()) {
            Ok(name) => people::change(|book| {
                book.rename(&id.get_value(), name);
                vec![Touched::Contact(id.get_value())]
            }),
            Err(wrong) => error.set(words::welcome::name_error(wrong)),
        }
    };
    let copied = RwSignal::new(false);
    let copy = move |_| {
        let link = address::link(&window::origin(), &id.get_value());
        spawn_local(async move {
            let done = window::copy(&link).await.is_ok();
            // They may be removed by then.
            let _ = copied.try_set(done);
        });
    };
    let labelled = move |label: fn(&str) -> String| signal_of(move || label(&name.get()));
    view! {
        <li class="contact">
            <span class="presence" class:online=online>
                <span class="name">{name}</span>
                <span class="sr">{signal_of(move || if online.get() { words::contacts::ONLINE } else { words::contacts::OFFLINE }.to_owned())}</span>
                <span class="tag" hidden=signal_of(move || !blocked.get())>{words::contacts::BLOCKED}</span>
                <span class="tag" hidden=signal_of(move || !mistrusted.get())>{words::contacts::MISMATCH}</span>
            </span>
            <button
                class="secondary square"
                aria-label=labelled(words::contacts::video_call_label)
                disabled=away
                on:click=move |_| call(CallType::Video)
            >
                {icon(Icon::Camera)}
            </button>
            <button
                class="secondary square"
                aria-label=labelled(words::contacts::audio_call_label)
                disabled=away
                on:click=move |_| call(CallType::Audio)
            >
                {icon(Icon::Phone)}
            </button>
            <details on:toggle=move |_| {
                text.set(name.get_untracked());
                error.set(String::new());
            }>
                <summary aria-label=labelled(words::contacts::more_label)>{words::contacts::MORE}</summary>
                <form novalidate on:submit=rename>
                    <input
                        type="text"
                        aria-label=labelled(words::contacts::rename_label)
                        aria-invalid=signal_of(move || invalid(&error.get()))
                        prop:value=signal_of(move || text.get())
                        on:input=move |event| text.set(event_target_value(&event))
                    />
                    <button class="secondary" type="submit">{words::contacts::RENAME}</button>
                </form>
                <p class="field-error" role="alert">{signal_of(move || error.get())}</p>
                <div class="row">
                    <button class="quiet" on:click=copy>
                        {signal_of(move || if copied.get() { words::common::COPIED } else { words::contacts::COPY_THEIR_LINK }.to_owned())}
                    </button>
                    <button class="quiet" hidden=blocked on:click=move |_| change(|book, id| book.block(id, true))>
                        {words::contacts::BLOCK}
                    </button>
                    <button
                        class="quiet"
                        hidden=signal_of(move || !blocked.get())
                        on:click=move |_| change(|book, id| book.block(id, false))
                    >
                        {words::contacts::UNBLOCK}
                    </button>
                    <button
                        class="quiet"
                        hidden=signal_of(move || !mistrusted.get())
                        on:click=move |_| change(|book, id| book.mistrust(id, false))
                    >
                        {words::contacts::TRUST_AGAIN}
                    </button>
                    <button class="quiet" on:click=move |_| change(|book, id| book.remove(id))>
                        {words::contacts::REMOVE}
                    </button>
                </div>
            </details>
        </li>
    }
}
