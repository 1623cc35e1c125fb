//! The check of everything that a call needs, part by part, and what to do.

use leptos::html::Section;
use leptos::prelude::*;

use super::lazy;
use super::lazy_view::lazy_view;
use super::{signal_of, use_session, words};
use crate::session::Intent;
use crate::session::check::{Finding, PARTS, Part};

/// A button that begins the check, and what it shows.
#[component]
pub fn ConnectionCheck() -> impl IntoView {
    let session = use_session();
    let check = session.view.check;
    let running = signal_of(move || {
        check.with(|check| {
            check
                .iter()
                .any(|(_, finding)| matches!(finding, Finding::Waiting | Finding::Looking))
        })
    });
    let begun = Memo::new(move |_| check.with(|check| !check.is_empty()));
    let missing = session.view.no_check;
    let begin = move |_| session.dispatch(Intent::Check);
    view! {
        <button
            class="quiet centered"
            disabled=running
            on:click=begin
        >
            {words::check::START}
        </button>
        <p class="field-error" role="alert" hidden=signal_of(move || !missing.get())>
            {words::check::NO_CHECK}
        </p>
        {move || begun.get().then(|| lazy_view(lazy::check_results()))}
    }
}

/// What the check found, part by part.
#[component]
pub fn CheckResults() -> impl IntoView {
    let session = use_session();
    let check = session.view.check;
    let verdict = signal_of(move || check.with(|check| words::check::verdict(check)));
    let rows = PARTS.map(|part| {
        let finding = move || {
            check.with(|check| {
                let found = check.iter().find(|(of, _)| *of == part);
                found.map_or(Finding::Waiting, |(_, finding)| finding.clone())
            })
        };
        let mark = signal_of(move || words::check::mark(&finding()).to_owned());
        let says = signal_of(move || words::check::finding(&finding()));
        let answers = (part == Part::Speaker).then(|| {
            let settled = signal_of(move || finding() != Finding::Asks);
            let answer = move |heard| session.dispatch(Intent::Heard(heard));
            view! {
                <span class="answers" role="group" aria-label=words::check::HEARD_LABEL hidden=settled>
                    <button class="secondary" on:click=move |_| answer(true)>{words::check::YES}</button>
                    <button class="secondary" on:click=move |_| answer(false)>{words::check::NO}</button>
                </span>
            }
            .into_any()
        });
        view! {
            <li class="finding" data-mark=mark>
                <span>{words::check::part(part)}</span>
                <span>{says} {answers}</span>
            </li>
        }
        .into_any()
    });
    let section = NodeRef::<Section>::new();
    // It may appear below the edge of the screen.
    request_animation_frame(move || {
        // Or be gone again by then.
        if let Some(section) = section.try_get_untracked().flatten() {
            section.scroll_into_view_with_bool(false);
        }
    });
    view! {
        <section class="card" node_ref=section aria-label=words::check::RESULTS_LABEL>
            <ul class="findings">{Vec::from(rows)}</ul>
            <p role="status">{verdict}</p>
        </section>
    }
}
