//! `?debug`: what the call machine and the browser did, and when.

use leptos::prelude::*;

use super::use_session;

/// The record, newest line last.
#[component]
pub(crate) fn Debug() -> impl IntoView {
    let view = use_session().view;
    view! {
        <details class="debug" open>
            <summary>"Debug"</summary>
            <p>
                {move || view.call.with(|call| format!("call: {:?}", call.state))} ", "
                {move || format!("server: {:?}", view.server.get())}
            </p>
            <ol role="log" aria-label="Debug log">
                <For each=move || view.trace.get() key=|line| line.number let:line>
                    <li>
                        <time>{format!("{:.3}", line.at.as_secs_f64())}</time>
                        " "
                        {line.text}
                    </li>
                </For>
            </ol>
        </details>
    }
}
