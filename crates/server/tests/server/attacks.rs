//! What people who mean harm can do to the server, and what it costs them and
//! nobody else. Each was possible once.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Client, TestServer, ringing};

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
    feeder.nothing_more().await;
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
        config.timing.keep = Duration::from_secs(60);
    })
    .await;
    let full = u32::try_from(wimpex_server::Config::default().limits.queue_messages).unwrap();
    let mut alice = server.numbering_guest("Alice").await;
    let mut bob = server.guest("Bob").await;
    alice.cut();
    server.until(|counts| counts.sockets == 1).await;
    for _ in 0..full {
        bob.send(ringing(alice.id())).await;
    }
    bob.nothing_more().await;
    assert!(alice.resume().await);
    for _ in 0..full {
        assert_eq!(alice.recv().await["type"], "call-ringing");
    }
    alice.ack().await;
    bob.send(ringing(alice.id())).await;
    assert_eq!(alice.recv().await["type"], "call-ringing");
}
