//! The relay alone, without the page and the signaling.

use std::future::Future;
#[cfg(unix)]
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::{Notify, watch};
use tokio_util::task::AbortOnDropHandle;
use wimpex_relay::Relay;

use crate::certificates::Certificates;
use crate::config::Config;
use crate::error::StartError;
#[cfg(unix)]
use crate::handover::Endpoint;
use crate::inherited::Inherited;
use crate::nats::reached;
use crate::own_address::OwnAddress;
#[cfg(unix)]
use crate::own_relay::share_relay;
use crate::own_relay::{open_relay, turns_config};
use crate::relays::Announcer;
#[cfg(unix)]
use crate::systemd;
use crate::{reload, secret, serving, turn};

/// The relay alone, for `--role turn`.
pub struct RelayServer {
    relay: Relay,
    own_address: OwnAddress,
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
        Self::inheriting(config, &mut Inherited::default())
    }

    /// The same, but for the ports that are open already.
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn inheriting(config: Config, inherited: &mut Inherited) -> Result<Self, StartError> {
        let file = config.secret_file();
        let key = secret::load_or_create(file.as_deref())?;
        if config.ice.turn_secret.is_none() && !secret::is_kept(file.as_deref(), &key) {
            return Err(StartError::NoSharedSecret);
        }
        let certificates = Certificates::open(&config, inherited)?;
        let tls = turns_config(certificates.as_ref())?;
        let relay = turn::relay_config(&config, &key, tls).map_err(StartError::Ice)?;
        reached(&config.cluster).map_err(StartError::Cluster)?;
        let opened = open_relay(&relay, inherited)?;
        let (listen, tls) = (opened.addresses(), opened.tls_addresses());
        Ok(Self {
            // Servers without NATS, which tell clients of it, follow the address too.
            own_address: OwnAddress::new(relay, listen, tls),
            relay: opened,
            certificates,
            config,
            reload: Arc::default(),
        })
    }

    /// Where it listens for UDP and TCP.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.relay.addresses()
    }

    /// Reads what can be read anew while it runs: the certificate. Of everything else that has changed
    /// it says that it needs a restart.
    pub fn reload(&self) -> impl Fn() + Send + Sync + 'static {
        let (certificate, config) = (Arc::clone(&self.reload), self.config.clone());
        move || {
            certificate.notify_one();
            reload::compare(&config);
        }
    }

    /// All that another process gets that takes this one's place.
    ///
    /// # Errors
    /// If there can be no more file descriptors.
    #[cfg(unix)]
    pub fn things(&self) -> io::Result<Inherited> {
        let mut things = Inherited::default();
        share_relay(Some(&self.relay), self.certificates.as_ref(), &mut things)?;
        Ok(things)
    }

    /// Serves until `shutdown` completes; then everything ends at once.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        self.run_until(None, shutdown).await;
    }

    /// The same, and another process may take its place by way of `endpoint`. Then this returns
    /// when relayed calls are over, after an hour at most.
    #[cfg(unix)]
    pub async fn run_or_hand_over(
        self,
        endpoint: Option<Endpoint>,
        shutdown: impl Future<Output = ()>,
    ) {
        self.run_until(endpoint, shutdown).await;
    }

    async fn run_until(
        self,
        endpoint: Option<serving::Endpoint>,
        shutdown: impl Future<Output = ()>,
    ) {
        let relay = self.relay.handle();
        let (config, reload) = (Arc::new(self.config), self.reload);
        let upkeep = self.certificates.map(|certificates| {
            let config = Arc::clone(&config);
            tokio::spawn(async move { certificates.keep(&config, &reload).await })
        });
        let own = self.own_address;
        let (now, found) = watch::channel(own.told(&config));
        let announcer = Announcer::new(&config);
        let saying = announcer.clone().map(|announcer| {
            let (config, relay, found) = (Arc::clone(&config), relay.clone(), found.clone());
            tokio::spawn(announcer.run(config, relay, move || found.borrow().clone()))
        });
        let shutdown = async move {
            shutdown.await;
            if let Some(announcer) = announcer {
                let own = found.borrow().clone();
                announcer.end(&own).await;
            }
        };
        let handle = relay.clone();
        let address = tokio::spawn(async move {
            let tell = |own| drop(now.send(own));
            own.follow(&config, Some(&handle), tell).await;
        });
        let tasks = upkeep.into_iter().chain([address]).chain(saying);
        // Until this process ends: see `serving::Beside`.
        #[cfg(unix)]
        let _watched = {
            let relay = relay.clone();
            let line = move || systemd::allocations(relay.counts().allocations);
            AbortOnDropHandle::new(tokio::spawn(systemd::answer_watchdog(line)))
        };
        let upkeep = tasks.map(AbortOnDropHandle::new).collect();
        self.relay
            .run(serving::relay_alone(&relay, upkeep, endpoint, shutdown))
            .await;
    }
}
