//! The prompt of who is being called.

use leptos::html::Dialog;
use leptos::prelude::*;
use wimpex_protocol::CallType;

use super::icon::{Avatar, Icon, icon};
use super::{live, use_session, words};
use crate::session::Intent;

/// Somebody calls.
#[component]
pub fn Incoming() -> impl IntoView {
    let session = use_session();
    let call = move || session.view.call.with(|view| view.call.clone());
    let name = Signal::derive(move || {
        call().map_or(String::new(), |call| {
            call.peer_name
                .unwrap_or_else(|| words::nameless(&call.peer))
        })
    });
    let is_video = live(move || call().is_some_and(|call| call.call_type == CallType::Video));
    let kind = live(move || {
        if is_video.get() {
            "Video call"
        } else {
            "Audio call"
        }
        .to_owned()
    });
    let sign = live(move || {
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
                <span class="tag" title="Nobody has checked that this is who they say they are.">
                    "not verified"
                </span>
            </p>
            <div class="answers">
                <button class="accept" on:click=send(Intent::Accept { camera: true })>
                    {icon(sign)}
                    "Accept"
                </button>
                <button
                    class="secondary"
                    hidden=live(move || !is_video.get())
                    on:click=send(Intent::Accept { camera: false })
                >
                    "Accept without camera"
                </button>
                <button class="decline" on:click=send(Intent::Decline)>
                    {icon(Icon::HangUp)}
                    "Decline"
                </button>
            </div>
        </dialog>
    }
}
