//! The components that are loaded later (`crate::chunk`), each as a view.

use leptos::prelude::*;

use super::browser_notices::BrowserNotices;
use super::call::CallPage;
use super::check_results::CheckResults;
use super::contacts::{ContactsArea, LinkQrCode};
use super::debug::DebugPanel;
use super::end_card::EndCard;
use super::incoming::IncomingDialog;
use super::no_webrtc::NoWebRtc;
use super::server_refusal::ServerRefusal;
use super::trust::SecurityAlert;
use crate::chunk::lazy;

lazy! {
    /// A call.
    call_page() -> AnyView {
        view! { <CallPage /> }.into_any()
    }
}

lazy! {
    /// The prompt of an incoming call. The verifier, which lets calls in, is loaded by then.
    incoming_dialog() -> AnyView {
        view! { <IncomingDialog /> }.into_any()
    }
}

lazy! {
    /// Contacts, past calls, and what belongs to this device.
    contacts_area() -> AnyView {
        view! { <ContactsArea /> }.into_any()
    }
}

lazy! {
    /// Why the server is of no use.
    server_refusal() -> AnyView {
        view! { <ServerRefusal /> }.into_any()
    }
}

lazy! {
    /// For a browser without WebRTC.
    no_webrtc() -> AnyView {
        view! { <NoWebRtc /> }.into_any()
    }
}

lazy! {
    /// What is to be known of this browser.
    browser_notices() -> AnyView {
        view! { <BrowserNotices /> }.into_any()
    }
}

lazy! {
    /// The own link as a QR code.
    link_qr_code() -> AnyView {
        view! { <LinkQrCode /> }.into_any()
    }
}

lazy! {
    /// How a call has ended.
    end_card() -> AnyView {
        view! { <EndCard /> }.into_any()
    }
}

lazy! {
    /// What was refused, and why.
    security_alert() -> AnyView {
        view! { <SecurityAlert /> }.into_any()
    }
}

lazy! {
    /// What happened, for who debugs.
    debug_panel() -> AnyView {
        view! { <DebugPanel /> }.into_any()
    }
}

lazy! {
    /// What the check of the connection found.
    check_results() -> AnyView {
        view! { <CheckResults /> }.into_any()
    }
}
