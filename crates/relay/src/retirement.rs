//! Making way for the relay of another process that listens on the same sockets: nothing new is
//! taken in, and who has an allocation keeps it until it ends. Connections stay with whoever
//! accepted them; for clients over UDP see [`crate::kept_clients`].

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;
use tracing::warn;

use crate::addr::ClientId;

/// For all listeners to make way.
const PATIENCE: Duration = Duration::from_secs(2);

/// See the module.
pub(crate) struct Retirement {
    wanted: watch::Sender<bool>,
    /// How many listeners have made way.
    done: watch::Sender<usize>,
    /// Clients that have a socket of their own.
    kept: Mutex<HashSet<ClientId>>,
}

/// Where a listener learns that it is to make way.
pub(crate) struct Notice {
    wanted: watch::Receiver<bool>,
}

impl Default for Retirement {
    fn default() -> Self {
        Self {
            wanted: watch::Sender::new(false),
            done: watch::Sender::new(0),
            kept: Mutex::default(),
        }
    }
}

impl Retirement {
    pub(crate) fn notice(&self) -> Notice {
        Notice {
            wanted: self.wanted.subscribe(),
        }
    }

    /// Has so many listeners make way.
    pub(crate) async fn begin(&self, listeners: usize) {
        let mut done = self.done.subscribe();
        self.wanted.send_replace(true);
        let all = done.wait_for(|done| *done >= listeners);
        if timeout(PATIENCE, all).await.is_err() {
            warn!("not every port of the relay was given up in time");
        }
    }

    /// Nobody has come: they listen again.
    pub(crate) fn cancel(&self) {
        self.done.send_replace(0);
        self.wanted.send_replace(false);
    }

    pub(crate) fn made_way(&self) {
        self.done.send_modify(|done| *done += 1);
    }

    /// Whether the client had none so far.
    pub(crate) fn keep(&self, client: ClientId) -> bool {
        self.lock().insert(client)
    }

    pub(crate) fn forget(&self, client: ClientId) {
        self.lock().remove(&client);
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<ClientId>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Notice {
    /// Completes when the listener is to make way.
    pub(crate) async fn wanted(&mut self) {
        self.becomes(true).await;
    }

    /// Completes when it is to listen again.
    pub(crate) async fn cancelled(&mut self) {
        self.becomes(false).await;
    }

    async fn becomes(&mut self, wanted: bool) {
        // It is gone with the relay, and everything else with it.
        if self.wanted.wait_for(|now| *now == wanted).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
