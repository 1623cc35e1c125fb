//! Who is given credentials for TURN, and when.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::sleep;

use crate::identity::Owner;
use crate::support::{Client, TestServer, offer, ringing};

/// A server that names a relay, whose credentials count for so many seconds.
async fn server(owners: u64, guests: u64) -> TestServer {
    TestServer::with(|config| {
        config.ice.stun_url = vec!["stun:stun.example.org:3478".to_owned()];
        config.ice.turn_url = vec!["turn:turn.example.org:3478".to_owned()];
        config.ice.turn_secret = Some("north".parse().unwrap());
        config.ice.turn_ttl_seconds = owners;
        config.ice.turn_guest_ttl_seconds = guests;
        config.timing.tick = Duration::from_millis(50);
    })
    .await
}

/// Until when the credentials for TURN in this message count, in seconds since 1970.
fn expiry(message: &Value) -> Option<u64> {
    let servers = message["iceServers"].as_array().unwrap();
    assert_eq!(servers[0], json!({"urls": ["stun:stun.example.org:3478"]}));
    let turn = servers.get(1)?;
    assert_eq!(turn["credential"].as_str().unwrap().len(), 28);
    // A pseudonym: STUN sends it in clear text.
    let (expiry, pseudonym) = turn["username"].as_str().unwrap().split_once(':').unwrap();
    assert_eq!(pseudonym.len(), 16);
    Some(expiry.parse().unwrap())
}

fn now() -> u64 {
    let since = std::time::UNIX_EPOCH.elapsed().unwrap();
    since.as_secs()
}

/// The next message, which gives credentials; says until when.
async fn given(client: &mut Client) -> u64 {
    let message = client.recv().await;
    assert_eq!(message["type"], "ice-servers", "{message}");
    expiry(&message).unwrap()
}

fn end(to: &str) -> Value {
    json!({"type": "call-end", "toId": to, "callId": "c1", "reason": "ended"})
}

#[tokio::test]
async fn the_owner_of_a_key_has_them_from_the_login_on() {
    let server = server(2, 2).await;
    let (mut alice, welcome) = Owner::new(1).welcomed(&server, json!({})).await;
    assert_eq!(welcome.get("relayOnRequest"), None);
    let first = expiry(&welcome).unwrap();
    assert!(given(&mut alice).await > first, "before they run out");
    given(&mut alice).await;
}

#[tokio::test]
async fn a_guest_has_them_from_the_beginning_of_a_call_on() {
    let server = server(86_400, 600).await;
    let mut clients = Vec::new();
    for name in ["Alice", "Bob"] {
        let mut client = server.connect().await;
        let welcome = client
            .login(json!({"type": "login", "username": name}))
            .await;
        assert_eq!(
            (expiry(&welcome), &welcome["relayOnRequest"]),
            (None, &json!(true))
        );
        clients.push(client);
    }
    let [mut alice, mut bob]: [Client; 2] = clients.try_into().ok().unwrap();
    // Whatever else is sent is no call.
    alice.send(ringing(&bob.id)).await;
    assert_eq!(bob.recv().await["type"], "call-ringing");
    alice.nothing_more().await;
    alice.send(offer("guest-nobody")).await;
    alice.error("user-offline").await;

    alice.send(offer(&bob.id)).await;
    // Who answers has them in time, and neither for long.
    let (at_alices, at_bobs) = (given(&mut alice).await, given(&mut bob).await);
    for until in [at_alices, at_bobs] {
        assert!((590..=600).contains(&(until - now())), "{until}");
    }
    assert_eq!(bob.recv().await["type"], "call-offer");
    // These are good for more.
    alice.send(offer(&bob.id)).await;
    assert_eq!(bob.recv().await["type"], "call-offer");
    alice.nothing_more().await;
}

#[tokio::test]
async fn a_guests_are_renewed_while_the_call_lasts() {
    let server = server(86_400, 2).await;
    let (mut alice, mut bob) = (server.guest("Alice").await, server.guest("Bob").await);
    alice.send(offer(&bob.id)).await;
    let first = given(&mut alice).await;
    given(&mut bob).await;
    assert_eq!(bob.recv().await["type"], "call-offer");
    // Bob only rings: he has not taken part in it yet.
    assert!(given(&mut alice).await > first);
    bob.nothing_more().await;
    alice.send(end(&bob.id)).await;
    assert_eq!(bob.recv().await["type"], "call-end");
    sleep(Duration::from_millis(2_200)).await;
    alice.nothing_more().await;
}

#[tokio::test]
async fn a_guest_who_is_about_to_call_asks_for_them() {
    let server = server(86_400, 600).await;
    let mut alice = server.guest("Alice").await;
    alice.send(json!({"type": "ice-servers-request"})).await;
    assert!(given(&mut alice).await - now() <= 600);
    // Then the call brings no others.
    let mut bob = server.guest("Bob").await;
    alice.send(offer(&bob.id)).await;
    alice.nothing_more().await;
    given(&mut bob).await;
}

/// A page that comes back in the middle of a call goes on having a relay.
#[tokio::test]
async fn a_session_that_is_resumed_keeps_them() {
    let server = server(86_400, 600).await;
    let mut alice = server.numbering_guest("Alice").await;
    alice.send(json!({"type": "ice-servers-request"})).await;
    assert_eq!(alice.recv().await["type"], "ice-servers");
    alice.cut();
    server.until(|counts| counts.sockets == 0).await;
    assert!(alice.resume().await);
    assert!(expiry(&alice.welcome).is_some());
}
