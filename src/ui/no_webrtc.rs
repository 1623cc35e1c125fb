//! A browser that cannot make calls.

use leptos::prelude::*;

use super::browser_notices::here;
use super::icon::logo;
use super::words::banner as words;

/// For a browser without WebRTC.
#[component]
pub fn NoWebRtc() -> impl IntoView {
    view! {
        <main class="column">
            <header class="top">{logo()}</header>
            <section class="card">
                <h1>{words::NO_WEBRTC}</h1>
                <p>{words::no_webrtc_hint(here())}</p>
            </section>
        </main>
    }
}
