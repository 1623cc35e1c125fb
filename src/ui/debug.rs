//! `?debug`: what the call machine and the browser did, and when: the same record that
//! is saved. Loaded when it is wanted (`super::lazy`).

use leptos::prelude::*;

use super::save::SaveDiagnostics;
use super::words::diagnostics as words;
use super::{signal_of, use_session};
use crate::session::diagnostics;

/// So many of the newest lines are shown.
const LINES: usize = 300;

/// The record, newest line last.
#[component]
pub(crate) fn DebugPanel() -> impl IntoView {
    let view = use_session().view;
    let now = signal_of(move || {
        let call = view.call.with(|call| call.state);
        format!("call: {call:?}, server: {:?}", view.server.get())
    });
    let log = signal_of(move || {
        view.recorded.track();
        let lines = diagnostics::record(view).map_or_else(Vec::new, |record| record.timeline());
        lines[lines.len().saturating_sub(LINES)..].join("\n")
    });
    view! {
        <details class="debug" open>
            <summary>{words::DEBUG}</summary>
            <p>{now}</p>
            <SaveDiagnostics />
            <pre role="log" aria-label=words::DEBUG_LOG_LABEL>
                {log}
            </pre>
        </details>
    }
}
