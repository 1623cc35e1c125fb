//! Messages between people, and presence.

use serde_json::{Value, json};

use crate::support::{Client, TestServer, offer, ringing};

/// Another device of the same guest.
async fn second_device(server: &TestServer, first: &Client) -> Client {
    let mut second = server.connect().await;
    let login = json!({"type": "login", "username": "Bob's phone", "resumeToken": first.token});
    second.login(login).await;
    second
}

#[tokio::test]
async fn every_type_arrives_with_the_sender_stamped() {
    let server = TestServer::start().await;
    let mut alice = server.guest("Alice").await;
    let mut bob = server.guest("Bob").await;
    let candidate = json!({"candidate": "candidate:1", "sdpMLineIndex": 0, "sdpMid": "0", "usernameFragment": "x"});
    let signals = [
        offer(&bob.id),
        json!({"type": "call-answer", "toId": bob.id, "callId": "c1", "answer": {"type": "answer", "sdp": "v=0"}}),
        json!({"type": "ice-candidate", "toId": bob.id, "callId": "c1", "candidate": candidate}),
        json!({"type": "ice-candidate", "toId": bob.id, "candidate": {"candidate": "", "sdpMLineIndex": 0, "sdpMid": "0"}}),
        json!({"type": "call-reject", "toId": bob.id, "callId": "c1"}),
        json!({"type": "call-reject", "toId": bob.id, "callId": "c1", "reason": "busy"}),
        json!({"type": "call-ringing", "toId": bob.id, "callId": "c1"}),
        json!({"type": "call-end", "toId": bob.id, "callId": "c1", "reason": "no-answer"}),
        json!({"type": "call-confirm", "toId": bob.id, "callId": "c1"}),
    ];
    for mut signal in signals {
        // Whatever a client claims about itself.
        let mut sent = signal.clone();
        sent["fromId"] = json!("guest-somebody-else");
        sent["fromDevice"] = json!("d-somebody-else");
        alice.send(sent).await;
        signal["fromId"] = json!(alice.id);
        signal["fromDevice"] = json!(alice.device);
        if signal["type"] == "call-offer" {
            signal["fromUsername"] = json!("Alice");
        }
        assert_eq!(bob.recv().await, signal);
    }
    alice.nothing_more().await;
}

#[tokio::test]
async fn a_message_goes_to_all_devices_or_to_one() {
    let server = TestServer::start().await;
    let mut alice = server.guest("Alice").await;
    let mut laptop = server.guest("Bob").await;
    let mut phone = second_device(&server, &laptop).await;

    alice.send(ringing(&laptop.id)).await;
    assert_eq!(laptop.recv().await["fromId"], alice.id.as_str());
    assert_eq!(phone.recv().await["fromId"], alice.id.as_str());

    let mut to_phone = ringing(&laptop.id);
    to_phone["toDevice"] = json!(phone.device);
    alice.send(to_phone).await;
    assert_eq!(phone.recv().await["toDevice"], phone.device.as_str());
    laptop.nothing_more().await;
}

#[tokio::test]
async fn nobody_there_is_told_with_what_it_was_about() {
    let server = TestServer::start().await;
    let mut alice = server.guest("Alice").await;
    let bob = server.guest("Bob").await;

    alice.send(offer("guest-nobody")).await;
    let error = alice.error("user-offline").await;
    assert_eq!(error["refType"], "call-offer");
    assert_eq!(error["callId"], "c1");
    assert_eq!(error["toId"], "guest-nobody");

    let mut gone_device = ringing(&bob.id);
    gone_device["toDevice"] = json!("d-gone");
    alice.send(gone_device).await;
    assert_eq!(alice.error("user-offline").await["toId"], bob.id.as_str());

    let id = bob.id.clone();
    bob.close().await;
    server.until(|counts| counts.sessions == 1).await;
    alice.send(ringing(&id)).await;
    alice.error("user-offline").await;
}

#[tokio::test]
async fn nobody_calls_themselves() {
    let server = TestServer::start().await;
    let mut laptop = server.guest("Bob").await;
    let mut phone = second_device(&server, &laptop).await;
    let id = laptop.id.clone();
    laptop.send(offer(&id)).await;
    let error = laptop.error("bad-message").await;
    assert_eq!(error["message"], "You cannot call yourself.");
    assert_eq!(error["refType"], "call-offer");

    let mut to_phone = ringing(&id);
    to_phone["toDevice"] = json!(phone.device);
    laptop.send(to_phone).await;
    assert_eq!(phone.recv().await["fromDevice"], laptop.device.as_str());
    laptop.nothing_more().await;
}

#[tokio::test]
async fn order_is_kept() {
    let server = TestServer::with(|config| {
        config.limits.messages_per_second = 0;
        config.limits.bytes_per_second = 0;
        config.limits.queue_messages = 0;
        config.limits.stranger_bytes_per_second = 0;
        config.limits.stranger_offers_per_minute = 0;
    })
    .await;
    let mut alice = server.guest("Alice").await;
    let mut bob = server.guest("Bob").await;
    let message =
        |i: u32| json!({"type": "call-ringing", "toId": bob.id, "callId": format!("c{i}")});
    for i in 0..300 {
        alice.send(message(i)).await;
    }
    for i in 0..300 {
        assert_eq!(bob.recv().await["callId"], format!("c{i}"));
    }
}

fn presence(user: &str, name: Option<&str>, devices: &[&str]) -> Value {
    match name {
        Some(name) => json!({
            "type": "presence", "userId": user, "online": true, "username": name, "devices": devices,
        }),
        None => json!({"type": "presence", "userId": user, "online": false}),
    }
}

#[tokio::test]
async fn presence_is_answered_at_once_and_then_told_on_change() {
    let server = TestServer::start().await;
    let mut alice = server.guest("Alice").await;
    let bob = server.guest("Bob").await;
    let (id, token) = (bob.id.clone(), bob.token.clone());
    let device = bob.device.clone();

    alice
        .send(json!({"type": "presence-watch", "userIds": ["guest-nobody", id]}))
        .await;
    let mut answers = [alice.recv().await, alice.recv().await];
    answers.sort_by_key(|answer| answer["online"].as_bool());
    assert_eq!(
        answers,
        [
            presence("guest-nobody", None, &[]),
            presence(&id, Some("Bob"), &[&device])
        ]
    );

    let phone = second_device(&server, &bob).await;
    let mut both = [device.as_str(), &phone.device];
    both.sort_unstable();
    assert_eq!(
        alice.recv().await,
        presence(&id, Some("Bob's phone"), &both)
    );
    phone.close().await;
    assert_eq!(alice.recv().await, presence(&id, Some("Bob"), &[&device]));
    bob.close().await;
    assert_eq!(alice.recv().await, presence(&id, None, &[]));
    let mut bob = server.connect().await;
    bob.login(json!({"type": "login", "username": "Bob", "resumeToken": token}))
        .await;
    assert_eq!(
        alice.recv().await,
        presence(&id, Some("Bob"), &[&bob.device])
    );

    alice
        .send(json!({"type": "presence-watch", "userIds": []}))
        .await;
    alice.send(ringing("guest-nobody")).await;
    alice.error("user-offline").await;
    bob.close().await;
    alice.close().await;
    server.until_empty().await;
}

#[tokio::test]
async fn a_watch_is_bounded() {
    let server = TestServer::start().await;
    let mut alice = server.guest("Alice").await;
    let ids: Vec<String> = (0..257).map(|i| format!("guest-{i}")).collect();
    alice
        .send(json!({"type": "presence-watch", "userIds": ids}))
        .await;
    assert_eq!(
        alice.error("bad-message").await["refType"],
        "presence-watch"
    );
    alice
        .send(json!({"type": "presence-watch", "userIds": &ids[1..]}))
        .await;
    for _ in 0..256 {
        assert_eq!(alice.recv().await["online"], false);
    }
    assert_eq!(server.counts().watched, 256);
    alice.close().await;
    server.until_empty().await;
}
