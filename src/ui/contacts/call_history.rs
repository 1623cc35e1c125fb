//! Past calls.

use leptos::prelude::*;
use wimpex_contacts::PastCall;
use wimpex_protocol::CallId;

use crate::browser::clock;
use crate::ui::contact_actions::use_contacts;
use crate::ui::screens::contacts::{past_call, unseen};
use crate::ui::screens::names::name_of;
use crate::ui::words::contacts as words;
use crate::ui::{signal_of, use_session};
use wimpex_client::Command;

/// Who, when, how long, and how it ended.
#[component]
pub(super) fn CallHistory() -> impl IntoView {
    let contacts = use_contacts();
    let calls = Memo::new(move |_| contacts.with(|contacts| contacts.calls().to_vec()));
    // Whoever sees the list has seen what is in it, and what comes into it meanwhile. It
    // may be read from the database only now.
    let new = RwSignal::new(Vec::<CallId>::new());
    Effect::new(move |_| {
        let missed = contacts.with(unseen);
        if missed.is_empty() {
            return;
        }
        new.update(|new| new.extend(missed.iter().cloned()));
        contacts.see_missed();
    });
    view! {
        <section
            class="card people"
            aria-labelledby="calls-title"
            hidden=signal_of(move || calls.with(Vec::is_empty))
        >
            <h2 id="calls-title">{words::CALLS}</h2>
            <ul class="calls">
                <For each=move || calls.get() key=|call| call.call_id.clone() let:call>
                    {item(new, call)}
                </For>
            </ul>
            <button class="quiet" on:click=move |_| contacts.clear_history()>
                {words::CLEAR_CALLS}
            </button>
        </section>
    }
}

fn item(new: RwSignal<Vec<CallId>>, call: PastCall) -> AnyView {
    let session = use_session();
    let view = session.view;
    let screen = past_call(&call);
    let id = call.call_id;
    let is_new = signal_of(move || new.with(|new| new.contains(&id)));
    let when = clock::local_time(call.at);
    let peer = StoredValue::new(call.peer);
    let (claimed, call_type) = (call.peer_name, call.call_type);
    let name = signal_of(move || {
        let people = view.peers.read();
        peer.with_value(|peer| name_of(&people, peer, claimed.as_deref()))
    });
    let again = move |_| {
        let peer = peer.get_value();
        session.dispatch(Command::Watch(peer.clone()));
        session.dispatch(Command::StartCall { peer, call_type });
    };
    view! {
        <li class="past" class:missed=screen.is_missed class:new=is_new>
            <span aria-hidden="true">{screen.arrow}</span>
            <span>
                <b>{name}</b>
                <br />
                {screen.summary}
                " · "
                <time>{when}</time>
            </span>
            <button
                class="quiet"
                aria-label=signal_of(move || words::call_again_label(&name.get()))
                on:click=again
            >
                {words::CALL}
            </button>
        </li>
    }
    .into_any()
}
