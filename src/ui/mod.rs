//! The components: they read the session's view and send it intents.
//!
//! They must not know SDP, sockets, or any element but their own. All wording is
//! in here, most of it in `words`.

mod app;
mod banner;
mod call_screen;
mod check;
mod contacts;
mod controls;
mod debug;
mod ended;
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
mod self_view;
mod styles;
mod trust;
mod welcome;
pub mod words;

pub use app::App;
pub use banner::{Banner, NoWebRtc, ServerRefusal};
pub use check::{CheckResults, ConnectionCheck};
pub use contacts::{ContactsArea, LinkQrCode};
pub use ended::EndSummary;
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
