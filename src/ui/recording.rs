//! Recording a call, and taking photos of it. Loaded with the call.

use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wimpex_recording::{Kind, Layout};

use super::icon::icon;
use super::screens::call::call_screen;
use super::screens::icon::Icon;
use super::screens::recording::{RecordingScreen, recording_screen};
use super::stage::StageState;
use super::words::files::size;
use super::words::recording as words;
use super::{signal_of, use_session};
use crate::browser::clock;
use crate::session::{
    KeptRecording, RecordingEvent, RecordingView, delete_recording, kept_recordings, save_recording,
};

/// How long it is said why there is none, in milliseconds.
const TOLD_FOR: u32 = 15_000;

/// What the parts of a screen share of it.
#[derive(Clone, Copy)]
pub(crate) struct RecordingState {
    view: RwSignal<RecordingView>,
}

impl RecordingState {
    /// For a screen; the session shows it in it from now on. Given to all of the screen's parts as
    /// context.
    pub(crate) fn provide() -> Self {
        let state = Self {
            view: RwSignal::new(RecordingView::default()),
        };
        use_session().record(RecordingEvent::Show(state.view));
        provide_context(state);
        state
    }

    /// How many have been kept since the page was loaded.
    pub(crate) fn made(self) -> Memo<u32> {
        Memo::new(move |_| self.view.with(|it| it.made))
    }
}

fn screen() -> Memo<RecordingScreen> {
    let session = use_session();
    let live = StageState::of_call().live;
    let view = expect_context::<RecordingState>().view;
    Memo::new(move |_| {
        let (call, people) = (session.view.call.read(), session.view.peers.read());
        live.with(|live| view.with(|view| recording_screen(&call, &people, live, view)))
    })
}

/// What the user calls whom they see.
fn peer_name() -> Signal<String> {
    let view = use_session().view;
    signal_of(move || {
        view.call
            .with(|call| view.peers.with(|it| call_screen(call, it).name))
    })
}

/// **Record**, and what ends it; and **Take a photo**.
#[component]
pub(crate) fn RecordingButtons() -> impl IntoView {
    let session = use_session();
    let (screen, name) = (screen(), peer_name());
    let label = signal_of(move || screen.with(|it| it.record.unwrap_or(words::RECORD)));
    let is_on = Memo::new(move |_| screen.with(|it| it.is_on));
    let is_disabled = signal_of(move || screen.with(|it| it.is_disabled));
    let ask = move |kind| session.record(RecordingEvent::Ask(kind, name.get_untracked()));
    view! {
        <button
            class="quiet record"
            class:on=is_on
            hidden=signal_of(move || screen.with(|it| it.record.is_none()))
            disabled=is_disabled
            title=label
            aria-label=label
            on:click=move |_| {
                if is_on.get_untracked() {
                    session.record(RecordingEvent::End);
                } else {
                    ask(Kind::Recording);
                }
            }
        >
            {icon(Icon::RECORD)}
        </button>
        <button
            class="quiet"
            hidden=signal_of(move || !screen.with(|it| it.has_photo))
            disabled=is_disabled
            title=words::PHOTO
            aria-label=words::PHOTO
            on:click=move |_| ask(Kind::Photo)
        >
            {icon(Icon::PHOTO)}
        </button>
    }
}

/// That the call is recorded, by whom: it never steps aside.
#[component]
pub(crate) fn RecordingBar() -> impl IntoView {
    let session = use_session();
    let screen = screen();
    let view = expect_context::<RecordingState>().view;
    let (own, peer) = (
        Memo::new(move |_| screen.with(|it| it.own.clone())),
        Memo::new(move |_| screen.with(|it| it.peer.clone())),
    );
    let waits = Memo::new(move |_| screen.with(|it| it.waits));
    let choice = move |name, layout| {
        let is_chosen = signal_of(move || {
            let is_chosen = view.with(|it| it.layout == layout);
            if is_chosen { "true" } else { "false" }
        });
        view! {
            <button
                class="choice-of"
                aria-pressed=is_chosen
                on:click=move |_| session.record(RecordingEvent::SetLayout(layout))
            >
                {name}
            </button>
        }
        .into_any()
    };
    let is_empty = move |text: Memo<String>| signal_of(move || text.with(String::is_empty));
    view! {
        <div class="recording-bar" class:silent=is_empty(peer)>
            <p role="status" class="recorded">
                {signal_of(move || peer.get())}
            </p>
            <button
                class="secondary"
                hidden=is_empty(peer)
                on:click=move |_| session.record(RecordingEvent::Answer(false))
            >
                {words::WITHDRAW}
            </button>
        </div>
        <div
            class="recording-bar"
            class:silent=is_empty(own)
            class:waits=signal_of(move || waits.get())
        >
            <p role="status" class:recorded=signal_of(move || !waits.get())>
                {signal_of(move || own.get())}
            </p>
            <div
                role="group"
                aria-label=words::LAYOUT_LABEL
                hidden=signal_of(move || !screen.with(|it| it.has_layout))
            >
                {choice(words::BOTH, Layout::Both)} {choice(words::SPEAKER, Layout::Speaker)}
            </div>
        </div>
    }
}

/// Whether the peer may; and why there is none.
#[component]
pub(crate) fn RecordingQuestion() -> impl IntoView {
    let session = use_session();
    let screen = screen();
    let question = Memo::new(move |_| screen.with(|it| it.question.clone()));
    let problem = Memo::new(move |_| screen.with(|it| it.problem.clone()));
    let is_asked = Memo::new(move |_| question.with(|it| !it.is_empty()));
    let answer = move |agrees| move |_| session.record(RecordingEvent::Answer(agrees));
    let answers = move || {
        is_asked.get().then(|| {
            view! {
                <button class="primary" aria-describedby="recording-question" on:click=answer(true)>
                    {words::AGREE}
                </button>
                <button
                    class="secondary"
                    aria-describedby="recording-question"
                    on:click=answer(false)
                >
                    {words::REFUSE}
                </button>
            }
            .into_any()
        })
    };
    let goes = StoredValue::new_local(None::<Timeout>);
    Effect::new(move |_| {
        let is_said = problem.with(|it| !it.is_empty());
        goes.set_value(is_said.then(|| {
            Timeout::new(TOLD_FOR, move || {
                session.record(RecordingEvent::Understood);
            })
        }));
    });
    view! {
        <p class="video-question" hidden=signal_of(move || !is_asked.get())>
            <span id="recording-question">{signal_of(move || question.get())}</span>
            {answers}
        </p>
        <p>{signal_of(move || problem.get())}</p>
    }
}

/// For a window on top of others: that the call is recorded.
#[component]
pub(crate) fn RecordingNote(recording: RecordingState) -> impl IntoView {
    provide_context(recording);
    let screen = screen();
    view! {
        <p class="recorded" role="status">
            {signal_of(move || {
                screen.with(|it| [&it.peer[..], " ", &it.own].concat().trim().to_owned())
            })}
        </p>
    }
}

/// What was recorded and neither saved nor discarded; it is looked for again whenever `made`
/// changes.
#[component]
pub(crate) fn KeptRecordings(class: &'static str, made: Signal<u32>) -> impl IntoView {
    let kept = RwSignal::new(Vec::<KeptRecording>::new());
    Effect::new(move |_| {
        made.track();
        spawn_local(async move {
            let found = kept_recordings().await;
            // The screen may be gone.
            let _ = kept.try_update(|kept| {
                // What was saved a moment ago stays to be told of.
                let is_new = |it: &KeptRecording| kept.iter().all(|known| known.key != it.key);
                let new: Vec<_> = found.into_iter().filter(is_new).collect();
                kept.splice(0..0, new);
            });
        });
    });
    view! {
        <section
            class=class
            aria-label=words::KEPT_TITLE
            hidden=signal_of(move || kept.with(Vec::is_empty))
        >
            <h2>{words::KEPT_TITLE}</h2>
            <p class="hint">{words::KEPT_HINT}</p>
            <ul>
                <For each=move || kept.get() key=|it| it.key.clone() let:it>
                    {kept_line(kept, it)}
                </For>
            </ul>
        </section>
    }
}

fn kept_line(kept: RwSignal<Vec<KeptRecording>>, recording: KeptRecording) -> AnyView {
    let label = words::kept_label(recording.kind, &clock::local_time(recording.at));
    let length = size(recording.bytes);
    let told = RwSignal::new("");
    let (saved, discarded) = (recording.clone(), recording);
    let save = move |_| {
        let saved = saved.clone();
        let time = clock::file_time(saved.at);
        told.set(words::SAVING);
        spawn_local(async move {
            let name = words::file_name(saved.kind, &time, saved.extension());
            let done = save_recording(&saved, &name).await;
            let _ = told.try_set(match done {
                Ok(()) => words::SAVED,
                Err(error) if error.name == "QuotaExceededError" => words::SAVE_NO_ROOM,
                Err(_) => words::SAVE_FAILED,
            });
        });
    };
    let discard = move |_| {
        let key = discarded.key.clone();
        kept.update(|kept| kept.retain(|it| it.key != key));
        spawn_local(async move {
            // What cannot be deleted is offered again.
            let _ = delete_recording(&key).await;
        });
    };
    view! {
        <li>
            <p class="name">{label.clone()}</p>
            <p class="size">{length}</p>
            <p class="how" role="status">
                {signal_of(move || told.get())}
            </p>
            <div class="row">
                <button
                    class="secondary"
                    aria-label=[words::SAVE, " ", &label].concat()
                    on:click=save
                >
                    {words::SAVE}
                </button>
                <button
                    class="quiet"
                    aria-label=[words::DISCARD, " ", &label].concat()
                    on:click=discard
                >
                    {words::DISCARD}
                </button>
            </div>
        </li>
    }
    .into_any()
}
