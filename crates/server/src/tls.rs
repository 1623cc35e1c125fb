//! Certificates: where they come from, and that the newest is the one that is shown.

mod certificate;
mod challenges;
mod own_files;
mod store;

use std::path::Path;
use std::sync::Arc;

use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};
pub(crate) use wimpex_relay::tls::TlsError;

pub(crate) use certificate::Certificate;
pub(crate) use challenges::{ACME_TLS_ALPN, Challenges};
pub(crate) use own_files::OwnFiles;
pub(crate) use store::CertificateStore;

/// STUN and TURN (RFC 7443, section 4), which browsers do not say that they speak.
pub(crate) const TURN_ALPN: &[u8] = b"stun.turn";

/// For https, for TURN at the same port, and for who checks that we own our names (RFC 8737).
///
/// # Errors
/// Only [`TlsError::Use`].
pub(crate) fn https_config(store: &Arc<CertificateStore>) -> Result<Arc<ServerConfig>, TlsError> {
    let config = turns_config(store)?;
    let mut config = ServerConfig::clone(&config);
    let protocols = [b"http/1.1", TURN_ALPN, ACME_TLS_ALPN];
    config.alpn_protocols = protocols.map(<[u8]>::to_vec).into();
    Ok(Arc::new(config))
}

/// For TURN over TLS.
///
/// # Errors
/// Only [`TlsError::Use`].
pub(crate) fn turns_config(store: &Arc<CertificateStore>) -> Result<Arc<ServerConfig>, TlsError> {
    wimpex_relay::tls::with_resolver(Arc::clone(store) as _)
}

/// Whether certificate and key can be used.
///
/// # Errors
/// Why not.
pub(crate) fn check_files(certificate: &Path, key: &Path) -> Result<(), TlsError> {
    wimpex_relay::tls::certified_key(certificate, key).map(drop)
}

/// Whether the file holds the certificate of somebody who can vouch for others.
///
/// # Errors
/// Why not.
pub(crate) fn check_root(path: &Path) -> Result<(), TlsError> {
    let root = CertificateDer::from_pem_file(path).map_err(|error| TlsError::Read {
        what: "certificate",
        path: path.to_owned(),
        reason: error.to_string(),
    })?;
    Ok(RootCertStore::empty().add(root)?)
}
