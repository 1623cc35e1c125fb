//! The listeners: from TCP connections to HTTP, and to their end.

use std::future::{Future, pending};
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use futures_util::future::join_all;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};
use wimpex_limits::PerNetworkLimiter;

use crate::app::App;
use crate::proxy_protocol;
use crate::tcp_client::TcpClient;
use crate::tls::{ACME_TLS_ALPN, TURN_ALPN};
use crate::write_timeout::WriteTimeout;

/// TCP connections beside the WebSockets: browsers that fetch the page, and
/// those that are being turned away.
pub(crate) const SPARE_CONNECTIONS: usize = 1_000;
/// A browser opens several connections to fetch the page.
const CONNECTIONS_PER_WEBSOCKET: usize = 4;
/// Nothing that we answer needs a longer request head.
const HEAD_BYTES: usize = 16 * 1024;

/// A port, and what is behind it.
pub(crate) struct Door {
    pub(crate) listener: TcpListener,
    /// `None` without TLS.
    pub(crate) tls: Option<TlsAcceptor>,
    pub(crate) router: Router,
    /// Whether clients come here by way of proxies, which say for whom they speak. Otherwise it is
    /// for this host's own programs.
    pub(crate) has_proxies: bool,
    /// Serves who speaks TURN through TLS.
    pub(crate) relay: Option<wimpex_relay::Handle>,
}

/// What is behind a [`Door`], for one visitor.
struct Behind {
    tls: Option<TlsAcceptor>,
    service: TowerToHyperService<Router>,
    relay: Option<wimpex_relay::Handle>,
}

impl Door {
    fn open(&self) -> Behind {
        Behind {
            tls: self.tls.clone(),
            service: TowerToHyperService::new(self.router.clone()),
            relay: self.relay.clone(),
        }
    }
}

/// Serves until `end` completes; connections that stand go on.
pub(crate) async fn serve<T>(doors: &[Door], shared: &Shared, end: impl Future<Output = T>) -> T {
    tokio::select! {
        // Whoever comes at the same moment is the next process's, or nobody's.
        biased;
        end = pin!(end) => end,
        _ = join_all(doors.iter().map(|door| accept_all(door, shared))) => pending().await,
        () = look_after_sessions(&shared.app) => pending().await,
    }
}

/// Has all connections end, within a short while; the registry has told WebSockets why.
pub(crate) async fn close(shared: &Shared) {
    let app = &shared.app;
    shared.stopping.cancel();
    app.tasks.close();
    let limit = app.config.timing.shutdown;
    if timeout(limit, app.tasks.wait()).await.is_err() {
        warn!(left = app.tasks.len(), "not every connection ended in time");
    }
}

async fn look_after_sessions(app: &App) {
    loop {
        sleep(app.config.timing.tick).await;
        app.registry.tick(Instant::now());
    }
}

/// What all doors share: whoever comes by another one is no other client.
#[derive(Clone)]
pub(crate) struct Shared {
    app: Arc<App>,
    room: Arc<Semaphore>,
    places: Arc<PerNetworkLimiter>,
    stopping: CancellationToken,
}

impl Shared {
    pub(crate) fn new(app: &Arc<App>, stopping: &CancellationToken) -> Self {
        let limits = &app.config.limits;
        let room = match limits.max_connections {
            0 => Semaphore::MAX_PERMITS,
            limit => limit
                .saturating_add(SPARE_CONNECTIONS)
                .min(Semaphore::MAX_PERMITS),
        };
        let per_network = limits
            .connections_per_address
            .saturating_mul(CONNECTIONS_PER_WEBSOCKET);
        Self {
            app: Arc::clone(app),
            room: Arc::new(Semaphore::new(room)),
            places: PerNetworkLimiter::new(per_network, 0),
            stopping: stopping.clone(),
        }
    }
}

async fn accept_all(door: &Door, shared: &Shared) {
    loop {
        // Waiting in the kernel's queue costs nobody anything.
        let Ok(room) = Arc::clone(&shared.room).acquire_owned().await else {
            return;
        };
        let (stream, remote) = accept(&door.listener).await;
        let visitor = Visitor {
            remote: SocketAddr::new(remote.ip().to_canonical(), remote.port()),
            room,
        };
        if door.has_proxies && shared.app.proxies.announces(visitor.remote.ip()) {
            let serving = announced(stream, visitor, door.open(), shared.clone());
            shared.app.tasks.spawn(serving);
        } else if let Some(serving) = serve_visitor(stream, visitor, door.open(), shared) {
            shared.app.tasks.spawn(serving);
        }
    }
}

/// Somebody at a door.
struct Visitor {
    /// Who connected: the client, or a proxy.
    remote: SocketAddr,
    room: OwnedSemaphorePermit,
}

/// A proxy says first for whom it speaks.
async fn announced(mut stream: TcpStream, visitor: Visitor, behind: Behind, shared: Shared) {
    let Visitor { mut remote, room } = visitor;
    let limit = shared.app.config.timing.http_head;
    match timeout(limit, proxy_protocol::read(&mut stream)).await {
        Ok(Ok(client)) => {
            if let Some(client) = client {
                remote = SocketAddr::new(client.ip().to_canonical(), client.port());
            }
        }
        Ok(Err(error)) => return shared.app.notices.unannounced(remote.ip(), &error),
        Err(_) => return debug!("a proxy did not say in time for whom it speaks"),
    }
    let visitor = Visitor { remote, room };
    if let Some(serving) = serve_visitor(stream, visitor, behind, &shared) {
        serving.await;
    }
}

/// `None` if there are too many from there.
fn serve_visitor(
    stream: TcpStream,
    visitor: Visitor,
    behind: Behind,
    shared: &Shared,
) -> Option<impl Future<Output = ()> + Send + use<>> {
    let app = &shared.app;
    let Visitor { remote, room } = visitor;
    let peer = remote.ip();
    let permit = if app.proxies.contains(peer) {
        None
    } else if let Some(permit) = shared.places.acquire(peer) {
        Some(permit)
    } else {
        debug!("too many connections from one address");
        let is_only_one = shared.places.networks() == 1;
        app.notices.full(peer, is_only_one, &app.proxies);
        return None;
    };
    let client = Arc::new(TcpClient {
        peer,
        _room: room,
        _permit: permit,
    });
    let held = Arc::clone(&client);
    let service = behind.service;
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Arc::clone(&client));
        service.call(request)
    });
    // A peer that takes nothing must not keep its connection alive by that.
    let stream = WriteTimeout::new(stream, app.config.timing.write);
    let head = app.config.timing.http_head;
    let stopping = shared.stopping.clone();
    let (tls, relay) = (behind.tls, behind.relay);
    Some(async move {
        let Some(tls) = tls else {
            return serve_http(stream, service, head, stopping).await;
        };
        // A handshake takes no longer than a head would.
        let mut stream = match timeout(head, tls.accept(stream)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return debug!(%error, "no TLS"),
            Err(_) => return debug!("no TLS in time"),
        };
        let spoken = match timeout(head, protocol(&mut stream)).await {
            Ok(Ok(spoken)) => spoken,
            Ok(Err(error)) => return debug!(%error, "nothing came over TLS"),
            Err(_) => return debug!("nothing came over TLS in time"),
        };
        match (spoken, relay) {
            // It has seen what it wanted to see.
            (Protocol::Acme, _) => {}
            (Protocol::Turn, Some(relay)) => relay.serve_accepted(stream, remote, held),
            (Protocol::Turn, None) => debug!("there is no TURN here"),
            (Protocol::Http, _) => serve_http(stream, service, head, stopping).await,
        }
    })
}

/// What is spoken through TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protocol {
    Http,
    Turn,
    /// A certificate authority's question.
    Acme,
}

/// As the client says by ALPN; otherwise as its first byte does. Every request of STUN begins
/// with a byte of 0 or 1 (RFC 8489, section 5: of the methods that there are), and none of HTTP
/// does.
async fn protocol<S>(stream: &mut TlsStream<S>) -> io::Result<Protocol>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let said = match stream.get_ref().1.alpn_protocol() {
        Some(ACME_TLS_ALPN) => Some(Protocol::Acme),
        Some(TURN_ALPN) => Some(Protocol::Turn),
        Some(_) => Some(Protocol::Http),
        None => None,
    };
    Ok(match said {
        Some(said) => said,
        None => match stream.fill_buf().await?.first() {
            Some(0 | 1) => Protocol::Turn,
            Some(_) | None => Protocol::Http,
        },
    })
}

async fn serve_http<I, S>(io: I, service: S, head: Duration, stopping: CancellationToken)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: Service<Request<Incoming>, Response = axum::response::Response>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(head)
        .max_buf_size(HEAD_BYTES);
    let http = builder.serve_connection(TokioIo::new(io), service);
    let mut http = pin!(http.with_upgrades());
    let ended = tokio::select! {
        ended = http.as_mut() => ended,
        () = stopping.cancelled() => {
            http.as_mut().graceful_shutdown();
            http.await
        }
    };
    if let Err(error) = ended {
        debug!(%error, "HTTP connection ended");
    }
}

/// The next connection, whatever happens meanwhile.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    let mut is_told = false;
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Signaling is small messages that somebody waits for.
                let _ = stream.set_nodelay(true);
                return (stream, peer);
            }
            Err(error) if is_the_peers(&error) => {}
            Err(error) => {
                // Out of file descriptors, most likely: it passes when others end.
                // It is said once, not for each try.
                if !std::mem::replace(&mut is_told, true) {
                    warn!(%error, "cannot accept connections");
                }
                sleep(Duration::from_millis(250)).await;
            }
        }
    }
}

fn is_the_peers(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted
    )
}
