//! What all connections share.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::HeaderMap;
use http::header::ORIGIN;
use tokio_util::task::TaskTracker;
use wimpex_identity::is_key_id;
use wimpex_limits::{PerNetworkLimiter, Permit};
use wimpex_protocol::UserId;
use wimpex_relay::clock::Clock;
use wimpex_store::{Store, StoreError, Table};

use crate::access::Access;
use crate::client_address::TrustedProxies;
use crate::config::Config;
use crate::headers::PageHeaders;
use crate::host_notices::HostNotices;
use crate::ice::Ice;
use crate::mailbox::Mailbox;
use crate::metrics::Metrics;
use crate::missed_calls::MissedCalls;
use crate::network_limiter::NetworkLimiter;
use crate::origin::Origins;
use crate::page::Page;
use crate::push::Push;
use crate::registry::SessionRegistry;
use crate::reports::ReportLog;
use crate::store_file::StoreFile;
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
    pub(crate) headers: PageHeaders,
    pub(crate) reports: ReportLog,
    pub(crate) notices: HostNotices,
    pub(crate) metrics: Metrics,
    pub(crate) page: Page,
    /// What is kept of people over a restart.
    pub(crate) store: Arc<StoreFile>,
    /// If people can have their devices woken.
    pub(crate) push: Option<Arc<Push>>,
    /// Requests about web push.
    pub(crate) push_limiter: NetworkLimiter,
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

impl App {
    /// Whether this server keeps anything of people.
    pub(crate) fn keeps(&self) -> bool {
        self.push.is_some() || self.missed_calls.is_some() || self.mailbox.is_some()
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

    /// Forgets all that is kept of somebody.
    #[cfg_attr(not(unix), expect(dead_code))]
    pub(crate) fn forget(&self, user: &UserId) -> Result<(), StoreError> {
        if self.keeps() {
            for table in Table::ALL {
                self.store.delete_all(table, user.as_str().as_bytes())?;
            }
        }
        if let Some(mailbox) = &self.mailbox {
            mailbox.discard(user).map_err(std::io::Error::other)?;
        }
        Ok(())
    }

    /// Lets nobody new in, or everybody again.
    #[cfg_attr(not(unix), expect(dead_code))]
    pub(crate) fn drain(&self, on: bool) {
        self.draining.store(on, Ordering::Relaxed);
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
                self.notices.full(client.ip, &self.proxies);
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
