//! Hello, login, and being the same guest again.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{TestServer, ringing, until};

#[tokio::test]
async fn hello_is_new_each_time() {
    let server = TestServer::start().await;
    let mut challenges = HashSet::new();
    for _ in 0..3 {
        let hello = server.connect().await.recv().await;
        assert_eq!(hello["type"], "hello");
        assert_eq!(hello["version"], 1);
        assert!(hello["serverTime"].as_u64().unwrap() > 1_600_000_000_000);
        let challenge = hello["challenge"].as_str().unwrap().to_owned();
        assert_eq!(challenge.len(), 43, "32 bytes in base64url");
        challenges.insert(challenge);
    }
    assert_eq!(challenges.len(), 3);
}

#[tokio::test]
async fn a_guest_gets_an_id_of_the_servers_choice() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    let login =
        json!({"type": "login", "username": " Alice ", "userId": "guest-me", "deviceId": "d-me"});
    let welcome = client.login(login).await;
    assert!(
        client.id.starts_with("guest-") && client.id.len() >= 26,
        "{welcome}"
    );
    assert_ne!(client.id, "guest-me");
    assert!(
        client.device.starts_with("d-") && client.device != "d-me",
        "{welcome}"
    );
    assert_eq!(welcome["iceServers"], json!([]), "none by default");
    let other = server.guest("Alice").await;
    assert_ne!(other.id, client.id);
}

#[tokio::test]
async fn a_token_keeps_the_id_across_a_restart_with_the_same_secret() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    let server = TestServer::with(|config| config.secret_file = Some(file.clone())).await;
    let alice = server.guest("Alice").await;
    let (id, device, token) = (alice.id.clone(), alice.device.clone(), alice.token.clone());
    drop(alice);
    server.stop().await;

    let server = TestServer::with(|config| config.secret_file = Some(file)).await;
    let mut again = server.connect().await;
    let login =
        json!({"type": "login", "username": "Alice", "resumeToken": token, "deviceId": device});
    again.login(login).await;
    assert_eq!((&again.id, &again.device), (&id, &device));
    assert!(!again.token.is_empty());
}

#[tokio::test]
async fn a_token_without_a_device_is_another_device_of_the_same_guest() {
    let server = TestServer::start().await;
    let mut first = server.guest("Alice").await;
    let mut second = server.connect().await;
    let login = json!({"type": "login", "username": "Alice", "resumeToken": first.token});
    second.login(login).await;
    assert_eq!(first.id, second.id);
    assert_ne!(first.device, second.device);
    first.nothing_more().await;
}

#[tokio::test]
async fn a_token_that_does_not_count_makes_a_new_guest_on_a_new_device() {
    let server = TestServer::start().await;
    let elsewhere = TestServer::start().await;
    let stranger = elsewhere.guest("Alice").await;
    let mut alice = server.guest("Alice").await;
    for token in [
        "",
        "...",
        &stranger.token,
        &alice.token[1..],
        &"A".repeat(5_000),
    ] {
        let mut client = server.connect().await;
        let login = json!({"type": "login", "username": "Eve", "resumeToken": token, "deviceId": alice.device});
        client.login(login).await;
        assert!(client.id.starts_with("guest-"));
        assert!(![&alice.id, &stranger.id].contains(&&client.id));
        assert_ne!(client.device, alice.device);
    }
    alice.nothing_more().await;
}

#[tokio::test]
async fn the_same_device_again_takes_the_older_sockets_place() {
    let server = TestServer::start().await;
    let mut older = server.guest("Alice").await;
    let mut bob = server.guest("Bob").await;
    bob.send(json!({"type": "presence-watch", "userIds": [older.id]}))
        .await;
    assert_eq!(bob.recv().await["online"], true);

    let mut newer = server.connect().await;
    let login = json!({"type": "login", "username": "Alice", "resumeToken": older.token, "deviceId": older.device});
    newer.login(login).await;
    assert_eq!(older.close_code().await, Some(4001));
    until(|| server.counts().sessions == 2).await;

    bob.send(ringing(&newer.id)).await;
    assert_eq!(newer.recv().await["type"], "call-ringing");
    // Bob has seen nobody come or go.
    bob.send(ringing("guest-nobody")).await;
    bob.error("user-offline").await;
}

#[tokio::test]
async fn a_name_that_is_none_is_refused_in_words() {
    let server = TestServer::start().await;
    let long = "x".repeat(10_000);
    for (name, word) in [
        ("", "empty"),
        ("  ", "empty"),
        ("a\u{7}b", "control"),
        ("\u{3164}", "control"),
        ("Alice\u{fe0f}", "control"),
        ("Z\u{301}\u{302}\u{303}\u{304}", "marks"),
        (&long, "64"),
    ] {
        let mut client = server.connect().await;
        client.recv().await;
        client
            .send(json!({"type": "login", "username": name}))
            .await;
        let error = client.error("login-failed").await;
        assert!(error["message"].as_str().unwrap().contains(word), "{error}");
        assert_eq!(client.close_code().await, Some(1008));
    }
    server.until_empty().await;
}

#[tokio::test]
async fn whoever_does_not_log_in_is_closed() {
    let limit = Duration::from_millis(200);
    let server = TestServer::with(|config| config.timing.login = limit).await;
    let mut client = server.connect().await;
    let start = Instant::now();
    client.recv().await;
    client.error("login-failed").await;
    assert_eq!(client.close_code().await, Some(1008));
    assert!(start.elapsed() >= limit - Duration::from_millis(50));
    server.until_empty().await;
}

#[tokio::test]
async fn nothing_else_goes_before_the_login() {
    let server = TestServer::start().await;
    let bob = server.guest("Bob").await;
    let mut client = server.connect().await;
    assert_eq!(client.recv().await["type"], "hello");
    client.send(ringing(&bob.id)).await;
    let error = client.error("not-logged-in").await;
    assert_eq!(error["refType"], "call-ringing");
    assert_eq!(error["callId"], "c1");
    client
        .send(json!({"type": "presence-watch", "userIds": []}))
        .await;
    assert_eq!(
        client.error("not-logged-in").await["refType"],
        "presence-watch"
    );
    // The connection is none the worse.
    client
        .send(json!({"type": "login", "username": "Late"}))
        .await;
    assert_eq!(client.recv().await["type"], "welcome");
    client
        .send(json!({"type": "login", "username": "Twice"}))
        .await;
    assert_eq!(client.error("bad-message").await["refType"], "login");
}
