//! The first visit, and a change of name.

use leptos::prelude::*;
use web_sys::SubmitEvent;
use wimpex_protocol::Name;

use super::icon::logo;
use super::route::Router;
use super::words::welcome as words;
use super::{signal_of, use_session};
use crate::session::Intent;
use crate::session::address::Route;

/// Asks for the person's name.
#[component]
pub fn WelcomePage(done: impl Fn() + 'static) -> impl IntoView {
    let session = use_session();
    let known = session.view.name.get_untracked();
    let text = RwSignal::new(known.as_ref().map_or(String::new(), ToString::to_string));
    let error = RwSignal::new(String::new());
    let by_link =
        use_context::<Router>().is_some_and(|router| matches!(router.get(), Route::Person(_)));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        match Name::parse(&text.get_untracked()) {
            Ok(name) => {
                if session.view.name.get_untracked().as_ref() != Some(&name) {
                    session.dispatch(Intent::SetName(name));
                }
                done();
            }
            Err(wrong) => error.set(words::name_error(wrong)),
        }
    };
    let lead = match (&known, by_link) {
        (Some(_), _) => words::LEAD_CHANGE,
        (None, true) => words::LEAD_BY_LINK,
        (None, false) => words::LEAD,
    };
    view! {
        <main class="column welcome">
            <header class="top">{logo()}</header>
            <section class="card">
                <h1>{if known.is_some() { words::CHANGE_TITLE } else { words::TITLE }}</h1>
                <p>{lead}</p>
                <form on:submit=submit novalidate>
                    <label for="name">{words::NAME_LABEL}</label>
                    <input
                        id="name"
                        type="text"
                        autocomplete="name"
                        autofocus
                        prop:value=signal_of(move || text.get())
                        on:input=move |event| {
                            text.set(event_target_value(&event));
                            error.set(String::new());
                        }
                        aria-invalid=signal_of(move || invalid(&error.get()))
                        aria-describedby="name-error"
                    />
                    <p class="field-error" id="name-error" role="alert">{signal_of(move || error.get())}</p>
                    <button class="primary wide" type="submit">{words::CONTINUE}</button>
                </form>
            </section>
        </main>
    }
}

/// For `aria-invalid`: whether the field has an error.
pub(crate) fn invalid(error: &str) -> &'static str {
    if error.is_empty() { "false" } else { "true" }
}
