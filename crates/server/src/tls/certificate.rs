//! A certificate with its key, and what it says of itself.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio_rustls::rustls::sign::CertifiedKey;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct Certificate {
    pub(crate) certified: Arc<CertifiedKey>,
    /// From when to when it counts.
    pub(crate) from: SystemTime,
    pub(crate) until: SystemTime,
    /// The names in DNS that it is for.
    names: Vec<String>,
}

impl Certificate {
    /// `None` if it cannot be read, which those who check it would not do either.
    pub(crate) fn new(certified: CertifiedKey) -> Option<Self> {
        let (_, x509) = X509Certificate::from_der(certified.cert.first()?).ok()?;
        let names = x509
            .subject_alternative_name()
            .ok()
            .flatten()
            .map(|names| names.value.general_names.clone())
            .unwrap_or_default();
        let dns = |name: &GeneralName<'_>| match name {
            GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
            _ => None,
        };
        let (from, until) = (x509.validity().not_before, x509.validity().not_after);
        let names = names.iter().filter_map(dns).collect();
        Some(Self {
            from: time(from.timestamp()),
            until: time(until.timestamp()),
            names,
            certified: Arc::new(certified),
        })
    }

    /// Whether it is for this name, said in full.
    pub(crate) fn is_for(&self, name: &str) -> bool {
        self.names.iter().any(|own| own == name)
    }

    /// Whole days until it ends; negative if it has.
    pub(crate) fn days_left(&self, now: SystemTime) -> i64 {
        const DAY: u64 = 24 * 60 * 60;
        match self.until.duration_since(now) {
            Ok(left) => (left.as_secs() / DAY) as i64,
            Err(past) => -1 - (past.duration().as_secs() / DAY) as i64,
        }
    }
}

/// Seconds since 1970; before that nothing counted.
fn time(seconds: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).unwrap_or_default())
}
