//! A second call inside the first: its prompt, the line of the one that is on hold, and the word
//! when one of two has ended. Never over the controls.

use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use web_sys::KeyboardEvent;
use wimpex_call::Command as CallCommand;

use super::claim::claim_sign;
use super::end_card::circumstances;
use super::icon::{Avatar, icon};
use super::incoming::use_settled;
use super::ringing::{Knock, knock};
use super::screens::icon::Icon;
use super::screens::incoming::IncomingPrompt;
use super::screens::waiting::{
    ended_beside, held_call, hold_button, hold_line, waiting_notice, waiting_prompt,
};
use super::words::incoming::DECLINE;
use super::words::waiting as words;
use super::{signal_of, use_session};

/// Milliseconds until the word about a call that has ended goes by itself. It is among the past
/// calls, too.
const TOLD_FOR: u32 = 10_000;

/// All of it.
#[component]
pub(crate) fn SecondCall() -> impl IntoView {
    let view = use_session().view;
    let waits = Memo::new(move |_| view.call.with(|call| call.waiting.is_some()));
    let held = Memo::new(move |_| view.call.with(|call| call.held.is_some()));
    view! {
        <div class="second-call">
            {move || waits.get().then(|| view! { <WaitingCall /> }.into_any())}
            {move || held.get().then(|| view! { <HeldCall /> }.into_any())}
            <HoldLine />
            <EndedBeside />
        </div>
    }
}

/// Somebody whom the user knows calls. No button has the focus: whoever types on, types on.
#[component]
fn WaitingCall() -> impl IntoView {
    let session = use_session();
    let view = session.view;
    let prompt = Memo::new(move |_| {
        view.call
            .with(|call| view.peers.with(|it| waiting_prompt(call, it)))
    });
    let of = move |what: fn(&IncomingPrompt) -> &str| {
        signal_of(move || {
            let prompt = prompt.get();
            prompt.map_or_else(String::new, |it| what(&it.prompt).to_owned())
        })
    };
    let notice = Memo::new(move |_| {
        view.call
            .with(|call| view.peers.with(|it| waiting_notice(call, it)))
    });
    let knocks = StoredValue::new_local(None::<Knock>);
    Effect::new(move |_| {
        // The one before falls silent first.
        knocks.set_value(None);
        knocks.set_value(notice.get().map(|(title, body)| knock(title, body)));
    });
    let settled = use_settled();
    // One that was held down when it rang, or is pressed too early.
    let keys = move |event: KeyboardEvent| {
        if event.repeat() || !settled.get_untracked() {
            event.prevent_default();
        }
    };
    let send = move |command: CallCommand| move |_| session.dispatch(command.clone());
    view! {
        <section class="waiting" aria-label=words::WAITING_LABEL on:keydown=keys>
            <div class="who">
                <Avatar name=of(|it| &it.name) />
                <div role="alert">
                    <p class="headline" dir="auto">
                        {signal_of(move || prompt.get().map_or_else(String::new, |it| it.headline))}
                    </p>
                    <p class="hint">
                        {of(|it| it.kind)}
                        <span
                            class="tag"
                            class:known=signal_of(move || prompt.get().is_some_and(|it| it.prompt.is_known))
                            title=of(|it| it.tag_title)
                        >
                            {of(|it| it.tag)}
                        </span>
                    </p>
                    {claim_sign(signal_of(move || prompt.get().and_then(|it| it.prompt.claim)))}
                </div>
            </div>
            <div class="row" inert=signal_of(move || !settled.get())>
                <button class="accept" on:click=send(CallCommand::AnswerWaiting { hold: true })>
                    {icon(Icon::PHONE)}
                    {words::HOLD_AND_ANSWER}
                </button>
                <button class="secondary" on:click=send(CallCommand::AnswerWaiting { hold: false })>
                    {words::END_AND_ANSWER}
                </button>
                <button class="decline" on:click=send(CallCommand::DeclineWaiting)>
                    {icon(Icon::HANG_UP)}
                    {DECLINE}
                </button>
            </div>
        </section>
    }
}

/// The call that is on hold behind the one that is seen.
#[component]
fn HeldCall() -> impl IntoView {
    let session = use_session();
    let view = session.view;
    let held = Memo::new(move |_| {
        view.call
            .with(|call| view.peers.with(|it| held_call(call, it)))
    });
    let text = move |what: fn(super::screens::waiting::HeldCall) -> String| {
        signal_of(move || held.get().map_or_else(String::new, what))
    };
    view! {
        <section class="held" aria-label=words::HELD_LABEL>
            {icon(Icon::PAUSE)}
            <p role="status" dir="auto">
                {text(|it| it.line)}
            </p>
            <button class="secondary" on:click=move |_| session.dispatch(CallCommand::Swap)>
                {words::SWAP}
            </button>
            <button
                class="quiet"
                aria-label=text(|it| it.end_label)
                on:click=move |_| session.dispatch(CallCommand::EndOther)
            >
                {icon(Icon::HANG_UP)}
            </button>
        </section>
    }
}

/// What a call on hold means.
#[component]
fn HoldLine() -> impl IntoView {
    let view = use_session().view;
    let line = Memo::new(move |_| {
        view.call
            .with(|call| view.peers.with(|it| hold_line(call, it)))
    });
    view! {
        <p class="word" role="status" dir="auto">
            {signal_of(move || line.get())}
        </p>
    }
}

/// How one of two calls ended.
#[component]
fn EndedBeside() -> impl IntoView {
    let session = use_session();
    let view = session.view;
    let line = Memo::new(move |_| {
        let at_end = circumstances(view);
        view.call
            .with(|call| view.peers.with(|it| ended_beside(call, it, at_end)))
    });
    let goes = StoredValue::new_local(None::<Timeout>);
    Effect::new(move |_| {
        let is_said = line.with(|line| !line.is_empty());
        goes.set_value(
            is_said.then(|| Timeout::new(TOLD_FOR, move || session.dispatch(CallCommand::Dismiss))),
        );
    });
    view! {
        <p class="word" role="alert" dir="auto">
            {signal_of(move || line.get())}
        </p>
    }
}

/// Puts the call on hold, or goes on with it.
#[component]
pub(crate) fn HoldButton() -> impl IntoView {
    let session = use_session();
    let view = session.view;
    let button = Memo::new(move |_| view.call.with(hold_button));
    let is_on_hold = Memo::new(move |_| button.get().is_some_and(|it| it.is_on_hold));
    let toggle = move |_| {
        if let Some(button) = button.get_untracked() {
            session.dispatch(button.toggle());
        }
    };
    let sign = move || {
        if is_on_hold.get() {
            Icon::PLAY
        } else {
            Icon::PAUSE
        }
    };
    view! {
        <button
            class="hold"
            class:primary=is_on_hold
            hidden=signal_of(move || button.with(Option::is_none))
            on:click=toggle
        >
            {icon(signal_of(sign))}
            {signal_of(move || button.get().map_or("", |it| it.label).to_owned())}
        </button>
    }
}
