//! Who is told that somebody is online: whom they chose.

use serde_json::{Value, json};

use crate::support::{Client, TestServer, offer, ringing};

/// Somebody who is hidden until they say who may see them.
async fn hidden(server: &TestServer, name: &str) -> Client {
    let mut client = server.connect().await;
    client
        .login(json!({"type": "login", "username": name, "hidden": true}))
        .await;
    client
}

async fn watch(client: &mut Client, user: &str) -> Value {
    client
        .send(json!({"type": "presence-watch", "userIds": [user]}))
        .await;
    client.recv().await
}

fn visible_to(users: &[&str]) -> Value {
    json!({"type": "presence-visibility", "userIds": users})
}

#[tokio::test]
async fn a_choice_of_contacts_is_kept_to() {
    let server = TestServer::start().await;
    let (mut friend, mut stranger) = (server.guest("Friend").await, server.guest("Eve").await);
    let mut bob = hidden(&server, "Bob").await;
    for other in [&mut friend, &mut stranger] {
        assert_eq!(watch(other, &bob.id).await["online"], false);
    }
    bob.send(visible_to(&[&friend.id])).await;
    assert_eq!(friend.recv().await["username"], "Bob");
    let unseen = watch(&mut stranger, &bob.id).await;
    let never_there = watch(&mut stranger, "guest-nobody").await;
    let fields = |presence: &Value| presence.as_object().unwrap().len();
    assert_eq!(fields(&unseen), fields(&never_there), "no way to tell");
    stranger.send(ringing(&bob.id)).await;
    stranger.error("user-offline").await;

    // Whoever has the link may call all the same, and the two see each other then.
    watch(&mut stranger, &bob.id).await;
    stranger.send(offer(&bob.id)).await;
    assert_eq!(stranger.recv().await["devices"], json!([bob.device]));
    assert_eq!(bob.recv().await["type"], "call-offer");
    bob.send(json!({"type": "call-reject", "toId": stranger.id, "callId": "c1"}))
        .await;
    assert_eq!(stranger.recv().await["type"], "call-reject");
    assert_eq!(stranger.recv().await["online"], false);

    bob.send(json!({"type": "presence-visibility"})).await;
    assert_eq!(stranger.recv().await["online"], true);
}

#[tokio::test]
async fn a_choice_lasts_as_long_as_the_session() {
    let server = TestServer::start().await;
    let mut alice = server.guest("Alice").await;
    let mut bob = server.numbering_guest("Bob").await;
    bob.send(visible_to(&[])).await;
    bob.send(json!({"type": "presence-watch", "userIds": [bob.id()]}))
        .await;
    assert_eq!(bob.recv().await["online"], true, "to oneself");
    bob.cut();
    server.until(|counts| counts.sockets == 1).await;
    assert!(bob.resume().await);
    let id = bob.id().to_owned();
    assert_eq!(watch(&mut alice, &id).await["online"], false);
}

#[tokio::test]
async fn a_list_is_bounded() {
    let server = TestServer::start().await;
    let mut bob = server.guest("Bob").await;
    let many: Vec<String> = (0..257).map(|number| format!("guest-{number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    bob.send(visible_to(&many)).await;
    assert_eq!(
        bob.error("bad-message").await["refType"],
        "presence-visibility"
    );
    bob.send(visible_to(&many[1..])).await;
    bob.nothing_more().await;
}
