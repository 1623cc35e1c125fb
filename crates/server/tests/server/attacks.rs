//! What people who mean harm can do to the server, and what it costs them and
//! nobody else. Each was possible once.

use std::time::Duration;

use futures_util::SinkExt;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::support::{Client, Reply, TestServer, ringing, soon};

/// A login that asks for a session which outlives its connection.
fn numbered(name: &str) -> Value {
    json!({"type": "login", "username": name, "session": {"received": 0}})
}

/// An offer of so many bytes.
fn large_offer(to: &str, bytes: usize) -> Value {
    json!({
        "type": "call-offer", "toId": to, "callId": "c1", "callType": "audio",
        "offer": {"type": "offer", "sdp": "x".repeat(bytes)},
    })
}

/// Logs in, asks for a session, and vanishes.
async fn vanish(server: &TestServer, login: Value) -> Client {
    let mut client = server.connect().await;
    client.login(login).await;
    client.cut();
    client
}

#[tokio::test]
async fn lost_sessions_of_one_person_are_as_few_as_devices() {
    let server = TestServer::start().await;
    let first = vanish(&server, numbered("Mallory")).await;
    for _ in 0..60 {
        let mut login = numbered("Mallory");
        login["resumeToken"] = first.token.clone().into();
        vanish(&server, login).await;
    }
    server.until(|counts| counts.sockets == 0).await;
    assert_eq!(server.handle.counts().sessions, 16);

    // Uploaded once, kept once for all of them, and bounded in all.
    let mut feeder = server.guest("Feeder").await;
    for _ in 0..14 {
        feeder.send(large_offer(&first.id, 60_000)).await;
    }
    feeder
        .send(json!({"type": "presence-watch", "userIds": ["guest-x"]}))
        .await;
    // Some of it is refused.
    while feeder.recv().await["type"] == "error" {}
    let counts = server.handle.counts();
    assert!(counts.absent_bytes <= 8 << 20, "{counts:?}");
}

#[tokio::test]
async fn lost_sessions_count_as_connections_of_their_address() {
    let server = TestServer::with(|config| config.limits.connections_per_address = 4).await;
    for number in 0..20 {
        vanish(&server, numbered(&format!("Guest {number}"))).await;
        server.until(|counts| counts.sockets == 0).await;
    }
    assert_eq!(server.handle.counts().sessions, 4);
    // Others are not shut out by them, and those who come back resume.
    let mut other = Client::from_household(server.address, 2).await;
    other.login(numbered("Other")).await;
    let mut alice = server.numbering_guest("Alice").await;
    alice.cut();
    server.until(|counts| counts.sockets == 1).await;
    assert!(alice.resume().await);
}

#[tokio::test]
async fn all_lost_sessions_together_are_bounded() {
    let server = TestServer::with(|config| config.limits.max_connections = 8).await;
    for household in 1..=30 {
        let mut client = Client::from_household(server.address, household).await;
        client.login(numbered("Mallory")).await;
        client.cut();
        server.until(|counts| counts.sockets == 0).await;
    }
    assert_eq!(server.handle.counts().sessions, 8);
}

/// Who is owed most gives way, not who is owed little.
#[tokio::test]
async fn what_waits_for_absent_people_is_bounded_in_all() {
    let server = TestServer::with(|config| {
        config.limits.absent_bytes = 200_000;
        config.limits.devices_per_user = 0;
    })
    .await;
    let mut alice = server.numbering_guest("Alice").await;
    let mut bob = server.guest("Bob").await;
    alice.cut();
    server.until(|counts| counts.sockets == 1).await;
    bob.send(ringing(alice.id())).await;
    let first = vanish(&server, numbered("Mallory")).await;
    for _ in 0..9 {
        let mut login = numbered("Mallory");
        login["resumeToken"] = first.token.clone().into();
        vanish(&server, login).await;
    }
    server.until(|counts| counts.sockets == 1).await;
    bob.send(large_offer(&first.id, 50_000)).await;
    bob.nothing_more().await;
    let counts = server.handle.counts();
    assert!(counts.absent_bytes <= 200_000, "{counts:?}");
    assert!(alice.resume().await, "Alice was owed next to nothing");
    assert_eq!(alice.recv().await["type"], "call-ringing");
}

#[tokio::test]
async fn devices_are_bounded_and_whoever_watches_is_not_flooded() {
    let server = TestServer::start().await;
    let mut watcher = server.guest("Watcher").await;
    let mut first = server.guest("Mallory").await;
    watcher
        .send(json!({"type": "presence-watch", "userIds": [first.id]}))
        .await;
    assert_eq!(watcher.recv().await["online"], true);
    let mut devices = Vec::new();
    for _ in 0..40 {
        let mut device = server.connect().await;
        device
            .login(json!({"type": "login", "username": "Mallory", "resumeToken": first.token}))
            .await;
        devices.push(device);
    }
    assert_eq!(first.close_code().await, Some(4001), "the oldest gave way");
    let counts = server.handle.counts();
    assert_eq!(counts.sessions, 17, "sixteen, and the watcher");
    // Eight at once, and then how it is, not how it was.
    let mut told = 0;
    let last = loop {
        let presence = watcher.recv().await;
        told += 1;
        let listed = presence["devices"].as_array().unwrap().len();
        assert!(listed <= 16, "{presence}");
        let newest = &devices[39].device;
        let devices = presence["devices"].as_array().unwrap();
        if devices.iter().any(|device| device == newest) {
            break presence;
        }
    };
    assert_eq!(last["devices"].as_array().unwrap().len(), 16);
    assert!(told <= 20, "told {told} times of 40 devices");
    watcher.nothing_more().await;
}

#[tokio::test]
async fn a_session_that_is_owed_all_that_may_wait_resumes() {
    let server = TestServer::with(|config| {
        config.limits.messages_per_second = 0;
        config.limits.bytes_per_second = 0;
        config.limits.stranger_bytes_per_second = 0;
        config.timing.keep = Duration::from_secs(60);
    })
    .await;
    let full = wimpex_server::Config::default().limits.queue_messages;
    let mut alice = server.numbering_guest("Alice").await;
    let mut bob = server.guest("Bob").await;
    // Whoever is in a call with somebody may fill all that may wait for them.
    alice.send(large_offer(&bob.id, 10)).await;
    assert_eq!(bob.recv().await["type"], "call-offer");
    alice.cut();
    server.until(|counts| counts.sockets == 1).await;
    for _ in 0..full {
        bob.send(ringing(alice.id())).await;
    }
    bob.nothing_more().await;
    bob.send(ringing(alice.id())).await;
    bob.error("rate-limited").await;
    assert!(alice.resume().await);
    for _ in 0..full {
        assert_eq!(alice.recv().await["type"], "call-ringing");
    }
    alice.ack().await;
    bob.send(ringing(alice.id())).await;
    assert_eq!(alice.recv().await["type"], "call-ringing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_from_one_socket_shuts_nobody_out() {
    flood(1, 20, false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_from_64_sockets_shuts_nobody_out() {
    flood(64, 5, false).await;
}

/// Together they use up all that strangers may send; the friend is no stranger.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_from_many_addresses_spares_contacts() {
    flood(40, 8, true).await;
}

/// Everything that fits and more, so often from each of so many sockets: from one address,
/// or each from its own, at somebody whose friend is a contact.
async fn flood(sockets: u8, rounds: u32, is_distributed: bool) {
    let server = TestServer::start().await;
    let mut victim = server.numbering_guest("Victim").await;
    let mut friend = Client::from_household(server.address, 9).await;
    friend
        .login(json!({"type": "login", "username": "Friend"}))
        .await;
    if is_distributed {
        victim
            .send(json!({"type": "presence-visibility", "userIds": [friend.id]}))
            .await;
    }
    friend
        .send(json!({"type": "presence-watch", "userIds": [victim.id()]}))
        .await;
    assert_eq!(friend.recv().await["online"], true);

    let to = victim.id().to_owned();
    let mut attackers = Vec::new();
    for number in 0..sockets {
        let household = if is_distributed { 20 + number } else { 10 };
        let mut attacker = Client::from_household(server.address, household).await;
        attacker
            .login(json!({"type": "login", "username": "Mallory"}))
            .await;
        let to = to.clone();
        attackers.push(tokio::spawn(async move {
            let mut large = large_offer(&to, 65_000);
            let mut refused = 0;
            for number in 0..rounds {
                let candidate = json!({
                    "type": "ice-candidate", "toId": to, "callId": format!("c{number}"),
                    "candidate": {"candidate": "x".repeat(60_000), "sdpMid": "0"},
                });
                attacker.send(candidate).await;
                attacker.error("bad-message").await;
                large["callId"] = format!("c{number}").into();
                attacker.send(large.clone()).await;
                for _ in 0..3 {
                    attacker.send(ringing(&to)).await;
                }
                attacker
                    .send(json!({"type": "presence-watch", "userIds": ["guest-x"]}))
                    .await;
                loop {
                    let answer = attacker.recv().await;
                    if answer["type"] == "presence" {
                        break;
                    }
                    let code = answer["code"].as_str().unwrap();
                    // Hidden from whom the receiver has not named.
                    assert!(
                        code == "rate-limited" || (is_distributed && code == "user-offline"),
                        "{answer}"
                    );
                    refused += 1;
                    if let Some(named) = answer.get("toId") {
                        assert_eq!(*named, to.as_str());
                    }
                }
            }
            refused
        }));
    }
    // A page acknowledges every sixteen frames.
    let (rung, mut rings) = tokio::sync::mpsc::unbounded_channel();
    let reading = tokio::spawn(async move {
        loop {
            let message = victim.recv().await;
            if victim.received.is_multiple_of(16) {
                victim.ack().await;
            }
            if let Some(call) = message["callId"].as_str() {
                let _ = rung.send(call.to_owned());
            }
        }
    });
    // Each of the friend's calls is to ring within a second.
    let mut times = Vec::new();
    while times.len() < 5 || attackers.iter().any(|attacker| !attacker.is_finished()) {
        let call = format!("friend-{}", times.len());
        let mut offer = large_offer(&to, 8_000);
        offer["callId"] = call.clone().into();
        let start = std::time::Instant::now();
        friend.send(offer).await;
        while crate::support::soon(rings.recv()).await.unwrap() != call {}
        times.push(start.elapsed());
        // Presence has not flapped, and nothing of the friend's was refused.
        friend.nothing_more().await;
        friend
            .send(json!({"type": "presence-watch", "userIds": [to]}))
            .await;
        assert_eq!(friend.recv().await["online"], true);
        // Offers of one network are few, so the friend does not hurry.
        tokio::time::sleep(Duration::from_millis(700)).await;
    }
    times.sort();
    // The median, because the machine may be busy with something else for a while.
    let median = times[times.len() / 2];
    assert!(median < Duration::from_secs(1), "{times:?}");
    let mut refused = 0;
    for attacker in attackers {
        refused += attacker.await.unwrap();
    }
    assert!(refused >= rounds * u32::from(sockets) / 2, "{refused}");
    assert!(!reading.is_finished(), "the victim was dropped");
    reading.abort();
}

/// Whatever is in them: they have to be read, and whatever is read costs time.
#[tokio::test]
async fn bytes_have_a_rate_below_the_messages() {
    const RATE: u32 = 100_000;
    let server = TestServer::with(|config| {
        config.limits.bytes_per_second = RATE;
        config.limits.messages_per_second = 0;
    })
    .await;
    let mut mallory = server.guest("Mallory").await;
    let start = std::time::Instant::now();
    let garbage = Message::text("x".repeat(50_000));
    let mut taken = 0;
    while start.elapsed() < Duration::from_secs(2) {
        mallory.ws.send(garbage.clone()).await.unwrap();
        mallory.error("bad-message").await;
        taken += 50_000;
        // Nobody else is kept waiting.
        if taken % 500_000 == 0 {
            server.guest("Alice").await.close().await;
        }
    }
    let seconds = start.elapsed().as_secs_f64() + 8.0;
    let most = f64::from(RATE) * seconds + 50_000.0;
    assert!(f64::from(taken) <= most, "{taken} of {most}");
    assert!(taken > 8 * RATE, "a burst is no attack: {taken}");
}

fn fragment(kind: Data, text: &str) -> Message {
    let frame = Frame::message(text.as_bytes().to_vec(), OpCode::Data(kind), false);
    Message::Frame(frame)
}

#[tokio::test]
async fn fragments_without_end_are_a_flood() {
    let server = TestServer::start().await;
    let mut mallory = server.guest("Mallory").await;
    for number in 0..100_000 {
        let kind = if number == 0 {
            Data::Text
        } else {
            Data::Continue
        };
        if mallory.ws.feed(fragment(kind, "")).await.is_err() {
            break;
        }
    }
    let _ = mallory.ws.flush().await;
    server.until_empty().await;
}

#[tokio::test]
async fn a_message_that_drips_in_fragments_has_a_deadline() {
    let server = TestServer::with(|config| {
        config.timing.fragments = Duration::from_millis(300);
    })
    .await;
    let mut mallory = server.guest("Mallory").await;
    mallory.ws.send(fragment(Data::Text, "{")).await.unwrap();
    let dripping = async {
        loop {
            tokio::time::sleep(Duration::from_millis(50)).await;
            if mallory
                .ws
                .send(fragment(Data::Continue, " "))
                .await
                .is_err()
            {
                return;
            }
        }
    };
    tokio::select! {
        () = dripping => {}
        () = server.until_empty() => {}
    }
    server.until_empty().await;
}

#[tokio::test]
async fn half_a_body_is_not_waited_for() {
    let second = Duration::from_secs(1);
    let server = TestServer::with(|config| {
        config.timing.http_head = second;
        config.push.push = Some(true);
        config.operation.reports = true;
    })
    .await;
    for path in ["/push", "/messages", "/reports"] {
        let mut stream = tokio::net::TcpStream::connect(server.address)
            .await
            .unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\ncontent-length: 100\r\n\r\n{{"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        soon(stream.read_to_end(&mut answer)).await.unwrap();
        assert_eq!(Reply::parse(&answer).status, 413, "{path}");
    }
}
