//! Past calls.

use leptos::prelude::*;
use wimpex_protocol::CallId;

use super::messages::messages;
use crate::browser::clock;
use crate::ui::claim::claim_sign;
use crate::ui::contact_actions::use_contacts;
use crate::ui::mailbox::Mailbox;
use crate::ui::screens::contacts::{CallRow, call_list, past_call, unseen};
use crate::ui::screens::names::{claim, name_of};
use crate::ui::words::contacts as words;
use crate::ui::{signal_of, use_session};
use wimpex_client::Command;

/// Who, when, how long, and how it ended.
#[component]
pub(super) fn CallHistory(mailbox: Mailbox) -> impl IntoView {
    let contacts = use_contacts();
    let calls = Memo::new(move |_| contacts.with(call_list));
    let strangers = Memo::new(move |_| calls.with(|calls| calls.folded.len()));
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
            hidden=signal_of(move || {
                calls.with(|calls| calls.shown.is_empty()) && mailbox.is_empty()
            })
        >
            <h2 id="calls-title">{words::CALLS}</h2>
            {messages(mailbox)}
            <ul class="calls">{rows(new, signal_of(move || calls.with(|it| it.shown.clone())))}</ul>
            <details hidden=signal_of(move || strangers.get() == 0)>
                <summary>{signal_of(move || words::more_strangers(strangers.get()))}</summary>
                <ul class="calls">{rows(new, signal_of(move || calls.with(|it| it.folded.clone())))}</ul>
            </details>
            <button class="quiet" on:click=move |_| contacts.clear_history()>
                {words::CLEAR_CALLS}
            </button>
        </section>
    }
}

fn rows(new: RwSignal<Vec<CallId>>, rows: Signal<Vec<CallRow>>) -> AnyView {
    view! {
        <For each=move || rows.get() key=|row| (row.call.call_id.clone(), row.count) let:row>
            {item(new, row)}
        </For>
    }
    .into_any()
}

fn item(new: RwSignal<Vec<CallId>>, row: CallRow) -> AnyView {
    let CallRow { call, count } = row;
    let session = use_session();
    let view = session.view;
    let screen = past_call(&call);
    let id = call.call_id;
    let is_new = signal_of(move || new.with(|new| new.contains(&id)));
    let when = clock::local_time(call.at);
    let peer = StoredValue::new(call.peer);
    let (claimed, call_type) = (StoredValue::new(call.peer_name), call.call_type);
    let name = signal_of(move || {
        let people = view.peers.read();
        peer.with_value(|peer| claimed.with_value(|it| name_of(&people, peer, it.as_deref())))
    });
    let claim = signal_of(move || {
        let people = view.peers.read();
        peer.with_value(|peer| claimed.with_value(|it| claim(&people, peer, it.as_deref())))
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
                <b><bdi>{name}</bdi></b>
                " "
                {claim_sign(claim)}
                <br />
                {screen.summary}
                " · "
                <time>{when}</time>
                {(count > 1).then(|| [" · ", &words::times(count)].concat())}
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
