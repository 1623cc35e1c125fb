//! The sign beside a name that its bearer chose. Loaded with what shows it (`super::lazy`).

use leptos::prelude::*;

use super::screens::names::Claim;
use super::signal_of;
use super::styles::attach_styles;
use super::words::common::CLAIMED;

/// Quiet, and always there: who is called "Mum" here is so by their own choice. Nothing where there
/// is no claim.
pub(crate) fn claim_sign(claim: Signal<Option<Claim>>) -> AnyView {
    attach_styles();
    let tail = signal_of(move || {
        claim.with(|it| it.as_ref().map_or_else(String::new, |it| it.tail.clone()))
    });
    view! {
        <span class="claim" hidden=signal_of(move || claim.with(Option::is_none))>
            <span class="tag quiet">{CLAIMED}</span>
            <span>{tail}</span>
        </span>
    }
    .into_any()
}
