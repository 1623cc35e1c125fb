//! What the session loads later (`crate::chunk`): what reads the statistics of a call,
//! what signs and verifies, the check, and the diagnostics.

use std::sync::Arc;

use futures_channel::mpsc::UnboundedSender;
use futures_util::future::LocalBoxFuture;
use web_sys::RtcPeerConnection;
use wimpex_webrtc::IceServer;

use super::event::Event;
use super::gatekeeper::Gatekeeper;
use super::gauge::{Gauge, Measure};
use super::guard::Guard;
use super::identity::Identity;
use super::view::View;
use super::{check, diagnostics, people};
use crate::chunk::lazy;

lazy! {
    /// What reads the statistics of one connection.
    gauge(view: View, pc: RtcPeerConnection) -> Box<dyn Measure + Send> {
        Box::new(Gauge::new(view, pc))
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
    /// Saves what happened into a file.
    save_diagnostics(view: View) -> () {
        diagnostics::save(view);
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
