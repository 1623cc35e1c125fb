//! Links that end: made, listed, copied, taken back.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use wimpex_client::address;
use wimpex_contacts::GivenLink;
use wimpex_identity::{IssuedLink, LinkId, LinkState};
use wimpex_sansio::UnixTime;

use super::qr_code::qr_code;
use crate::browser::{clock, location, navigator};
use crate::session::links;
use crate::ui::contact_actions::use_contacts;
use crate::ui::words::{common, links as words};
use crate::ui::{signal_of, use_session};

/// Characters that a label may have: it stands in a list.
const LABEL: usize = 60;
const MINUTE: u64 = 60_000;

fn wall() -> UnixTime {
    UnixTime::from_millis(clock::wall_millis())
}

/// What somebody has called one of their links.
pub(crate) fn shown_label(link: &GivenLink) -> String {
    if link.label.is_empty() {
        words::UNNAMED.to_owned()
    } else {
        link.label.clone()
    }
}

/// All of it.
pub(super) fn links_card() -> AnyView {
    let contacts = use_contacts();
    let trust = use_session().view.trust;
    let is_guest = Memo::new(move |_| trust.with(|trust| trust.is_guest));
    let label = RwSignal::new(String::new());
    let time = RwSignal::new(words::TIMES[1].0);
    let uses = RwSignal::new(words::USES[0].0);
    let error = RwSignal::new(String::new());
    let make = move || {
        if !contacts.with_untracked(|all| all.has_room_for_link(wall())) {
            error.set(words::TOO_MANY.to_owned());
            return;
        }
        error.set(String::new());
        let made = clock::wall_millis();
        let minutes = u64::from(time.get_untracked());
        let ends = (minutes != 0).then(|| UnixTime::from_millis(made + minutes * MINUTE));
        spawn_local(async move {
            match links::make(ends, uses.get_untracked()).await {
                Ok(link) => {
                    let text = label.try_get_untracked().unwrap_or_default();
                    let issued = IssuedLink {
                        link,
                        used: 0,
                        used_by: None,
                        is_revoked: false,
                    };
                    let label_of_it = text.trim().chars().take(LABEL).collect();
                    contacts.add_link(&GivenLink {
                        issued,
                        label: label_of_it,
                        made,
                    });
                    label.try_set(String::new());
                }
                Err(failed) => {
                    error.try_set(words::failed(&failed.name));
                }
            }
        });
    };
    let ids = Memo::new(move |_| {
        contacts.with(|all| all.links().iter().map(GivenLink::id).collect::<Vec<_>>())
    });
    view! {
        <section class="card people" aria-labelledby="links-title">
            <h2 id="links-title">{words::TITLE}</h2>
            <p class="hint">{words::HINT}</p>
            <p class="hint" hidden=signal_of(move || !is_guest.get())>{words::GUEST}</p>
            <ul class="links">
                <For each=move || ids.get() key=|id| *id let:id>
                    {item(id)}
                </For>
            </ul>
            <details class="add" hidden=signal_of(move || is_guest.get())>
                <summary>{words::NEW}</summary>
                <form
                    novalidate
                    on:submit=move |event| {
                        event.prevent_default();
                        make();
                    }
                >
                    <label for="link-label">{words::LABEL}</label>
                    <input
                        id="link-label"
                        type="text"
                        dir="auto"
                        autocomplete="off"
                        maxlength=LABEL.to_string()
                        placeholder=words::LABEL_PLACEHOLDER
                        aria-describedby="link-label-hint"
                        prop:value=signal_of(move || label.get())
                        on:input=move |event| label.set(event_target_value(&event))
                    />
                    <p class="hint" id="link-label-hint">{words::LABEL_HINT}</p>
                    <label for="link-ends">{words::ENDS}</label>
                    <select
                        id="link-ends"
                        on:change=move |event| {
                            time.set(event_target_value(&event).parse().unwrap_or_default());
                        }
                    >
                        {words::TIMES.map(|(minutes, text)| {
                            option(minutes.to_string(), minutes == time.get_untracked(), text)
                        })}
                    </select>
                    <label for="link-calls">{words::CALLS}</label>
                    <select
                        id="link-calls"
                        aria-describedby="link-calls-hint"
                        on:change=move |event| {
                            uses.set(event_target_value(&event).parse().unwrap_or_default());
                        }
                    >
                        {words::USES.map(|(calls, text)| {
                            option(calls.to_string(), calls == uses.get_untracked(), text)
                        })}
                    </select>
                    <p class="hint" id="link-calls-hint">{words::COUNTED}</p>
                    <p class="field-error" role="alert">{signal_of(move || error.get())}</p>
                    <button class="primary" type="submit">{words::MAKE}</button>
                </form>
            </details>
        </section>
    }
    .into_any()
}

fn option(value: String, is_selected: bool, text: &'static str) -> AnyView {
    view! {
        <option value=value selected=is_selected>
            {text}
        </option>
    }
    .into_any()
}

fn item(id: LinkId) -> AnyView {
    let contacts = use_contacts();
    let view = use_session().view;
    let link = Memo::new(move |_| {
        contacts.with(|all| all.links().iter().find(|it| it.id() == id).cloned())
    });
    let label =
        signal_of(move || link.with(|it| it.as_ref().map_or_else(String::new, shown_label)));
    let is_open = signal_of(move || {
        link.with(|it| {
            let state = it.as_ref().map(|it| it.issued.state(wall()));
            state == Some(LinkState::Open)
        })
    });
    let state = signal_of(move || {
        link.with(|it| {
            let Some(issued) = it.as_ref().map(|it| &it.issued) else {
                return String::new();
            };
            let terms = issued.link.terms;
            let ends = terms.ends().map(|ends| clock::local_time(ends.as_millis()));
            words::state(
                issued.state(wall()),
                issued.used,
                terms.uses,
                ends.as_deref(),
            )
        })
    });
    let address_of = move || {
        let (link, me) = (link.get(), view.me.get());
        link.zip(me).map_or_else(String::new, |(link, me)| {
            address::ending_link(&location::home(), &me, &link.issued.link.encode())
        })
    };
    let copied = RwSignal::new(false);
    let copy = move |_| {
        let text = untrack(address_of);
        spawn_local(async move {
            let done = navigator::copy(&text).await.is_ok();
            let _ = copied.try_set(done);
        });
    };
    let drawn = RwSignal::new(false);
    let named = move |button: &'static str| signal_of(move || words::of(button, &label.get()));
    view! {
        <li class="link">
            <span><bdi class="name">{label}</bdi><span class="hint">{state}</span></span>
            <div class="row">
                <button
                    class="quiet"
                    aria-label=named(words::COPY)
                    hidden=signal_of(move || !is_open.get())
                    on:click=copy
                >
                    {signal_of(move || if copied.get() { common::COPIED } else { words::COPY })}
                </button>
                <button
                    class="quiet"
                    aria-label=named(words::QR_CODE)
                    hidden=signal_of(move || !is_open.get())
                    on:click=move |_| drawn.update(|drawn| *drawn = !*drawn)
                >
                    {words::QR_CODE}
                </button>
                <button
                    class="quiet"
                    aria-label=named(words::REVOKE)
                    hidden=signal_of(move || !is_open.get())
                    on:click=move |_| contacts.revoke_link(id)
                >
                    {words::REVOKE}
                </button>
                <button
                    class="quiet"
                    aria-label=named(words::FORGET)
                    hidden=signal_of(move || is_open.get())
                    on:click=move |_| contacts.forget_link(id)
                >
                    {words::FORGET}
                </button>
            </div>
            {move || (drawn.get() && is_open.get()).then(|| qr_code(signal_of(address_of), label))}
        </li>
    }
    .into_any()
}
