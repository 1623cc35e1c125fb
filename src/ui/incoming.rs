//! The prompt of an incoming call.

use leptos::html::Dialog;
use leptos::prelude::*;
use wimpex_call::Command as CallCommand;
use wimpex_client::Command;

use super::check_devices::check_devices;
use super::claim::claim_sign;
use super::devices::devices_card;
use super::icon::{Avatar, icon};
use super::screens::icon::Icon;
use super::screens::incoming::incoming_prompt;
use super::styles::attach_styles;
use super::words::incoming as words;
use super::{signal_of, use_session};

/// Somebody calls.
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
    Effect::new(move |_| {
        if let Some(dialog) = dialog.get() {
            // Modal: the rest of the page is out of reach until there is an answer.
            let _ = dialog.show_modal();
        }
    });
    let send = move |command: CallCommand| move |_| session.dispatch(command.clone());
    view! {
        <dialog
            class="incoming"
            role="alertdialog"
            aria-labelledby="caller"
            aria-describedby="call-kind"
            node_ref=dialog
            on:cancel=move |event: web_sys::Event| {
                // The Escape key.
                event.prevent_default();
                session.dispatch(CallCommand::Decline);
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
            <div class="answers">
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
            {check_devices(devices_card)}
            <div class="row strangers" hidden=signal_of(move || !prompt().is_stranger)>
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
