//! What is at which path besides the page: health, and who may open a WebSocket.

use crate::support::{TestServer, request, soon};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const UPGRADE: [&str; 3] = [
    "upgrade: websocket",
    "sec-websocket-version: 13",
    "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
];

/// The status of an attempt to open a WebSocket with these headers as well.
async fn open(server: &TestServer, host: &str, headers: &[&str]) -> u16 {
    let headers = [&UPGRADE[..], headers].concat();
    let request = request("GET", "/ws", &headers)
        .replace("connection: close", "connection: keep-alive, Upgrade")
        .replace("host: test", &format!("host: {host}"));
    let mut stream = tokio::net::TcpStream::connect(server.address)
        .await
        .unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = [0; 12];
    soon(stream.read_exact(&mut head)).await.unwrap();
    std::str::from_utf8(&head[9..]).unwrap().parse().unwrap()
}

#[tokio::test]
async fn healthz() {
    let server = TestServer::start().await;
    let reply = server.get("/healthz", &[]).await;
    assert_eq!((reply.status, reply.text()), (200, "ok\n"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(
        server.http(&request("POST", "/healthz", &[])).await.status,
        405
    );
    let head = server.http(&request("HEAD", "/healthz", &[])).await;
    assert_eq!((head.status, head.text()), (200, ""));
}

#[tokio::test]
async fn a_page_of_another_origin_is_refused_before_the_upgrade() {
    let server = TestServer::with(|config| {
        config.allow_origin = vec!["http://127.0.0.1:8081".to_owned()];
    })
    .await;
    let host = "call.example.org:8080";
    for (origin, status) in [
        (None, 101),
        (Some("http://call.example.org:8080"), 101),
        (Some("https://call.example.org:8080"), 101),
        (Some("http://127.0.0.1:8081"), 101),
        (Some("http://evil.example:8080"), 403),
        (Some("http://call.example.org"), 403),
        (Some("null"), 403),
    ] {
        let header = origin.map(|origin| format!("origin: {origin}"));
        let headers: Vec<&str> = header.iter().map(String::as_str).collect();
        assert_eq!(open(&server, host, &headers).await, status, "{origin:?}");
    }
}

#[tokio::test]
async fn a_plain_request_for_the_websocket_is_told_so() {
    let server = TestServer::start().await;
    let reply = server.get("/ws", &[]).await;
    assert_eq!(reply.status, 426);
    assert_eq!(reply.header("upgrade"), Some("websocket"));
    let reply = server.http(&request("POST", "/ws", &[])).await;
    assert_eq!(reply.status, 405);
    // An old draft's version.
    let headers = ["upgrade: websocket", "sec-websocket-version: 8", UPGRADE[2]];
    assert_eq!(server.get("/ws", &headers).await.status, 426);
}

#[tokio::test]
async fn requests_that_are_none_are_refused() {
    let server = TestServer::start().await;
    assert_eq!(server.http("BREW /pot\r\n\r\n").await.status, 400);
    let long = format!("x: {}", "y".repeat(100_000));
    let reply = server.get("/", &[&long]).await;
    assert!([400, 431].contains(&reply.status), "{}", reply.status);
}

#[tokio::test]
async fn a_request_has_exactly_one_host() {
    let server = TestServer::start().await;
    for (version, hosts, status) in [
        ("1.1", "host: test\r\n", 200),
        ("1.1", "", 400),
        ("1.0", "", 400),
        ("1.1", "host: test\r\nhost: evil.example\r\n", 400),
        ("1.1", "host: test\r\nhost: test\r\n", 400),
    ] {
        let request = format!("GET /healthz HTTP/{version}\r\n{hosts}connection: close\r\n\r\n");
        let reply = server.http(&request).await;
        assert_eq!(reply.status, status, "{version} {hosts:?}");
        assert!(reply.header("content-security-policy").is_some());
    }
}

#[tokio::test]
async fn a_page_over_https_stays_there() {
    let plain = TestServer::start().await;
    let reply = plain.get("/healthz", &[]).await;
    assert_eq!(reply.header("strict-transport-security"), None);
    let secure = TestServer::with(|config| {
        config.origin = Some("https://call.example.org".to_owned());
    })
    .await;
    let reply = secure.get("/healthz", &[]).await;
    assert_eq!(
        reply.header("strict-transport-security"),
        Some("max-age=31536000")
    );
}
