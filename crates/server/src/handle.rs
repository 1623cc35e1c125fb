//! A running server, looked at from outside.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::Notify;
use tracing::warn;

use crate::app::App;
use crate::reload::{self, Reloaded};
use crate::tls::CertificateStore;

/// A look at a running server from outside, for tests and measurements.
#[derive(Clone)]
pub struct Handle {
    pub(crate) app: Arc<App>,
    pub(crate) relay: Option<wimpex_relay::Handle>,
    pub(crate) reload: Arc<Notify>,
    #[cfg_attr(not(unix), expect(dead_code))]
    pub(crate) certificates: Option<Arc<CertificateStore>>,
    #[cfg_attr(not(unix), expect(dead_code))]
    pub(crate) started: Instant,
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

impl Handle {
    /// Reads anew what can be read anew while the server runs: the certificate, the list of people who
    /// are let in, and of the configuration [`RELOADED`](crate::RELOADED).
    ///
    /// # Errors
    /// Everything that is wrong with the configuration, of which nothing counts then.
    pub fn reload(&self) -> Result<Reloaded, Vec<String>> {
        self.reload.notify_one();
        let done = self.reread();
        match &done {
            Ok(reloaded) => reloaded.tell(),
            Err(faults) => reload::refused(faults),
        }
        done
    }

    fn reread(&self) -> Result<Reloaded, Vec<String>> {
        let app = &self.app;
        let config = match app.config.given.reread() {
            None => app.config.clone(),
            Some(Ok(config)) => config,
            Some(Err(faults)) => {
                // The list of people may be why somebody has asked.
                match app.access.reload(None) {
                    Ok(people) => app.dismiss_unwelcome(people),
                    Err(error) => {
                        warn!(%error, "cannot read --access-file; the list stays as it was");
                    }
                }
                return Err(faults);
            }
        };
        let reloaded = app.current.changes(&config);
        // All that may fail comes before anything counts.
        let shown = reloaded.is_shown().then(|| app.load_shown(&config));
        let shown = shown.transpose().map_err(|error| vec![error.to_string()])?;
        let listed = app.access.reload(Some(&config.access));
        let unlisted = listed.map_err(|error| vec![format!("access-file: {error}")])?;
        app.dismiss_unwelcome(unlisted);
        if let Some(shown) = shown {
            app.show(shown);
        }
        app.current.take(&reloaded, &config);
        Ok(reloaded)
    }

    /// Writes a copy of what the server keeps of people into this file, in place of the one that is
    /// there; it may take a while. Nothing, if it keeps nothing.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub fn back_up(&self, to: &std::path::Path) -> Result<(), wimpex_store::StoreError> {
        if self.app.keeps() {
            wimpex_store::Store::back_up(&*self.app.store, to)?;
        }
        Ok(())
    }

    /// A look at the relay, if this server has one.
    pub fn relay(&self) -> Option<&wimpex_relay::Handle> {
        self.relay.as_ref()
    }

    /// What it knows of other servers, if it is one of several.
    pub fn cluster(&self) -> Option<wimpex_cluster::ClusterCounts> {
        self.app.registry.cluster_counts()
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
