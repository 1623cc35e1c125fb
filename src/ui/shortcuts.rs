//! The list of keyboard shortcuts: shown, changed, and turned off.

use leptos::html::Dialog;
use leptos::prelude::*;
use web_sys::{FocusEvent, HtmlInputElement};

use super::field::invalid;
use super::screens::shortcuts::{ShortcutAction, Shortcuts};
use super::signal_of;
use super::styles::attach_styles;
use super::words::common::CLOSE;
use super::words::shortcuts as words;
use crate::session::settings;

/// As this device keeps them.
pub(super) fn kept_shortcuts() -> Shortcuts {
    settings::shortcuts().map_or_else(Shortcuts::default, |kept| Shortcuts::parse(&kept))
}

/// In a call: the list over everything else, until it is closed.
#[component]
pub(super) fn ShortcutsDialog(
    shortcuts: RwSignal<Shortcuts>,
    close: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let dialog = NodeRef::<Dialog>::new();
    Effect::new(move |_| {
        if let Some(dialog) = dialog.get() {
            let _ = dialog.show_modal();
        }
    });
    view! {
        <dialog
            class="incoming shortcuts"
            aria-labelledby="shortcuts-title"
            node_ref=dialog
            on:close=move |_| close()
        >
            <h2 id="shortcuts-title">{words::TITLE}</h2>
            <ShortcutsList shortcuts />
            <button
                class="secondary"
                on:click=move |_| {
                    if let Some(dialog) = dialog.get_untracked() {
                        dialog.close();
                    }
                }
            >
                {CLOSE}
            </button>
        </dialog>
    }
}

/// The list itself.
#[component]
pub(super) fn ShortcutsList(shortcuts: RwSignal<Shortcuts>) -> impl IntoView {
    attach_styles();
    let error = RwSignal::new(None::<(ShortcutAction, &'static str)>);
    let keep = move |changed: Shortcuts| {
        settings::keep_shortcuts(&changed.kept());
        shortcuts.set(changed);
        error.set(None);
    };
    let row = move |action: ShortcutAction| {
        let (label, key_label) = action.words();
        let select = |event: FocusEvent| event_target::<HtmlInputElement>(&event).select();
        // What was refused does not stay as if it counted.
        let show_kept = move |event: FocusEvent| {
            event_target::<HtmlInputElement>(&event)
                .set_value(&shortcuts.get_untracked().key(action));
        };
        let wrong = move || error.get().filter(|(of, _)| *of == action);
        view! {
            <li>
                <input
                    type="text"
                    class="key"
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    aria-label=key_label
                    aria-describedby="key-error"
                    aria-invalid=signal_of(move || invalid(wrong().map_or("", |(_, words)| words)))
                    disabled=signal_of(move || !shortcuts.get().are_on)
                    prop:value=signal_of(move || shortcuts.get().key(action))
                    on:focus=select
                    on:input=move |event| {
                        match shortcuts.get_untracked().with_key(action, &event_target_value(&event)) {
                            Ok(changed) => keep(changed),
                            Err(words) => error.set(Some((action, words))),
                        }
                    }
                    on:blur=show_kept
                />
                <span>{label}</span>
            </li>
        }
        .into_any()
    };
    view! {
        <div class="choice">
            <input
                id="shortcuts-on"
                type="checkbox"
                aria-describedby="shortcuts-hint"
                prop:checked=signal_of(move || shortcuts.get().are_on)
                on:change=move |event| {
                    keep(shortcuts.get_untracked().turned(event_target_checked(&event)));
                }
            />
            <label for="shortcuts-on">{words::ARE_ON_LABEL}</label>
            <p class="hint" id="shortcuts-hint">{words::ARE_ON_HINT}</p>
        </div>
        <ul class="keys">
            {ShortcutAction::ALL.map(row)}
            {words::OTHERS
                .map(|(key, what)| {
                    view! {
                        <li>
                            <kbd>{key}</kbd>
                            <span>{what}</span>
                        </li>
                    }
                    .into_any()
                })}
        </ul>
        <p class="field-error" id="key-error" role="alert">
            {signal_of(move || error.get().map_or("", |(_, words)| words).to_owned())}
        </p>
    }
}
