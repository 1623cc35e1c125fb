//! The prompt of an incoming call.

use gloo_timers::callback::Timeout;
use leptos::html::Dialog;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::KeyboardEvent;
use wimpex_call::Command as CallCommand;
use wimpex_client::{Command, LinkedCall};

use super::check_devices::check_devices;
use super::claim::claim_sign;
use super::contacts::shown_label;
use super::devices::devices_card;
use super::icon::{Avatar, icon};
use super::screens::icon::Icon;
use super::screens::incoming::incoming_prompt;
use super::styles::attach_styles;
use super::typing::Typing;
use super::words::{incoming as words, links as link_words};
use super::{signal_of, use_session};
use crate::browser::window;
use crate::session::push;

/// Milliseconds for which a prompt that has come into sight takes no answer. A key or a touch that
/// was on its way is meant for what was there before.
const SETTLES_AFTER: u32 = 500;

/// Somebody calls. No button has the focus at first: whoever types on, types into nothing.
#[component]
pub fn IncomingDialog() -> impl IntoView {
    attach_styles();
    let session = use_session();
    let view = session.view;
    let prompt = move || {
        let (call, people) = (view.call.read(), view.peers.read());
        incoming_prompt(call.call.as_ref(), &people)
    };
    let name = signal_of(move || prompt().name);
    let dialog = NodeRef::<Dialog>::new();
    let typing = StoredValue::new_local(Typing::here());
    Effect::new(move |_| {
        if let Some(dialog) = dialog.get() {
            // Modal: the rest of the page is out of reach until there is an answer.
            let _ = dialog.show_modal();
            // Browsers differ in what they give the focus to where nothing can have it.
            let _ = dialog.focus();
        }
    });
    // Whoever has answered the notice need not do so again.
    let ringing = move || {
        view.call.with_untracked(|call| {
            let ringing = call.call.as_ref();
            ringing.map(|it| (it.peer.clone(), it.call_id.clone()))
        })
    };
    let asked = ringing();
    spawn_local(async move {
        if let Some((peer, call)) = &asked
            && push::takes(peer, call).await
            // Another call may have taken the place of this one meanwhile.
            && ringing() == asked
        {
            session.dispatch(CallCommand::Accept { camera: true });
        }
    });
    on_cleanup(move || {
        if let Some(Some(typing)) = typing.try_update_value(Option::take) {
            typing.resume_when_shown();
        }
    });
    // Which of the user's links a stranger has.
    let by_link = move || {
        let (call, linked) = (view.call.read(), view.linked_call.read());
        let is_its = |it: &&LinkedCall| {
            call.call
                .as_ref()
                .is_some_and(|call| call.call_id == it.call_id)
        };
        let id = linked.as_ref().filter(is_its).map(|it| it.link);
        view.contacts.with(|contacts| {
            let link = contacts.links().iter().find(|it| Some(it.id()) == id);
            link.map_or_else(String::new, |it| link_words::rings_by(&shown_label(it)))
        })
    };
    let settled = use_settled();
    let decline = move || session.dispatch(CallCommand::Decline);
    let keys = move |event: KeyboardEvent| {
        // One that was held down when it rang, or is pressed too early.
        if event.repeat() || !settled.get_untracked() {
            event.prevent_default();
        }
    };
    let send = move |command: CallCommand| move |_| session.dispatch(command.clone());
    view! {
        <dialog
            class="incoming"
            role="alertdialog"
            aria-labelledby="caller"
            aria-describedby="call-kind"
            tabindex="-1"
            node_ref=dialog
            on:keydown=keys
            on:cancel=move |event: web_sys::Event| {
                // The Escape key, or a telephone's gesture for "back".
                event.prevent_default();
                if settled.get_untracked() {
                    decline();
                }
            }
            // Chromium closes a dialog all the same where nobody has touched the page.
            on:close=move |_| {
                if settled.get_untracked() {
                    decline();
                } else if let Some(dialog) = dialog.get_untracked() {
                    let _ = dialog.show_modal();
                }
            }
        >
            <div class="pulse"><Avatar name /></div>
            <h2 id="caller" dir="auto">{name}</h2>
            {claim_sign(signal_of(move || prompt().claim))}
            <p id="call-kind">
                {signal_of(move || prompt().kind.to_owned())}
                <span
                    class="tag"
                    class:known=signal_of(move || prompt().is_known)
                    title=signal_of(move || prompt().tag_title)
                >
                    {signal_of(move || prompt().tag.to_owned())}
                </span>
            </p>
            <p class="hint">{signal_of(move || prompt().alias)}</p>
            <p class="hint" dir="auto">{signal_of(by_link)}</p>
            <div class="answers" inert=signal_of(move || !settled.get())>
                <button class="accept" on:click=send(CallCommand::Accept { camera: true })>
                    {icon(signal_of(move || prompt().icon))}
                    {words::ACCEPT}
                </button>
                <button
                    class="secondary"
                    hidden=signal_of(move || !prompt().is_video)
                    on:click=send(CallCommand::Accept { camera: false })
                >
                    {words::ACCEPT_WITHOUT_CAMERA}
                </button>
                <button class="decline" on:click=send(CallCommand::Decline)>
                    {icon(Icon::HANG_UP)}
                    {words::DECLINE}
                </button>
            </div>
            <div class="preview-place" inert=signal_of(move || !settled.get())>
                {check_devices(devices_card)}
            </div>
            <div
                class="row strangers"
                inert=signal_of(move || !settled.get())
                hidden=signal_of(move || !prompt().is_stranger)
            >
                <button class="quiet" on:click=move |_| session.dispatch(Command::BlockCaller)>
                    {words::BLOCK}
                </button>
                <button
                    class="quiet"
                    on:click=move |_| session.dispatch(Command::SilenceStrangers)
                >
                    {words::SILENCE_STRANGERS}
                </button>
            </div>
        </dialog>
    }
}

/// False for a moment after the prompt has come into sight: when it appears, and when somebody
/// returns to the tab that has it.
pub(super) fn use_settled() -> ReadSignal<bool> {
    let (settled, set_settled) = signal(false);
    let timer = StoredValue::new_local(None::<Timeout>);
    let begin = move || {
        set_settled.set(false);
        timer.set_value(Some(Timeout::new(SETTLES_AFTER, move || {
            set_settled.set(true);
        })));
    };
    begin();
    let back = window::on_document("visibilitychange", move |_| {
        if window::is_visible() {
            begin();
        }
    });
    StoredValue::new_local(back);
    settled
}
