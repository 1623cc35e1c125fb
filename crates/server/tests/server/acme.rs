//! Certificates by ACME, from Let's Encrypt's own test authority, `pebble`.
//!
//! It comes with the Debian package pebble, which `cargo xtask setup --tests` installs. Where
//! it is missing these tests say so and pass.

use std::net::{SocketAddr, TcpListener as StdListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::process::{Child, Command};
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use wimpex_server::Config;

use crate::support::{Reply, free_address, request, soon};
use crate::tls_support::{Authority, NAME, SecureServer, Trusting, folder};

pub(crate) fn tool(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let found = std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file());
    if found.is_none() {
        eprintln!("SKIPPED: {name} is missing; cargo xtask setup --tests installs it");
    }
    found
}

/// Where the authority is, and who vouches for its own https.
pub(crate) struct Place {
    pub(crate) port: u16,
    management: u16,
    pub(crate) authority: Authority,
    folder: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        let place = Self {
            port: free_address().port(),
            management: free_address().port(),
            authority: Authority::new(),
            folder: folder(),
        };
        std::fs::write(place.root(), &place.authority.pem).unwrap();
        let (cert, key) = place.authority.issue("localhost");
        std::fs::write(place.file("cert.pem"), cert).unwrap();
        std::fs::write(place.file("key.pem"), key).unwrap();
        place
    }

    /// One whose own certificate counts for a month around now.
    pub(crate) fn for_a_month() -> Self {
        let place = Self::new();
        let (cert, key) = place.authority.issue_for_a_month("localhost");
        std::fs::write(place.file("cert.pem"), cert).unwrap();
        std::fs::write(place.file("key.pem"), key).unwrap();
        place
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.file("root.pem")
    }

    /// A server that gets its certificates there.
    pub(crate) fn asked_by(&self) -> impl FnOnce(&mut Config) + use<> {
        let directory = format!("https://localhost:{}/dir", self.port);
        let root = self.root();
        move |config| {
            config.https.domain = vec![NAME.parse().unwrap()];
            config.https.acme_directory = directory;
            config.https.acme_root = Some(root);
            config.timing.acme_retry = Duration::from_millis(20);
        }
    }
}

/// Where it looks for proof, and how long its certificates count.
pub(crate) struct Looks {
    pub(crate) https: u16,
    pub(crate) http: u16,
    pub(crate) seconds: u64,
}

pub(crate) struct Pebble {
    pub(crate) place: Place,
    _processes: [Child; 2],
}

impl Pebble {
    /// `None` where it is not installed.
    pub(crate) async fn start(place: Place, looks: Looks) -> Option<Self> {
        let (pebble, dns_server) = (tool("pebble")?, tool("pebble-challtestsrv")?);
        let path = |name: &str| place.file(name).display().to_string();
        let config = serde_json::json!({"pebble": {
            "listenAddress": format!("127.0.0.1:{}", place.port),
            "managementListenAddress": format!("127.0.0.1:{}", place.management),
            "certificate": path("cert.pem"),
            "privateKey": path("key.pem"),
            "httpPort": looks.http,
            "tlsPort": looks.https,
            "ocspResponderURL": "",
            "externalAccountBindingRequired": false,
            "certificateValidityPeriod": looks.seconds,
        }});
        std::fs::write(place.file("pebble.json"), config.to_string()).unwrap();
        let quiet = |program: &Path| {
            let mut command = Command::new(program);
            command
                .env("PEBBLE_VA_NOSLEEP", "1")
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .kill_on_drop(true);
            command
        };
        // Every name leads to this host.
        let dns = free_address().port();
        let names = quiet(&dns_server)
            .args(["-defaultIPv6", "", "-defaultIPv4", "127.0.0.1"])
            .args(["-http01", "", "-https01", "", "-tlsalpn01", ""])
            .args(["-dns01", &format!("127.0.0.1:{dns}")])
            .args([
                "-management",
                &format!("127.0.0.1:{}", free_address().port()),
            ])
            .spawn()
            .unwrap();
        let authority = quiet(&pebble)
            .args(["-dnsserver", &format!("127.0.0.1:{dns}")])
            .arg("-config")
            .arg(place.file("pebble.json"))
            .spawn()
            .unwrap();
        let pebble = Self {
            place,
            _processes: [names, authority],
        };
        soon(pebble.until_it_is_there(dns)).await;
        Some(pebble)
    }

    async fn until_it_is_there(&self, dns: u16) {
        for port in [self.place.port, self.place.management] {
            while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
                sleep(Duration::from_millis(10)).await;
            }
        }
        // A question for the address of "a", which any DNS server answers somehow.
        let question = b"\0\x01\x01\0\0\x01\0\0\0\0\0\0\x01a\0\0\x01\0\x01";
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        socket.connect(("127.0.0.1", dns)).await.unwrap();
        loop {
            let _ = socket.send(question).await;
            let mut bytes = [0; 512];
            let answer = socket.recv(&mut bytes);
            let answer = tokio::time::timeout(Duration::from_millis(50), answer).await;
            if matches!(answer, Ok(Ok(_))) {
                return;
            }
        }
    }

    /// Trusts what it issues.
    pub(crate) async fn trusting(&self) -> Trusting {
        let own = Trusting::new(self.place.authority.root.clone());
        let management = SocketAddr::from(([127, 0, 0, 1], self.place.management));
        let reply = own.get(management, "localhost", "/roots/0").await;
        Trusting::new(CertificateDer::from_pem_slice(&reply.body).unwrap())
    }
}

/// Ports of a server, before it runs.
pub(crate) async fn ports() -> (TcpListener, TcpListener) {
    let any = || TcpListener::bind("127.0.0.1:0");
    (any().await.unwrap(), any().await.unwrap())
}

pub(crate) fn port(listener: &TcpListener) -> u16 {
    listener.local_addr().unwrap().port()
}

pub(crate) async fn until_certified(trusting: &Trusting, server: &SecureServer) -> Vec<u8> {
    let certified = async {
        loop {
            if let Some(certificate) = trusting.certificate(server.https, NAME).await {
                return certificate;
            }
            sleep(Duration::from_millis(10)).await;
        }
    };
    soon(certified).await
}

pub(crate) const DAYS: u64 = 24 * 60 * 60;

#[tokio::test]
async fn a_domain_is_all_that_https_needs() {
    let (https, http) = ports().await;
    let looks = Looks {
        https: port(&https),
        http: free_address().port(),
        seconds: 90 * DAYS,
    };
    let Some(pebble) = Pebble::start(Place::new(), looks).await else {
        return;
    };
    let folder = folder();
    let server = SecureServer::on(https, http, folder.path(), |config| {
        pebble.place.asked_by()(config);
        config.turn.turn = Some(true);
        config.turn.turn_listen = vec!["127.0.0.1:0".parse().unwrap()];
        config.turn.turn_tls_listen = vec!["127.0.0.1:0".parse().unwrap()];
    })
    .await
    .unwrap();
    let trusting = pebble.trusting().await;
    let first = until_certified(&trusting, &server).await;
    assert_eq!(
        trusting.get(server.https, NAME, "/").await.text(),
        "the page"
    );
    let reply = Reply::of(server.redirect, &request("GET", "/", &[])).await;
    let there = format!("https://{NAME}:{}/", server.https.port());
    assert_eq!(
        (reply.status, reply.header("location")),
        (308, Some(&*there))
    );
    // Browsers are told to stay with it, and to use the name for TURN.
    let page = trusting.get(server.https, NAME, "/").await;
    assert!(page.header("strict-transport-security").is_some());
    private_files(&folder.path().join("state"));

    // Another server does not take the same folder.
    let again = SecureServer::start(folder.path(), pebble.place.asked_by()).await;
    let error = again.err().unwrap().to_string();
    assert!(
        error.contains("another server") && error.contains("--state-dir"),
        "{error}"
    );

    // After a restart it is the same, though there is nobody to ask.
    server.stop().await;
    let asked_by = pebble.place.asked_by();
    drop(pebble);
    let server = SecureServer::start(folder.path(), asked_by).await.unwrap();
    assert_eq!(until_certified(&trusting, &server).await, first);
}

#[cfg(unix)]
fn private_files(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let mut secrets = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            private_files(&path);
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        if text.contains("PRIVATE KEY") || text.contains("key_pkcs8") {
            secrets += 1;
            let mode = path.metadata().unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{}", path.display());
        }
    }
    let is_deepest = folder.join("account.json").exists();
    assert!(!is_deepest || secrets == 2, "account and certificate");
}

#[cfg(not(unix))]
fn private_files(_folder: &Path) {}

#[tokio::test]
async fn a_certificate_that_could_not_be_written_is_kept_later() {
    let (https, http) = ports().await;
    let looks = Looks {
        https: port(&https),
        http: port(&http),
        seconds: 90 * DAYS,
    };
    let Some(pebble) = Pebble::start(Place::new(), looks).await else {
        return;
    };
    let folder = folder();
    // Neither file can be written where a folder is.
    let directory = format!("localhost_{}_dir", pebble.place.port);
    let state = folder.path().join("state/acme").join(directory);
    let in_the_way = ["account.json", &format!("{NAME}.pem")].map(|name| state.join(name));
    for place in &in_the_way {
        std::fs::create_dir_all(place.join("in the way")).unwrap();
    }
    let server = SecureServer::on(https, http, folder.path(), pebble.place.asked_by())
        .await
        .unwrap();
    let trusting = pebble.trusting().await;
    let certificate = until_certified(&trusting, &server).await;
    for place in &in_the_way {
        std::fs::remove_dir_all(place).unwrap();
    }
    let kept = async {
        while !in_the_way[1].is_file() {
            server.handle.reload().unwrap();
            sleep(Duration::from_millis(20)).await;
        }
    };
    soon(kept).await;
    assert_eq!(until_certified(&trusting, &server).await, certificate);
}

#[tokio::test]
async fn where_443_is_not_seen_80_is_proof_too() {
    let (https, http) = ports().await;
    let looks = Looks {
        https: free_address().port(),
        http: port(&http),
        seconds: 90 * DAYS,
    };
    let Some(pebble) = Pebble::start(Place::new(), looks).await else {
        return;
    };
    let folder = folder();
    let server = SecureServer::on(https, http, folder.path(), pebble.place.asked_by())
        .await
        .unwrap();
    let trusting = pebble.trusting().await;
    until_certified(&trusting, &server).await;
}

#[tokio::test]
async fn a_failing_order_is_tried_again() {
    let (https, http) = ports().await;
    // Nothing of this server can be seen there, until somebody mends the way.
    let dead = StdListener::bind("127.0.0.1:0").unwrap();
    let seen = dead.local_addr().unwrap();
    drop(dead);
    let looks = Looks {
        https: seen.port(),
        http: free_address().port(),
        seconds: 90 * DAYS,
    };
    let Some(pebble) = Pebble::start(Place::new(), looks).await else {
        return;
    };
    let folder = folder();
    let server = SecureServer::on(https, http, folder.path(), |config| {
        pebble.place.asked_by()(config);
        // Thirty times as long after a refusal: nobody waits for that here.
        config.timing.acme_retry = Duration::from_secs(10);
    })
    .await
    .unwrap();
    let trusting = pebble.trusting().await;
    // Meanwhile it says so to whoever comes, and does not send them into nothing.
    let reply = Reply::of(server.redirect, &request("GET", "/", &[])).await;
    assert_eq!(reply.status, 503);
    assert!(trusting.certificate(server.https, NAME).await.is_none());

    let way = TcpListener::bind(seen).await.unwrap();
    let inside = server.https;
    tokio::spawn(async move {
        while let Ok((mut outer, _)) = way.accept().await {
            tokio::spawn(async move {
                let mut inner = TcpStream::connect(inside).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut outer, &mut inner).await;
            });
        }
    });
    let asking = async {
        loop {
            server.handle.reload().unwrap();
            sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::select! {
        _ = until_certified(&trusting, &server) => {}
        () = asking => {}
    }
}

#[tokio::test]
async fn an_authority_that_is_away_is_waited_for() {
    let (https, http) = ports().await;
    let looks = Looks {
        https: port(&https),
        http: port(&http),
        seconds: 90 * DAYS,
    };
    let place = Place::new();
    let folder = folder();
    let server = SecureServer::on(https, http, folder.path(), place.asked_by())
        .await
        .unwrap();
    let reply = Reply::of(server.redirect, &request("GET", "/", &[])).await;
    assert_eq!(reply.status, 503);
    bad_answers(&place).await;
    let Some(pebble) = Pebble::start(place, looks).await else {
        return;
    };
    let trusting = pebble.trusting().await;
    until_certified(&trusting, &server).await;
}

/// Somebody else is where the authority should be, and answers one question in each of some bad ways.
async fn bad_answers(place: &Place) {
    let listener = TcpListener::bind(("127.0.0.1", place.port)).await.unwrap();
    let config = rustls_config(&place.file("cert.pem"), &place.file("key.pem"));
    let tls = TlsAcceptor::from(config);
    for answer in [
        "",
        "HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n<html",
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}",
        "HTTP/1.1 503 Oh\r\ncontent-type: application/problem+json\r\ncontent-length: 55\r\n\r\n{\"type\":\"urn:ietf:params:acme:error:serverInternal\"}   ",
        "nonsense\r\n\r\n",
    ] {
        let served = async {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let Ok(mut stream) = tls.accept(stream).await else {
                    continue;
                };
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(stream.read_u8().await.unwrap());
                }
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.shutdown().await;
                return;
            }
        };
        soon(served).await;
    }
}

pub(crate) fn rustls_config(
    cert: &Path,
    key: &Path,
) -> std::sync::Arc<tokio_rustls::rustls::ServerConfig> {
    wimpex_relay::tls::from_pem_files(cert, key).unwrap()
}

#[tokio::test]
async fn a_certificate_is_renewed_before_it_ends() {
    let (https, http) = ports().await;
    let looks = Looks {
        https: port(&https),
        http: port(&http),
        seconds: 6,
    };
    let Some(pebble) = Pebble::start(Place::new(), looks).await else {
        return;
    };
    let folder = folder();
    let server = SecureServer::on(https, http, folder.path(), |config| {
        pebble.place.asked_by()(config);
        config.timing.acme_pause = Duration::ZERO;
    })
    .await
    .unwrap();
    let trusting = pebble.trusting().await;
    let first = until_certified(&trusting, &server).await;
    let renewed = async {
        // It is never shown after its end: this fails if there is none that counts.
        while trusting.certificate(server.https, NAME).await.unwrap() == first {
            sleep(Duration::from_millis(20)).await;
        }
    };
    soon(renewed).await;
}

#[tokio::test]
async fn an_account_that_is_forgotten_is_made_anew() {
    let (https, http) = ports().await;
    let looks = || Looks {
        https: https.local_addr().unwrap().port(),
        http: http.local_addr().unwrap().port(),
        seconds: 90 * DAYS,
    };
    let (first_looks, second_looks) = (looks(), looks());
    let (https_address, http_address) = (https.local_addr().unwrap(), http.local_addr().unwrap());
    let Some(pebble) = Pebble::start(Place::new(), first_looks).await else {
        return;
    };
    let folder = folder();
    let server = SecureServer::on(https, http, folder.path(), pebble.place.asked_by())
        .await
        .unwrap();
    let trusting = pebble.trusting().await;
    until_certified(&trusting, &server).await;
    server.stop().await;
    // Pebble forgets everything; and the certificate is lost.
    let Pebble { place, _processes } = pebble;
    for mut process in _processes {
        process.kill().await.unwrap();
    }
    let kept = std::fs::read_dir(folder.path().join("state/acme")).unwrap();
    for entry in kept {
        std::fs::remove_file(entry.unwrap().path().join(format!("{NAME}.pem"))).unwrap();
    }
    let pebble = Pebble::start(place, second_looks).await.unwrap();
    let https = TcpListener::bind(https_address).await.unwrap();
    let http = TcpListener::bind(http_address).await.unwrap();
    let server = SecureServer::on(https, http, folder.path(), pebble.place.asked_by())
        .await
        .unwrap();
    let trusting = pebble.trusting().await;
    until_certified(&trusting, &server).await;
}
