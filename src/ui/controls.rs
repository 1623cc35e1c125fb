//! The buttons of a call, and their keys.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent};
use wimpex_call::Command as CallCommand;

use super::devices::use_talk_key;
use super::icon::icon;
use super::screens::call::control_bar;
use super::screens::icon::Icon;
use super::words::call as words;
use super::words::devices::TITLE as DEVICES;
use super::{signal_of, use_session};
use crate::browser::window;

/// The row at the bottom of the stage.
#[component]
pub(crate) fn CallControls(panel: RwSignal<bool>, devices: RwSignal<bool>) -> impl IntoView {
    use_talk_key();
    let session = use_session();
    let view = session.view;
    let bar = move || view.call.with(control_bar);
    let bar_now = move || view.call.with_untracked(control_bar);
    let keys = window::on_document("keydown", move |event| {
        let key = key_alone(event.unchecked_ref());
        if let Some(intent) = key.and_then(|key| bar_now().shortcut(&key)) {
            session.dispatch(intent);
        }
    });
    StoredValue::new_local(keys);
    let is_open = signal_of(move || panel.get());
    view! {
        <div class="controls" role="group" aria-label=words::CONTROLS_LABEL>
            <button
                class="round"
                class:off=signal_of(move || bar().is_silent)
                title=words::MUTE_KEY
                aria-label=signal_of(move || bar().microphone_label)
                on:click=move |_| session.dispatch(bar_now().toggle_microphone())
            >
                {icon(signal_of(move || bar().microphone_icon))}
            </button>
            <button
                class="round"
                class:off=signal_of(move || !bar().sends_video)
                title=words::CAMERA_KEY
                hidden=signal_of(move || !bar().has_camera)
                aria-label=signal_of(move || bar().camera_label)
                on:click=move |_| session.dispatch(bar_now().toggle_camera())
            >
                {icon(signal_of(move || bar().camera_icon))}
            </button>
            <button
                class="round"
                class:pressed=signal_of(move || devices.get())
                aria-label=DEVICES
                aria-expanded=signal_of(move || if devices.get() { "true" } else { "false" })
                on:click=move |_| {
                    panel.set(false);
                    devices.update(|open| *open = !*open);
                }
            >
                {icon(Icon::DEVICES)}
            </button>
            <button
                class="round"
                class:pressed=is_open
                aria-label=words::QUALITY
                aria-expanded=signal_of(move || if is_open.get() { "true" } else { "false" })
                disabled=signal_of(move || !bar().has_quality)
                on:click=move |_| {
                    devices.set(false);
                    panel.update(|open| *open = !*open);
                }
            >
                {icon(Icon::CHART)}
            </button>
            <button
                class="round end"
                aria-label=signal_of(move || bar().end_label)
                on:click=move |_| session.dispatch(CallCommand::HangUp)
            >
                {icon(Icon::HANG_UP)}
            </button>
        </div>
    }
}

/// The key, if it was pressed alone, and not into a field.
fn key_alone(event: &KeyboardEvent) -> Option<String> {
    let typing = event
        .target()
        .and_then(|target| target.dyn_into::<HtmlElement>().ok())
        .is_some_and(|element| matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA"));
    let chord = event.ctrl_key() || event.alt_key() || event.meta_key() || event.repeat();
    (!typing && !chord).then(|| event.key())
}
