//! Why the relay did not start.

use std::io;
use std::net::SocketAddr;

/// Why the relay did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An address is not ours or taken.
    #[error("cannot listen on {address} for {what}: {error}{}", hint(error))]
    Listen {
        /// Which one.
        address: SocketAddr,
        /// UDP, TCP or TLS.
        what: &'static str,
        /// What the system says.
        error: io::Error,
    },
    /// The system has no randomness to give.
    #[error("no randomness from the system: {0}")]
    Random(#[from] getrandom::Error),
}

fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => "; another program has it, perhaps another relay",
        io::ErrorKind::AddrNotAvailable => "; this host has no such address",
        _ => "",
    }
}
