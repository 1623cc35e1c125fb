//! What an authority says of when to renew (ACME Renewal Information, RFC 9773). Pebble, as Debian has
//! it, says nothing; so somebody stands before it who does.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;

use crate::acme::{DAYS, Looks, Pebble, Place, port, ports, rustls_config, until_certified};
use crate::support::{Reply, soon};
use crate::tls_support::{NAME, SecureServer, Trusting, folder};

/// Somebody before an authority who adds to its directory what it does not have, and answers that.
struct Advisor {
    port: u16,
    /// How often it was asked.
    asked: Arc<AtomicUsize>,
}

impl Advisor {
    /// Suggests this window, as it stands in an answer.
    async fn before(pebble: &Pebble, start: &'static str, end: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = listener.local_addr().unwrap().port();
        let place = &pebble.place;
        let tls = rustls_config(&place.file("cert.pem"), &place.file("key.pem"));
        let tls = TlsAcceptor::from(tls);
        let behind = Trusting::new(place.authority.root.clone());
        let asked = Arc::new(AtomicUsize::new(0));
        let (counter, behind_port) = (Arc::clone(&asked), place.port);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (tls, behind, asked) = (tls.clone(), behind.clone(), Arc::clone(&counter));
                tokio::spawn(async move {
                    let Ok(mut stream) = tls.accept(stream).await else {
                        return;
                    };
                    let request = read_request(&mut stream).await;
                    let text = String::from_utf8_lossy(&request).into_owned();
                    let path = text.split(' ').nth(1).unwrap_or_default().to_owned();
                    let reply = if path.starts_with("/renewal-info/") {
                        asked.fetch_add(1, Ordering::Relaxed);
                        let window = json!({"suggestedWindow": {"start": start, "end": end}});
                        with_body("HTTP/1.1 200 OK\r\nretry-after: 3600", &window)
                    } else {
                        let address = ([127, 0, 0, 1], behind_port).into();
                        let mut inner = behind.connect(address, "localhost").await.unwrap();
                        inner.write_all(&request).await.unwrap();
                        let mut reply = Vec::new();
                        // Some end without TLS's goodbye.
                        let _ = inner.read_to_end(&mut reply).await;
                        if path == "/dir" {
                            let parsed = Reply::parse(&reply);
                            let mut directory: Value =
                                serde_json::from_slice(&parsed.body).unwrap();
                            directory["renewalInfo"] =
                                json!(format!("https://localhost:{own}/renewal-info"));
                            reply = with_body("HTTP/1.1 200 OK", &directory);
                        }
                        reply
                    };
                    let _ = stream.write_all(&reply).await;
                    let _ = stream.shutdown().await;
                });
            }
        });
        Self { port: own, asked }
    }
}

/// Head and body, for a connection that serves nothing else.
async fn read_request(stream: &mut (impl AsyncReadExt + Unpin)) -> Vec<u8> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return Vec::new(),
        }
    }
    let text = String::from_utf8_lossy(&head).to_ascii_lowercase();
    let length = text.split("content-length: ").nth(1);
    let length: usize = length.map_or(0, |rest| rest.lines().next().unwrap().parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.unwrap();
    head.truncate(head.len() - 2);
    [&head, &b"connection: close\r\n\r\n"[..], &body].concat()
}

fn with_body(head: &str, body: &Value) -> Vec<u8> {
    let (body, length) = (body.to_string(), body.to_string().len());
    let more = "content-type: application/json\r\nconnection: close";
    format!("{head}\r\n{more}\r\ncontent-length: {length}\r\n\r\n{body}").into_bytes()
}

#[tokio::test]
async fn a_certificate_is_renewed_when_the_authority_asks_for_it() {
    // Long ago: it is to be renewed at once, though it would count for months. Or in a month.
    for (start, end, is_renewed) in [
        ("2021-01-03T00:00:00Z", "2021-01-07T00:00:00Z", true),
        ("2921-01-03T00:00:00Z", "2921-01-07T00:00:00Z", false),
    ] {
        let (https, http) = ports().await;
        let looks = Looks {
            https: port(&https),
            http: port(&http),
            seconds: 90 * DAYS,
        };
        let Some(pebble) = Pebble::start(Place::new(), looks).await else {
            return;
        };
        let advisor = Advisor::before(&pebble, start, end).await;
        let folder = folder();
        let server = SecureServer::on(https, http, folder.path(), |config| {
            pebble.place.asked_by()(config);
            let directory = format!("https://localhost:{}/dir", advisor.port);
            config.https.acme_directory = directory;
            config.timing.acme_pause = Duration::ZERO;
        })
        .await
        .unwrap();
        let trusting = pebble.trusting().await;
        let first = until_certified(&trusting, &server).await;
        let asked = async {
            while advisor.asked.load(Ordering::Relaxed) == 0 {
                sleep(Duration::from_millis(10)).await;
            }
        };
        soon(asked).await;
        if !is_renewed {
            assert_eq!(trusting.certificate(server.https, NAME).await, Some(first));
            continue;
        }
        let renewed = async {
            while trusting.certificate(server.https, NAME).await.unwrap() == first {
                sleep(Duration::from_millis(20)).await;
            }
        };
        soon(renewed).await;
    }
}
