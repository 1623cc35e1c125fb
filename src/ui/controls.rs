//! The buttons of a call, and their keys.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent};
use wimpex_call::{CallView, Capture, State};
use wimpex_protocol::CallType;

use super::icon::{Icon, icon};
use super::words::call as words;
use super::words::common::END_CALL;
use super::{signal_of, use_session};
use crate::browser::window;
use crate::session::{Intent, Session};

/// The row at the bottom of the stage.
#[component]
pub(crate) fn CallControls(
    call: Signal<Option<CallView>>,
    state: Signal<State>,
    panel: RwSignal<bool>,
) -> impl IntoView {
    let session = use_session();
    let of_call =
        move |is: fn(&CallView) -> bool| signal_of(move || call.get().as_ref().is_some_and(is));
    let silent = of_call(is_silent);
    let camera = of_call(sends_picture);
    let has_camera = of_call(|call| call.call_type == CallType::Video);
    let calling = signal_of(move || state.get() == State::Calling);
    let either = |of: Signal<bool>, yes: &'static str, no: &'static str| {
        signal_of(move || if of.get() { yes } else { no })
    };
    let sign = |of: Signal<bool>, yes, no| icon(signal_of(move || if of.get() { yes } else { no }));
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
        <div class="controls" role="group" aria-label=words::CONTROLS_LABEL>
            <button
                class="round"
                class:off=silent
                title=words::MUTE_KEY
                aria-label=either(silent, words::UNMUTE, words::MUTE)
                on:click=move |_| toggle_microphone(session, silent.get_untracked())
            >
                {sign(silent, Icon::MicrophoneOff, Icon::Microphone)}
            </button>
            <button
                class="round"
                class:off=signal_of(move || !camera.get())
                title=words::CAMERA_KEY
                hidden=signal_of(move || !has_camera.get())
                aria-label=either(camera, words::CAMERA_OFF, words::CAMERA_ON)
                on:click=move |_| toggle_camera(session, camera.get_untracked())
            >
                {sign(camera, Icon::Camera, Icon::CameraOff)}
            </button>
            <button
                class="round"
                class:pressed=signal_of(move || panel.get())
                aria-label=words::QUALITY
                aria-expanded=either(signal_of(move || panel.get()), "true", "false")
                disabled=calling
                on:click=move |_| panel.update(|open| *open = !*open)
            >
                {icon(Icon::Chart)}
            </button>
            <button
                class="round end"
                aria-label=either(calling, words::CANCEL, END_CALL)
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
    (!typing && !chord).then(|| event.key().to_ascii_lowercase())
}
