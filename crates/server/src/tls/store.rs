//! The certificate that new connections are shown. Those that stand keep the one
//! that they were made with.

use std::sync::{Arc, PoisonError, RwLock};

use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;

use super::{ACME_TLS_ALPN, Certificate, Challenges};

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct CertificateStore {
    current: RwLock<Option<Arc<Certificate>>>,
    challenges: Challenges,
}

impl CertificateStore {
    pub(crate) fn replace(&self, certificate: Certificate) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        *current = Some(Arc::new(certificate));
    }

    /// `None` before the first has come.
    pub(crate) fn current(&self) -> Option<Arc<Certificate>> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        current.clone()
    }

    pub(crate) fn challenges(&self) -> &Challenges {
        &self.challenges
    }
}

impl ResolvesServerCert for CertificateStore {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let asks_for_proof = hello
            .alpn()
            .is_some_and(|mut offered| offered.any(|protocol| protocol == ACME_TLS_ALPN));
        if asks_for_proof {
            return self.challenges.tls(hello.server_name()?);
        }
        Some(Arc::clone(&self.current()?.certified))
    }
}
