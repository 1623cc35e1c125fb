//! The indicator of the call's quality, one half for each direction.

use leptos::prelude::*;
use wimpex_quality::Assessment;

use crate::ui::words::quality::both_directions;
use crate::ui::{signal_of, use_session};

/// Two arrows, down for receiving and up for sending. A grade is told by shape as well as by
/// colour: full, half, an outline, dashes.
#[component]
pub fn QualitySign() -> impl IntoView {
    crate::ui::styles::attach_styles();
    let shown = use_session().view.quality;
    // Most readings leave it as it is.
    let both = Memo::new(move |_| {
        shown.with(|shown| {
            shown
                .as_ref()
                .map(|shown| (shown.reading.receiving, shown.reading.sending))
                .unwrap_or_default()
        })
    });
    let says = signal_of(move || {
        let (receiving, sending) = both.get();
        both_directions(receiving, sending)
    });
    let arrow = move |of: fn((Assessment, Assessment)) -> Assessment, path: &'static str| {
        let grade = signal_of(move || of(both.get()).grade.code().to_owned());
        view! {
            <svg viewBox="0 0 12 16" data-grade=grade aria-hidden="true">
                <path class="whole" d=path />
                <path class="half" d=path />
            </svg>
        }
        .into_any()
    };
    view! {
        <span role="img" aria-label=says title=says>
            {arrow(|(receiving, _)| receiving, "M6 15L1 8h3V1h4v7h3z")}
            {arrow(|(_, sending)| sending, "M6 1L1 8h3v7h4V8h3z")}
        </span>
    }
}
