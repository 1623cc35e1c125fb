//! A server that ends https itself, and clients that check its certificate.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{WebSocketStream, client_async};
use wimpex_server::{Config, Handle, Listeners, Server, StartError};

use crate::support::{Reply, request, soon};

pub(crate) const NAME: &str = "call.test";

/// Somebody who vouches for certificates.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub(crate) root: CertificateDer<'static>,
    pub(crate) pem: String,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self {
            root: certificate.der().clone(),
            pem: certificate.pem(),
            issuer: Issuer::new(params, key),
        }
    }

    /// Certificate and key for a name or an address, as PEM.
    pub(crate) fn issue(&self, name: &str) -> (String, String) {
        self.sign(CertificateParams::new(vec![name.to_owned()]).unwrap())
    }

    /// The same, which counts from half a month ago until half a month from now.
    pub(crate) fn issue_for_a_month(&self, name: &str) -> (String, String) {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let (now, half) = (SystemTime::now(), Duration::from_secs(15 * 24 * 60 * 60));
        params.not_before = (now - half).into();
        params.not_after = (now + half).into();
        self.sign(params)
    }

    fn sign(&self, params: CertificateParams) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (certificate.pem(), key.serialize_pem())
    }
}

/// A certificate and its key in files of their own.
pub(crate) struct Files {
    pub(crate) cert: PathBuf,
    pub(crate) key: PathBuf,
}

impl Files {
    pub(crate) fn new(folder: &Path, (cert, key): (String, String)) -> Self {
        let files = Self {
            cert: folder.join("cert.pem"),
            key: folder.join("key.pem"),
        };
        files.write((cert, key));
        files
    }

    pub(crate) fn write(&self, (cert, key): (String, String)) {
        std::fs::write(&self.cert, cert).unwrap();
        std::fs::write(&self.key, key).unwrap();
    }
}

/// The server with https and with a port that leads there.
pub(crate) struct SecureServer {
    pub(crate) https: SocketAddr,
    pub(crate) redirect: SocketAddr,
    pub(crate) handle: Handle,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl SecureServer {
    pub(crate) async fn start(
        folder: &Path,
        change: impl FnOnce(&mut Config),
    ) -> Result<Self, StartError> {
        let any = || TcpListener::bind("127.0.0.1:0");
        Self::on(any().await.unwrap(), any().await.unwrap(), folder, change).await
    }

    pub(crate) async fn on(
        https: TcpListener,
        redirect: TcpListener,
        folder: &Path,
        change: impl FnOnce(&mut Config),
    ) -> Result<Self, StartError> {
        let mut config = Config {
            page_dir: Some(folder.join("page")),
            ..Config::default()
        };
        std::fs::create_dir_all(folder.join("page")).unwrap();
        std::fs::write(folder.join("page/index.html"), "the page").unwrap();
        config.operation.state_dir = Some(folder.join("state"));
        config.https.https_listen = vec![https.local_addr().unwrap()];
        config.turn.turn = Some(false);
        change(&mut config);
        let addresses = (https.local_addr().unwrap(), redirect.local_addr().unwrap());
        let listeners = Listeners {
            https: vec![https],
            redirect: vec![redirect],
            ..Listeners::default()
        };
        let server = Server::new(config)?;
        let handle = server.handle();
        let (stop, stopped) = oneshot::channel();
        let shutdown = async {
            // Also when the test just drops the server.
            let _ = stopped.await;
        };
        let task = tokio::spawn(server.run_on(listeners, shutdown));
        Ok(Self {
            https: addresses.0,
            redirect: addresses.1,
            handle,
            stop,
            task,
        })
    }

    pub(crate) async fn stop(self) {
        let _ = self.stop.send(());
        soon(self.task).await.unwrap();
    }
}

/// A client that trusts one authority and nobody else.
#[derive(Clone)]
pub(crate) struct Trusting(Arc<ClientConfig>);

impl Trusting {
    pub(crate) fn new(root: CertificateDer<'static>) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(root).unwrap();
        let config = ClientConfig::builder()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self(Arc::new(config))
    }

    /// One that says which protocol it speaks.
    pub(crate) fn speaking(&self, protocol: &[u8]) -> Self {
        let mut config = ClientConfig::clone(&self.0);
        config.alpn_protocols = vec![protocol.to_vec()];
        Self(Arc::new(config))
    }

    pub(crate) async fn connect(
        &self,
        address: SocketAddr,
        name: &str,
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let stream = TcpStream::connect(address).await?;
        soon(TlsConnector::from(Arc::clone(&self.0)).connect(name, stream)).await
    }

    /// From an address of its own, as another household has, with its origin, and with a
    /// header that somebody has made up.
    pub(crate) async fn websocket_from(
        &self,
        address: SocketAddr,
        name: &str,
        household: u8,
    ) -> WebSocketStream<TlsStream<TcpStream>> {
        self.websocket_at(address, name, "/ws", household).await
    }

    /// The same at another path than the usual one.
    pub(crate) async fn websocket_at(
        &self,
        address: SocketAddr,
        name: &str,
        path: &str,
        household: u8,
    ) -> WebSocketStream<TlsStream<TcpStream>> {
        let socket = TcpSocket::new_v4().unwrap();
        let local = std::net::Ipv4Addr::new(127, 7, 1, household);
        socket.bind(SocketAddr::from((local, 0))).unwrap();
        let stream = socket.connect(address).await.unwrap();
        let server = ServerName::try_from(name.to_owned()).unwrap();
        let connector = TlsConnector::from(Arc::clone(&self.0));
        let stream = soon(connector.connect(server, stream)).await.unwrap();
        let mut request = format!("wss://{name}{path}").into_client_request().unwrap();
        let headers = request.headers_mut();
        headers.insert("origin", format!("https://{name}").parse().unwrap());
        headers.insert("x-forwarded-for", "198.51.100.77".parse().unwrap());
        soon(client_async(request, stream)).await.unwrap().0
    }

    /// The certificate that is shown, if it can be trusted.
    pub(crate) async fn certificate(&self, address: SocketAddr, name: &str) -> Option<Vec<u8>> {
        let stream = self.connect(address, name).await.ok()?;
        let shown = stream.get_ref().1.peer_certificates()?;
        Some(shown.first()?.to_vec())
    }

    pub(crate) async fn get(&self, address: SocketAddr, name: &str, path: &str) -> Reply {
        let mut stream = self.connect(address, name).await.unwrap();
        let asked = request("GET", path, &[]).replace("host: test", &format!("host: {name}"));
        stream.write_all(asked.as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        // Some end without TLS's goodbye.
        let _ = soon(stream.read_to_end(&mut bytes)).await;
        Reply::parse(&bytes)
    }

    pub(crate) async fn websocket(
        &self,
        address: SocketAddr,
        name: &str,
    ) -> WebSocketStream<TlsStream<TcpStream>> {
        let stream = self.connect(address, name).await.unwrap();
        let (ws, _) = soon(client_async(format!("wss://{name}/ws"), stream))
            .await
            .unwrap();
        ws
    }
}

pub(crate) fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}
