//! What the check found, part by part, and what to do.

use leptos::html::Section;
use leptos::prelude::*;

use super::screens::check::{ROWS, check_row, has_answers};
use super::words::check as words;
use super::{signal_of, use_session};
use wimpex_client::Check;
use wimpex_client::Command;

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

fn result(part: Check) -> AnyView {
    let session = use_session();
    let check = session.view.check;
    let row = move || check.with(|check| check_row(part, check));
    let name = check.with_untracked(|check| check_row(part, check).name);
    let answers = has_answers(part).then(|| {
        let answer = move |heard| session.dispatch(Command::SpeakerHeard(heard));
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
