//! The chat of a call. Loaded with the call.

use std::sync::Arc;

use gloo_timers::callback::Timeout;
use leptos::html::{Button, Div, Textarea};
use leptos::prelude::*;
use leptos::task::{spawn_local, tick};
use web_sys::{Element, KeyboardEvent};
use wimpex_direct::{LineText, Part, parts};
use wimpex_protocol::CallId;

use super::icon::icon;
use super::screens::call::call_screen;
use super::screens::chat::{ChatLine, badge, chat_hint, chat_lines, chat_notice};
use super::screens::icon::Icon;
use super::words::chat as words;
use super::words::common::CLOSE;
use super::{signal_of, use_session};
use crate::browser::resize_observer::ResizeObserver;
use crate::browser::{clock, window};
use crate::session::{ChatView, DirectEvent};

/// How long a notice of a line stays, in milliseconds. The count on the button stays.
const NOTICE: u32 = 8_000;

/// What the parts of the call's screen share of the chat.
#[derive(Clone, Copy)]
pub(crate) struct ChatState {
    view: RwSignal<Arc<ChatView>>,
    is_open: RwSignal<bool>,
    /// What is being written; it stays when the region is closed.
    draft: RwSignal<String>,
    button: NodeRef<Button>,
}

impl ChatState {
    /// For a call's screen; the session shows the chat in it from now on.
    pub(crate) fn new() -> Self {
        let state = Self {
            view: RwSignal::new(Arc::default()),
            is_open: RwSignal::new(false),
            draft: RwSignal::new(String::new()),
            button: NodeRef::new(),
        };
        use_session().direct(DirectEvent::Show(state.view));
        state.keep_drafts_apart();
        state
    }

    /// What was written for one of two calls is never said in the other.
    fn keep_drafts_apart(self) {
        let drafts = StoredValue::new(Vec::<(CallId, String)>::new());
        let call = Memo::new(move |_| self.view.with(|view| view.call.clone()));
        Effect::new(move |before: Option<Option<CallId>>| {
            let now = call.get();
            if let Some(Some(before)) = before
                && now.as_ref() != Some(&before)
            {
                let draft = self.draft.get_untracked();
                let mut kept = String::new();
                drafts.update_value(|drafts| {
                    let at = drafts.iter().position(|(of, _)| Some(of) == now.as_ref());
                    kept = at.map_or_else(String::new, |at| drafts.remove(at).1);
                    drafts.push((before, draft));
                });
                self.draft.set(kept);
            }
            now
        });
    }

    fn call(self) -> Option<CallId> {
        self.view.with_untracked(|view| view.call.clone())
    }

    /// Whether the region is there; subscribes whoever runs.
    pub(crate) fn is_open(self) -> bool {
        self.is_open.get()
    }

    /// Closes the region, as for another one.
    pub(crate) fn close(self) {
        self.is_open.set(false);
    }

    /// Whether it is open, and the other page has a chat too.
    pub(crate) fn panel_is_there(self) -> Memo<bool> {
        Memo::new(move |_| self.is_open.get() && self.is_offered())
    }

    fn is_offered(self) -> bool {
        self.view.with(|view| view.chat.is_offered)
    }
}

/// Opens and closes the region; `others` closes what lies in the same place.
#[component]
pub(crate) fn ChatButton(chat: ChatState, others: impl Fn() + 'static) -> impl IntoView {
    let unread = Memo::new(move |_| chat.view.with(|view| view.chat.unread));
    view! {
        <button
            class="round counted"
            class:pressed=signal_of(move || chat.is_open.get())
            hidden=signal_of(move || !chat.is_offered())
            aria-label=words::TITLE
            aria-describedby="chat-unread"
            aria-expanded=signal_of(move || if chat.is_open.get() { "true" } else { "false" })
            node_ref=chat.button
            on:click=move |_| {
                others();
                chat.is_open.update(|open| *open = !*open);
            }
        >
            {icon(Icon::CHAT)}
            // No text: it would be part of the button's name, which stays as it is.
            <span
                class="badge"
                hidden=signal_of(move || unread.get() == 0)
                data-count=signal_of(move || badge(unread.get()))
            ></span>
            <span id="chat-unread" hidden>
                {signal_of(move || words::unread(unread.get()))}
            </span>
        </button>
    }
}

/// A line that came while the region is closed: told in place, for a while.
#[component]
pub(crate) fn ChatNotice(chat: ChatState) -> impl IntoView {
    let peer = peer_name();
    let newest = Memo::new(move |_| {
        let notice = || chat.view.with(|view| chat_notice(&view.chat, &peer.get()));
        (!chat.is_open.get()).then(notice).flatten()
    });
    let gone = RwSignal::new(0);
    let call = Memo::new(move |_| chat.view.with(|view| view.call.clone()));
    Effect::new(move |_| {
        // Lines are counted in each call by itself.
        call.track();
        gone.set(0);
    });
    let timer = StoredValue::new_local(None::<Timeout>);
    Effect::new(move |_| {
        if let Some((number, _)) = newest.get() {
            let hide = move || {
                let _ = gone.try_set(number);
            };
            timer.set_value(Some(Timeout::new(NOTICE, hide)));
        }
    });
    let text = Memo::new(move |_| {
        let shown = newest.get().filter(|(number, _)| *number > gone.get());
        shown.map_or_else(String::new, |(_, text)| text)
    });
    view! {
        <div class="chat-notice" role="status">
            <button
                class="secondary"
                hidden=signal_of(move || text.with(String::is_empty))
                on:click=move |_| chat.is_open.set(true)
            >
                <bdi>{signal_of(move || text.get())}</bdi>
            </button>
        </div>
    }
}

/// The region. Loaded when it is first opened.
#[component]
pub(crate) fn ChatPanel(chat: ChatState) -> impl IntoView {
    let session = use_session();
    let peer = peer_name();
    let (list, field) = (NodeRef::<Div>::new(), NodeRef::<Textarea>::new());
    let lines = Memo::new(move |_| chat.view.with(|view| chat_lines(&view.chat, &peer.get())));
    let is_at_end = RwSignal::new(true);
    watch_sight(is_at_end);
    // The browser may tell of it when the call, and with it the list, is gone.
    let shown = move || list.try_get_untracked().flatten();
    let top = StoredValue::new(0);
    let to_end = move || {
        if let Some(list) = shown() {
            list.set_scroll_top(list.scroll_height());
            top.set_value(list.scroll_top());
        }
    };
    // New lines, and what takes the place of old ones: a keyboard, a smaller window.
    let resized = move || {
        if is_at_end.try_get_untracked() == Some(true) {
            to_end();
        }
    };
    Effect::new(move |observer: Option<Option<ResizeObserver>>| {
        drop(observer);
        let list: Element = list.get()?.into();
        let lines = list.first_element_child();
        ResizeObserver::observe(lines.into_iter().chain([list]), resized)
    });
    let scrolled = move |_| {
        if let Some(list) = shown() {
            let now = list.scroll_top();
            let below = list.scroll_height() - now - list.client_height();
            // More lines may have come since the event: only who goes up has left the end.
            if below < 24 {
                is_at_end.set(true);
            } else if now < top.get_value() {
                is_at_end.set(false);
            }
            top.set_value(now);
        }
    };
    let focused = StoredValue::new(false);
    Effect::new(move |_| {
        // On a telephone the keyboard would cover what somebody may only want to read.
        if let Some(field) = field.get()
            && !focused.get_value()
            && window::has_fine_pointer()
        {
            focused.set_value(true);
            spawn_local(async move {
                tick().await;
                let _ = field.focus();
            });
        }
    });
    let hint = Memo::new(move |_| {
        let is_full = chat.view.with(|view| view.is_full);
        let hint = |call: &_| chat.draft.with(|draft| chat_hint(draft, call, is_full));
        session.view.call.with(hint)
    });
    let send = move || {
        let text = chat.draft.with_untracked(|draft| LineText::parse(draft));
        let is_full = chat.view.with_untracked(|view| view.is_full);
        if let (Ok(text), Some(call), false) = (text, chat.call(), is_full) {
            session.direct(DirectEvent::Say(call, text));
            chat.draft.set(String::new());
            is_at_end.set(true);
        }
        if let Some(field) = field.get_untracked() {
            let _ = field.focus();
        }
    };
    let pressed = move |event: KeyboardEvent| {
        if event.key() == "Enter" && !event.shift_key() && !event.is_composing() {
            event.prevent_default();
            send();
        }
    };
    let close = move || {
        chat.close();
        if let Some(button) = chat.button.get_untracked() {
            let _ = button.focus();
        }
    };
    let escape = move |event: KeyboardEvent| {
        if event.key() == "Escape" && !event.is_composing() {
            close();
        }
    };
    let is_empty = signal_of(move || lines.with(Vec::is_empty));
    let has_new = signal_of(move || !is_at_end.get() && chat.view.with(|it| it.chat.unread > 0));
    view! {
        <section class="panel chat" aria-label=words::TITLE on:keydown=escape>
            <header>
                <h2>{words::TITLE}</h2>
                <button class="quiet" on:click=move |_| close()>
                    {CLOSE}
                </button>
            </header>
            <p class="hint" hidden=signal_of(move || !chat.view.with(|it| it.chat.is_cut))>
                {words::CUT}
            </p>
            <p class="hint empty" hidden=signal_of(move || !is_empty.get())>
                {words::EMPTY}
            </p>
            <div
                class="lines"
                role="log"
                aria-label=words::LINES_LABEL
                tabindex="0"
                node_ref=list
                on:scroll=scrolled
            >
                <ol>
                    <For
                        each=move || lines.get()
                        key=|line| (line.key, line.mark, line.heading)
                        let:line
                    >
                        {chat_line(line)}
                    </For>
                </ol>
            </div>
            <button class="secondary to-newest" hidden=signal_of(move || !has_new.get()) on:click=move |_| to_end()>
                {words::TO_NEWEST}
            </button>
            <form on:submit=move |event| {
                event.prevent_default();
                send();
            }>
                <textarea
                    rows="1"
                    dir="auto"
                    aria-label=words::MESSAGE_LABEL
                    placeholder=words::MESSAGE_LABEL
                    aria-describedby="chat-hint"
                    node_ref=field
                    prop:value=signal_of(move || chat.draft.get())
                    on:input=move |event| chat.draft.set(event_target_value(&event))
                    on:keydown=pressed
                ></textarea>
                <button class="primary" type="submit">
                    {words::SEND}
                </button>
            </form>
            <p class="hint" id="chat-hint" role="status">
                {signal_of(move || hint.get())}
            </p>
            {keep(chat)}
        </section>
    }
}

/// Whether what was written stays on this device.
fn keep(chat: ChatState) -> AnyView {
    let session = use_session();
    let state = Memo::new(move |_| {
        chat.view
            .with(|view| (view.can_keep, view.is_kept, view.keep_failed))
    });
    let hint = signal_of(move || match state.get() {
        (false, ..) => words::CANNOT_KEEP,
        (true, true, _) => words::KEPT_HINT,
        (true, false, true) => words::KEEP_FAILED,
        (true, false, false) => words::KEEP_HINT,
    });
    view! {
        <div class="keep">
            <label hidden=signal_of(move || !state.get().0)>
                <input
                    type="checkbox"
                    aria-describedby="chat-keep"
                    prop:checked=signal_of(move || state.get().1)
                    on:change=move |event| {
                        if let Some(call) = chat.call() {
                            session.direct(DirectEvent::Keep(call, event_target_checked(&event)));
                        }
                    }
                />
                {words::KEEP}
            </label>
            <span class="hint" id="chat-keep" role="status">
                {hint}
            </span>
        </div>
    }
    .into_any()
}

fn chat_line(line: ChatLine) -> AnyView {
    let text: Vec<AnyView> = parts(line.text.as_str())
        .into_iter()
        .map(|part| match part {
            Part::Text(text) => text.to_owned().into_any(),
            // Nobody learns where it was clicked, and the page is out of its reach.
            Part::Link(link) => view! {
                <a href=link.to_owned() target="_blank" rel="noopener noreferrer nofollow">
                    {link.to_owned()}
                </a>
            }
            .into_any(),
        })
        .collect();
    let heading = (!line.heading.is_empty()).then(|| view! { <p class="of">{line.heading}</p> });
    let author = (!line.author.is_empty()).then(|| {
        view! {
            <p class="who">
                <b dir="auto">{line.author.clone()}</b>
                " "
                <time>{clock::time_of_day(line.at)}</time>
            </p>
        }
    });
    let mark = (!line.mark.is_empty())
        .then(|| view! { <p class="mark" class:lost=line.is_lost>{line.mark}</p> });
    view! {
        <li class:mine=line.is_mine>
            {heading} {author} <p class="text" dir="auto">
                {text}
            </p> {mark}
        </li>
    }
    .into_any()
}

/// Tells the session whether the newest lines are in sight: the page is, and the end of the list.
fn watch_sight(is_at_end: RwSignal<bool>) {
    let session = use_session();
    let is_visible = RwSignal::new(window::is_visible());
    let changed = window::on_document("visibilitychange", move |_| {
        is_visible.set(window::is_visible());
    });
    StoredValue::new_local(changed);
    let in_sight = Memo::new(move |_| is_visible.get() && is_at_end.get());
    Effect::new(move |_| session.direct(DirectEvent::InSight(in_sight.get())));
    on_cleanup(move || session.direct(DirectEvent::InSight(false)));
}

fn peer_name() -> Signal<String> {
    let view = use_session().view;
    signal_of(move || {
        view.call
            .with(|call| view.peers.with(|it| call_screen(call, it).name))
    })
}
