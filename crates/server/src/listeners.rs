//! The ports of http and https, opened before anything is served.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpListener;

use crate::config::Config;
#[cfg(unix)]
use crate::inherited::Asked;
use crate::inherited::{Inherited, Purpose};

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
        Self::bind_or_take(config, &mut Inherited::default()).await
    }

    /// The same, but for those that are open already.
    ///
    /// # Errors
    /// The first that cannot be had.
    pub async fn bind_or_take(
        config: &Config,
        inherited: &mut Inherited,
    ) -> Result<Self, ListenError> {
        let mut listeners = Self::default();
        for (purpose, address) in asked(config) {
            let listener = match inherited.take_tcp(purpose, address) {
                Some(open) => taken(open).map_err(|error| ListenError { address, error })?,
                None => bind(address).await?,
            };
            listeners.of(purpose).push(listener);
        }
        Ok(listeners)
    }

    /// All of them once more, for another process. They are those of this configuration.
    #[cfg(unix)]
    pub(crate) fn share(&self, config: &Config) -> io::Result<Inherited> {
        use std::os::fd::AsFd;
        let all = [&self.http, &self.https, &self.redirect, &self.metrics];
        let mut shared = Inherited::default();
        for ((purpose, address), listener) in
            asked(config).into_iter().zip(all.into_iter().flatten())
        {
            let asked = Asked {
                purpose: Some(purpose),
                address,
            };
            let again = listener.as_fd().try_clone_to_owned()?;
            shared.tcp.push((asked, again.into()));
        }
        Ok(shared)
    }

    fn of(&mut self, purpose: Purpose) -> &mut Vec<TcpListener> {
        match purpose {
            Purpose::Http => &mut self.http,
            Purpose::Https => &mut self.https,
            Purpose::Redirect => &mut self.redirect,
            // The relay's are none of these.
            Purpose::Metrics | Purpose::Turn | Purpose::Turns => &mut self.metrics,
        }
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

/// What there is to be, in the order of [`Listeners`].
fn asked(config: &Config) -> Vec<(Purpose, SocketAddr)> {
    let all = |purpose, addresses: Vec<SocketAddr>| {
        addresses.into_iter().map(move |address| (purpose, address))
    };
    let metrics = config.operation.metrics_listen;
    all(Purpose::Http, config.http_listen().into_iter().collect())
        .chain(all(Purpose::Https, config.https.listen()))
        .chain(all(Purpose::Redirect, config.https.redirect()))
        .chain(all(Purpose::Metrics, metrics.into_iter().collect()))
        .collect()
}

fn taken(open: std::net::TcpListener) -> io::Result<TcpListener> {
    open.set_nonblocking(true)?;
    TcpListener::from_std(open)
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
        io::ErrorKind::AddrNotAvailable => "; this host has no such address",
        _ => "",
    }
}
