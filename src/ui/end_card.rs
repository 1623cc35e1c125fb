//! How the call ended, how long it took, and with whom.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use wimpex_call::EndReason;

use super::claim::claim_sign;
use super::contacts::KeepContact;
use super::icon::Avatar;
use super::screens::ended::{end_summary, new_contact};
use super::words::ended::Circumstances;
use super::{signal_of, use_session};
use crate::browser::permissions;
use crate::session::Signals;
use wimpex_client::ServerState;

/// What is so at the moment, for the reason of an end.
pub(super) fn circumstances(view: Signals) -> Circumstances {
    Circumstances {
        server: view.server.get_untracked() == ServerState::Online,
        has_relay: view.has_relay.get_untracked(),
        hides_address: view.hide_address.get_untracked(),
        routes: view.routes.get_value(),
        lacks_local_network: false,
    }
}

/// How, how long it took, and with whom. In words that come with the rest of a call.
#[component]
pub fn EndCard() -> impl IntoView {
    let view = use_session().view;
    // As it was when the call ended; a server that comes back changes no cause.
    let at_end = circumstances(view);
    let lacks_local_network = RwSignal::new(false);
    let failed = view.call.with_untracked(|call| {
        let ended = call.ended.as_ref();
        ended.is_some_and(|ended| ended.reason == EndReason::ConnectionFailed)
    });
    if failed {
        spawn_local(async move {
            let lacks = permissions::lacks_local_network().await;
            // The card may be gone by then.
            let _ = lacks_local_network.try_set(lacks);
        });
    }
    let summary = move || {
        let (call, trust, people) = (view.call.read(), view.trust.read(), view.peers.read());
        let at_end = Circumstances {
            lacks_local_network: lacks_local_network.get(),
            ..at_end
        };
        end_summary(&call, &trust, &people, at_end)
    };
    let name = signal_of(move || summary().name);
    // Not by the summary: it changes with whoever comes and goes, and a form that is being filled in
    // must not.
    let new = Memo::new(move |_| {
        view.call
            .with(|call| view.trust.with(|trust| new_contact(call, trust)))
    });
    let keep = move || {
        new.get()
            .map(|new| view! { <KeepContact new /> }.into_any())
    };
    view! {
        <Avatar name />
        <h1>{signal_of(move || summary().headline.to_owned())}</h1>
        <p>{signal_of(move || summary().sentence)}</p>
        {claim_sign(signal_of(move || summary().claim))}
        <p class="hint" hidden=signal_of(move || summary().length.is_empty())>
            {signal_of(move || summary().length)}
        </p>
        {keep}
    }
}
