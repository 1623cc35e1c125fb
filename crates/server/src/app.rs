//! What all connections share.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::ORIGIN;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::sleep;
use tokio_util::task::TaskTracker;
use tracing::warn;
use wimpex_identity::is_key_id;
use wimpex_limits::{Network, PerNetworkLimiter, Permit};
use wimpex_protocol::{MessagesWaiting, ServerMessage, UserId};
use wimpex_relay::clock::Clock;
use wimpex_store::{Store, StoreError, Table};

use crate::access::Access;
use crate::client_address::TrustedProxies;
use crate::config::Config;
use crate::error::StartError;
use crate::host_notices::HostNotices;
use crate::ice::Ice;
use crate::mailbox::Mailbox;
use crate::metrics::Metrics;
use crate::missed_calls::MissedCalls;
use crate::network_limiter::NetworkLimiter;
use crate::origin::Origins;
use crate::push::Push;
use crate::registry::SessionRegistry;
use crate::relays::Relays;
use crate::reload::Current;
use crate::reports::ReportLog;
use crate::shown::Shown;
use crate::store_file::{StoreFile, millis};
use crate::token::Tokens;

/// See the module.
pub(crate) struct App {
    pub(crate) config: Config,
    pub(crate) clock: Clock,
    pub(crate) registry: SessionRegistry,
    pub(crate) tokens: Tokens,
    pub(crate) access: Access,
    pub(crate) ice: Arc<Ice>,
    pub(crate) origins: Origins,
    pub(crate) proxies: TrustedProxies,
    pub(crate) shown: RwLock<Arc<Shown>>,
    /// What the configuration says that counts now.
    pub(crate) current: Current,
    pub(crate) reports: ReportLog,
    pub(crate) notices: HostNotices,
    pub(crate) metrics: Metrics,
    /// What is kept of people over a restart.
    pub(crate) store: Arc<StoreFile>,
    /// Relays of ours that run elsewhere, where several servers are one.
    pub(crate) relays: Option<Arc<Relays>>,
    /// If people can have their devices woken.
    pub(crate) push: Option<Arc<Push>>,
    /// Requests about web push.
    pub(crate) push_limiter: NetworkLimiter,
    /// Those who have nothing in the store yet, by block.
    pub(crate) owner_limiter: NetworkLimiter,
    /// If calls are kept that nobody has heard.
    pub(crate) missed_calls: Option<MissedCalls>,
    /// If people can leave messages.
    pub(crate) mailbox: Option<Arc<Mailbox>>,
    pub(crate) mailbox_limiter: NetworkLimiter,
    /// WebSockets by client network.
    pub(crate) connections: Arc<PerNetworkLimiter>,
    pub(crate) tasks: TaskTracker,
    /// Nobody new is let in.
    pub(crate) draining: AtomicBool,
}

/// How often some of those who are on a server that is drained are sent to others …
const MOVE_STEP: Duration = Duration::from_millis(100);
/// … how many at a time, if that is …
const MOVED_AT_ONCE: usize = 10;
/// … not longer than so often, which is ten minutes.
const MOVE_STEPS: usize = 6_000;

impl App {
    /// Whether this server keeps anything of people.
    pub(crate) fn keeps(&self) -> bool {
        self.push.is_some() || self.missed_calls.is_some() || self.mailbox.is_some()
    }

    /// Whether one more may begin to have something in this table: whoever has is let in.
    pub(crate) async fn admits_owner(&self, table: Table, user: &UserId, network: Network) -> bool {
        let owner = user.clone();
        let known = self
            .store
            .run(move |store| store.of(table, owner.as_str().as_bytes(), millis()));
        let known = known.await;
        let block = Network::block_of(network.address());
        known.is_ok_and(|entries| !entries.is_empty())
            || self.owner_limiter.take(block, self.clock.now())
    }

    /// Tells somebody who has come who has called meanwhile.
    pub(crate) fn tell_missed_calls(self: &Arc<Self>, user: UserId) {
        let Some(missed) = self.missed_calls.clone().filter(|_| is_key_id(&user)) else {
            return;
        };
        let app = Arc::clone(self);
        self.tasks.spawn(async move {
            let calls = missed.of(user.clone()).await;
            app.registry.tell_missed_calls(&user, calls);
        });
    }

    /// Tells somebody, if they are here, of all that another server has kept for them.
    pub(crate) fn tell_waiting(self: &Arc<Self>, user: &UserId) {
        if !self.registry.is_here(user) {
            return;
        }
        self.tell_missed_calls(user.clone());
        self.tell_messages(user.clone());
    }

    /// Tells somebody who has come whether messages wait.
    pub(crate) fn tell_messages(self: &Arc<Self>, user: UserId) {
        let Some(mailbox) = self.mailbox.clone() else {
            return;
        };
        let app = Arc::clone(self);
        self.tasks.spawn(async move {
            if mailbox.has_any(&user).await {
                let message = ServerMessage::MessagesWaiting(MessagesWaiting {});
                app.registry.tell(&user, message);
            }
        });
    }

    /// Takes leave of those who may not be here any more: of these, and of whoever has a session.
    pub(crate) fn dismiss_unwelcome(&self, people: Vec<UserId>) {
        let mut people: HashSet<UserId> = people.into_iter().collect();
        people.extend(self.registry.people());
        let now = SystemTime::now();
        for user in people {
            if self.access.admit(&user, None, now).is_ok() {
                continue;
            }
            if let Err(error) = self.forget(&user) {
                warn!(%error, "cannot forget somebody who is not let in any more");
            }
            self.registry.dismiss(&user);
        }
    }

    /// Forgets all that is kept of somebody.
    pub(crate) fn forget(&self, user: &UserId) -> Result<(), StoreError> {
        if let Some(mailbox) = &self.mailbox {
            mailbox.discard(user).map_err(std::io::Error::other)?;
        }
        if self.keeps() {
            for table in Table::ALL {
                self.store.delete_all(table, user.as_str().as_bytes())?;
            }
        }
        Ok(())
    }

    /// What visitors are shown.
    pub(crate) fn shown(&self) -> Arc<Shown> {
        let shown = self.shown.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&shown)
    }

    /// Shows visitors what this configuration says from now on.
    ///
    /// # Errors
    /// See [`Shown::load`]; then it stays as it was.
    pub(crate) fn load_shown(&self, config: &Config) -> Result<Shown, StartError> {
        Shown::load(config, &self.config, self.origins.own())
    }

    /// Shows that from now on.
    pub(crate) fn show(&self, shown: Shown) {
        shown.page.settle();
        *self.shown.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(shown);
    }

    /// Lets nobody new in, or everybody again. Where there are other servers those who are here go
    /// there, some at a time; returns whether they do.
    #[cfg_attr(not(unix), expect(dead_code))]
    pub(crate) fn drain(self: &Arc<Self>, on: bool) -> bool {
        let was = self.draining.swap(on, Ordering::Relaxed);
        if on && !was {
            self.tasks.spawn(Arc::clone(self).move_away());
        }
        on && self.registry.has_others()
    }

    async fn move_away(self: Arc<Self>) {
        let most = (self.registry.connections() / MOVE_STEPS).max(MOVED_AT_ONCE);
        // Without others they stay where they are served.
        while self.is_draining()
            && (!self.registry.has_others() || self.registry.move_away(most).is_some())
            && !self.registry.is_closing()
        {
            sleep(MOVE_STEP).await;
        }
    }

    /// Whether nobody new is let in.
    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// A place for a WebSocket that a peer has asked for, for itself or as a proxy.
    pub(crate) fn admit(&self, peer: IpAddr, headers: &HeaderMap) -> Option<Permit> {
        let client = self.proxies.client_of(peer, headers);
        if let Some(gap) = client.gap {
            self.notices.gap(client.ip, gap, &self.proxies);
        }
        let permit = self.connections.acquire(client.ip);
        let total = self.config.limits.max_connections;
        let is_house_full = total != 0 && self.connections.taken() >= total;
        if permit.is_none() {
            self.metrics
                .refused_connection(if is_house_full { "total" } else { "address" });
            if !is_house_full {
                let is_only_one = self.connections.networks() == 1;
                self.notices.full(client.ip, is_only_one, &self.proxies);
            }
        }
        permit
    }

    /// Tells the host of a page that was not let in.
    pub(crate) fn refused_origin(&self, headers: &HeaderMap) {
        self.metrics.refused_connection("origin");
        let pages: Vec<_> = headers.get_all(ORIGIN).iter().collect();
        let pages: Vec<_> = pages
            .iter()
            .map(|page| String::from_utf8_lossy(page.as_bytes()))
            .collect();
        let expected = self.origins.expected(headers);
        self.notices
            .refused_origin(self.clock.now(), &pages.join(", "), &expected);
    }
}

/// Tells those of whom a missed call was kept, if they have come meanwhile; for as long as there is a
/// server.
pub(crate) async fn tell_of_kept(app: Weak<App>, mut kept: UnboundedReceiver<UserId>) {
    while let Some(user) = kept.recv().await
        && let Some(app) = app.upgrade()
    {
        app.tell_missed_calls(user);
    }
}
