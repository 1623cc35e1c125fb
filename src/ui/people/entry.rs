//! One contact.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::SubmitEvent;
use wimpex_book::{Book, Contact};
use wimpex_protocol::{CallType, Name, UserId};

use crate::browser::{location, navigator};
use crate::session::people::{self, Touched};
use crate::session::{Intent, ServerState, address};
use crate::ui::icon::{Icon, icon};
use crate::ui::welcome::invalid;
use crate::ui::{live, use_session, words};

/// Their name, whether they are there, and what can be done about them.
#[component]
pub(super) fn Entry(id: UserId) -> impl IntoView {
    let session = use_session();
    let view = session.view;
    let id = StoredValue::new(id);
    let book = people::book();
    let contact = Memo::new(move |_| book.with(|book| book.contact(&id.get_value()).cloned()));
    let of = move |read: fn(&Contact) -> bool| {
        live(move || contact.with(|it| it.as_ref().is_some_and(read)))
    };
    let name = live(move || {
        contact.with(|it| {
            it.as_ref()
                .map_or_else(String::new, |it| it.name.to_string())
        })
    });
    let blocked = of(|it| it.is_blocked);
    let mistrusted = of(|it| it.is_mistrusted);
    let online = live(move || {
        let id = id.get_value();
        view.people.with(|people| {
            let person = people.iter().find(|it| it.user == id);
            person.and_then(|person| person.online) == Some(true)
        })
    });
    let away = live(move || view.server.get() != ServerState::Online);
    let call = move |call_type| {
        let peer = id.get_value();
        session.dispatch(Intent::Call { peer, call_type });
    };
    let change = move |run: fn(&mut Book, &UserId)| {
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
            Err(wrong) => error.set(words::name_error(wrong)),
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
    let labelled = move |verb: &'static str| live(move || format!("{verb} {}", name.get()));
    view! {
        <li class="contact">
            <span class="presence" class:online=online>
                <span class="name">{name}</span>
                <span class="sr">{live(move || if online.get() { "online" } else { "not online" }.to_owned())}</span>
                <span class="tag" hidden=live(move || !blocked.get())>"blocked"</span>
                <span class="tag" hidden=live(move || !mistrusted.get())>"pictures did not match"</span>
            </span>
            <button
                class="secondary square"
                aria-label=labelled("Video call with")
                disabled=away
                on:click=move |_| call(CallType::Video)
            >
                {icon(Icon::Camera)}
            </button>
            <button
                class="secondary square"
                aria-label=labelled("Audio call with")
                disabled=away
                on:click=move |_| call(CallType::Audio)
            >
                {icon(Icon::Phone)}
            </button>
            <details on:toggle=move |_| {
                text.set(name.get_untracked());
                error.set(String::new());
            }>
                <summary aria-label=labelled("More about")>"More"</summary>
                <form novalidate on:submit=rename>
                    <input
                        type="text"
                        aria-label=labelled("Name for")
                        aria-invalid=live(move || invalid(&error.get()))
                        prop:value=live(move || text.get())
                        on:input=move |event| text.set(event_target_value(&event))
                    />
                    <button class="secondary" type="submit">"Rename"</button>
                </form>
                <p class="field-error" role="alert">{live(move || error.get())}</p>
                <div class="row">
                    <button class="quiet" on:click=copy>
                        {live(move || if copied.get() { "Copied" } else { "Copy their link" }.to_owned())}
                    </button>
                    <button class="quiet" hidden=blocked on:click=move |_| change(|book, id| book.block(id, true))>
                        "Block"
                    </button>
                    <button
                        class="quiet"
                        hidden=live(move || !blocked.get())
                        on:click=move |_| change(|book, id| book.block(id, false))
                    >
                        "Unblock"
                    </button>
                    <button
                        class="quiet"
                        hidden=live(move || !mistrusted.get())
                        on:click=move |_| change(|book, id| book.mistrust(id, false))
                    >
                        "Trust again"
                    </button>
                    <button class="quiet" on:click=move |_| change(|book, id| book.remove(id))>
                        "Remove"
                    </button>
                </div>
            </details>
        </li>
    }
}
