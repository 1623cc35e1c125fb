//! The buttons of a call, and their keys.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent};
use wimpex_call::{CallView, Capture, State};
use wimpex_protocol::CallType;

use super::icon::{Icon, icon};
use super::use_session;
use crate::browser::window;
use crate::session::{Intent, Session};

/// The row at the bottom of the stage.
#[component]
pub(crate) fn Controls(
    call: Memo<Option<CallView>>,
    state: Memo<State>,
    panel: RwSignal<bool>,
) -> impl IntoView {
    let session = use_session();
    let silent = Memo::new(move |_| call.with(|call| call.as_ref().is_some_and(is_silent)));
    let camera = Memo::new(move |_| call.with(|call| call.as_ref().is_some_and(sends_picture)));
    let has_camera = Memo::new(move |_| {
        call.with(|call| {
            call.as_ref()
                .is_some_and(|call| call.call_type == CallType::Video)
        })
    });
    let calling = Memo::new(move |_| state.get() == State::Calling);
    let keys = window::on_document("keydown", move |event| {
        let key = shortcut(event.unchecked_ref());
        match key.as_deref() {
            Some("m") => toggle_microphone(session, silent.get_untracked()),
            Some("v") if has_camera.get_untracked() => {
                toggle_camera(session, camera.get_untracked());
            }
            _ => {}
        }
    });
    StoredValue::new_local(keys);
    view! {
        <div class="controls" role="group" aria-label="Call controls">
            <button
                class="round"
                class:off=move || silent.get()
                title="M"
                aria-label=move || if silent.get() { "Unmute" } else { "Mute" }
                on:click=move |_| toggle_microphone(session, silent.get_untracked())
            >
                {move || icon(if silent.get() { Icon::MicrophoneOff } else { Icon::Microphone })}
            </button>
            <Show when=move || has_camera.get()>
                <button
                    class="round"
                    class:off=move || !camera.get()
                    title="V"
                    aria-label=move || if camera.get() { "Turn camera off" } else { "Turn camera on" }
                    on:click=move |_| toggle_camera(session, camera.get_untracked())
                >
                    {move || icon(if camera.get() { Icon::Camera } else { Icon::CameraOff })}
                </button>
            </Show>
            <button
                class="round"
                class:pressed=move || panel.get()
                aria-label="Quality"
                aria-expanded=move || panel.get().to_string()
                disabled=move || calling.get()
                on:click=move |_| panel.update(|open| *open = !*open)
            >
                {icon(Icon::Chart)}
            </button>
            <button
                class="round end"
                aria-label=move || if calling.get() { "Cancel" } else { "End call" }
                on:click=move |_| session.dispatch(Intent::HangUp)
            >
                {icon(Icon::HangUp)}
            </button>
        </div>
    }
}

/// Muted, or without a microphone that could be heard.
fn is_silent(call: &CallView) -> bool {
    call.muted || matches!(call.microphone, Capture::Failed(_))
}

fn sends_picture(call: &CallView) -> bool {
    matches!(call.camera, Capture::On | Capture::Asking)
}

fn toggle_microphone(session: Session, silent: bool) {
    session.dispatch(Intent::SetMuted(!silent));
}

fn toggle_camera(session: Session, on: bool) {
    session.dispatch(Intent::SetCamera(!on));
}

/// A letter that was pressed alone, and not into a field.
fn shortcut(event: &KeyboardEvent) -> Option<String> {
    let typing = event
        .target()
        .and_then(|target| target.dyn_into::<HtmlElement>().ok())
        .is_some_and(|element| matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA"));
    let chord = event.ctrl_key() || event.alt_key() || event.meta_key() || event.repeat();
    (!typing && !chord).then(|| event.key().to_lowercase())
}
