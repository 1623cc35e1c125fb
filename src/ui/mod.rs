//! The components: they render what [`screens`] computes from the session's view, in the
//! words of [`words`], and send commands.
//!
//! They must not know SDP, sockets, or any element but their own.

mod app;
mod banner;
mod broken_link;
mod browser_notices;
mod call;
mod call_keeper;
mod call_overlay;
mod captions;
mod chat;
mod check;
mod check_devices;
mod check_results;
mod claim;
mod closer;
mod contact_actions;
mod contacts;
mod controls;
mod debug;
mod devices;
mod end_card;
mod ended;
mod field;
mod files;
mod home;
mod home_button;
mod icon;

mod incoming;
mod lazy;
mod lazy_panels;
mod lazy_view;
mod leave_message;
mod mailbox;
mod message_fetcher;
mod new_messages;
mod no_webrtc;
mod notices;
mod page_return;
mod peer_media;
mod person;
mod pictures;
mod push;
mod quality;
mod recording;
mod remote_media;
mod ringing;
mod route;
mod save;
pub mod screens;
mod self_view;
mod server_refusal;
mod share;
mod shortcuts;
mod signals;
mod stage;
mod styles;
mod trust;
mod typing;
mod view_tools;
mod waiting;
mod welcome;
pub mod words;

pub use app::App;
pub use banner::Banner;
pub use browser_notices::{BrowserNotices, DeviceNotices};
pub use check::ConnectionCheck;
pub use check_results::CheckResults;
pub use contacts::{ContactsArea, KeepContact, LinkQrCode};
pub use devices::{DeviceLine, DevicesPanel};
pub use end_card::EndCard;
pub use home::HideAddress;
pub use incoming::IncomingDialog;
pub use no_webrtc::NoWebRtc;
pub use quality::{PauseOffer, QualityPanel, QualitySign};
pub use server_refusal::ServerRefusal;
pub(crate) use signals::{signal_of, use_session};
pub use trust::{LockButton, SecurityAlert};
pub use welcome::WelcomePage;

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use crate::browser::location;
use crate::session::{Options, Session};

/// Puts the page into the document's body.
pub fn start() {
    let options = Options::from_query(&location::query());
    let body = document().body().expect("index.html has a body");
    // What the host says at the foot of every page (crates/server/src/host_page.rs) stays.
    let foot = document().get_element_by_id("host");
    // The words that stand there while the page loads.
    body.set_inner_html("");
    mount_to(body.clone().unchecked_into(), move || {
        let session = Session::start(options);
        provide_context(session);
        view! { <App options /> }
    })
    .forget();
    if let Some(foot) = foot {
        let _ = body.append_child(&foot);
    }
}
