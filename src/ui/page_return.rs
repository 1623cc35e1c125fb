//! Offers to return to a call whose page was left.

use leptos::prelude::*;

use super::icon::icon;
use super::screens::icon::Icon;
use super::screens::page_return::left_call;
use super::styles::attach_styles;
use super::words::page_return as words;
use super::{signal_of, use_session};

/// Empty without such a call. It takes nobody's focus: a screen reader says what it is.
#[component]
pub fn LeftCallCard() -> impl IntoView {
    let session = use_session();
    let view = session.view;
    attach_styles();
    let sentence = move || {
        view.left_call
            .with(|left| view.peers.with(|people| left_call(left, people)))
    };
    view! {
        <section
            class="card return"
            aria-label=words::REGION
            hidden=signal_of(move || sentence().is_none())
        >
            <p role="status">{signal_of(move || sentence().unwrap_or_default())}</p>
            <div class="row">
                <button class="primary" on:click=move |_| session.return_to_call(true)>
                    {icon(Icon::PHONE)}
                    {words::RETURN}
                </button>
                <button class="secondary" on:click=move |_| session.return_to_call(false)>
                    {words::END_CALL}
                </button>
            </div>
        </section>
    }
}
