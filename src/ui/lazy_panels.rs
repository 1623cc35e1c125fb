//! What of the screens of a call is opened, or is there only now and then: it is in `extras`, so that
//! a call over a slow line does not wait for it.

use leptos::prelude::*;
use wimpex_protocol::UserId;

use super::chat::{ChatPanel, ChatState};
use super::check_results::CheckResults;
use super::devices::DevicesPanel;
use super::leave_message::LeaveMessage;
use super::quality::QualityPanel;
use super::recording::KeptRecordings;
use super::view_tools::ViewTools;
use crate::chunk::lazy;

lazy! {
    /// The panel **Quality**; closes itself by that signal.
    in extras, quality_panel(is_open: RwSignal<bool>) -> AnyView {
        let close = move || is_open.set(false);
        view! { <QualityPanel close /> }.into_any()
    }
}

lazy! {
    /// The region **Devices** of a call; closes itself by that signal.
    in extras, call_devices(is_open: RwSignal<bool>) -> AnyView {
        let close = move || is_open.set(false);
        view! { <DevicesPanel class="panel devices" close /> }.into_any()
    }
}

lazy! {
    /// The region **Chat**.
    in extras, chat_panel(chat: ChatState) -> AnyView {
        view! { <ChatPanel chat /> }.into_any()
    }
}

lazy! {
    /// Full screen, and the window on top of others.
    in extras, view_tools() -> AnyView {
        view! { <ViewTools /> }.into_any()
    }
}

lazy! {
    /// **Leave a message**, after a call that nobody took.
    in extras, leave_message(peer: UserId, name: Signal<String>) -> AnyView {
        view! { <LeaveMessage peer name /> }.into_any()
    }
}

lazy! {
    /// What was recorded and is not saved.
    in extras, kept_recordings(class: &'static str, made: Signal<u32>) -> AnyView {
        view! { <KeptRecordings class made /> }.into_any()
    }
}

lazy! {
    /// What the check of the connection found.
    in extras, check_results() -> AnyView {
        view! { <CheckResults /> }.into_any()
    }
}
