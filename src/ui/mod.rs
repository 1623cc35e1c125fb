//! The components: they read the session's view and send it intents.
//!
//! They must not know SDP, sockets, or any element but their own. All wording is
//! in here, most of it in `words`.

mod app;
mod banner;
mod call_screen;
mod check;
mod controls;
mod debug;
mod ended;
mod home;
mod icon;
mod incoming;
mod later;
mod lazy;
mod notices;
mod own_picture;
mod people;
mod person;
mod place;
mod quality;
mod remote;
mod ringing;
mod save;
mod sheet;
mod trust;
mod welcome;
pub mod words;

pub use app::App;
pub use banner::{Banner, Refusal, Unable};
pub use check::{ConnectionCheck, Findings};
pub use ended::HowItEnded;
pub use home::HideAddress;
pub use incoming::Incoming;
pub use notices::{DeviceNotices, Notices};
pub use people::{LinkAsPicture, People};
pub use quality::{PauseOffer, QualityPanel, QualitySign};
pub use trust::{AlarmScreen, Lock};
pub use welcome::Welcome;

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use crate::browser::location;
use crate::session::{Options, Session};

/// Puts the page into the document's body.
pub fn start() {
    let options = Options::from_query(&location::query());
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
pub(crate) fn live<T: Send + Sync + 'static>(
    compute: impl Fn() -> T + Send + Sync + 'static,
) -> Signal<T> {
    Signal::derive(compute)
}

/// The session that the page was started with.
pub(crate) fn use_session() -> Session {
    expect_context::<Session>()
}
