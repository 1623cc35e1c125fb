//! Connections that end, and those that only seem to live.

use std::time::{Duration, Instant};

use futures_util::StreamExt;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Client, TestServer, request, small_buffer, soon, until};

/// How long the server keeps a connection on which we only write this.
async fn kept_open(server: &TestServer, bytes: &[u8]) -> Duration {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let start = Instant::now();
    let mut answer = Vec::new();
    // A reset ends it as well.
    let _ = soon(stream.read_to_end(&mut answer)).await;
    start.elapsed()
}

#[tokio::test]
async fn half_a_request_is_not_waited_for() {
    let limit = Duration::from_millis(300);
    let server = TestServer::with(|config| config.timing.http_head = limit).await;
    let keep_alive = request("GET", "/healthz", &[]).replace("connection: close\r\n", "");
    let half_body = "POST /healthz HTTP/1.1\r\nhost: test\r\ncontent-length: 100\r\n\r\nhalf";
    for bytes in [
        "",
        "GET / HTTP/1.1\r\nhost: te",
        "GET / HTTP/1.1\r\nhost: test\r\nx: y\r\n",
        &keep_alive,
        half_body,
    ] {
        let kept = kept_open(&server, bytes.as_bytes()).await;
        assert!(kept < limit + Duration::from_secs(2), "{bytes:?}: {kept:?}");
    }
    server.until_empty().await;
}

#[tokio::test]
async fn the_limit_for_half_a_request_is_below_ten_seconds() {
    let config = wimpex_server::Config::default();
    assert!(config.timing.http_head < Duration::from_secs(10));
}

#[tokio::test]
async fn a_request_that_drips_is_not_waited_for_either() {
    let limit = Duration::from_millis(300);
    let server = TestServer::with(|config| config.timing.http_head = limit).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let start = Instant::now();
    while stream.write_all(b"GET".get(..1).unwrap()).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(start.elapsed() < Duration::from_secs(5));
    }
}

#[tokio::test]
async fn a_dead_peer_is_noticed_and_a_quiet_one_stays() {
    let every = Duration::from_millis(250);
    let server = TestServer::with(|config| config.timing.ping = Some(every)).await;
    let mut alice = server.guest("Alice").await;
    let dead = server.guest("Dead").await;
    alice
        .send(json!({"type": "presence-watch", "userIds": [dead.id]}))
        .await;
    assert_eq!(alice.recv().await["online"], true);
    // The dead one's socket stays open, but nobody reads there, so that no ping
    // is answered. Alice says nothing, but she reads.
    let start = Instant::now();
    assert_eq!(alice.recv().await["online"], false);
    let noticed = start.elapsed();
    assert!(noticed >= every, "{noticed:?}");
    let quiet = async {
        while let Some(Ok(message)) = alice.ws.next().await {
            assert!(matches!(message, Message::Ping(_)), "{message:?}");
        }
    };
    assert!(
        tokio::time::timeout(every * 8, quiet).await.is_err(),
        "Alice was dropped"
    );
    assert_eq!(server.handle.counts().sockets, 1);
    drop(dead);
}

#[tokio::test]
async fn no_pings_also_means_nobody_is_dropped_for_silence() {
    let server = TestServer::with(|config| config.limits.ping_seconds = 0).await;
    let mut alice = server.guest("Alice").await;
    let next = tokio::time::timeout(Duration::from_millis(300), alice.ws.next()).await;
    assert!(next.is_err(), "{next:?}");
}

#[tokio::test]
async fn a_peer_that_takes_nothing_is_let_go() {
    let server = TestServer::with(|config| {
        config.limits.messages_per_second = 0;
        config.limits.bytes_per_second = 0;
        config.limits.stranger_bytes_per_second = 0;
        config.limits.stranger_offers_per_minute = 0;
        // So that nothing but the write itself can notice.
        config.limits.queue_messages = 0;
        config.limits.queue_bytes = 0;
        config.limits.ping_seconds = 0;
        config.timing.write = Duration::from_millis(300);
    })
    .await;
    let mut alice = server.guest("Alice").await;
    let mut sleeper = Client::with_small_buffer(server.address).await;
    sleeper
        .login(json!({"type": "login", "username": "Sleeper"}))
        .await;
    let mut message = crate::support::offer(&sleeper.id);
    message["offer"]["sdp"] = json!("x".repeat(60_000));
    for _ in 0..200 {
        alice.send(message.clone()).await;
    }
    server.until(|counts| counts.sockets == 1).await;
    drop(alice);
    server.until_empty().await;
    drop(sleeper);
}

#[tokio::test]
async fn a_download_that_nobody_takes_is_let_go() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("large.bin"), vec![0; 20_000_000]).unwrap();
    let path = folder.path().to_owned();
    let server = TestServer::with(|config| {
        config.page_dir = Some(path);
        config.timing.write = Duration::from_millis(300);
    })
    .await;
    let mut stream = small_buffer(server.address).await;
    let request = request("GET", "/large.bin", &[]);
    stream.write_all(request.as_bytes()).await.unwrap();
    server.until(|counts| counts.tasks == 1).await;
    server.until_empty().await;
    drop(stream);
}

#[tokio::test]
async fn a_shutdown_tells_everybody_and_is_quick() {
    let server = TestServer::start().await;
    let mut alice = server.guest("Alice").await;
    let mut nobody = server.connect().await;
    nobody.recv().await;
    // One that neither reads nor closes, and one in the middle of a request.
    let rude = server.guest("Rude").await;
    let mut half = TcpStream::connect(server.address).await.unwrap();
    half.write_all(b"GET / HT").await.unwrap();
    server.until(|counts| counts.tasks >= 4).await;

    let address = server.address;
    let handle = server.handle.clone();
    let start = Instant::now();
    let (_, alice_code, nobody_code) =
        tokio::join!(server.stop(), alice.close_code(), nobody.close_code());
    assert_eq!((alice_code, nobody_code), (Some(1001), Some(1001)));
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(handle.counts().sockets, 0);
    assert!(
        TcpStream::connect(address).await.is_err(),
        "still listening"
    );
    drop(rude);
}

#[tokio::test]
async fn nothing_is_left_of_many_who_came_and_went() {
    let server = TestServer::with(|config| config.limits.connections_per_address = 0).await;
    let mut rounds = Vec::new();
    for i in 0..60_u32 {
        let mut client = server.guest(&format!("Guest {i}")).await;
        let id = client.id.clone();
        client
            .send(json!({"type": "presence-watch", "userIds": [id, "guest-nobody"]}))
            .await;
        rounds.push(client);
    }
    for (i, client) in rounds.into_iter().enumerate() {
        // Some say goodbye, the others are just gone.
        if i % 2 == 0 {
            client.close().await;
        }
    }
    server.until_empty().await;
}

#[tokio::test]
async fn a_server_that_goes_down_without_anybody_there_does_not_wait() {
    let server = TestServer::start().await;
    let start = Instant::now();
    server.stop().await;
    until(|| start.elapsed() < Duration::from_secs(1)).await;
}

#[tokio::test]
async fn a_shutdown_says_how_long_to_take_for_coming_back() {
    let server = TestServer::start().await;
    let mut alice = server.guest("Alice").await;
    let reason = async {
        while let Some(Ok(message)) = alice.ws.next().await {
            if let Message::Close(Some(frame)) = message {
                return frame.reason.as_str().to_owned();
            }
        }
        panic!("no close frame");
    };
    let ((), reason) = tokio::join!(server.stop(), soon(reason));
    assert_eq!(reason, "reconnect within 250 ms");
}
