//! Leaving a message after a call that nobody heard: recorded, seen, sent.

use std::time::Duration;

use futures_util::future::{AbortHandle, Abortable};
use gloo_timers::callback::Interval;
use leptos::html::{Section, Video};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use wimpex_mailbox::Kind;
use wimpex_protocol::UserId;

use super::screens::message::{
    LeaveFailure, LeaveScreen, LeaveStage, LeaveState, is_read_out, leave_screen,
};
use super::signal_of;
use super::styles::attach_styles;
use super::words::message as words;
use crate::browser::blob::ObjectUrl;
use crate::session::mailbox::{self, ReceiverKey, Recorded, Recording, ServerRefusal, StartError};

/// So often the time that was recorded is shown, in milliseconds.
const TICK: u32 = 250;

/// What belongs to one message. All of it goes with the component, and the camera off with it.
#[derive(Clone, Copy)]
struct Desk {
    state: RwSignal<LeaveState>,
    peer: StoredValue<UserId>,
    key: StoredValue<Option<ReceiverKey>>,
    recording: StoredValue<Option<Recording>, LocalStorage>,
    recorded: StoredValue<Option<(Recorded, ObjectUrl)>, LocalStorage>,
    tick: StoredValue<Option<Interval>, LocalStorage>,
    /// Gives up what is being sent.
    sending: StoredValue<Option<AbortHandle>, LocalStorage>,
    /// Counts what was begun: what an earlier attempt brings is nobody's any more.
    attempt: StoredValue<u32>,
}

impl Desk {
    fn new(peer: UserId) -> Self {
        Self {
            state: RwSignal::new(LeaveState::Hidden),
            peer: StoredValue::new(peer),
            key: StoredValue::new(None),
            recording: StoredValue::new_local(None),
            recorded: StoredValue::new_local(None),
            tick: StoredValue::new_local(None),
            sending: StoredValue::new_local(None),
            attempt: StoredValue::new(0),
        }
    }

    /// Begins something; whether it is still wanted can be asked by the number.
    fn begin(self) -> u32 {
        if let Some(sending) = self.sending.try_update_value(Option::take).flatten() {
            sending.abort();
        }
        self.attempt.update_value(|attempt| *attempt += 1);
        self.attempt.get_value()
    }

    fn is_wanted(self, attempt: u32) -> bool {
        self.attempt.try_get_value() == Some(attempt)
    }

    /// Whether there is anybody to leave it for.
    fn find_out(self) {
        if !mailbox::can_record(Kind::Audio) {
            return;
        }
        let (attempt, peer) = (self.begin(), self.peer.get_value());
        spawn_local(async move {
            let key = mailbox::receiver_key(&peer).await;
            if let (Ok(key), true) = (key, self.is_wanted(attempt)) {
                self.key.set_value(Some(key));
                self.state.set(LeaveState::Offered);
            }
        });
    }

    fn record(self, kind: Kind) {
        let attempt = self.begin();
        self.recorded.set_value(None);
        self.state.set(LeaveState::Starting(kind));
        spawn_local(async move {
            let started = Recording::start(kind).await;
            if !self.is_wanted(attempt) {
                return;
            }
            match started {
                Ok(recording) => {
                    self.recording.set_value(Some(recording));
                    let elapsed = Duration::ZERO;
                    self.state.set(LeaveState::Recording { kind, elapsed });
                    let tick = Interval::new(TICK, move || self.go_on(kind));
                    self.tick.set_value(Some(tick));
                }
                Err(StartError { is_camera, error }) => {
                    self.fail(LeaveFailure::Device { is_camera, error });
                }
            }
        });
    }

    fn go_on(self, kind: Kind) {
        let now = self.recording.try_with_value(|recording| {
            let recording = recording.as_ref()?;
            Some((recording.length(), recording.is_full()))
        });
        match now.flatten() {
            Some((_, true)) => self.stop(),
            Some((elapsed, false)) => {
                // A new second.
                let elapsed = Duration::from_secs(elapsed.as_secs());
                let shown = LeaveState::Recording { kind, elapsed };
                if self.state.with_untracked(|state| *state != shown) {
                    self.state.set(shown);
                }
            }
            None => {}
        }
    }

    fn stop(self) {
        // Whoever presses twice has stopped it already.
        let Some(recording) = self.recording.try_update_value(Option::take).flatten() else {
            return;
        };
        let attempt = self.begin();
        // Not while it runs: it is what calls this.
        let tick = self.tick.try_update_value(Option::take).flatten();
        spawn_local(async move {
            drop(tick);
            let recorded = recording.stop().await;
            let named = recorded.and_then(|it| {
                let url = ObjectUrl::new(&it.blob)?;
                Ok((it, url))
            });
            if !self.is_wanted(attempt) {
                return;
            }
            match named {
                Ok((recorded, url)) => {
                    let kind = recorded.kind;
                    self.recorded.set_value(Some((recorded, url)));
                    self.state.set(LeaveState::Preview(kind));
                }
                Err(error) => self.fail(LeaveFailure::Other(error.name)),
            }
        });
    }

    fn send(self) {
        let attempt = self.begin();
        let recorded = self
            .recorded
            .with_value(|it| it.as_ref().map(|(recorded, _)| recorded.clone()));
        let (Some(key), Some(recorded)) = (self.key.get_value(), recorded) else {
            return;
        };
        self.state.set(LeaveState::Sending { percent: 0 });
        let progress = move |part: f64| {
            if self.is_wanted(attempt) {
                let percent = (part * 100.0) as u8;
                self.state.set(LeaveState::Sending { percent });
            }
        };
        let (sending, registration) = AbortHandle::new_pair();
        self.sending.set_value(Some(sending));
        let send = async move {
            let mut left = mailbox::leave(&key, &recorded, progress).await;
            if left == Err(ServerRefusal::OtherKey) {
                // They have another key since: once more, with that.
                left = match mailbox::receiver_key(&self.peer.get_value()).await {
                    Ok(key) => mailbox::leave(&key, &recorded, move |_| ()).await,
                    Err(refusal) => Err(refusal),
                };
            }
            if !self.is_wanted(attempt) {
                return;
            }
            match left {
                Ok(()) => {
                    self.recorded.set_value(None);
                    self.state.set(LeaveState::Sent);
                }
                Err(refusal) => self.fail(failure(refusal)),
            }
        };
        spawn_local(async move {
            // Who gives it up knows that they have.
            let _ = Abortable::new(send, registration).await;
        });
    }

    /// Back to the beginning; what was recorded is gone.
    fn discard(self) {
        self.begin();
        self.tick.set_value(None);
        self.recording.set_value(None);
        self.recorded.set_value(None);
        self.state.set(LeaveState::Offered);
    }

    /// Gives up sending; what was recorded stays.
    fn keep(self) {
        self.begin();
        let kind = self
            .recorded
            .with_value(|it| it.as_ref().map(|(recorded, _)| recorded.kind));
        self.state
            .set(kind.map_or(LeaveState::Offered, LeaveState::Preview));
    }

    fn fail(self, why: LeaveFailure) {
        let has_recording = self.recorded.with_value(Option::is_some);
        self.state.set(LeaveState::Failed { why, has_recording });
    }
}

fn failure(refusal: ServerRefusal) -> LeaveFailure {
    match refusal {
        ServerRefusal::Away => LeaveFailure::Away,
        ServerRefusal::Off | ServerRefusal::NotWanted | ServerRefusal::OtherKey => {
            LeaveFailure::NotWanted
        }
        ServerRefusal::ReceiverFull => LeaveFailure::ReceiverFull,
        ServerRefusal::SenderFull => LeaveFailure::SenderFull,
        ServerRefusal::HostFull => LeaveFailure::HostFull,
        ServerRefusal::TooFast => LeaveFailure::TooFast,
        ServerRefusal::Clock => LeaveFailure::Clock,
        ServerRefusal::Unknown => LeaveFailure::Other("NotFoundError".to_owned()),
        ServerRefusal::Other(status) => LeaveFailure::Other(status.to_string()),
        ServerRefusal::Browser(error) => LeaveFailure::Other(error),
    }
}

/// Nothing, unless they take messages from this user.
#[component]
pub(crate) fn LeaveMessage(peer: UserId, #[prop(into)] name: Signal<String>) -> impl IntoView {
    let desk = Desk::new(peer);
    attach_styles();
    desk.find_out();
    let screen = signal_of(move || {
        let name = name.read();
        desk.state.with(|state| leave_screen(state, &name))
    });
    let stage = Memo::new(move |_| screen.with(|screen| screen.stage));
    let section = NodeRef::<Section>::new();
    // What had the focus may be gone.
    Effect::new(move |before: Option<LeaveStage>| {
        let now = stage.get();
        if before.is_some_and(|before| before != now && before != LeaveStage::Hidden) {
            request_animation_frame(move || focus_first(section));
        }
        now
    });
    let read_out = signal_of(move || is_read_out(stage.get()));
    view! {
        <section
            class="card leave"
            node_ref=section
            aria-label=words::TITLE
            hidden=signal_of(move || stage.get() == LeaveStage::Hidden)
        >
            {move || part(desk, stage.get())}
            <p
                class="hint"
                class:field-error=signal_of(move || screen.with(|it| it.is_failure))
                role="status"
                aria-live=signal_of(move || if read_out.get() { "polite" } else { "off" })
                hidden=signal_of(move || screen.with(|it| it.status.is_empty()))
            >
                {signal_of(move || screen.with(|LeaveScreen { status, .. }| status.clone()))}
            </p>
            <div class="row centered">{move || buttons(desk, stage.get())}</div>
        </section>
    }
}

fn focus_first(section: NodeRef<Section>) {
    let first = section
        .try_get_untracked()
        .flatten()
        .and_then(|section| section.query_selector("button").ok().flatten());
    if let Some(button) = first.and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = button.focus();
    }
}

/// What there is to see.
fn part(desk: Desk, stage: LeaveStage) -> Option<AnyView> {
    match stage {
        LeaveStage::Recording { is_video: true } => {
            let element = NodeRef::<Video>::new();
            Effect::new(move |_| {
                let stream = desk
                    .recording
                    .try_with_value(|it| it.as_ref().map(Recording::stream));
                if let (Some(video), Some(stream)) = (element.get(), stream.flatten()) {
                    video.set_muted(true);
                    video.set_src_object(Some(&stream));
                }
            });
            Some(
                view! {
                    // Within something, or the element itself would be used again for the
                    // preview, and show the stream that has ended.
                    <div class="live">
                        <video
                            class="mirrored"
                            node_ref=element
                            autoplay
                            playsinline
                            aria-label=words::LIVE_LABEL
                        ></video>
                    </div>
                }
                .into_any(),
            )
        }
        LeaveStage::Preview { is_video } => {
            let url = desk.recorded.with_value(|it| {
                it.as_ref()
                    .map_or_else(String::new, |(_, url)| url.as_str().to_owned())
            });
            Some(if is_video {
                view! {
                    <video controls playsinline src=url aria-label=words::PREVIEW_LABEL></video>
                }
                .into_any()
            } else {
                view! { <audio controls src=url aria-label=words::PREVIEW_LABEL></audio> }
                    .into_any()
            })
        }
        LeaveStage::Hidden
        | LeaveStage::Offered
        | LeaveStage::Choosing
        | LeaveStage::Starting
        | LeaveStage::Recording { is_video: false }
        | LeaveStage::Sending
        | LeaveStage::Sent
        | LeaveStage::Failed { .. } => None,
    }
}

/// What can be done.
fn buttons(desk: Desk, stage: LeaveStage) -> Vec<AnyView> {
    let button = |class: &'static str, name: &'static str, run: Box<dyn Fn()>| {
        view! { <button class=class on:click=move |_| run()>{name}</button> }.into_any()
    };
    let primary = |name, run: Box<dyn Fn()>| button("primary", name, run);
    let secondary = |name, run: Box<dyn Fn()>| button("secondary", name, run);
    let quiet = |name, run: Box<dyn Fn()>| button("quiet", name, run);
    let discard = |name| quiet(name, Box::new(move || desk.discard()));
    let choices = || {
        let sound = secondary(
            words::RECORD_SOUND,
            Box::new(move || desk.record(Kind::Audio)),
        );
        let picture = mailbox::can_record(Kind::Video).then(|| {
            secondary(
                words::RECORD_PICTURE,
                Box::new(move || desk.record(Kind::Video)),
            )
        });
        [Some(sound), picture].into_iter().flatten()
    };
    match stage {
        LeaveStage::Hidden | LeaveStage::Sent => Vec::new(),
        LeaveStage::Offered => vec![secondary(
            words::LEAVE,
            Box::new(move || desk.state.set(LeaveState::Choosing)),
        )],
        LeaveStage::Choosing => choices().chain([discard(words::CANCEL)]).collect(),
        LeaveStage::Starting => vec![discard(words::CANCEL)],
        LeaveStage::Recording { .. } => vec![
            primary(words::STOP, Box::new(move || desk.stop())),
            discard(words::DISCARD),
        ],
        LeaveStage::Preview { is_video } => {
            let kind = if is_video { Kind::Video } else { Kind::Audio };
            vec![
                primary(words::SEND, Box::new(move || desk.send())),
                secondary(words::AGAIN, Box::new(move || desk.record(kind))),
                discard(words::DISCARD),
            ]
        }
        LeaveStage::Sending => vec![quiet(words::CANCEL, Box::new(move || desk.keep()))],
        LeaveStage::Failed {
            can_retry,
            can_record,
        } => {
            let retry = can_retry.then(|| primary(words::RETRY, Box::new(move || desk.send())));
            let record = can_record.then(choices).into_iter().flatten();
            retry
                .into_iter()
                .chain(record)
                .chain([discard(words::DISCARD)])
                .collect()
        }
    }
}
