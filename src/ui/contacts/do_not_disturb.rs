//! The choice not to be disturbed, for how long, and by whom all the same.

use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use wimpex_client::{Command, UNTIL_TURNED_OFF};
use wimpex_protocol::UserId;
use wimpex_sansio::UnixTime;

use crate::browser::clock;
use crate::session::Session;
use crate::session::quiet::{Quiet, tell_service_worker};
use crate::ui::contact_actions::use_contacts;
use crate::ui::words::do_not_disturb as words;
use crate::ui::{signal_of, use_session};

const HALF_AN_HOUR: Duration = Duration::from_secs(30 * 60);
const AN_HOUR: Duration = Duration::from_secs(60 * 60);
/// When a night is over.
const MORNING: u32 = 8;

/// Until when, in words: hour and minute, and the date unless it is today.
pub(crate) fn on_until(until: UnixTime) -> String {
    let millis = until.as_millis();
    if until == UNTIL_TURNED_OFF {
        words::ON.to_owned()
    } else if clock::is_today(millis) {
        words::on_until(&clock::time_of_day(millis))
    } else {
        words::on_until(&clock::local_time(millis))
    }
}

/// Sets or ends it, here and for the service worker.
pub(crate) fn set(session: Session, until: Option<UnixTime>) {
    session.dispatch(Command::DoNotDisturb(until));
    spawn_local(tell_service_worker(Quiet::Everybody, until));
}

/// All of it.
pub(super) fn do_not_disturb_card() -> AnyView {
    let session = use_session();
    let contacts = use_contacts();
    let until = session.view.do_not_disturb_until;
    let is_on = Memo::new(move |_| until.get().is_some());
    let status = signal_of(move || until.get().map_or_else(String::new, on_until));
    let ids = Memo::new(move |_| {
        contacts.with(|contacts| {
            let all = contacts.contacts().into_iter();
            let some = all.filter(|it| !it.is_blocked);
            some.map(|it| it.id.clone()).collect::<Vec<_>>()
        })
    });
    let lasting = move |time: Duration| {
        move |_| {
            let at = clock::wall_millis() + time.as_millis() as u64;
            set(session, Some(UnixTime::from_millis(at)));
        }
    };
    let (morning, is_tomorrow) = clock::next_hour(MORNING);
    let until_morning = words::until(&clock::time_of_day(morning), is_tomorrow);
    let setting = move |until: fn() -> Option<UnixTime>| move |_| set(session, until());
    view! {
        <section class="card people" aria-labelledby="quiet-title">
            <h2 id="quiet-title">{words::TITLE}</h2>
            <p class="hint">{words::HINT}</p>
            <p class="hint" role="status">{status}</p>
            <div class="row times" hidden=signal_of(move || is_on.get())>
                <button class="secondary" on:click=lasting(HALF_AN_HOUR)>{words::HALF_AN_HOUR}</button>
                <button class="secondary" on:click=lasting(AN_HOUR)>{words::AN_HOUR}</button>
                <button
                    class="secondary"
                    on:click=setting(|| {
                        // The page may have been open since yesterday.
                        let (morning, _) = clock::next_hour(MORNING);
                        Some(UnixTime::from_millis(morning))
                    })
                >
                    {until_morning}
                </button>
                <button class="secondary" on:click=setting(|| Some(UNTIL_TURNED_OFF))>
                    {words::UNTIL_TURNED_OFF}
                </button>
            </div>
            <div class="row" hidden=signal_of(move || !is_on.get())>
                <button class="secondary" on:click=setting(|| None)>{words::TURN_OFF}</button>
            </div>
            <details>
                <summary>{words::ALWAYS}</summary>
                <p class="hint" hidden=signal_of(move || !ids.with(Vec::is_empty))>
                    {words::NO_CONTACTS}
                </p>
                <For each=move || ids.get() key=Clone::clone let:id>
                    {rings_always(id)}
                </For>
            </details>
        </section>
    }
    .into_any()
}

fn rings_always(id: UserId) -> AnyView {
    let contacts = use_contacts();
    let id = StoredValue::new(id);
    let contact = move || {
        let found = contacts.with(|all| id.with_value(|id| all.contact(id).cloned()));
        found.map_or_else(
            || (String::new(), false),
            |it| (it.name.to_string(), it.rings_always),
        )
    };
    let field = id.with_value(|id| ["always-", id.as_str()].concat());
    view! {
        <div class="choice">
            <input
                id=field.clone()
                type="checkbox"
                prop:checked=signal_of(move || contact().1)
                on:change=move |event| {
                    contacts.ring_always(id.get_value(), event_target_checked(&event));
                }
            />
            <label for=field dir="auto">{signal_of(move || contact().0)}</label>
        </div>
    }
    .into_any()
}
