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

mod access;
mod acme;
mod acquaintances;
#[cfg(unix)]
pub mod admin;
mod app;
mod below_path;
mod body;
mod certificates;
pub mod cli;
mod client_address;
mod cluster;
pub mod config;
mod connection;
mod connection_id;
mod descriptors;
mod error;
mod frame;
mod handle;
#[cfg(unix)]
mod handover;
mod headers;
mod host_notices;
mod host_page;
mod http;
mod ice;
mod inherited;
mod listener;
mod listeners;
mod login;
mod lost_sessions;
mod mailbox;
mod mailbox_http;
mod metrics;
mod missed_calls;
mod nats;
mod network_limiter;
mod observer;
mod origin;
mod own_address;
mod own_relay;
mod page;
mod private_address;
mod proxy_protocol;
mod push;
mod push_http;
mod random;
mod rate_limit;
mod registry;
mod relay_access;
mod relay_server;
mod relays;
mod reload;
mod reports;
mod resumable_session;
mod saved_state;
mod secret;
mod send_queue;
mod serving;
#[cfg(unix)]
pub mod setup;
mod shown;
mod state_lock;
mod store_file;
mod stranger_limiter;
#[cfg(unix)]
pub mod systemd;
mod tcp_client;
mod tls;
mod to_https;
mod token;
mod turn;
mod turn_client;
mod upgrade;
mod url_scheme;
mod write_timeout;

use std::future::Future;
#[cfg(unix)]
use std::io;
#[cfg(unix)]
use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, RwLock};
use std::time::Instant;

use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::net::UnixListener;
use tokio::sync::{Notify, mpsc};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};
use tracing::info;
#[cfg(unix)]
use tracing::warn;
use wimpex_limits::PerNetworkLimiter;
use wimpex_relay::Relay;
use wimpex_relay::clock::Clock;

pub use config::{Config, Role};
pub use descriptors::{TooFewDescriptors, fit_limits};
pub use error::StartError;
pub use handle::{Counts, Handle};
#[cfg(unix)]
pub use handover::{Endpoint, Succession, SuccessionError};
pub use inherited::Inherited;
pub use listeners::{ListenError, Listeners};
pub use relay_server::RelayServer;
pub use reload::{RELOADED, Reloaded};

use access::{Access, FileStore};
use acquaintances::Acquaintances;
use app::App;
use certificates::Certificates;
use client_address::TrustedProxies;
use cluster::Cluster;
use host_notices::HostNotices;
use ice::Ice;
use listener::Door;
use mailbox::Mailbox;
use metrics::Metrics;
use missed_calls::MissedCalls;
use network_limiter::NetworkLimiter;
use observer::Observer;
use origin::Origins;
use own_address::OwnAddress;
use own_relay::relay_beside;
#[cfg(unix)]
use own_relay::share_relay;
use push::Push;
use registry::{Elsewhere, RegistryLimits, SessionRegistry};
use relays::Relays;
use reload::Current;
use reports::ReportLog;
#[cfg(unix)]
use saved_state::SavedState;
use send_queue::QueueLimits;
use serving::Beside;
use shown::Shown;
use store_file::{STORE_PATIENCE, StoreFile};
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

/// Requests about web push of one network, in a second and at once: a page says its subscription at
/// each login, and once more for each change.
const PUSH_REQUESTS: (f64, f64) = (0.5, 30.0);
/// People of one block of addresses who are new to what is kept, in a second and at once: each has a
/// place for months, and a key costs nothing.
const NEW_OWNERS: (f64, f64) = (300.0 / (24.0 * 60.0 * 60.0), 300.0);
/// For messages: a page that comes after a week fetches and deletes each that waits.
const MAILBOX_REQUESTS: (f64, f64) = (4.0, 200.0);

/// A server that is ready to run.
pub struct Server {
    app: Arc<App>,
    relay: Option<Relay>,
    own_address: Option<OwnAddress>,
    certificates: Option<Certificates>,
    cluster: Option<Cluster>,
    reload: Arc<Notify>,
    #[cfg(unix)]
    admin: OnceLock<UnixListener>,
    started: Instant,
}

impl Server {
    /// Reads the page and the secret, opens the relay's ports if there is to be
    /// one, and checks the rest. Must be called within a Tokio runtime.
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn new(config: Config) -> Result<Self, StartError> {
        Self::inheriting(config, &mut Inherited::default())
    }

    /// The same with the relay's ports, and what is locked, from another process.
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn inheriting(config: Config, inherited: &mut Inherited) -> Result<Self, StartError> {
        let key = secret::load_or_create(config.secret_file().as_deref())?;
        let certificates = Certificates::open(&config, inherited)?;
        let (relay, own_address) = relay_beside(&config, &key, certificates.as_ref(), inherited)?;
        let own = own_address.as_ref().map(|own| own.told(&config));
        let other_domains = config.https.other_origins();
        let allowed_origins = [&config.allow_origin[..], &other_domains].concat();
        let clock = Clock::start();
        let metrics = Metrics::default();
        let origins = Origins::new(config.own_origin().as_deref(), &allowed_origins)
            .map_err(StartError::Origin)?;
        let shown = Shown::load(&config, &config, origins.own())?;
        let shared = nats::shared_store(&config.cluster).map_err(StartError::Cluster)?;
        let store = Arc::new(StoreFile::new(&config, shared));
        let (cluster, outbox) = Cluster::open(&config.cluster)
            .map_err(StartError::Cluster)?
            .unzip();
        let missed_calls = config.operation.missed_calls;
        let acquaintances = Acquaintances::new(&store, &key);
        let together = outbox.clone().filter(|_| store.shared().is_some());
        let (kept, kept_for) = mpsc::unbounded_channel();
        let missed_calls =
            missed_calls.then(|| MissedCalls::new(&store, &acquaintances, kept, together));
        let push = Push::open(&config, &key, &store, metrics.clone())?;
        let mailbox = Mailbox::open(&config, &store, &key);
        let relays = outbox
            .is_some()
            .then(|| Arc::new(Relays::new(&config.cluster.region)));
        let ice = Ice::new(&config.ice, own, relays.clone()).map_err(StartError::Ice)?;
        let ice = Arc::new(ice);
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
                Elsewhere {
                    push: push.clone(),
                    missed_calls: missed_calls.clone(),
                    acquaintances,
                    outbox,
                },
            ),
            store,
            relays,
            push,
            push_limiter: NetworkLimiter::new(PUSH_REQUESTS),
            owner_limiter: NetworkLimiter::new(NEW_OWNERS),
            missed_calls,
            mailbox,
            mailbox_limiter: NetworkLimiter::new(MAILBOX_REQUESTS),
            access: Access::open(
                &config.access,
                key,
                Box::new(FileStore::new(config.state_dir().as_deref())),
            )
            .map_err(StartError::Access)?,
            draining: AtomicBool::new(false),
            tokens: Tokens::new(key),
            ice,
            origins,
            shown: RwLock::new(Arc::new(shown)),
            current: Current::new(&config.given),
            reports: ReportLog::default(),
            proxies: TrustedProxies::new(&config.trusted_proxy, config.forwarded_header),
            notices: HostNotices::default(),
            metrics,
            connections: PerNetworkLimiter::new(
                config.limits.connections_per_address,
                config.limits.max_connections,
            ),
            clock,
            tasks: TaskTracker::new(),
            config,
        };
        let app = Arc::new(app);
        tokio::spawn(app::tell_of_kept(Arc::downgrade(&app), kept_for));
        Ok(Self {
            app,
            relay,
            own_address,
            certificates,
            cluster,
            reload: Arc::default(),
            #[cfg(unix)]
            admin: OnceLock::new(),
            started: Instant::now(),
        })
    }

    /// A look at this server that stays good while it runs.
    pub fn handle(&self) -> Handle {
        Handle {
            app: Arc::clone(&self.app),
            relay: self.relay.as_ref().map(Relay::handle),
            reload: Arc::clone(&self.reload),
            certificates: self
                .certificates
                .as_ref()
                .map(|own| Arc::clone(own.store())),
            started: self.started,
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
        self.run_until(listeners, None, shutdown).await;
    }

    /// The same, and another process may take its place by way of `endpoint`. Then this returns
    /// when relayed calls are over too, after an hour at most.
    #[cfg(unix)]
    pub async fn run_or_hand_over(
        self,
        listeners: Listeners,
        endpoint: Option<Endpoint>,
        shutdown: impl Future<Output = ()>,
    ) {
        self.run_until(listeners, endpoint, shutdown).await;
    }

    /// All that another process gets that takes this one's place, but for the sessions.
    ///
    /// # Errors
    /// If there can be no more file descriptors.
    #[cfg(unix)]
    pub fn things(&self, listeners: &Listeners) -> io::Result<Inherited> {
        let mut things = listeners.share(&self.app.config)?;
        share_relay(self.relay.as_ref(), self.certificates.as_ref(), &mut things)?;
        Ok(things)
    }

    /// Opens the socket at which `wimpex-server admin` finds this server, if it is not open yet: once
    /// this process has the state folder to itself, and before anybody is told that it serves. Where
    /// there can be none, the log says why.
    #[cfg(unix)]
    pub fn open_admin(&self) {
        let Some(folder) = self.app.config.state_dir() else {
            return;
        };
        if self.admin.get().is_some() {
            return;
        }
        match admin::bind(&folder) {
            Ok(listener) => drop(self.admin.set(listener)),
            Err(error) => {
                warn!(folder = %folder.display(), %error, "no socket for wimpex-server admin");
            }
        }
    }

    /// Goes on with the sessions of another process. Before this server runs.
    ///
    /// # Errors
    /// Why it cannot.
    #[cfg(unix)]
    pub fn take_over(&self, state: &[u8]) -> Result<(), String> {
        let state = SavedState::from_bytes(state).map_err(|error| error.to_string())?;
        // Who has come by an invitation since this process has begun.
        let read = self.app.access.reread_record();
        read.map_err(|error| error.to_string())?;
        let sessions = state.sessions.len();
        // The other process has let go of it before it has said all this.
        if self.app.keeps() {
            let opened = self.app.store.open(STORE_PATIENCE);
            opened.map_err(|error| format!("{error}"))?;
        }
        self.app.registry.take_over(state);
        // Before the other process stops answering there.
        self.open_admin();
        info!(sessions, "going on with the sessions of another process");
        Ok(())
    }

    async fn run_until(
        self,
        listeners: Listeners,
        endpoint: Option<serving::Endpoint>,
        shutdown: impl Future<Output = ()>,
    ) {
        // From here on it has its place.
        self.app.shown().page.settle();
        let stopping = CancellationToken::new();
        #[cfg(unix)]
        let handle = self.handle();
        #[cfg(unix)]
        let hand = self.admin.into_inner();
        #[cfg(unix)]
        let hand = hand.map(|listener| tokio::spawn(admin::answer(handle, listener)));
        #[cfg(unix)]
        let watched = {
            let app = Arc::clone(&self.app);
            systemd::answer_watchdog(move || systemd::people(app.registry.counts().users))
        };
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
        let relay = self.relay.as_ref().map(Relay::handle);
        let relaying = self
            .relay
            .map(|relay| tokio::spawn(relay.run(stopping.cancelled_owned())));
        let upkeep = self.certificates.map(|certificates| {
            let (app, reload) = (Arc::clone(&self.app), self.reload);
            tokio::spawn(async move { certificates.keep(&app.config, &reload).await })
        });
        let address = self.own_address.map(|own| {
            let (app, relay) = (Arc::clone(&self.app), relay.clone());
            tokio::spawn(async move {
                let tell = |own| {
                    app.ice.move_own(own);
                    app.registry.tell_relay_moved();
                };
                own.follow(&app.config, relay.as_ref(), tell).await;
            })
        });
        let keeping = self.app.keeps().then(|| Arc::clone(&self.app.store));
        let keeping = keeping.map(|store| tokio::spawn(store.keep()));
        let cluster = self.cluster.map(|cluster| {
            let app = Arc::clone(&self.app);
            tokio::spawn(cluster.run(app))
        });
        let mailbox = self.app.mailbox.clone();
        let mailbox = mailbox.map(|mailbox| tokio::spawn(async move { mailbox.keep().await }));
        let tasks = upkeep
            .into_iter()
            .chain(address)
            .chain(keeping)
            .chain(mailbox)
            .chain(cluster);
        #[cfg(unix)]
        let (tasks, watched) = (
            tasks.chain(hand),
            Some(AbortOnDropHandle::new(tokio::spawn(watched))),
        );
        #[cfg(not(unix))]
        let watched = None;
        let beside = Beside {
            relay,
            upkeep: tasks.map(AbortOnDropHandle::new).collect(),
            watched,
        };
        serving::serve(doors, self.app, beside, endpoint, shutdown).await;
        drop(guard);
        if let Some(relaying) = relaying {
            let _ = relaying.await;
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
        has_proxies: true,
        relay: None,
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
            has_proxies: true,
            relay: observer.relay.clone(),
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
    doors.extend(metrics.map(|listener| Door {
        has_proxies: false,
        ..plain(listener, &observed)
    }));
    doors
}
