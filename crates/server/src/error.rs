//! Why the server did not start.

use std::io;

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Who may use the server cannot be read, and nobody is to be let in by mistake.
    #[error("cannot read who may use the server: {0}")]
    Access(std::io::Error),
    /// The page's folder was named and cannot be read.
    #[error("cannot read the page from {path}: {error}")]
    Page {
        /// What was being read.
        path: std::path::PathBuf,
        /// Why it failed.
        error: io::Error,
    },
    /// A STUN or TURN flag makes no sense.
    #[error("{0}")]
    Ice(String),
    /// The certificate cannot be used.
    #[error("{0}")]
    Tls(#[from] wimpex_relay::tls::TlsError),
    /// Certificates cannot be had, or not be kept.
    #[error("{0}")]
    Certificates(String),
    /// The relay cannot have its ports.
    #[error("STUN and TURN: {0} (--turn=false goes without)")]
    Relay(#[from] wimpex_relay::StartError),
    /// Credentials that another process gives out could not be checked.
    #[error("a relay of its own needs the signaling's --secret-file, or --turn-secret")]
    NoSharedSecret,
    /// The certificate for push services cannot be used.
    #[error("{0}")]
    Push(#[from] crate::push::CourierError),
    /// An `--origin`, `--allow-origin` or `--frame-ancestor` is none.
    #[error("{0:?} is not an origin; it looks like https://example.org")]
    Origin(String),
    /// This server cannot be one of several.
    #[error("{0}")]
    Cluster(String),
    /// The system has no randomness to give.
    #[error("no randomness from the system: {0}")]
    Random(#[from] getrandom::Error),
}
