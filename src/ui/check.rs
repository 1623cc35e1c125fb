//! The check of everything that a call needs, part by part, and what to do.

use leptos::html::Section;
use leptos::prelude::*;

use super::lazy;
use super::lazy_view::lazy_view;
use super::screens::check::{ROWS, check_button, check_row, has_answers};
use super::words::check as words;
use super::{signal_of, use_session};
use crate::session::Intent;
use crate::session::check::Part;

/// A button that begins the check, and what it shows.
#[component]
pub fn ConnectionCheck() -> impl IntoView {
    let session = use_session();
    let view = session.view;
    let button = move || view.check.with(|check| check_button(check));
    let has_begun = Memo::new(move |_| button().has_begun);
    view! {
        <button
            class="quiet centered"
            disabled=signal_of(move || button().is_running)
            on:click=move |_| session.dispatch(Intent::Check)
        >
            {words::START}
        </button>
        <p class="field-error" role="alert" hidden=signal_of(move || !view.no_check.get())>
            {words::NO_CHECK}
        </p>
        {move || has_begun.get().then(|| lazy_view(lazy::check_results()))}
    }
}

/// What the check found, part by part.
#[component]
pub fn CheckResults() -> impl IntoView {
    let check = use_session().view.check;
    let section = NodeRef::<Section>::new();
    // It may appear below the edge of the screen.
    request_animation_frame(move || {
        // Or be gone again by then.
        if let Some(section) = section.try_get_untracked().flatten() {
            section.scroll_into_view_with_bool(false);
        }
    });
    view! {
        <section class="card" node_ref=section aria-label=words::RESULTS_LABEL>
            <ul class="findings">{Vec::from(ROWS.map(result))}</ul>
            <p role="status">{signal_of(move || check.with(|check| words::verdict(check)))}</p>
        </section>
    }
}

fn result(part: Part) -> AnyView {
    let session = use_session();
    let check = session.view.check;
    let row = move || check.with(|check| check_row(part, check));
    let name = check.with_untracked(|check| check_row(part, check).name);
    let answers = has_answers(part).then(|| {
        let answer = move |heard| session.dispatch(Intent::Heard(heard));
        view! {
            <span
                class="answers"
                role="group"
                aria-label=words::HEARD_LABEL
                hidden=signal_of(move || !row().asks)
            >
                <button class="secondary" on:click=move |_| answer(true)>{words::YES}</button>
                <button class="secondary" on:click=move |_| answer(false)>{words::NO}</button>
            </span>
        }
        .into_any()
    });
    view! {
        <li class="finding" data-mark=signal_of(move || row().mark.to_owned())>
            <span>{name}</span>
            <span>{signal_of(move || row().says)} {answers}</span>
        </li>
    }
    .into_any()
}
