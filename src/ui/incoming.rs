//! The prompt of who is being called.

use leptos::html::Dialog;
use leptos::prelude::*;
use wimpex_protocol::CallType;

use super::icon::{Avatar, Icon, icon};
use super::person::{caller, name_of};
use super::words::common::{AUDIO_CALL, VIDEO_CALL};
use super::words::{incoming, trust};
use super::{signal_of, use_session};
use crate::session::Intent;

/// Somebody calls.
#[component]
pub fn IncomingDialog() -> impl IntoView {
    crate::ui::styles::attach_styles();
    let session = use_session();
    let call = move || session.view.call.with(|view| view.call.clone());
    let view = session.view;
    let name = Signal::derive(move || {
        call().map_or(String::new(), |call| {
            name_of(view, &call.peer, call.peer_name)
        })
    });
    let caller = Memo::new(move |_| caller(view));
    let is_video = signal_of(move || call().is_some_and(|call| call.call_type == CallType::Video));
    let kind = signal_of(move || {
        if is_video.get() {
            VIDEO_CALL
        } else {
            AUDIO_CALL
        }
        .to_owned()
    });
    let sign = signal_of(move || {
        if is_video.get() {
            Icon::Camera
        } else {
            Icon::Phone
        }
    });
    let dialog = NodeRef::<Dialog>::new();
    Effect::new(move |_| {
        if let Some(dialog) = dialog.get() {
            // Modal: the rest of the page is out of reach until there is an answer.
            let _ = dialog.show_modal();
        }
    });
    let send = move |intent: Intent| move |_| session.dispatch(intent.clone());
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
                session.dispatch(Intent::Decline);
            }
        >
            <div class="pulse"><Avatar name /></div>
            <h2 id="caller">{name}</h2>
            <p id="call-kind">
                {kind}
                <span
                    class="tag"
                    class:known=signal_of(move || caller.get().is_known())
                    title=signal_of(move || trust::caller_title(&caller.get()))
                >
                    {signal_of(move || trust::caller(&caller.get()).to_owned())}
                </span>
            </p>
            <p class="hint">{signal_of(move || trust::calls_themselves(&caller.get()))}</p>
            <div class="answers">
                <button class="accept" on:click=send(Intent::Accept { camera: true })>
                    {icon(sign)}
                    {incoming::ACCEPT}
                </button>
                <button
                    class="secondary"
                    hidden=signal_of(move || !is_video.get())
                    on:click=send(Intent::Accept { camera: false })
                >
                    {incoming::ACCEPT_WITHOUT_CAMERA}
                </button>
                <button class="decline" on:click=send(Intent::Decline)>
                    {icon(Icon::HangUp)}
                    {incoming::DECLINE}
                </button>
            </div>
        </dialog>
    }
}
