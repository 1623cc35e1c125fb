//! Files that are sent in a call. Loaded with the call.

use std::sync::Arc;

use leptos::html::Canvas;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wimpex_files::{FileId, NamePart};
use wimpex_protocol::UserId;

use super::icon::icon;
use super::screens::call::call_screen;
use super::screens::files::{FileAction, FileItem, file_items, files_summary};
use super::screens::icon::Icon;
use super::words::common::isolated;
use super::words::files as words;
use super::{signal_of, use_session};
use crate::browser::{file_pick, window};
use crate::session::{FilesEvent, FilesView, draw_preview};

/// What the parts of a screen share of the files.
#[derive(Clone, Copy)]
pub(crate) struct FilesState {
    view: RwSignal<Arc<FilesView>>,
    name: Signal<String>,
}

impl FilesState {
    /// For a screen; the session shows the files in it from now on.
    pub(crate) fn new(name: Signal<String>) -> Self {
        let state = Self {
            view: RwSignal::new(Arc::default()),
            name,
        };
        use_session().files(FilesEvent::Show(state.view));
        state
    }

    /// For a call's screen: what is dropped or pasted there is sent.
    pub(crate) fn of_call() -> Self {
        let view = use_session().view;
        let name = signal_of(move || {
            view.call
                .with(|call| view.peers.with(|it| call_screen(call, it).name))
        });
        Self::new(name)
    }

    fn peer(self) -> Option<UserId> {
        self.view.with_untracked(|view| view.peer.clone())
    }

    fn is_offered(self) -> bool {
        self.view.with(|view| view.is_offered)
    }
}

/// Lets the user choose what to send.
#[component]
pub(crate) fn SendFileButton() -> impl IntoView {
    let session = use_session();
    let files = expect_context::<FilesState>();
    view! {
        <button
            class="quiet"
            hidden=signal_of(move || !files.is_offered())
            title=words::SEND_FILE
            aria-label=words::SEND_FILE
            on:click=move |_| {
                let Some(peer) = files.peer() else { return };
                spawn_local(async move {
                    let chosen = file_pick::choose().await;
                    if !chosen.is_empty() {
                        session.files(FilesEvent::Send(peer, chosen));
                    }
                });
            }
        >
            {icon(Icon::FILE)}
        </button>
    }
}

/// What is dropped or pasted is sent; a page that is left for a picture would be the end of the call.
#[component]
pub(crate) fn DropPlace() -> impl IntoView {
    let session = use_session();
    let files = expect_context::<FilesState>();
    let is_over = RwSignal::new(false);
    let over = window::on_document("dragover", move |event| {
        if file_pick::drags_files(&event) {
            event.prevent_default();
            is_over.set(files.is_offered());
        }
    });
    let left = window::on_document("dragleave", move |_| is_over.set(false));
    let send = move |event: &web_sys::Event| {
        let given = file_pick::given(event);
        if !given.is_empty() {
            event.prevent_default();
            let is_offered = files.view.with_untracked(|view| view.is_offered);
            if let Some(peer) = files.peer().filter(|_| is_offered) {
                session.files(FilesEvent::Send(peer, given));
            }
        }
    };
    let dropped = window::on_document("drop", move |event| {
        is_over.set(false);
        send(&event);
    });
    let pasted = window::on_document("paste", move |event| send(&event));
    StoredValue::new_local([over, left, dropped, pasted]);
    view! {
        <p class="drop-place" hidden=signal_of(move || !is_over.get())>
            {signal_of(move || words::drop_hint(&isolated(&files.name.get())))}
        </p>
    }
}

/// The list, while there is anything in it.
#[component]
pub(crate) fn FilesPanel() -> impl IntoView {
    let session = use_session();
    let files = expect_context::<FilesState>();
    let items = Memo::new(move |_| {
        let state = session.view.call.with(|call| call.state);
        files
            .view
            .with(|view| file_items(view, state, &files.name.get()))
    });
    let summary = Memo::new(move |_| {
        files
            .view
            .with(|view| files_summary(view, &files.name.get()))
    });
    view! {
        <section
            class="files"
            aria-label=words::TITLE
            hidden=signal_of(move || items.with(Vec::is_empty))
        >
            <p class="summary" role="status">
                {signal_of(move || summary.get())}
            </p>
            <ul>
                <For
                    each=move || items.get()
                    key=|item| (item.file, item.label.clone(), item.has_preview)
                    let:item
                >
                    {file_line(items, &item)}
                </For>
            </ul>
            <p class="hint">{words::KEPT_HINT}</p>
        </section>
    }
}

fn file_line(items: Memo<Vec<FileItem>>, first: &FileItem) -> AnyView {
    let session = use_session();
    let file = first.file;
    let initial = first.clone();
    let item = Memo::new(move |_| {
        let found = items.with(|items| items.iter().find(|it| it.file == file).cloned());
        found.unwrap_or_else(|| initial.clone())
    });
    let buttons: Vec<_> = FileAction::ALL
        .into_iter()
        .map(|action| {
            let name = words::action_label(action.word(), &first.label);
            view! {
                <button
                    class=if action.is_first() { "primary" } else { "quiet" }
                    hidden=signal_of(move || item.with(|item| !item.actions.contains(&action)))
                    aria-label=name
                    on:click=move |_| session.files(event_of(action, file))
                >
                    {action.word()}
                </button>
            }
            .into_any()
        })
        .collect();
    let preview = first.has_preview.then(|| preview(first.key));
    view! {
        <li class:bad=signal_of(move || item.with(|item| item.is_bad))>
            {preview} <p class="name" dir="auto">
                {name_of(&first.name)}
            </p> <p class="size">{first.size.clone()}</p>
            <p class="how">
                {signal_of(move || item.with(|item| item.status.clone()))}
                <span class="pace">{signal_of(move || item.with(|item| item.pace.clone()))}</span>
            </p>
            <progress
                max="100"
                aria-label=first.label.clone()
                hidden=signal_of(move || item.with(|item| item.percent.is_none()))
                value=signal_of(move || item.with(|item| item.percent.unwrap_or(0).to_string()))
            ></progress>
            <p class="warning" hidden=signal_of(move || item.with(|item| item.warnings.is_empty()))>
                {signal_of(move || item.with(|item| item.warnings.join(" ")))}
            </p>
            <div class="row">{buttons}</div>
        </li>
    }
    .into_any()
}

fn event_of(action: FileAction, file: FileId) -> FilesEvent {
    match action {
        FileAction::Accept => FilesEvent::Accept(file),
        FileAction::Refuse | FileAction::Cancel => FilesEvent::Cancel(file),
        FileAction::Pause => FilesEvent::Pause(file, true),
        FileAction::Resume => FilesEvent::Pause(file, false),
        FileAction::Save => FilesEvent::Save(file),
        FileAction::Again => FilesEvent::Again(file),
        FileAction::Remove => FilesEvent::Remove(file),
    }
}

/// What hides in a name is marked.
fn name_of(parts: &[NamePart]) -> Vec<AnyView> {
    let part = |part: &NamePart| match part {
        NamePart::Text(text) => text.clone().into_any(),
        NamePart::Mark(mark) => view! { <mark>{mark.clone()}</mark> }.into_any(),
    };
    parts.iter().map(part).collect()
}

fn preview(key: FileId) -> AnyView {
    let canvas = NodeRef::<Canvas>::new();
    let is_drawn = RwSignal::new(false);
    Effect::new(move |_| {
        if let Some(canvas) = canvas.get() {
            spawn_local(async move {
                let drawn = draw_preview(key, &canvas).await;
                let _ = is_drawn.try_set(drawn);
            });
        }
    });
    view! {
        <canvas
            class="preview"
            aria-hidden="true"
            hidden=signal_of(move || !is_drawn.get())
            node_ref=canvas
        ></canvas>
    }
    .into_any()
}
