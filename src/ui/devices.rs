//! The choice of microphone, camera and speaker. Loaded when it is wanted (`super::lazy`).

use leptos::html::Video;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent};
use wimpex_client::devices::{DeviceCommand, DeviceKind};

use super::browser_notices::here;
use super::remote_media::lets_go;
use super::screens::call::level_percent;
use super::screens::devices::{device_field, is_talk_key, no_picture, notice_line};
use super::styles::attach_styles;
use super::words::devices as words;
use super::{signal_of, use_session};
use crate::browser::window;

/// The region; devices are captured for it, outside of a call, as long as it is there.
#[component]
pub fn DevicesPanel(
    /// Over a call, or a card among others.
    class: &'static str,
    close: impl Fn() + 'static,
) -> impl IntoView {
    attach_styles();
    let session = use_session();
    let devices = session.view.devices;
    session.devices(DeviceCommand::Open);
    on_cleanup(move || session.devices(DeviceCommand::Close));
    let toggle = |name, command: fn(bool) -> DeviceCommand, shown: Signal<(bool, bool)>| {
        view! {
            <label class="device-toggle" hidden=signal_of(move || !shown.get().0)>
                <input
                    type="checkbox"
                    prop:checked=signal_of(move || shown.get().1)
                    on:change=move |event| session.devices(command(event_target_checked(&event)))
                />
                {name}
            </label>
        }
        .into_any()
    };
    let noise = signal_of(move || {
        let noise = devices.with(|it| it.noise_suppression);
        (noise.is_offered, noise.is_on)
    });
    let blur = signal_of(move || {
        let blur = devices.with(|it| it.background_blur);
        (blur.is_offered, blur.is_on)
    });
    let push_to_talk = signal_of(move || (true, devices.with(|it| it.push_to_talk)));
    let is_preview = Memo::new(move |_| devices.with(|it| it.is_preview));
    view! {
        <section class=class aria-label=words::TITLE>
            <header>
                <h2>{words::TITLE}</h2>
                <button class="quiet" on:click=move |_| close()>
                    {words::CLOSE}
                </button>
            </header>
            <Preview />
            {field(DeviceKind::Camera)}
            {field(DeviceKind::Microphone)}
            <Level />
            {field(DeviceKind::Speaker)}
            <button
                class="secondary"
                on:click=move |_| session.devices(DeviceCommand::TestSpeaker)
            >
                {words::TEST_SPEAKER}
            </button>
            {toggle(words::NOISE_SUPPRESSION, DeviceCommand::SetNoiseSuppression, noise)}
            {toggle(words::BACKGROUND_BLUR, DeviceCommand::SetBackgroundBlur, blur)}
            {toggle(words::PUSH_TO_TALK, DeviceCommand::SetPushToTalk, push_to_talk)}
            <p class="hint">{words::PUSH_TO_TALK_HINT}</p>
            {move || is_preview.get().then(|| view! { <DeviceLine /> }.into_any())}
            <p class="hint" hidden=signal_of(move || !is_preview.get())>{words::PREVIEW_HINT}</p>
        </section>
    }
}

/// The region as a card, outside of a call.
pub(crate) fn devices_card(is_open: RwSignal<bool>) -> AnyView {
    let close = move || is_open.set(false);
    view! { <DevicesPanel class="card devices" close /> }.into_any()
}

/// The combobox of one kind.
fn field(kind: DeviceKind) -> AnyView {
    let session = use_session();
    let devices = session.view.devices;
    let shown = Memo::new(move |_| devices.with(|it| device_field(kind, it, here())));
    let options = move || {
        let options = shown.with(|it| it.options.clone()).into_iter();
        options
            .map(|option| {
                view! {
                    <option value=option.id selected=option.is_selected>
                        {option.name}
                    </option>
                }
                .into_any()
            })
            .collect_view()
    };
    view! {
        <label class="device">
            <span>{words::kind(kind)}</span>
            <select
                disabled=signal_of(move || shown.with(|it| !it.is_enabled))
                on:change=move |event| {
                    session.devices(DeviceCommand::Choose(kind, event_target_value(&event)));
                }
            >
                {options}
            </select>
        </label>
        <p
            class="hint device-hint"
            class:warning=signal_of(move || shown.with(|it| it.is_trouble))
            role="status"
        >
            {signal_of(move || shown.with(|it| it.hint.to_owned()))}
        </p>
    }
    .into_any()
}

/// The own picture.
#[component]
fn Preview() -> impl IntoView {
    let view = use_session().view;
    let video = NodeRef::<Video>::new();
    Effect::new(move |_| {
        if let Some(element) = video.get() {
            element.set_src_object(view.own_video.get().as_ref());
        }
    });
    lets_go(video);
    let is_off = signal_of(move || view.own_video.with(Option::is_none));
    view! {
        <div class="device-preview">
            <video
                aria-label=words::PREVIEW_LABEL
                autoplay
                playsinline
                prop:muted=true
                hidden=is_off
                node_ref=video
            ></video>
            <p hidden=signal_of(move || !is_off.get())>
                {signal_of(move || view.devices.with(|it| no_picture(it).to_owned()))}
            </p>
        </div>
    }
}

/// How loud the own microphone is.
#[component]
fn Level() -> impl IntoView {
    let level = use_session().view.microphone_level;
    let percent = signal_of(move || level_percent(level.get()).to_string());
    view! {
        <div
            class="level"
            role="meter"
            aria-label=words::LEVEL_LABEL
            aria-valuemin="0"
            aria-valuemax="100"
            aria-valuenow=percent
        >
            <div class="bar" style:width=signal_of(move || format!("{}%", percent.get()))></div>
        </div>
    }
}

/// What happened to the devices, and what to do about it.
#[component]
pub fn DeviceLine() -> impl IntoView {
    let session = use_session();
    let devices = session.view.devices;
    let line = Memo::new(move |_| devices.with(|it| notice_line(it)));
    let send = move |command: DeviceCommand| move |_| session.devices(command.clone());
    view! {
        <div
            class="device-line"
            role="status"
            hidden=signal_of(move || line.with(|it| it.text.is_empty()))
        >
            <span>{signal_of(move || line.with(|it| it.text.clone()))}</span>
            <button
                class="quiet"
                hidden=signal_of(move || line.with(|it| !it.can_undo))
                on:click=send(DeviceCommand::Undo)
            >
                {words::UNDO}
            </button>
            <button
                class="quiet"
                hidden=signal_of(move || line.with(|it| !it.is_offer))
                on:click=send(DeviceCommand::UseOffered)
            >
                {words::USE}
            </button>
            <button class="quiet" on:click=send(DeviceCommand::DismissNotice)>
                {words::DISMISS}
            </button>
        </div>
        <p role="status" class="device-line muted" hidden=signal_of(move || devices.with(|it| !it.speaks_while_muted))>
            {words::SPEAKS_WHILE_MUTED}
        </p>
    }
}

/// Talks while the space bar is held, where the user wants that.
pub(crate) fn use_talk_key() {
    let session = use_session();
    let is_on = move || session.view.devices.with_untracked(|it| it.push_to_talk);
    for (name, is_down) in [("keydown", true), ("keyup", false)] {
        let guard = window::on_document(name, move |event| {
            let key: &KeyboardEvent = event.unchecked_ref();
            if is_on() && talks(key) {
                // Neither does the page scroll, nor is the button pressed that was clicked last.
                key.prevent_default();
                session.devices(DeviceCommand::TalkKey(is_down));
            }
        });
        StoredValue::new_local(guard);
    }
    // The key is let go in another window: nobody is heard who does not hold it.
    let away = window::on("blur", move |_| {
        if is_on() {
            session.devices(DeviceCommand::TalkKey(false));
        }
    });
    StoredValue::new_local(away);
}

fn talks(event: &KeyboardEvent) -> bool {
    let target = event.target().and_then(|it| it.dyn_into::<Element>().ok());
    let tag = target.as_ref().map_or_else(String::new, Element::tag_name);
    let focus = target.is_some_and(|it| it.matches(":focus-visible").unwrap_or(false));
    is_talk_key(&event.key(), &tag, focus)
}
