//! A network that is lost in the middle of an order for a certificate, at each step of it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;
use tokio_rustls::TlsAcceptor;

use crate::acme::{DAYS, Looks, Pebble, Place, port, ports, rustls_config, until_certified};
use crate::support::soon;
use crate::tls_support::{SecureServer, Trusting, folder};

/// The steps of an order that is open: its authorization, "look now", the order's state until it is
/// ready, the request for the certificate, the state again, and the certificate.
const STEPS: usize = 6;
/// So many questions find nobody then.
const AWAY: usize = 3;

/// The way to the authority. It is lost once the authority has got the question after a new order that
/// has this number, and before its answer is back.
struct Line {
    authority: SocketAddr,
    trusting: Trusting,
    lost_at: usize,
    since_order: AtomicUsize,
    /// What was asked with success, by the first part of the path.
    granted: Mutex<Vec<String>>,
}

impl Line {
    async fn open(place: &Place, lost_at: usize) -> (Arc<Self>, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let tls = TlsAcceptor::from(rustls_config(
            &place.file("cert.pem"),
            &place.file("key.pem"),
        ));
        let line = Arc::new(Self {
            authority: SocketAddr::from(([127, 0, 0, 1], place.port)),
            trusting: Trusting::new(place.authority.root.clone()),
            lost_at,
            since_order: AtomicUsize::new(0),
            granted: Mutex::default(),
        });
        let shared = Arc::clone(&line);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (line, tls) = (Arc::clone(&shared), tls.clone());
                tokio::spawn(async move { line.pass_on(stream, tls).await });
            }
        });
        (line, address)
    }

    /// One question on each connection, and its answer.
    async fn pass_on(&self, stream: TcpStream, tls: TlsAcceptor) -> Option<()> {
        let mut client = tls.accept(stream).await.ok()?;
        let question = question(&mut client).await?;
        let text = String::from_utf8_lossy(&question).into_owned();
        let kind = text.split(['/', ' ', '?']).nth(2)?.to_owned();
        let number = if kind == "order-plz" {
            self.since_order.store(1, Ordering::SeqCst);
            0
        } else if self.since_order.load(Ordering::SeqCst) > 0 {
            self.since_order.fetch_add(1, Ordering::SeqCst)
        } else {
            0
        };
        let is_lost = (self.lost_at..self.lost_at + AWAY).contains(&number);
        if !is_lost || number == self.lost_at {
            let mut authority = self
                .trusting
                .connect(self.authority, "localhost")
                .await
                .ok()?;
            authority.write_all(&question).await.ok()?;
            let mut answer = Vec::new();
            authority.read_to_end(&mut answer).await.ok()?;
            // Not where it refuses a nonce, as pebble does now and then, to see that one comes again.
            if answer.starts_with(b"HTTP/1.1 2") {
                self.granted.lock().await.push(kind);
            }
            if !is_lost {
                client.write_all(&answer).await.ok()?;
            }
        }
        let _ = client.shutdown().await;
        Some(())
    }
}

/// Head and body; it asks for the connection to be closed after the answer.
async fn question(stream: &mut (impl AsyncRead + Unpin)) -> Option<Vec<u8>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let text = String::from_utf8_lossy(&head).to_lowercase();
    let length = text.split("content-length: ").nth(1);
    let length = length.and_then(|rest| rest.lines().next()?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).await.ok()?;
    let closing = [&head[..head.len() - 2], b"connection: close\r\n\r\n"].concat();
    Some([closing, body].concat())
}

#[tokio::test]
async fn a_network_lost_in_mid_order_costs_no_other() {
    for lost_at in 1..=STEPS {
        let (https, http) = ports().await;
        let looks = Looks {
            https: port(&https),
            http: port(&http),
            seconds: 90 * DAYS,
        };
        let Some(pebble) = Pebble::start(Place::new(), looks).await else {
            return;
        };
        let (line, address) = Line::open(&pebble.place, lost_at).await;
        let folder = folder();
        let server = SecureServer::on(https, http, folder.path(), |config| {
            pebble.place.asked_by()(config);
            config.https.acme_directory = format!("https://localhost:{}/dir", address.port());
        })
        .await
        .unwrap();
        let trusting = pebble.trusting().await;
        soon(until_certified(&trusting, &server)).await;
        let granted = line.granted.lock().await.clone();
        let times = |kind: &str| granted.iter().filter(|granted| *granted == kind).count();
        let counted = ["sign-me-up", "order-plz", "finalize-order"].map(times);
        assert_eq!(counted, [1, 1, 1], "lost at {lost_at}: {granted:?}");
        println!("lost at {lost_at}: {granted:?}");
        assert!(line.since_order.load(Ordering::SeqCst) > lost_at + AWAY);
        server.stop().await;
    }
}
