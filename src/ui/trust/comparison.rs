//! Seven emoji, the same on both sides if nobody is in between.

use leptos::prelude::*;
use wimpex_call::Command as CallCommand;
use wimpex_identity::{Emoji, Sas};

use crate::ui::contact_actions::use_contacts;
use crate::ui::screens::trust::comparison;
use crate::ui::words::common::END_CALL;
use crate::ui::words::trust as words;
use crate::ui::{signal_of, use_session};

/// The emoji, how to compare them, and what came of it.
#[component]
pub(super) fn Comparison(sas: Sas, name: Signal<String>) -> impl IntoView {
    let session = use_session();
    let contacts = use_contacts();
    let compared = Memo::new(move |_| session.view.trust.with(|trust| trust.compared));
    let screen = move || comparison(compared.get(), &name.get());
    let say = move |same| move |_| contacts.compared(same);
    let emoji = sas.emoji().map(emoji).collect_view();
    view! {
        <ol class="pictures" aria-label=words::EMOJI_LABEL>{emoji}</ol>
        <p
            class="outcome"
            class:different=signal_of(move || screen().is_different)
            role="status"
        >
            {signal_of(move || screen().outcome)}
        </p>
        <div class="row" hidden=signal_of(move || screen().is_answered)>
            <button class="primary" on:click=say(Some(true))>
                {words::MATCH}
            </button>
            <button class="secondary" on:click=say(Some(false))>
                {words::NO_MATCH}
            </button>
        </div>
        <div class="row" hidden=signal_of(move || !screen().is_answered)>
            <button
                class="decline"
                hidden=signal_of(move || !screen().is_different)
                on:click=move |_| session.dispatch(CallCommand::HangUp)
            >
                {END_CALL}
            </button>
            <button class="secondary" on:click=say(None)>
                {words::COMPARE_AGAIN}
            </button>
        </div>
    }
}

fn emoji(emoji: Emoji) -> AnyView {
    view! {
        <li>
            <span class="sas-emoji" aria-hidden="true">
                {emoji.symbol}
            </span>
            <span>{emoji.name}</span>
        </li>
    }
    .into_any()
}
