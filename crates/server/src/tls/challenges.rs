//! What proves to a certificate authority that a name is ours, while it looks.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_rustls::rustls::sign::CertifiedKey;

/// The protocol by which tls-alpn-01 asks (RFC 8737, section 6.2).
pub(crate) const ACME_TLS_ALPN: &[u8] = b"acme-tls/1";

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Challenges {
    answers: Mutex<Answers>,
}

#[derive(Debug, Default)]
struct Answers {
    /// http-01 (RFC 8555, section 8.3): texts by token.
    http: HashMap<String, String>,
    /// tls-alpn-01: certificates by name.
    tls: HashMap<String, Arc<CertifiedKey>>,
}

impl Challenges {
    pub(crate) fn answer_http(&self, token: String, answer: String) {
        self.lock().http.insert(token, answer);
    }

    pub(crate) fn answer_tls(&self, name: String, answer: Arc<CertifiedKey>) {
        self.lock().tls.insert(name, answer);
    }

    /// Nobody is looking any more.
    pub(crate) fn clear(&self) {
        *self.lock() = Answers::default();
    }

    pub(crate) fn http(&self, token: &str) -> Option<String> {
        self.lock().http.get(token).cloned()
    }

    pub(crate) fn tls(&self, name: &str) -> Option<Arc<CertifiedKey>> {
        self.lock().tls.get(name).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, Answers> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
