//! How much one client may ask, and that the others do not notice.

use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Client, TestServer, offer, ringing, soon};

#[tokio::test]
async fn too_many_messages_are_dropped_and_told_once_a_second() {
    let server = TestServer::with(|config| config.limits.messages_per_second = 10).await;
    let mut alice = server.guest("Alice").await;
    let mut bob = server.guest("Bob").await;
    for _ in 0..100 {
        let message = Message::text(ringing(&bob.id).to_string());
        alice.ws.feed(message).await.unwrap();
    }
    alice.ws.flush().await.unwrap();
    alice.error("rate-limited").await;
    // When the bucket has filled again, Alice is heard again.
    let mut marker = ringing(&bob.id);
    marker["callId"] = json!("marker");
    let speak = async {
        let mut every = tokio::time::interval(Duration::from_millis(100));
        loop {
            every.tick().await;
            alice.send(marker.clone()).await;
        }
    };
    let listen = async {
        let mut arrived = 0;
        while bob.recv().await["callId"] != "marker" {
            arrived += 1;
        }
        arrived
    };
    let arrived = tokio::select! {
        arrived = listen => arrived,
        () = speak => unreachable!(),
    };
    // The burst of four seconds' worth, less the login, and a few more.
    assert!((39..100).contains(&arrived), "{arrived} of 100 arrived");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_disturbs_nobody_and_ends_with_1008() {
    let server = TestServer::with(|config| {
        config.limits.messages_per_second = 10;
        config.timing.flood_seconds = 2;
    })
    .await;
    let mut alice = server.guest("Alice").await;
    let mut bob = server.guest("Bob").await;
    let mallory = server.guest("Mallory").await;
    let bob_id = bob.id.clone();
    let (mut sink, stream) = mallory.ws.split();
    let flood = tokio::spawn(async move {
        let message = Message::text(offer(&bob_id).to_string());
        // A hundred thousand, as fast as they are taken.
        for _ in 0..100_000 {
            if sink.feed(message.clone()).await.is_err() {
                break;
            }
        }
        let _ = sink.flush().await;
        sink
    });
    // Meanwhile others are as quick as ever.
    let mut times = Vec::new();
    for i in 0..20 {
        let start = Instant::now();
        let call_id = format!("quick-{i}");
        let message = json!({"type": "call-ringing", "toId": alice.id, "callId": call_id});
        bob.send(message).await;
        assert_eq!(alice.recv().await["callId"], call_id);
        times.push(start.elapsed());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // The median, because the machine may be busy with something else for a while.
    times.sort();
    assert!(times[10] < Duration::from_millis(250), "{times:?}");

    let end = soon(async {
        let mut stream = stream;
        let mut codes = Vec::new();
        while let Some(Ok(message)) = stream.next().await {
            match message {
                Message::Text(text) => {
                    let error: serde_json::Value = serde_json::from_str(&text).unwrap();
                    assert_eq!(error["code"], "rate-limited", "{error}");
                    codes.push(None);
                }
                Message::Close(frame) => codes.push(frame.map(|frame| u16::from(frame.code))),
                _ => {}
            }
        }
        codes
    })
    .await;
    let _ = flood.await;
    // One for each message of the burst that is too much for Bob, and one a second.
    assert!(end.len() <= 40 + 8, "{end:?}");
    // A reset may swallow the close frame of somebody who does not stop talking.
    if let Some(Some(code)) = end.last() {
        assert_eq!(*code, 1008);
    }
    server.until(|counts| counts.sockets == 2).await;
    // What Bob got of it is bounded by what Mallory may say.
    let mut offers = 0;
    while let Ok(Some(Ok(Message::Text(_)))) =
        tokio::time::timeout(Duration::from_millis(200), bob.ws.next()).await
    {
        offers += 1;
    }
    assert!((1..1_000).contains(&offers), "{offers}");
}

#[tokio::test]
async fn zero_turns_the_rate_limit_off() {
    let server = TestServer::with(|config| {
        config.limits.messages_per_second = 0;
        config.limits.bytes_per_second = 0;
        config.limits.stranger_bytes_per_second = 0;
        config.limits.stranger_offers_per_minute = 0;
    })
    .await;
    let mut alice = server.guest("Alice").await;
    let mut bob = server.guest("Bob").await;
    for _ in 0..20 {
        for _ in 0..100 {
            alice
                .ws
                .feed(Message::text(ringing(&bob.id).to_string()))
                .await
                .unwrap();
        }
        alice.ws.flush().await.unwrap();
        for _ in 0..100 {
            assert_eq!(bob.recv().await["type"], "call-ringing");
        }
    }
}

#[tokio::test]
async fn zero_turns_the_frame_limit_off() {
    let server = TestServer::with(|config| {
        config.limits.max_frame_bytes = 0;
        config.limits.queue_bytes = 0;
        config.limits.stranger_bytes_per_second = 0;
    })
    .await;
    let mut alice = server.guest("Alice").await;
    let mut bob = server.guest("Bob").await;
    let mut message = offer(&bob.id);
    message["offer"]["sdp"] = json!("x".repeat(300_000));
    alice.send(message).await;
    assert_eq!(
        bob.recv().await["offer"]["sdp"].as_str().unwrap().len(),
        300_000
    );
}

/// Offers of 30 kB, more than any buffer on the way holds.
async fn fill(alice: &mut Client, to: &str, count: usize) {
    let mut message = offer(to);
    message["offer"]["sdp"] = json!("x".repeat(30_000));
    let message = Message::text(message.to_string());
    for _ in 0..count {
        soon(alice.ws.send(message.clone())).await.unwrap();
    }
}

#[tokio::test]
async fn a_reader_who_stops_is_let_go_and_the_others_go_on() {
    let server = TestServer::with(|config| {
        config.limits.messages_per_second = 0;
        config.limits.bytes_per_second = 0;
        config.timing.write = Duration::from_secs(2);
        config.limits.stranger_bytes_per_second = 0;
        config.limits.stranger_offers_per_minute = 0;
    })
    .await;
    let mut alice = server.guest("Alice").await;
    let mut carol = server.guest("Carol").await;
    let mut sleeper = Client::with_small_buffer(server.address).await;
    sleeper
        .login(json!({"type": "login", "username": "Sleeper"}))
        .await;
    alice
        .send(json!({"type": "presence-watch", "userIds": [sleeper.id]}))
        .await;
    assert_eq!(alice.recv().await["online"], true);

    // 1 MiB may wait in the queue, a few more in the kernel.
    let to = sleeper.id.clone();
    let filling = fill(&mut alice, &to, 400);
    let talking = async {
        for i in 0..50 {
            let id = carol.id.clone();
            let message = json!({"type": "presence-watch", "userIds": [id, format!("guest-{i}")]});
            carol.send(message).await;
            carol.recv().await;
            carol.recv().await;
        }
    };
    let start = Instant::now();
    tokio::join!(filling, talking);
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "{:?}",
        start.elapsed()
    );
    // What does not fit is refused, to Alice. The sleeper is let go because it takes
    // nothing, not because of what Alice sends.
    let error = alice.error("rate-limited").await;
    assert_eq!(error["toId"], sleeper.id.as_str());
    loop {
        let message = alice.recv().await;
        match message["type"].as_str().unwrap() {
            "error" => assert_eq!(message["code"], "rate-limited"),
            _ => break assert_eq!(message["online"], false),
        }
    }
    server.until(|counts| counts.sockets == 2).await;
    drop(sleeper);
    alice.close().await;
    carol.close().await;
    server.until_empty().await;
}

#[tokio::test]
async fn a_full_queue_closes_with_1013_if_the_reader_wakes_up() {
    let server = TestServer::with(|config| {
        config.limits.messages_per_second = 0;
        config.limits.bytes_per_second = 0;
        config.limits.queue_messages = 4;
    })
    .await;
    let mut alice = server.guest("Alice").await;
    let ids: Vec<String> = (0..50).map(|i| format!("guest-{i}")).collect();
    alice
        .send(json!({"type": "presence-watch", "userIds": ids}))
        .await;
    assert_eq!(alice.close_code().await, Some(1013));
    server.until_empty().await;
}

#[tokio::test]
async fn connections_from_one_address_are_limited() {
    let server = TestServer::with(|config| config.limits.connections_per_address = 2).await;
    let first = server.guest("One").await;
    let mut second = server.guest("Two").await;
    let mut third = server.connect().await;
    third.error("too-many-connections").await;
    assert_eq!(
        third.close_frame().await,
        Some((1013, "reconnect within 5000 ms".to_owned()))
    );
    second.nothing_more().await;
    first.close().await;
    server.until(|counts| counts.sockets == 1).await;
    let mut again = server.connect().await;
    // The place is free a moment after the socket is.
    while again.recv().await["type"] != "hello" {
        again = server.connect().await;
    }
}

#[tokio::test]
async fn connections_in_all_are_limited_whatever_address_they_claim() {
    let server = TestServer::with(|config| config.limits.max_connections = 3).await;
    let mut clients = Vec::new();
    for _ in 0..3 {
        clients.push(server.guest("One").await);
    }
    server.connect().await.error("too-many-connections").await;
}

#[tokio::test]
async fn zero_turns_the_connection_limits_off() {
    let server = TestServer::with(|config| {
        config.limits.connections_per_address = 0;
        config.limits.max_connections = 0;
    })
    .await;
    let mut clients = Vec::new();
    for i in 0..300 {
        clients.push(server.guest(&format!("Guest {i}")).await);
    }
    let counts = server.handle.counts();
    assert_eq!(
        (counts.sockets, counts.sessions, counts.addresses),
        (300, 300, 1)
    );
    drop(clients);
    server.until_empty().await;
}

#[tokio::test]
async fn behind_a_trusted_proxy_its_word_counts() {
    let server = TestServer::with(|config| {
        config.limits.connections_per_address = 1;
        config.trusted_proxy = vec!["127.0.0.1/32".parse().unwrap()];
    })
    .await;
    let upgrade = |ip: &str| {
        crate::support::request(
            "GET",
            "/ws",
            &[
                "upgrade: websocket",
                "sec-websocket-version: 13",
                "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
                &format!("x-forwarded-for: 203.0.113.1, {ip}"),
            ],
        )
        .replace("connection: close", "connection: upgrade")
    };
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut kept = Vec::new();
    for (ip, welcome) in [
        ("192.0.2.1", true),
        ("192.0.2.2", true),
        ("192.0.2.1", false),
    ] {
        let mut stream = tokio::net::TcpStream::connect(server.address)
            .await
            .unwrap();
        stream.write_all(upgrade(ip).as_bytes()).await.unwrap();
        let mut seen = String::new();
        while !seen.contains("\"type\"") {
            let mut bytes = [0; 1024];
            let n = soon(stream.read(&mut bytes)).await.unwrap();
            assert!(n > 0, "{seen}");
            seen.push_str(&String::from_utf8_lossy(&bytes[..n]));
        }
        assert_eq!(seen.contains("hello"), welcome, "{ip}: {seen}");
        kept.push(stream);
    }
}
