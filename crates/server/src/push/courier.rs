//! Hands messages to push services over https.
//!
//! A push service is named by a client, so what it answers is of no use to anybody: no redirect is
//! followed, nothing but the status is read. Its name may lead anywhere, so only addresses of the
//! public internet are connected to, unless the host of the server has named it.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tracing::debug;
use wimpex_push::Endpoint;
use wimpex_relay::peers::PeerFilter;

/// For a whole message, from the look-up of the name to the answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// For one of several addresses.
const CONNECT: Duration = Duration::from_secs(3);
/// Messages that are on their way at a time. More wait, in tasks of their own.
const AT_A_TIME: usize = 64;

/// See the module.
pub(super) struct Courier {
    tls: TlsConnector,
    filter: PeerFilter,
    places: Semaphore,
    #[cfg(test)]
    resolved: Option<Vec<SocketAddr>>,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    /// The push service has it.
    Accepted,
    /// There is no such subscription any more.
    Gone,
    /// The push service has refused it.
    Refused,
    /// It could not be reached, or has not answered in time.
    Failed,
    /// Its name does not lead to the public internet.
    Forbidden,
}

impl Delivery {
    /// For who counts.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Gone => "gone",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Forbidden => "forbidden",
        }
    }
}

/// The certificate of `--push-root` cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{path}: no certificate to vouch for push services: {reason}")]
pub struct CourierError {
    path: PathBuf,
    reason: String,
}

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("{0}")]
    Http(#[from] hyper::Error),
    #[error("its name does not lead to the public internet")]
    Forbidden,
    #[error("it is not a name")]
    Name,
}

impl Courier {
    /// `root` vouches for push services in place of those that the system trusts.
    pub(super) fn new(root: Option<&Path>) -> Result<Self, CourierError> {
        let mut roots = RootCertStore::empty();
        match root {
            Some(path) => {
                let wrong = |reason: String| CourierError {
                    path: path.to_owned(),
                    reason,
                };
                let root = CertificateDer::from_pem_file(path);
                let root = root.map_err(|error| wrong(error.to_string()))?;
                roots.add(root).map_err(|error| wrong(error.to_string()))?;
            }
            None => {
                let found = rustls_native_certs::load_native_certs();
                let (added, ignored) = roots.add_parsable_certificates(found.certs);
                debug!(added, ignored, "certificates of the system");
            }
        }
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring has what these versions need");
        let config = config.with_root_certificates(roots).with_no_client_auth();
        Ok(Self {
            tls: TlsConnector::from(Arc::new(config)),
            filter: PeerFilter::default(),
            places: Semaphore::new(AT_A_TIME),
            #[cfg(test)]
            resolved: None,
        })
    }

    /// Hands over a message, and says what became of it.
    pub(super) async fn post(&self, to: &Endpoint, request: http::Request<Vec<u8>>) -> Delivery {
        let Ok(_place) = self.places.acquire().await else {
            return Delivery::Failed;
        };
        match timeout(PATIENCE, self.exchange(to, request)).await {
            Ok(Ok(status)) => match status.as_u16() {
                200..=299 => Delivery::Accepted,
                404 | 410 => Delivery::Gone,
                _ => {
                    debug!(%status, "a push service has refused a message");
                    Delivery::Refused
                }
            },
            Ok(Err(Failure::Forbidden)) => Delivery::Forbidden,
            Ok(Err(error)) => {
                debug!(%error, "a push service could not be reached");
                Delivery::Failed
            }
            Err(_) => Delivery::Failed,
        }
    }

    async fn exchange(
        &self,
        to: &Endpoint,
        request: http::Request<Vec<u8>>,
    ) -> Result<http::StatusCode, Failure> {
        let stream = self.connect(to).await?;
        let name = to.host().trim_matches(['[', ']']).to_owned();
        let name = ServerName::try_from(name).map_err(|_| Failure::Name)?;
        let stream = self.tls.connect(name, stream).await?;
        let io = TokioIo::new(stream);
        let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await?;
        let request = request.map(|body| Full::new(bytes::Bytes::from(body)));
        let mut exchange = std::pin::pin!(sender.send_request(request));
        // A connection that ends may have brought the answer with its last bytes.
        let answer = tokio::select! {
            answer = &mut exchange => answer?,
            _ended = connection => exchange.await?,
        };
        Ok(answer.status())
    }

    async fn connect(&self, to: &Endpoint) -> Result<TcpStream, Failure> {
        let found = self.resolve(to).await?;
        let allowed = permitted(&self.filter, to.is_own(), found);
        let mut last = Failure::Forbidden;
        for address in allowed {
            match timeout(CONNECT, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => last = error.into(),
                Err(_) => last = std::io::Error::from(std::io::ErrorKind::TimedOut).into(),
            }
        }
        Err(last)
    }

    async fn resolve(&self, to: &Endpoint) -> Result<Vec<SocketAddr>, Failure> {
        #[cfg(test)]
        if let Some(resolved) = &self.resolved {
            return Ok(resolved.clone());
        }
        let name = to.host().trim_matches(['[', ']']);
        Ok(tokio::net::lookup_host((name, to.port())).await?.collect())
    }
}

/// Those of the addresses that may be connected to. It is these that are, and no name is looked up
/// again in between.
fn permitted(filter: &PeerFilter, is_own: bool, found: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let may = |ip: IpAddr| is_own || filter.permits(ip);
    found.into_iter().filter(|it| may(it.ip())).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::net::TcpListener;
    use wimpex_push::{PushServices, Topic, Urgency, VapidKey, request};

    use super::*;

    /// The addresses that the relay's tests try.
    const HOSTILE: &str = include_str!("../../../relay/tests/relay/hostile.rs");

    fn corpus() -> Vec<IpAddr> {
        let (list, _) = HOSTILE.split_once("];").unwrap();
        let quoted = list.split('"').skip(1).step_by(2);
        quoted.filter_map(|text| text.parse().ok()).collect()
    }

    #[test]
    fn no_address_of_the_corpus_is_connected_to() {
        let corpus = corpus();
        assert!(corpus.len() > 80, "{}", corpus.len());
        let found = corpus.iter().map(|ip| SocketAddr::new(*ip, 443)).collect();
        assert_eq!(permitted(&PeerFilter::default(), false, found), []);
        let public: Vec<SocketAddr> = vec!["1.1.1.1:443".parse().unwrap()];
        assert_eq!(
            permitted(&PeerFilter::default(), false, public.clone()),
            public
        );
    }

    #[tokio::test]
    async fn a_known_name_that_leads_inside_gets_no_request() {
        // Where somebody who has the name's DNS would like the request to go.
        let inside = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = inside.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        let listening = tokio::spawn(async move {
            while inside.accept().await.is_ok() {
                counted.fetch_add(1, Ordering::SeqCst);
            }
        });
        let mut courier = Courier::new(None).unwrap();
        courier.resolved = Some(vec![address]);
        let to = PushServices::default();
        let to = to
            .endpoint("https://fcm.googleapis.com/fcm/send/abc")
            .unwrap();
        let how = (60, Urgency::High, &Topic::of("1"));
        let signer = (&VapidKey::derive(b"secret"), "https://a.example");
        let message = request(&to, vec![1], how, signer, 0).unwrap();
        assert_eq!(courier.post(&to, message).await, Delivery::Forbidden);
        assert_eq!(connections.load(Ordering::SeqCst), 0);
        listening.abort();
    }
}
