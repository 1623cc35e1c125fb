//! Past calls.

use leptos::prelude::*;
use wimpex_contacts::{Direction, Outcome, PastCall};
use wimpex_protocol::CallId;

use crate::browser::clock;
use crate::session::Intent;
use crate::session::people::{self, Touched};
use crate::ui::person::name_of;
use crate::ui::{signal_of, use_session, words};

/// Who, when, how long, and how it ended.
#[component]
pub(super) fn CallHistory() -> impl IntoView {
    let book = people::book();
    let calls = {
        let book = book.clone();
        Memo::new(move |_| book.with(|book| book.calls().to_vec()))
    };
    // Whoever sees the list has seen what is in it, and what comes into it meanwhile. It
    // may be read from the database only now.
    let new = RwSignal::new(Vec::<CallId>::new());
    Effect::new(move |_| {
        let missed = book.with(|book| book.missed().cloned().collect::<Vec<_>>());
        if missed.is_empty() {
            return;
        }
        new.update(|new| new.extend(missed.iter().cloned()));
        people::change(|book| {
            book.see_all();
            missed.into_iter().map(Touched::Call).collect()
        });
    });
    let clear = move |_| {
        let gone = calls.with_untracked(|calls| {
            calls
                .iter()
                .map(|call| Touched::Call(call.call_id.clone()))
                .collect()
        });
        people::change(|book| {
            book.forget_calls();
            gone
        });
    };
    let none = signal_of(move || calls.with(Vec::is_empty));
    view! {
        <section class="card people" aria-labelledby="calls-title" hidden=none>
            <h2 id="calls-title">{words::contacts::CALLS}</h2>
            <ul class="calls">
                <For each=move || calls.get() key=|call| call.call_id.clone() let:call>
                    {line(new, call)}
                </For>
            </ul>
            <button class="quiet" on:click=clear>
                {words::contacts::CLEAR_CALLS}
            </button>
        </section>
    }
}

fn line(new: RwSignal<Vec<CallId>>, call: PastCall) -> AnyView {
    let id = call.call_id.clone();
    let is_new = signal_of(move || new.with(|new| new.contains(&id)));
    let session = use_session();
    let missed = call.outcome == Outcome::Missed;
    let how = words::contacts::past(call.direction, call.call_type, call.outcome);
    let when = clock::local_time(call.at);
    let (peer, claimed, call_type) = (call.peer.clone(), call.peer_name.clone(), call.call_type);
    let name = signal_of(move || name_of(session.view, &peer, claimed.clone()));
    let again = move |_| {
        session.dispatch(Intent::Watch(call.peer.clone()));
        session.dispatch(Intent::Call {
            peer: call.peer.clone(),
            call_type,
        });
    };
    let arrow = match call.direction {
        Direction::Incoming => "↙",
        Direction::Outgoing => "↗",
    };
    view! {
        <li class="past" class:missed=missed class:new=is_new>
            <span aria-hidden="true">{arrow}</span>
            <span>
                <b>{name}</b>
                <br />
                {how}
                " · "
                <time>{when}</time>
            </span>
            <button class="quiet" aria-label=signal_of(move || words::contacts::call_again_label(&name.get())) on:click=again>
                {words::contacts::CALL}
            </button>
        </li>
    }
    .into_any()
}
