//! Code that is not part of the first load: it comes in a module of its own, when
//! it is first needed.
//!
//! `cargo xtask build` splits it off (xtask/src/page/split.rs); under plain Trunk
//! and in the tests it is there from the start. Whoever calls it waits for it
//! either way, and is told when it cannot be had.

#![allow(
    unsafe_code,
    reason = "the attribute that marks the places to split at declares them as foreign"
)]

use std::sync::Arc;

use futures_channel::mpsc::UnboundedSender;
use futures_util::future::LocalBoxFuture;
use leptos::prelude::*;
use web_sys::RtcPeerConnection;

use crate::browser::peer::IceServer;
use crate::session::gatekeeper::Gatekeeper;
use crate::session::guard::Guard;
use crate::session::identity::Identity;
use crate::session::stats::StatsSink;
use crate::session::stats_monitor::StatsMonitor;
use crate::session::{Event, View, check, diagnostics, people};
use crate::ui::{
    AlarmScreen, Debug, DeviceNotices, Findings, HowItEnded, Incoming, LinkAsPicture, Lock,
    Notices, OwnPicture, PauseOffer, People, QualityPanel, QualitySign, Refusal, Unable,
};

/// The module could not be loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotLoaded;

#[cfg(split)]
impl From<wasm_split_helpers::SplitLoaderError> for NotLoaded {
    fn from(_: wasm_split_helpers::SplitLoaderError) -> Self {
        Self
    }
}

/// What comes of a function that is loaded later.
pub type Lazy<T> = LocalBoxFuture<'static, Result<T, NotLoaded>>;

macro_rules! lazy {
    ($(#[$doc:meta])* $name:ident($($argument:ident: $kind:ty),*) -> $result:ty $body:block) => {
        $(#[$doc])*
        pub fn $name($($argument: $kind),*) -> Lazy<$result> {
            #[cfg_attr(split, wasm_split_helpers::wasm_split(extras, fallible))]
            fn later($($argument: $kind),*) -> Result<$result, NotLoaded> {
                Ok($body)
            }
            #[cfg(split)]
            return Box::pin(later($($argument),*));
            #[cfg(not(split))]
            return Box::pin(std::future::ready(later($($argument),*)));
        }
    };
}

lazy! {
    /// Loads the module and does nothing, so that it is there when the network is not.
    preload() -> () {}
}

lazy! {
    /// The panel that **Quality** opens.
    quality_panel(close: Box<dyn Fn()>) -> AnyView {
        view! { <QualityPanel close /> }.into_any()
    }
}

lazy! {
    /// The sign of how the call fares.
    quality_sign() -> AnyView {
        view! { <QualitySign /> }.into_any()
    }
}

lazy! {
    /// The offer to pause one's picture.
    pause_offer() -> AnyView {
        view! { <PauseOffer /> }.into_any()
    }
}

lazy! {
    /// What reads the statistics of one connection.
    stats_monitor(view: View, pc: RtcPeerConnection) -> Box<dyn StatsSink + Send> {
        Box::new(StatsMonitor::new(view, pc))
    }
}

lazy! {
    /// What signs the signals of calls, and checks them.
    guard(
        identity: Option<Arc<Identity>>, view: View, inbox: UnboundedSender<Event>
    ) -> LocalBoxFuture<'static, Box<dyn Guard + Send>> {
        Box::pin(async move {
            // It has to know who may ring.
            people::load(inbox.clone()).await;
            people::follow(view);
            let guard: Box<dyn Guard + Send> = Box::new(Gatekeeper::new(identity, view, inbox));
            guard
        })
    }
}

lazy! {
    /// How sure it is that the call is with who it says, and the pictures.
    lock() -> AnyView {
        view! { <Lock /> }.into_any()
    }
}

lazy! {
    /// The prompt of who is being called. The guard, which lets calls in, is loaded by then.
    incoming() -> AnyView {
        view! { <Incoming /> }.into_any()
    }
}

lazy! {
    /// Contacts, past calls, and what belongs to this device.
    people() -> AnyView {
        view! { <People /> }.into_any()
    }
}

lazy! {
    /// Why the server is of no use.
    refusal() -> AnyView {
        view! { <Refusal /> }.into_any()
    }
}

lazy! {
    /// For a browser without WebRTC.
    unable() -> AnyView {
        view! { <Unable /> }.into_any()
    }
}

lazy! {
    /// What is wrong with microphone or camera.
    device_notices() -> AnyView {
        view! { <DeviceNotices /> }.into_any()
    }
}

lazy! {
    /// What is to be known of this browser.
    notices() -> AnyView {
        view! { <Notices /> }.into_any()
    }
}

lazy! {
    /// One's link as a QR code.
    link_as_picture() -> AnyView {
        view! { <LinkAsPicture /> }.into_any()
    }
}

lazy! {
    /// How a call has ended.
    how_it_ended() -> AnyView {
        view! { <HowItEnded /> }.into_any()
    }
}

lazy! {
    /// The person's own picture.
    own_picture() -> AnyView {
        view! { <OwnPicture /> }.into_any()
    }
}

lazy! {
    /// What was refused, and why.
    alarm() -> AnyView {
        view! { <AlarmScreen /> }.into_any()
    }
}

lazy! {
    /// Saves what happened into a file.
    save_diagnostics(view: View) -> () {
        diagnostics::save(view);
    }
}

lazy! {
    /// What happened, for who debugs.
    debug() -> AnyView {
        view! { <Debug /> }.into_any()
    }
}

lazy! {
    /// What the check of the connection found.
    findings() -> AnyView {
        view! { <Findings /> }.into_any()
    }
}

lazy! {
    /// Whether the server answers, where no WebSocket comes about.
    http_works() -> LocalBoxFuture<'static, bool> {
        Box::pin(async {
            let answer = gloo_net::http::Request::get("/healthz").send().await;
            answer.is_ok_and(|answer| answer.ok())
        })
    }
}

lazy! {
    /// The check itself.
    run_check(
        servers: Vec<IceServer>, online: bool, inbox: UnboundedSender<Event>
    ) -> LocalBoxFuture<'static, ()> {
        Box::pin(check::run(servers, online, inbox))
    }
}
