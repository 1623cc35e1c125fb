//! A server from its first visitor to its end, which may be that another process takes its place.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tracing::{info, warn};

use crate::app::App;
#[cfg(unix)]
pub(crate) use crate::handover::Endpoint;
#[cfg(unix)]
use crate::handover::Visitor;
use crate::listener::{self, Door};
#[cfg(unix)]
use crate::store_file::STORE_PATIENCE;

/// For relayed calls to end, when another process has taken this one's place.
const RELAYED_CALLS: Duration = Duration::from_secs(60 * 60);

/// For clients to come to another server, beyond the time over which they are asked to: a handshake
/// and a login, or a second attempt.
const RETIREMENT: Duration = Duration::from_secs(5);
/// How often it is looked whether all have.
const LOOK: Duration = Duration::from_millis(20);

/// No other process comes.
#[cfg(not(unix))]
pub(crate) enum NoEndpoint {}
#[cfg(not(unix))]
pub(crate) use NoEndpoint as Endpoint;
#[cfg(not(unix))]
enum Visitor {}

/// What goes on beside the doors.
pub(crate) struct Beside {
    pub(crate) relay: Option<wimpex_relay::Handle>,
    /// End with this process's place.
    pub(crate) upkeep: Vec<AbortOnDropHandle<()>>,
    /// Ends with this process: the system's manager hears the main one only, which is this one
    /// still where the other was not started by it.
    pub(crate) watched: Option<AbortOnDropHandle<()>>,
}

enum End {
    Shutdown,
    #[cfg_attr(not(unix), expect(dead_code, reason = "nobody comes"))]
    Successor(Visitor),
}

/// Serves until `shutdown` completes, or another process has taken this one's place and its
/// relayed calls are over.
pub(crate) async fn serve(
    doors: Vec<Door>,
    app: Arc<App>,
    beside: Beside,
    endpoint: Option<Endpoint>,
    shutdown: impl Future<Output = ()>,
) {
    let mut shutdown = pin!(shutdown);
    let stopping = CancellationToken::new();
    let shared = listener::Shared::new(&app, &stopping);
    loop {
        let end = async {
            tokio::select! {
                () = shutdown.as_mut() => End::Shutdown,
                visitor = visitor(endpoint.as_ref()) => End::Successor(visitor),
            }
        };
        match listener::serve(&doors, &shared, end).await {
            End::Shutdown => {
                info!("shutting down");
                if app.registry.has_others() {
                    // Whoever comes back is to find another server, not to wait in a queue here.
                    drop(doors);
                    let within = app.registry.retire();
                    listener::close(&shared).await;
                    fetched(&app, within + RETIREMENT).await;
                }
                app.registry.close();
                listener::close(&shared).await;
                return finish(&app).await;
            }
            End::Successor(visitor) => {
                if hand_over(visitor, &app, beside.relay.as_ref()).await {
                    break;
                }
            }
        }
    }
    // What is locked is the other process's now, and so are the ports.
    let Beside {
        relay,
        upkeep,
        watched,
    } = beside;
    drop((endpoint, doors, upkeep));
    listener::close(&shared).await;
    finish(&app).await;
    if let Some(relay) = relay {
        outlive(&relay, shutdown).await;
    }
    drop(watched);
}

/// Waits for other servers to fetch the sessions of this one, as their clients come to them.
async fn fetched(app: &App, most: Duration) {
    let all = async {
        while !app.registry.is_empty() {
            sleep(LOOK).await;
        }
    };
    if timeout(most, all).await.is_err() {
        let sessions = app.registry.counts().sessions;
        info!(sessions, "nobody has come for these");
    }
}

/// What goes to push services, or to the disk, is on its way.
async fn finish(app: &App) {
    if let Some(push) = &app.push {
        push.finish(app.config.timing.shutdown).await;
    }
    if let Some(missed) = &app.missed_calls {
        missed.settled().await;
    }
}

async fn visitor(endpoint: Option<&Endpoint>) -> Visitor {
    match endpoint {
        #[cfg(unix)]
        Some(endpoint) => endpoint.visitor().await,
        #[cfg(not(unix))]
        Some(never) => match *never {},
        None => std::future::pending().await,
    }
}

/// Whether the other process has it all now.
#[cfg(unix)]
async fn hand_over(visitor: Visitor, app: &App, relay: Option<&wimpex_relay::Handle>) -> bool {
    let state = app.registry.hand_over();
    app.access.hand_over();
    if app.keeps() {
        // Nobody writes by now but who has no session: they are told to ask again.
        if let Some(missed) = &app.missed_calls {
            missed.settled().await;
        }
        let store = Arc::clone(&app.store);
        let _ = tokio::task::spawn_blocking(move || store.release()).await;
        if let Some(mailbox) = &app.mailbox {
            mailbox.settled().await;
        }
    }
    if let Some(relay) = relay {
        relay.retire().await;
    }
    let is_given = give(visitor, &state.to_bytes()).await;
    if !is_given {
        if let Some(relay) = relay {
            relay.cancel_retirement();
        }
        app.access.take_back();
        if app.keeps() {
            let store = Arc::clone(&app.store);
            let opened = tokio::task::spawn_blocking(move || store.open(STORE_PATIENCE)).await;
            if let Ok(Err(error)) = opened {
                warn!(%error, "cannot use the store any more");
            }
        }
        app.registry.take_over(state);
    }
    is_given
}

#[cfg(unix)]
async fn give(visitor: Visitor, state: &[u8]) -> bool {
    let process = visitor.process();
    match visitor.give(state).await {
        Ok(()) => {
            info!(process, "another process has taken this one's place");
            true
        }
        Err(error) => {
            warn!(%error, "another process did not take this one's place, which goes on");
            false
        }
    }
}

#[cfg(not(unix))]
async fn give(never: Visitor, _: &[u8]) -> bool {
    match never {}
}

#[cfg(not(unix))]
async fn hand_over(never: Visitor, _: &App, _: Option<&wimpex_relay::Handle>) -> bool {
    match never {}
}

/// Lets a relay whose place is taken serve its calls to their end.
pub(crate) async fn outlive(
    relay: &wimpex_relay::Handle,
    shutdown: Pin<&mut impl Future<Output = ()>>,
) {
    let allocations = relay.counts().allocations;
    if allocations > 0 {
        info!(allocations, "waiting for relayed calls to end");
    }
    until_over(relay.unused(), shutdown).await;
}

async fn until_over(unused: impl Future<Output = ()>, shutdown: impl Future<Output = ()>) {
    tokio::select! {
        () = unused => {}
        () = sleep(RELAYED_CALLS) => warn!("relayed calls are ended: they have had an hour"),
        () = shutdown => {}
    }
}

/// Completes when a relay without anything else is to stop: after `shutdown`, or when another
/// process has taken its place and its calls are over.
pub(crate) async fn relay_alone(
    relay: &wimpex_relay::Handle,
    upkeep: Vec<AbortOnDropHandle<()>>,
    endpoint: Option<Endpoint>,
    shutdown: impl Future<Output = ()>,
) {
    let mut shutdown = pin!(shutdown);
    loop {
        let visitor = tokio::select! {
            () = shutdown.as_mut() => return,
            visitor = visitor(endpoint.as_ref()) => visitor,
        };
        relay.retire().await;
        if give(visitor, &[]).await {
            break;
        }
        relay.cancel_retirement();
    }
    drop((endpoint, upkeep));
    outlive(relay, shutdown).await;
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn relayed_calls_have_an_hour_and_no_longer() {
        let begun = Instant::now();
        until_over(pending(), pending()).await;
        assert_eq!(begun.elapsed().as_secs(), 60 * 60);
        // Nobody waits for nothing.
        let begun = Instant::now();
        until_over(ready(()), pending()).await;
        until_over(pending(), ready(())).await;
        assert!(begun.elapsed().is_zero());
    }
}
