//! What lies over the video of a call: who it is with, how it stands, and its controls.
//! Loaded with the verifier (`super::lazy`).

use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use wimpex_sansio::Now;

use super::browser_notices::DeviceNotices;
use super::captions::CaptionLines;
use super::chat::{ChatNotice, ChatState};
use super::claim::claim_sign;
use super::controls::CallControls;
use super::devices::DeviceLine;
use super::files::FilesPanel;
use super::lazy_panels;
use super::lazy_view::lazy_view;
use super::new_messages::use_new_messages;
use super::peer_media::{PeerNotes, VideoQuestion};
use super::quality::{PauseOffer, QualitySign};
use super::recording::{RecordingBar, RecordingQuestion, RecordingState};
use super::screens::call::{call_screen, call_status, next_tick, timer};
use super::screens::names::name_of;
use super::self_view::SelfView;
use super::share::ShareBar;
use super::trust::LockButton;
use super::waiting::{HoldButton, SecondCall};
use super::words::message as words;
use super::{signal_of, use_session};
use crate::browser::clock;

/// `aside`: the controls have stepped aside; `panel`: the panel **Quality** is open;
/// `devices`: the panel **Devices** is.
#[component]
pub(crate) fn CallOverlay(
    aside: Signal<bool>,
    panel: RwSignal<bool>,
    devices: RwSignal<bool>,
    chat: ChatState,
) -> impl IntoView {
    let view = use_session().view;
    let call = move || {
        view.call
            .with(|call| view.peers.with(|it| call_screen(call, it)))
    };
    let name = signal_of(move || call().name);
    let is_connected = Memo::new(move |_| call().is_connected);
    let details = move || {
        panel
            .get()
            .then(|| lazy_view(lazy_panels::quality_panel(panel)))
    };
    let choice = move || {
        devices
            .get()
            .then(|| lazy_view(lazy_panels::call_devices(devices)))
    };
    let has_chat = chat.panel_is_there();
    let chat_panel = move || {
        has_chat
            .get()
            .then(|| lazy_view(lazy_panels::chat_panel(chat)))
    };
    let made = expect_context::<RecordingState>().made();
    let has_made = Memo::new(move |_| made.get() > 0);
    let recordings = move || {
        let made = signal_of(move || made.get());
        has_made
            .get()
            .then(|| lazy_view(lazy_panels::kept_recordings("files", made)))
    };
    view! {
        <div class="call-top">
        <header class="caption">
            <h1 dir="auto">{name}</h1>
            {claim_sign(signal_of(move || call().claim))}
            <span class="lock-place"><LockButton /></span>
            <CallTimer since=signal_of(move || call().since) aside />
            <span class="quality-sign">
                {move || is_connected.get().then(|| view! { <QualitySign /> }.into_any())}
            </span>
            <p class="state" role="status" class:well=signal_of(move || is_connected.get())>
                {signal_of(move || {
                    view.call
                        .with(|call| view.peers.with(|it| call_status(call, it)))
                })}
            </p>
            <HoldButton />
            {lazy_view(lazy_panels::view_tools())}
        </header>
        <PeerNotes />
        <RecordingBar />
        {message_note()}
        <ShareBar />
        <SecondCall />
        <FilesPanel />
        {recordings}
        </div>
        <SelfView />
        <div class="call-notices" role="alert">
            <VideoQuestion />
            <RecordingQuestion />
            <DeviceNotices />
            <DeviceLine />
            {move || is_connected.get().then(|| view! { <PauseOffer /> }.into_any())}
        </div>
        <CaptionLines />
        <ChatNotice chat />
        {details}
        {choice}
        {chat_panel}
        <CallControls panel devices chat />
    }
}

/// That somebody has left a message meanwhile, for a moment.
fn message_note() -> AnyView {
    let view = use_session().view;
    let sender = use_new_messages().sender;
    let text = signal_of(move || {
        let people = view.peers.read();
        let name = sender.get().map(|sender| name_of(&people, &sender, None));
        name.map(|name| words::came(&name))
    });
    view! {
        <div class="peer-notes" role="status">
            {move || text.get().map(|text| view! { <p dir="auto">{text}</p> })}
        </div>
    }
    .into_any()
}

/// The time since the connection.
#[component]
fn CallTimer(since: Signal<Option<Now>>, aside: Signal<bool>) -> impl IntoView {
    let now = RwSignal::new(clock::now());
    let timeout = StoredValue::new_local(None);
    Effect::new(move || {
        since.track();
        // Where nobody sees it, it stands: each change is a frame to draw.
        if aside.get() {
            timeout.set_value(None);
        } else {
            tick(now, since, timeout);
        }
    });
    view! {
        <span class="timer" role="timer" hidden=signal_of(move || since.get().is_none())>
            {signal_of(move || timer(since.get(), now.get()))}
        </span>
    }
}

/// Now, and then whenever another second is full.
fn tick(
    now: RwSignal<Now>,
    since: Signal<Option<Now>>,
    timeout: StoredValue<Option<Timeout>, LocalStorage>,
) {
    let at = clock::now();
    now.set(at);
    let next = next_tick(since.get_untracked(), at);
    timeout.set_value(Some(Timeout::new(next, move || tick(now, since, timeout))));
}
