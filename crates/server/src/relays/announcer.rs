//! A relay that says where it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_nats::Client;
use tokio::sync::OnceCell;
use tokio::time::{sleep, timeout};
use tracing::{debug, warn};
use wimpex_relay::Handle;

use super::{SAY, Said, subject};
use crate::config::Config;
use crate::nats::reached;
use crate::turn::Own;

/// For its last word.
const LAST_WORD: Duration = Duration::from_secs(1);

/// See the module.
pub(crate) struct Announcer {
    client: OnceCell<Client>,
    subject: String,
    region: String,
    most: u64,
    /// Another process has not taken its place.
    is_ours: AtomicBool,
}

/// For as long as this is there.
struct Ours(Arc<Announcer>);

impl Drop for Ours {
    fn drop(&mut self) {
        self.0.is_ours.store(false, Ordering::Relaxed);
    }
}

impl Announcer {
    /// If there is a NATS server to say it to.
    pub(crate) fn new(config: &Config) -> Option<Arc<Self>> {
        (!config.cluster.nats.is_empty()).then(|| {
            Arc::new(Self {
                client: OnceCell::new(),
                subject: subject(&config.cluster.nats_prefix),
                region: config.cluster.region.first().cloned().unwrap_or_default(),
                most: config.turn.limits.allocations as u64,
                is_ours: AtomicBool::new(true),
            })
        })
    }

    /// Says it for as long as it is polled. `own` is where it is now.
    pub(crate) async fn run(
        self: Arc<Self>,
        config: Arc<Config>,
        relay: Handle,
        own: impl Fn() -> Own + Send,
    ) {
        let _ours = Ours(Arc::clone(&self));
        let reached = match reached(&config.cluster) {
            Ok(Some((servers, options))) => options
                .retry_on_initial_connect()
                .connect(servers)
                .await
                .map_err(|error| error.to_string()),
            Ok(None) => return,
            Err(error) => Err(error),
        };
        let client = match reached {
            Ok(client) => self.client.get_or_init(|| async { client }).await,
            Err(error) => return warn!(error, "no server hears of this relay"),
        };
        loop {
            let allocations = relay.counts().allocations as u64;
            self.say(client, &own(), allocations, false).await;
            sleep(SAY).await;
        }
    }

    /// That it takes nobody new.
    pub(crate) async fn end(&self, own: &Own) {
        if let (Some(client), true) = (self.client.get(), self.is_ours.load(Ordering::Relaxed)) {
            self.say(client, own, 0, true).await;
            let _ = timeout(LAST_WORD, client.flush()).await;
        }
    }

    async fn say(&self, client: &Client, own: &Own, allocations: u64, over: bool) {
        let said = Said {
            id: own.turn_urls.first().cloned().unwrap_or_default(),
            region: self.region.clone(),
            stun: own.stun_urls.clone(),
            turn: own.turn_urls.clone(),
            allocations,
            most: self.most,
            over,
        };
        let published = client
            .publish(self.subject.clone(), said.encode().into())
            .await;
        if let Err(error) = published {
            debug!(%error, "cannot say where this relay is");
        }
    }
}
