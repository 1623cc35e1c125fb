//! The messages that came, above the past calls: played in place.

use js_sys::Uint8Array;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use wimpex_mailbox::{Captions, Kind};

use crate::browser::blob::{self, ObjectUrl};
use crate::browser::{BrowserError, clock};
use crate::session::mailbox::{self, Entry};
use crate::ui::claim::claim_sign;
use crate::ui::mailbox::Mailbox;
use crate::ui::screens::names::{claim, name_of};
use crate::ui::words::message as words;
use crate::ui::{signal_of, use_session};

/// All of them, the newest first, and what is to be known of those that are not here.
pub(super) fn messages(mailbox: Mailbox) -> AnyView {
    view! {
        <p class="hint" role="status" hidden=signal_of(move || mailbox.notice.get().is_none())>
            {signal_of(move || mailbox.notice.get().unwrap_or_default())}
        </p>
        <ul class="calls">
            <For
                each=move || mailbox.entries.get()
                key=|entry| (entry.name.clone(), entry.is_played)
                let:entry
            >
                {item(mailbox, entry)}
            </For>
        </ul>
    }
    .into_any()
}

/// What is playing: nothing, or the recording; or why it is not.
#[derive(Default)]
enum Player {
    #[default]
    Closed,
    Open {
        recording: ObjectUrl,
        captions: Option<Subtitles>,
    },
    Broken,
}

/// What is said: for a picture, and as a text.
struct Subtitles {
    url: ObjectUrl,
    text: String,
}

/// Opens a message.
async fn opened(entry: &Entry) -> Result<Player, BrowserError> {
    let (recording, captions) = mailbox::open(entry).await?;
    let captions = (!captions.is_empty()).then(|| {
        let bytes = Uint8Array::from(captions.as_bytes());
        Ok::<_, BrowserError>(Subtitles {
            url: ObjectUrl::new(&blob::of(&bytes, "text/vtt")?)?,
            text: Captions::text_of(&captions),
        })
    });
    Ok(Player::Open {
        recording: ObjectUrl::new(&recording)?,
        captions: captions.transpose()?,
    })
}

fn item(mailbox: Mailbox, entry: Entry) -> AnyView {
    let view = use_session().view;
    let (kind, is_played) = (entry.kind, entry.is_played);
    let (summary, when) = (
        words::summary(kind, entry.seconds, is_played),
        clock::local_time(entry.at),
    );
    let peer = StoredValue::new(entry.name.sender.clone());
    let name = signal_of(move || {
        let people = view.peers.read();
        peer.with_value(|peer| name_of(&people, peer, None))
    });
    let claim = signal_of(move || {
        let people = view.peers.read();
        peer.with_value(|peer| claim(&people, peer, None))
    });
    let entry = StoredValue::new(entry);
    let player = RwSignal::new_local(Player::Closed);
    let is_open = signal_of_player(player);
    let play = move |_| {
        if !matches!(*player.read_untracked(), Player::Closed) {
            player.set(Player::Closed);
            close(mailbox, entry);
            return;
        }
        spawn_local(async move {
            let opened = opened(&entry.get_value()).await;
            // It may be deleted by now.
            player.try_set(opened.unwrap_or(Player::Broken));
        });
    };
    let delete = move |_| mailbox.delete(entry.with_value(|entry| entry.name.clone()));
    view! {
        <li class="past message" class:new=!is_played>
            <span aria-hidden="true">{words::ARROW}</span>
            <span>
                <b><bdi>{name}</bdi></b>
                " "
                {claim_sign(claim)}
                <br />
                {summary}
                " · "
                <time>{when}</time>
            </span>
            <span class="row">
                <button
                    class="quiet"
                    aria-expanded=signal_of(move || is_open.get().to_string())
                    aria-label=signal_of(move || if is_open.get() {
                        words::close_label(&name.get())
                    } else {
                        words::play_label(&name.get())
                    })
                    on:click=play
                >
                    {signal_of(move || if is_open.get() { words::CLOSE } else { words::PLAY })}
                </button>
                <button
                    class="quiet"
                    aria-label=signal_of(move || words::delete_label(&name.get()))
                    on:click=delete
                >
                    {words::DELETE}
                </button>
            </span>
            {move || match &*player.read() {
                Player::Closed => None,
                Player::Open { recording, captions } => {
                    Some(element(kind, recording.as_str().to_owned(), captions.as_ref(), name))
                }
                Player::Broken => {
                    Some(
                        view! {
                            <p class="field-error" role="alert">
                                {words::NOT_OPENED}
                            </p>
                        }
                            .into_any(),
                    )
                }
            }}
        </li>
    }
    .into_any()
}

/// That it was played is shown when it is closed: the row is another one then.
fn close(mailbox: Mailbox, entry: StoredValue<Entry>) {
    let entry = entry.get_value();
    if !entry.is_played {
        mailbox.mark_played(entry);
    }
}

fn signal_of_player(player: RwSignal<Player, LocalStorage>) -> Memo<bool> {
    let is_open = RwSignal::new(false);
    Effect::new(move |_| is_open.set(!matches!(*player.read(), Player::Closed)));
    Memo::new(move |_| is_open.get())
}

fn element(kind: Kind, url: String, captions: Option<&Subtitles>, name: Signal<String>) -> AnyView {
    let label = signal_of(move || words::player_label(&name.get()));
    let track = captions.map(|captions| {
        let url = captions.url.as_str().to_owned();
        view! { <track kind="captions" default src=url label=words::CAPTIONS /> }.into_any()
    });
    let text = captions.map(|captions| {
        view! { <p class="hint said">{words::said(&captions.text)}</p> }.into_any()
    });
    let player = match kind {
        // It has no place for captions: they stand below it.
        Kind::Audio => {
            view! { <audio controls autoplay src=url aria-label=label></audio> }.into_any()
        }
        Kind::Video => view! {
            <video controls autoplay playsinline src=url aria-label=label>
                {track}
            </video>
        }
        .into_any(),
    };
    view! {
        {player}
        {text}
    }
    .into_any()
}
