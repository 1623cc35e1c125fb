//! What everybody on the page should know, whatever they are doing.

use leptos::prelude::*;

use super::lazy;
use super::lazy_view::lazy_view;
use super::screens::banner::server_banner;
use super::{signal_of, use_session};

/// The state of the connection to the server, when it is not well.
#[component]
pub fn Banner() -> impl IntoView {
    let view = use_session().view;
    let banner = move || server_banner(view.server.get(), view.call.with(|call| call.state));
    // It answers, so that the words for it can be loaded.
    let refuses = Memo::new(move |_| banner().refuses);
    view! {
        <div class="banner" class:shown=signal_of(move || banner().is_shown) role="alert">
            {signal_of(move || banner().lost.to_owned())}
            {move || refuses.get().then(|| lazy_view(lazy::server_refusal()))}
        </div>
    }
}

/// The place for the words for a browser without WebRTC.
pub(crate) fn no_webrtc() -> AnyView {
    lazy_view(lazy::no_webrtc())
}
