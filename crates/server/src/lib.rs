//! The Wimpex server: it serves the page, carries the signaling between people
//! who are logged in, and gives out STUN and TURN.
//!
//! ```text
//!  TCP ── accept ── http ──┬── page        the files of the page
//!                          └── upgrade ── socket ── lobby ── hub
//!                                            │        ├ outbox  one per socket
//!                                            │        └ seat    one per session
//!                                            └ login ── token, ice
//! ```
//!
//! [`wimpex_hub`] decides and does nothing else; everything that waits is around it.
//!
//! This crate must not know the client, nor look into a session description.
//! Run it with [`run`], or with [`Server`] to watch it from a test.

mod accept;
mod address;
mod bucket;
pub mod config;
mod headers;
mod http;
mod ice;
mod lobby;
mod login;
mod origin;
mod outbox;
mod page;
mod random;
mod seat;
mod secret;
mod socket;
mod token;
mod upgrade;

use std::future::Future;
use std::io;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;

pub use config::Config;

use address::Occupancy;
use ice::Ice;
use lobby::Lobby;
use origin::Origins;
use page::Page;
use seat::Bounds;
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

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The page's folder was named and cannot be read.
    #[error("cannot read the page from {path}: {error}")]
    Page {
        /// What was being read.
        path: std::path::PathBuf,
        /// Why it failed.
        error: io::Error,
    },
    /// A STUN or TURN flag makes no sense.
    #[error("{0}")]
    Ice(String),
    /// An `--allow-origin` is none.
    #[error("{0:?} is not an origin; it looks like https://example.org")]
    Origin(String),
    /// The system has no randomness to give.
    #[error("no randomness from the system: {0}")]
    Random(#[from] getrandom::Error),
}

/// A server that is ready to run.
pub struct Server {
    app: Arc<App>,
}

/// A look at a running server from outside, for tests and measurements.
#[derive(Clone)]
pub struct Handle {
    app: Arc<App>,
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
    /// Client addresses with at least one WebSocket.
    pub addresses: usize,
    /// Tasks that serve a TCP connection or a WebSocket.
    pub tasks: usize,
}

/// What every connection shares.
pub(crate) struct App {
    pub(crate) config: Config,
    pub(crate) lobby: Lobby,
    pub(crate) tokens: Tokens,
    pub(crate) ice: Ice,
    pub(crate) origins: Origins,
    pub(crate) page: Page,
    /// WebSockets by client address.
    pub(crate) seats: Arc<Occupancy>,
    pub(crate) tasks: TaskTracker,
}

impl Server {
    /// Reads the page and the secret, and checks the rest.
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn new(config: Config) -> Result<Self, StartError> {
        let app = App {
            lobby: Lobby::new(
                random::run_id()?,
                Bounds {
                    messages: config.limits.queue_messages,
                    bytes: config.limits.queue_bytes,
                },
                config.timing.away,
                config.timing.keep,
            ),
            tokens: Tokens::new(secret::load_or_create(config.secret_file.as_deref())?),
            ice: Ice::new(&config.ice).map_err(StartError::Ice)?,
            origins: Origins::new(&config.allow_origin).map_err(StartError::Origin)?,
            page: Page::load(config.page_dir.as_deref())?,
            seats: Occupancy::new(config.limits.connections_per_address),
            tasks: TaskTracker::new(),
            config,
        };
        Ok(Self { app: Arc::new(app) })
    }

    /// A look at this server that stays good while it runs.
    pub fn handle(&self) -> Handle {
        Handle {
            app: Arc::clone(&self.app),
        }
    }

    /// See [`run`].
    pub async fn run(self, listener: TcpListener, shutdown: impl Future<Output = ()>) {
        accept::serve(listener, self.app, shutdown).await;
    }
}

impl Handle {
    /// What the server holds now.
    pub fn counts(&self) -> Counts {
        let hub = self.app.lobby.counts();
        Counts {
            sockets: self.app.lobby.sockets(),
            sessions: hub.sessions,
            users: hub.users,
            watched: hub.watched,
            addresses: self.app.seats.addresses(),
            tasks: self.app.tasks.len(),
        }
    }
}
