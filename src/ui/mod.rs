//! The components: they render what [`screens`] computes from the session's view, in the
//! words of [`words`], and send the session intents.
//!
//! They must not know SDP, sockets, or any element but their own.

mod app;
mod banner;
mod call;
mod check;
mod contact_actions;
mod contacts;
mod controls;
mod debug;
mod ended;
mod field;
mod home;
mod icon;
mod incoming;
mod lazy;
mod lazy_view;
mod notices;
mod person;
mod quality;
mod remote_media;
mod ringing;
mod route;
mod save;
pub mod screens;
mod self_view;
mod styles;
mod trust;
mod welcome;
pub mod words;

pub use app::App;
pub use banner::{Banner, NoWebRtc, ServerRefusal};
pub use check::{CheckResults, ConnectionCheck};
pub use contacts::{ContactsArea, LinkQrCode};
pub use ended::EndCard;
pub use home::HideAddress;
pub use incoming::IncomingDialog;
pub use notices::{BrowserNotices, DeviceNotices};
pub use quality::{PauseOffer, QualityPanel, QualitySign};
pub use trust::{LockButton, SecurityAlert};
pub use welcome::WelcomePage;

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use crate::browser::window;
use crate::session::{Options, Session};

/// Puts the page into the document's body.
pub fn start() {
    let options = Options::from_query(&window::query());
    let body = document().body().expect("index.html has a body");
    // The words that stand there while the page loads.
    body.set_inner_html("");
    mount_to(body.unchecked_into(), move || {
        let session = Session::start(options);
        provide_context(session);
        view! { <App options /> }
    })
    .forget();
}

/// A value that changes, as one type whatever computes it: each type that a view
/// is made of costs the page a few kilobytes of code.
pub(crate) fn signal_of<T: Send + Sync + 'static>(
    compute: impl Fn() -> T + Send + Sync + 'static,
) -> Signal<T> {
    Signal::derive(compute)
}

/// The session that the page was started with.
pub(crate) fn use_session() -> Session {
    expect_context::<Session>()
}
