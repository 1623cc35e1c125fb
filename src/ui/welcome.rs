//! The first visit, and a change of name.

use leptos::prelude::*;
use web_sys::SubmitEvent;

use super::field::invalid;
use super::icon::logo;
use super::route::Router;
use super::screens::welcome::{submitted, welcome_screen};
use super::words::welcome as words;
use super::{signal_of, use_session};
use crate::session::settings::kept_name;
use wimpex_client::Command;
use wimpex_client::address::Route;

/// Asks for the person's name.
#[component]
pub fn WelcomePage(done: impl Fn() + 'static) -> impl IntoView {
    let session = use_session();
    let view = session.view;
    let by_link =
        use_context::<Router>().is_some_and(|router| matches!(router.get(), Route::Person(_)));
    let screen = view
        .name
        .with_untracked(|name| welcome_screen(name.as_ref(), kept_name(), by_link));
    let text = RwSignal::new(screen.name);
    let error = RwSignal::new(screen.error);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let text = text.get_untracked();
        match view
            .name
            .with_untracked(|name| submitted(&text, name.as_ref()))
        {
            Ok(changed) => {
                if let Some(name) = changed {
                    session.dispatch(Command::SetName(name));
                }
                done();
            }
            Err(wrong) => error.set(wrong),
        }
    };
    view! {
        <main class="column welcome">
            <header class="top">{logo()}</header>
            <section class="card">
                <h1>{screen.title}</h1>
                <p>{screen.lead}</p>
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
