//! `?debug`: what the call machine and the browser did, and when.

use leptos::prelude::*;

use super::save::SaveDiagnostics;
use super::{live, use_session};

/// The record, newest line last.
#[component]
pub(crate) fn Debug() -> impl IntoView {
    let view = use_session().view;
    let now = live(move || {
        let call = view.call.with(|call| call.state);
        format!("call: {call:?}, server: {:?}", view.server.get())
    });
    let log = live(move || {
        view.trace.with(|lines| {
            let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
            lines.join("\n")
        })
    });
    view! {
        <details class="debug" open>
            <summary>"Debug"</summary>
            <p>{now}</p>
            <SaveDiagnostics />
            <pre role="log" aria-label="Debug log">
                {log}
            </pre>
        </details>
    }
}
