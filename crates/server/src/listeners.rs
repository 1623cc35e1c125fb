//! The ports of http and https, opened before anything is served.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpListener;

use crate::config::Config;

/// See the module.
#[derive(Debug, Default)]
pub struct Listeners {
    /// The page over http.
    pub http: Vec<TcpListener>,
    /// The page over https.
    pub https: Vec<TcpListener>,
    /// Those who should come by https, and who checks that our names are ours.
    pub redirect: Vec<TcpListener>,
    /// Measurements.
    pub metrics: Vec<TcpListener>,
}

/// A port that cannot be had.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {error}{}", hint(.error))]
pub struct ListenError {
    /// Which.
    pub address: SocketAddr,
    /// Why.
    pub error: io::Error,
}

impl Listeners {
    /// All that the configuration asks for.
    ///
    /// # Errors
    /// The first that cannot be had.
    pub async fn bind(config: &Config) -> Result<Self, ListenError> {
        Ok(Self {
            http: bind_all(config.http_listen().as_slice()).await?,
            https: bind_all(&config.https.listen()).await?,
            redirect: bind_all(&config.https.redirect()).await?,
            metrics: bind_all(config.operation.metrics_listen.as_slice()).await?,
        })
    }

    /// What there is, as "listening on http://127.0.0.1:8080".
    pub fn lines(&self) -> Vec<String> {
        [
            ("listening on http://", &self.http),
            ("listening on https://", &self.https),
            ("sending to https from http://", &self.redirect),
            ("measurements on http://", &self.metrics),
        ]
        .iter()
        .flat_map(|(what, listeners)| {
            let addresses = listeners
                .iter()
                .filter_map(|listener| listener.local_addr().ok());
            addresses.map(move |address| format!("{what}{address}"))
        })
        .collect()
    }
}

async fn bind_all(addresses: &[SocketAddr]) -> Result<Vec<TcpListener>, ListenError> {
    let mut listeners = Vec::new();
    for &address in addresses {
        listeners.push(bind(address).await?);
    }
    Ok(listeners)
}

async fn bind(address: SocketAddr) -> Result<TcpListener, ListenError> {
    let bound = match TcpListener::bind(address).await {
        // Everywhere, on a host without IPv6.
        Err(error) if is_everywhere(address) && is_without_ipv6(&error) => {
            let address = SocketAddr::from((Ipv4Addr::UNSPECIFIED, address.port()));
            TcpListener::bind(address).await
        }
        bound => bound,
    };
    bound.map_err(|error| ListenError { address, error })
}

fn is_everywhere(address: SocketAddr) -> bool {
    address.is_ipv6() && address.ip().is_unspecified()
}

fn is_without_ipv6(error: &io::Error) -> bool {
    use io::ErrorKind::{AddrNotAvailable, Unsupported};
    // EAFNOSUPPORT has no kind of its own.
    const EAFNOSUPPORT: i32 = 97;
    matches!(error.kind(), AddrNotAvailable | Unsupported)
        || (cfg!(target_os = "linux") && error.raw_os_error() == Some(EAFNOSUPPORT))
}

fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied => {
            "; ports below 1024 are root's, or of who has the capability CAP_NET_BIND_SERVICE"
        }
        io::ErrorKind::AddrInUse => "; another program has it, perhaps another wimpex-server",
        _ => "",
    }
}
