//! Certificates and keys from PEM files, for TLS on the relay and elsewhere.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::rustls;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::ResolvesServerCert;
use tokio_rustls::rustls::sign::{CertifiedKey, SingleCertAndKey};

/// Why there can be no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The file is not there, or has no certificate or key in it.
    #[error("cannot read a {what} from {path}: {reason}")]
    Read {
        /// "certificate" or "key".
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// In the words of whoever tried.
        reason: String,
    },
    /// Certificate and key do not go together, or are of a kind that is unknown.
    #[error("the certificate cannot be used with this key: {0}; do the two files belong together?")]
    Use(#[from] rustls::Error),
}

/// A server's side of TLS 1.2 and 1.3, with the certificate and those that
/// vouch for it, and its key.
///
/// # Errors
/// See [`TlsError`].
pub fn from_pem_files(
    certificate: &Path,
    key: &Path,
) -> Result<Arc<rustls::ServerConfig>, TlsError> {
    let certified = certified_key(certificate, key)?;
    with_resolver(Arc::new(SingleCertAndKey::from(certified)))
}

/// The same with a certificate that may become another one while it is used.
///
/// # Errors
/// Only [`TlsError::Use`].
pub fn with_resolver(
    resolver: Arc<dyn ResolvesServerCert>,
) -> Result<Arc<rustls::ServerConfig>, TlsError> {
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(resolver);
    Ok(Arc::new(config))
}

/// A certificate with those that vouch for it, and its key.
///
/// # Errors
/// See [`TlsError`].
pub fn certified_key(certificate: &Path, key: &Path) -> Result<CertifiedKey, TlsError> {
    let failed = |what, path: &Path, reason: String| TlsError::Read {
        what,
        path: path.to_owned(),
        reason,
    };
    let unread = |what, path: &Path, error: &pem::Error| failed(what, path, reason(path, error));
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .map_err(|error| unread("certificate", certificate, &error))?;
    if chain.is_empty() {
        let reason = "there is none in it".to_owned();
        return Err(failed("certificate", certificate, reason));
    }
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| unread("key", key, &error))?;
    let certified = CertifiedKey::from_der(chain, private, &ring::default_provider())?;
    Ok(certified)
}

/// What is wrong with the file, and what can be done about it.
fn reason(path: &Path, error: &pem::Error) -> String {
    match error {
        pem::Error::Io(error) if error.kind() == ErrorKind::PermissionDenied => {
            format!("{error}; the user of this server must be able to read it")
        }
        pem::Error::Io(error) => error.to_string(),
        pem::Error::NoItemsFound => {
            let text = fs::read_to_string(path).unwrap_or_default();
            let has = |words: &str| text.lines().any(|line| line.contains(words));
            if has("ENCRYPTED") {
                "it is encrypted, and nobody is there to be asked; openssl pkey -in OLD -out NEW \
                 takes the passphrase away"
            } else if has("-----BEGIN CERTIFICATE-----") {
                "there is a certificate in it, and no key"
            } else {
                "there is none in it; the format is PEM"
            }
            .to_owned()
        }
        other => other.to_string(),
    }
}
