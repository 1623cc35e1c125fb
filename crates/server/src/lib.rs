//! The Wimpex server: it serves the page, carries the signaling between people
//! who are logged in, and gives out STUN and TURN.
//!
//! ```text
//!  TCP ── listener ── http ──┬── page        the files of the page
//!         (tls)              └── upgrade ── connection ── registry ── hub
//!                                              │            ├ send_queue         per connection
//!                                              │            └ resumable_session  per session
//!                                              └ login ── token, ice
//! ```
//!
//! Beside them the relay of [`wimpex_relay`], for whom `turn` translates flags, the
//! `certificates` of both, which `acme` fetches, and the `observer`, which the host sees.
//! [`wimpex_hub`] decides and does nothing else; everything that waits is around it.
//!
//! This crate must not know the client, nor look into a session description.
//! Run it with [`run`], or with [`Server`] to watch it from a test.

mod acme;
mod app;
mod certificates;
pub mod cli;
mod client_address;
pub mod config;
mod connection;
mod connection_id;
mod descriptors;
mod error;
mod frame;
mod headers;
mod host_notices;
mod http;
mod ice;
mod listener;
mod listeners;
mod login;
mod lost_sessions;
mod mailbox;
mod mailbox_http;
mod metrics;
mod observer;
mod origin;
mod page;
mod push;
mod push_http;
mod random;
mod rate_limit;
mod registry;
mod relay_access;
mod resumable_session;
mod secret;
mod send_queue;
mod state;
mod stranger_limiter;
mod tcp_client;
mod tls;
mod to_https;
mod token;
mod turn;
mod upgrade;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_rustls::{TlsAcceptor, rustls};
use tokio_util::sync::CancellationToken;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};
use tracing::{info, warn};
use wimpex_limits::PerNetworkLimiter;
use wimpex_relay::Relay;
use wimpex_relay::clock::Clock;

pub use config::{Config, Role};
pub use descriptors::{TooFewDescriptors, fit_limits};
pub use error::StartError;
pub use listeners::{ListenError, Listeners};

use app::App;
use certificates::Certificates;
use client_address::TrustedProxies;
use host_notices::HostNotices;
use ice::Ice;
use listener::Door;
use mailbox::Mailbox;
use metrics::Metrics;
use observer::Observer;
use origin::Origins;
use page::Page;
use push::{Push, RequestLimiter};
use registry::{RegistryLimits, SessionRegistry};
use send_queue::QueueLimits;
use state::State;
use stranger_limiter::StrangerLimits;
use to_https::ToHttps;
use token::Tokens;

/// Serves on `listener` until `shutdown` completes, then takes leave of every
/// connection; that takes a few seconds at most.
///
/// # Errors
/// [`StartError`] if the configuration makes no sense or the page cannot be read.
pub async fn run(
    listener: TcpListener,
    config: Config,
    shutdown: impl Future<Output = ()>,
) -> Result<(), StartError> {
    Server::new(config)?.run(listener, shutdown).await;
    Ok(())
}

/// A server that is ready to run.
pub struct Server {
    app: Arc<App>,
    relay: Option<Relay>,
    certificates: Option<Certificates>,
    reload: Arc<Notify>,
}

/// A look at a running server from outside, for tests and measurements.
#[derive(Clone)]
pub struct Handle {
    app: Arc<App>,
    relay: Option<wimpex_relay::Handle>,
    reload: Arc<Notify>,
}

/// How much the server holds at a moment. All of it is zero when nobody is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Open WebSockets, logged in or not.
    pub sockets: usize,
    /// Logins that count, those included whose socket is lost and may come back.
    pub sessions: usize,
    /// Users with at least one of them.
    pub users: usize,
    /// Users whose presence somebody watches.
    pub watched: usize,
    /// Bytes that wait for sessions whose socket is lost.
    pub absent_bytes: usize,
    /// Client addresses with at least one WebSocket.
    pub addresses: usize,
    /// Tasks that serve a TCP connection or a WebSocket.
    pub tasks: usize,
}

impl Server {
    /// Reads the page and the secret, opens the relay's ports if there is to be
    /// one, and checks the rest. Must be called within a Tokio runtime.
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn new(config: Config) -> Result<Self, StartError> {
        let key = secret::load_or_create(config.secret_file().as_deref())?;
        let certificates = Certificates::open(&config)?;
        let (relay, own) = relay_beside(&config, &key, certificates.as_ref())?;
        let other_domains = config.https.other_origins();
        let allowed_origins = [&config.allow_origin[..], &other_domains].concat();
        let clock = Clock::start();
        let metrics = Metrics::default();
        let state = State::open(&config);
        let push = Push::open(&config, &state, &key, metrics.clone())?;
        let mailbox = Mailbox::open(&config, &state, &key);
        let ice = Arc::new(Ice::new(&config.ice, own).map_err(StartError::Ice)?);
        let app = App {
            registry: SessionRegistry::new(
                random::run_id()?,
                RegistryLimits {
                    queue: QueueLimits {
                        messages: config.limits.queue_messages,
                        bytes: config.limits.queue_bytes,
                    },
                    per_network: config.limits.connections_per_address,
                    total: config.limits.max_connections,
                    devices_per_user: config.limits.devices_per_user,
                    absent_bytes: config.limits.absent_bytes,
                    strangers: StrangerLimits {
                        bytes_per_second: config.limits.stranger_bytes_per_second,
                        offers_per_minute: config.limits.stranger_offers_per_minute,
                    },
                },
                clock,
                Arc::clone(&ice),
                [
                    config.timing.unacked,
                    config.timing.away,
                    config.timing.keep,
                ],
                metrics.clone(),
                push.clone(),
            ),
            push,
            push_limiter: RequestLimiter::push(),
            mailbox,
            mailbox_limiter: RequestLimiter::messages(),
            store: state.store,
            tokens: Tokens::new(key),
            ice,
            origins: Origins::new(config.own_origin().as_deref(), &allowed_origins)
                .map_err(StartError::Origin)?,
            proxies: TrustedProxies::new(&config.trusted_proxy, config.forwarded_header),
            notices: HostNotices::default(),
            metrics,
            page: Page::load(config.page_dir.as_deref())?,
            connections: PerNetworkLimiter::new(
                config.limits.connections_per_address,
                config.limits.max_connections,
            ),
            clock,
            tasks: TaskTracker::new(),
            config,
        };
        Ok(Self {
            app: Arc::new(app),
            relay,
            certificates,
            reload: Arc::default(),
        })
    }

    /// A look at this server that stays good while it runs.
    pub fn handle(&self) -> Handle {
        Handle {
            app: Arc::clone(&self.app),
            relay: self.relay.as_ref().map(Relay::handle),
            reload: Arc::clone(&self.reload),
        }
    }

    /// Where its relay listens, for UDP and TCP; `None` without one.
    pub fn relay_addresses(&self) -> Option<Vec<std::net::SocketAddr>> {
        self.relay.as_ref().map(Relay::addresses)
    }

    /// Serves http alone; see [`run`].
    pub async fn run(self, listener: TcpListener, shutdown: impl Future<Output = ()>) {
        let listeners = Listeners {
            http: vec![listener],
            ..Listeners::default()
        };
        self.run_on(listeners, shutdown).await;
    }

    /// See [`run`].
    pub async fn run_on(self, listeners: Listeners, shutdown: impl Future<Output = ()>) {
        let stopping = CancellationToken::new();
        let observer = Observer {
            app: Arc::clone(&self.app),
            relay: self.relay.as_ref().map(Relay::handle),
            certificates: self
                .certificates
                .as_ref()
                .map(|own| Arc::clone(own.store())),
        };
        let doors = doors(listeners, observer);
        // Also when this is dropped.
        let guard = stopping.clone().drop_guard();
        let relay = self
            .relay
            .map(|relay| tokio::spawn(relay.run(stopping.cancelled_owned())));
        let upkeep = self.certificates.map(|certificates| {
            let (app, reload) = (Arc::clone(&self.app), self.reload);
            tokio::spawn(async move { certificates.keep(&app.config, &reload).await })
        });
        let _upkeep = upkeep.map(AbortOnDropHandle::new);
        let keeping = self.app.push.clone();
        let keeping = keeping.map(|push| tokio::spawn(async move { push.keep().await }));
        let _keeping = keeping.map(AbortOnDropHandle::new);
        let mailbox = self.app.mailbox.clone();
        let mailbox = mailbox.map(|mailbox| tokio::spawn(async move { mailbox.keep().await }));
        let _mailbox = mailbox.map(AbortOnDropHandle::new);
        listener::serve(doors, self.app, shutdown).await;
        drop(guard);
        if let Some(relay) = relay {
            let _ = relay.await;
        }
    }
}

/// The relay alone, for `--role turn`.
pub struct RelayServer {
    relay: Relay,
    certificates: Option<Certificates>,
    config: Config,
    reload: Arc<Notify>,
}

impl RelayServer {
    /// Opens the ports. Must be called within a Tokio runtime.
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn new(config: Config) -> Result<Self, StartError> {
        let file = config.secret_file();
        let key = secret::load_or_create(file.as_deref())?;
        if config.ice.turn_secret.is_none() && !secret::is_kept(file.as_deref(), &key) {
            return Err(StartError::NoSharedSecret);
        }
        let certificates = Certificates::open(&config)?;
        let tls = turns_config(certificates.as_ref())?;
        let relay = turn::relay_config(&config, &key, tls).map_err(StartError::Ice)?;
        Ok(Self {
            relay: open_relay(&relay)?,
            certificates,
            config,
            reload: Arc::default(),
        })
    }

    /// Where it listens for UDP and TCP.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.relay.addresses()
    }

    /// Reads what can be read anew while it runs: the certificate.
    pub fn reload(&self) -> impl Fn() + Send + Sync + 'static {
        let reload = Arc::clone(&self.reload);
        move || reload.notify_one()
    }

    /// Serves until `shutdown` completes; then everything ends at once.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let upkeep = async {
            match self.certificates {
                Some(certificates) => certificates.keep(&self.config, &self.reload).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.relay.run(shutdown) => {}
            () = upkeep => {}
        }
    }
}

/// What is behind each port.
fn doors(listeners: Listeners, observer: Observer) -> Vec<Door> {
    let app = &observer.app;
    let page = http::router(Arc::clone(app));
    let store = observer.certificates.as_ref();
    let tls = store.and_then(|store| tls::https_config(store).ok());
    let plain = |listener, router: &axum::Router| Door {
        listener,
        tls: None,
        router: router.clone(),
    };
    let mut doors: Vec<Door> = Vec::new();
    doors.extend(
        listeners
            .http
            .into_iter()
            .map(|listener| plain(listener, &page)),
    );
    if let (Some(store), Some(tls)) = (store, tls) {
        let to_https = to_https::router(ToHttps {
            store: Arc::clone(store),
            domains: app.config.https.domain.clone().into(),
            port: listeners.https.first().map_or(443, |listener| {
                listener.local_addr().map_or(443, |address| address.port())
            }),
        });
        doors.extend(listeners.https.into_iter().map(|listener| Door {
            listener,
            tls: Some(TlsAcceptor::from(Arc::clone(&tls))),
            router: page.clone(),
        }));
        doors.extend(
            listeners
                .redirect
                .into_iter()
                .map(|listener| plain(listener, &to_https)),
        );
    }
    let observed = observer::router(observer.clone());
    let metrics = listeners.metrics.into_iter();
    doors.extend(metrics.map(|listener| plain(listener, &observed)));
    doors
}

fn turns_config(
    certificates: Option<&Certificates>,
) -> Result<Option<Arc<rustls::ServerConfig>>, StartError> {
    let store = certificates.map(Certificates::store);
    Ok(store.map(tls::turns_config).transpose()?)
}

/// The relay of a server that does everything, and what clients are told of it,
/// or of the one that runs elsewhere.
fn relay_beside(
    config: &Config,
    key: &[u8],
    certificates: Option<&Certificates>,
) -> Result<(Option<Relay>, Option<turn::Own>), StartError> {
    if !turn::is_wanted(config) {
        return Ok((None, None));
    }
    let asked_for = config.turn.turn == Some(true);
    let told = match turn::relay_config(config, key, turns_config(certificates)?) {
        Ok(told) => told,
        Err(reason) if asked_for => return Err(StartError::Ice(reason)),
        Err(reason) => {
            warn!(reason, "no STUN and TURN");
            return Ok((None, None));
        }
    };
    if config.role != Role::All {
        let tls = told.tls.as_ref().map_or(&[][..], |tls| &tls.listen[..]);
        let own = turn::own(config, &told, &told.listen, tls);
        return Ok((None, Some(own)));
    }
    match open_relay(&told) {
        Ok(relay) => {
            let (listen, tls) = (relay.addresses(), relay.tls_addresses());
            let own = turn::own(config, &told, &listen, &tls);
            Ok((Some(relay), Some(own)))
        }
        Err(error) if asked_for => Err(error),
        // Most calls find a direct way; a port that is taken is no reason to
        // have none at all.
        Err(error) => {
            warn!(%error, "no STUN and TURN");
            Ok((None, None))
        }
    }
}

fn open_relay(config: &wimpex_relay::Config) -> Result<Relay, StartError> {
    let relay = Relay::bind(config.clone())?;
    let public: Vec<_> = config.relays.iter().map(|relay| relay.public).collect();
    info!(
        listen = ?relay.addresses(),
        tls = ?relay.tls_addresses(),
        ?public,
        "STUN and TURN; if others reach this host under another address, say --turn-public-ip"
    );
    Ok(relay)
}

impl Handle {
    /// Reads what can be read anew while the server runs: the certificate. Everything
    /// else is read when it starts.
    pub fn reload(&self) {
        self.reload.notify_one();
    }

    /// Writes a copy of what the server keeps of people into this file, in place of the one that is
    /// there; it may take a while. Messages that were left are files of their own beside it.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub fn back_up(&self, to: &std::path::Path) -> Result<(), wimpex_store::StoreError> {
        self.app.store.back_up(to)
    }

    /// A look at the relay, if this server has one.
    pub fn relay(&self) -> Option<&wimpex_relay::Handle> {
        self.relay.as_ref()
    }

    /// What the server holds now.
    pub fn counts(&self) -> Counts {
        let hub = self.app.registry.counts();
        Counts {
            sockets: self.app.registry.connections(),
            sessions: hub.sessions,
            users: hub.users,
            watched: hub.watched,
            absent_bytes: self.app.registry.absent_bytes(),
            addresses: self.app.connections.networks(),
            tasks: self.app.tasks.len(),
        }
    }
}
