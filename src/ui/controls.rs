//! The buttons of a call, and their keys.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{HtmlElement, KeyboardEvent};
use wimpex_call::Command as CallCommand;

use super::chat::{ChatButton, ChatState};
use super::devices::use_talk_key;
use super::icon::icon;
use super::screens::call::control_bar;
use super::screens::icon::Icon;
use super::screens::self_view::has_both_sides;
use super::screens::shortcuts::ShortcutAction;
use super::share::ShareButton;
use super::shortcuts::{ShortcutsDialog, kept_shortcuts};
use super::words::call as words;
use super::words::devices::TITLE as DEVICES;
use super::{signal_of, use_session};
use crate::browser::{media_capture, window};

/// The row at the bottom of the stage.
#[component]
pub(crate) fn CallControls(
    panel: RwSignal<bool>,
    devices: RwSignal<bool>,
    chat: ChatState,
) -> impl IntoView {
    use_talk_key();
    let session = use_session();
    let view = session.view;
    let bar = move || view.call.with(control_bar);
    let bar_now = move || view.call.with_untracked(control_bar);
    let shortcuts = RwSignal::new(kept_shortcuts());
    let is_listed = RwSignal::new(false);
    let keys = window::on_document("keydown", move |event| {
        let key = key_alone(event.unchecked_ref());
        match key.and_then(|key| shortcuts.get_untracked().action(&key)) {
            Some(ShortcutAction::Help) => is_listed.set(true),
            Some(action) => {
                if let Some(intent) = bar_now().shortcut(action) {
                    session.dispatch(intent);
                }
            }
            None => {}
        }
    });
    StoredValue::new_local(keys);
    let key = move |action| signal_of(move || shortcuts.get().active_key(action));
    let list = move || {
        is_listed.get().then(|| {
            view! { <ShortcutsDialog shortcuts close=move || is_listed.set(false) /> }.into_any()
        })
    };
    let is_open = signal_of(move || panel.get());
    view! {
        {list}
        <div class="controls" role="group" aria-label=words::CONTROLS_LABEL>
            <button
                class="round"
                class:off=signal_of(move || bar().is_silent)
                title=key(ShortcutAction::Microphone)
                aria-keyshortcuts=key(ShortcutAction::Microphone)
                aria-label=signal_of(move || bar().microphone_label)
                on:click=move |_| session.dispatch(bar_now().toggle_microphone())
            >
                {icon(signal_of(move || bar().microphone_icon))}
            </button>
            <button
                class="round"
                class:off=signal_of(move || !bar().sends_video)
                title=key(ShortcutAction::Camera)
                aria-keyshortcuts=key(ShortcutAction::Camera)
                hidden=signal_of(move || !bar().has_camera)
                aria-label=signal_of(move || bar().camera_label)
                on:click=move |_| session.dispatch(bar_now().toggle_camera())
            >
                {icon(signal_of(move || bar().camera_icon))}
            </button>
            <SwitchCamera />
            <ShareButton />
            <ChatButton
                chat
                others=move || {
                    panel.set(false);
                    devices.set(false);
                }
            />
            <button
                class="round"
                class:pressed=signal_of(move || devices.get())
                aria-label=DEVICES
                aria-expanded=signal_of(move || if devices.get() { "true" } else { "false" })
                on:click=move |_| {
                    panel.set(false);
                    chat.close();
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
                    chat.close();
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

/// Films with the camera on the other side, where a telephone has two and one is on.
#[component]
fn SwitchCamera() -> impl IntoView {
    let session = use_session();
    let view = session.view;
    let has_two = RwSignal::new(false);
    // Browsers tell of them only once a camera is on.
    Effect::new(move |_| {
        if view.own_video.with(Option::is_some) && !has_two.get_untracked() {
            spawn_local(async move {
                let facing = media_capture::facing_modes().await;
                // The call may be over.
                let _ = has_two.try_set(has_both_sides(&facing));
            });
        }
    });
    view! {
        <button
            class="round"
            aria-label=words::SWITCH_CAMERA
            hidden=signal_of(move || !has_two.get() || view.own_video.with(Option::is_none))
            on:click=move |_| session.switch_camera()
        >
            {icon(Icon::SWITCH_CAMERA)}
        </button>
    }
}

/// The key, if it was pressed alone, and neither into a field nor in a dialog over the call.
fn key_alone(event: &KeyboardEvent) -> Option<String> {
    let element = event
        .target()
        .and_then(|target| target.dyn_into::<HtmlElement>().ok());
    let elsewhere = element.is_some_and(|element| {
        // A list of choices is searched by typing.
        matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT")
            || element.is_content_editable()
            || element
                .closest("dialog")
                .is_ok_and(|dialog| dialog.is_some())
    });
    let chord = event.ctrl_key() || event.alt_key() || event.meta_key() || event.repeat();
    (!elsewhere && !chord && !event.is_composing()).then(|| event.key())
}
