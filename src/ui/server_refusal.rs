//! Why a server that answers is of no use.

use leptos::prelude::*;

use super::words::banner as words;
use super::{signal_of, use_session};

/// Why the server is of no use.
#[component]
pub fn ServerRefusal() -> impl IntoView {
    let view = use_session().view;
    signal_of(move || words::refusal(view.server.get()).to_owned())
}
