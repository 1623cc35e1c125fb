//! Where this server's certificates come from, and their upkeep while it runs.

use std::sync::Arc;

use tokio::sync::Notify;
use tokio::time::sleep;

use crate::acme::Acme;
use crate::config::Config;
use crate::error::StartError;
use crate::inherited::Inherited;
use crate::state_lock::StateLock;
use crate::tls::{CertificateStore, OwnFiles};

/// See the module.
pub(crate) struct Certificates {
    store: Arc<CertificateStore>,
    source: Source,
}

enum Source {
    /// The host's own.
    Files(OwnFiles),
    /// Fetched for the names of this server.
    Acme(Box<Acme>),
}

impl Certificates {
    /// `None` if no TLS is wanted. Reads what is there, and fetches nothing yet.
    ///
    /// # Errors
    /// [`StartError::Tls`] or [`StartError::Certificates`].
    pub(crate) fn open(
        config: &Config,
        inherited: &mut Inherited,
    ) -> Result<Option<Self>, StartError> {
        let store = Arc::new(CertificateStore::default());
        let source = match (&config.turn.tls_cert, &config.turn.tls_key) {
            (Some(cert), Some(key)) => {
                Source::Files(OwnFiles::open(cert.clone(), key.clone(), &store)?)
            }
            (Some(_), None) | (None, Some(_)) => {
                let text = "--tls-cert and --tls-key need each other";
                return Err(StartError::Certificates(text.to_owned()));
            }
            (None, None) if config.https.domain.is_empty() => {
                if config.serves_https() {
                    let text = "--https-listen needs --domain, or --tls-cert and --tls-key";
                    return Err(StartError::Certificates(text.to_owned()));
                }
                return Ok(None);
            }
            (None, None) => Source::Acme(Box::new(Acme::open(config, &store, inherited)?)),
        };
        Ok(Some(Self { store, source }))
    }

    /// What says that a folder with certificates is taken, if one is.
    pub(crate) fn lock(&self) -> Option<&StateLock> {
        match &self.source {
            Source::Files(_) => None,
            Source::Acme(acme) => Some(acme.lock()),
        }
    }

    pub(crate) fn store(&self) -> &Arc<CertificateStore> {
        &self.store
    }

    /// Keeps them fresh, for ever; `reload` is somebody who asks for it.
    pub(crate) async fn keep(self, config: &Config, reload: &Notify) {
        match self.source {
            Source::Files(mut files) => loop {
                let asked_for = tokio::select! {
                    () = sleep(config.timing.certificate_files) => false,
                    () = reload.notified() => true,
                };
                files.look(&self.store, asked_for);
            },
            Source::Acme(acme) => acme.keep(&self.store, reload).await,
        }
    }
}
