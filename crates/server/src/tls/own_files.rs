//! The host's own certificate, read again when its files change.

use std::fs;
use std::path::PathBuf;
use std::time::SystemTime;

use tracing::{info, warn};

use super::{Certificate, CertificateStore, TlsError};

/// See the module.
#[derive(Debug)]
pub(crate) struct OwnFiles {
    certificate: PathBuf,
    key: PathBuf,
    /// What was in them when they were looked at last. Times of change say too little:
    /// whoever writes new files may do so by moving links.
    seen: Contents,
    /// Whether what was in them could be used.
    state: State,
}

type Contents = (Option<Vec<u8>>, Option<Vec<u8>>);

#[derive(Debug, PartialEq, Eq)]
enum State {
    Used,
    /// Perhaps only one of the two is written yet.
    Doubtful,
    Broken,
}

impl OwnFiles {
    /// Reads them into the store.
    ///
    /// # Errors
    /// See [`TlsError`].
    pub(crate) fn open(
        certificate: PathBuf,
        key: PathBuf,
        store: &CertificateStore,
    ) -> Result<Self, TlsError> {
        let files = Self {
            seen: (fs::read(&certificate).ok(), fs::read(&key).ok()),
            state: State::Used,
            certificate,
            key,
        };
        let certificate = files.read()?;
        warn_of_time(&certificate, SystemTime::now());
        store.replace(certificate);
        Ok(files)
    }

    /// Looks whether they have changed; `asked_for`: somebody wants to hear of it.
    pub(crate) fn look(&mut self, store: &CertificateStore, asked_for: bool) {
        let contents = (fs::read(&self.certificate).ok(), fs::read(&self.key).ok());
        let is_new = contents != self.seen;
        self.seen = contents;
        if !is_new && !asked_for && self.state != State::Doubtful {
            return;
        }
        match self.read() {
            Ok(certificate) => {
                let now = SystemTime::now();
                let days_left = certificate.days_left(now);
                if is_new || asked_for {
                    warn_of_time(&certificate, now);
                }
                store.replace(certificate);
                self.state = State::Used;
                if is_new {
                    info!(days_left, "new connections get the new certificate");
                } else if asked_for {
                    info!(days_left, "the certificate is the same");
                }
            }
            Err(_) if is_new && !asked_for => self.state = State::Doubtful,
            Err(error) => {
                self.state = State::Broken;
                warn!(%error, "cannot use the new certificate; the one of before stays");
            }
        }
    }

    fn read(&self) -> Result<Certificate, TlsError> {
        let certified = wimpex_relay::tls::certified_key(&self.certificate, &self.key)?;
        Certificate::new(certified).ok_or_else(|| TlsError::Read {
            what: "certificate",
            path: self.certificate.clone(),
            reason: "it is not X.509".to_owned(),
        })
    }
}

/// It is used all the same: the clock may be what is wrong, and is set later on some machines.
fn warn_of_time(certificate: &Certificate, now: SystemTime) {
    if now < certificate.from || certificate.until < now {
        let days_left = certificate.days_left(now);
        warn!(
            days_left,
            "the certificate does not count at this system's time, so browsers refuse it: \
             has it ended, or is the clock wrong?"
        );
    }
}
