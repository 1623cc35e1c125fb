//! The components that are loaded later (`crate::chunk`), each as a view; but for what is inside of
//! those (`super::lazy_panels`).

use leptos::prelude::*;
use wimpex_protocol::UserId;

use super::broken_link::BrokenLinkPage;
use super::browser_notices::BrowserNotices;
use super::call::CallPage;
use super::claim::claim_sign;
use super::contacts::{ContactsArea, LinkQrCode};
use super::debug::DebugPanel;
use super::devices::devices_card as devices_panel;
use super::ended::EndedPage;
use super::message_fetcher::message_fetcher;
use super::no_webrtc::NoWebRtc;
use super::ringing::UnansweredCall;
use super::screens::names::claim;
use super::server_refusal::ServerRefusal;
use super::trust::SecurityAlert;
use super::{signal_of, use_session};
use crate::chunk::lazy;

lazy! {
    /// A call.
    in calls, call_page() -> AnyView {
        view! { <CallPage /> }.into_any()
    }
}

lazy! {
    /// What is heard of a call before it is answered, and the prompt of one that comes in. The
    /// verifier, without which nothing rings, is loaded by then.
    in ring, unanswered_call() -> AnyView {
        view! { <UnansweredCall /> }.into_any()
    }
}

lazy! {
    /// For a link that names nobody.
    in extras, broken_link() -> AnyView {
        view! { <BrokenLinkPage /> }.into_any()
    }
}

lazy! {
    /// Contacts, past calls, and what belongs to this device.
    in extras, contacts_area() -> AnyView {
        view! { <ContactsArea /> }.into_any()
    }
}

lazy! {
    /// Fetches messages.
    in extras, fetch_messages() -> AnyView {
        message_fetcher()
    }
}

lazy! {
    /// Why the server is of no use.
    in extras, server_refusal() -> AnyView {
        view! { <ServerRefusal /> }.into_any()
    }
}

lazy! {
    /// For a browser without WebRTC.
    in extras, no_webrtc() -> AnyView {
        view! { <NoWebRtc /> }.into_any()
    }
}

lazy! {
    /// What is to be known of this browser.
    in extras, browser_notices() -> AnyView {
        view! { <BrowserNotices /> }.into_any()
    }
}

lazy! {
    /// The own link as a QR code.
    in extras, link_qr_code() -> AnyView {
        view! { <LinkQrCode /> }.into_any()
    }
}

lazy! {
    /// The screen after a call.
    in calls, ended_page() -> AnyView {
        view! { <EndedPage /> }.into_any()
    }
}

lazy! {
    /// The sign that the name of whose link was opened is their own choice.
    in extras, person_claim(user: UserId) -> AnyView {
        let view = use_session().view;
        claim_sign(signal_of(move || claim(&view.peers.read(), &user, None)))
    }
}

lazy! {
    /// What was refused, and why.
    in extras, security_alert() -> AnyView {
        view! { <SecurityAlert /> }.into_any()
    }
}

lazy! {
    /// What happened, for who debugs.
    in extras, debug_panel() -> AnyView {
        view! { <DebugPanel /> }.into_any()
    }
}

lazy! {
    /// The choice of devices, outside of a call. It can be taken away by its button, too.
    in extras, devices_card(is_open: RwSignal<bool>) -> AnyView {
        devices_panel(is_open)
    }
}
