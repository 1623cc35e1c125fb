//! Whose traffic is relayed, and whose is not.

use std::time::Duration;

use stun_types::attribute::{MessageIntegrity, Username};
use stun_types::prelude::{AttributeStaticType, MessageWriteExt};
use turn_types::message::ALLOCATE;
use wimpex_relay::credentials::SharedSecret;

use crate::basics::{SECRET, unix, until};
use crate::support::{Peer, TestRelay};

#[tokio::test]
async fn only_credentials_that_count_are_accepted() {
    let relay = TestRelay::start().await;
    let hour = unix() + 3600;
    let right = SharedSecret::new(SECRET);
    let foreign = SharedSecret::new("south");
    let (name, password) = right.issue("alice", hour);
    for (what, username, password) in [
        ("a foreign secret", name.clone(), foreign.password(&name)),
        ("no password", name.clone(), String::new()),
        (
            "another's password",
            name.clone(),
            right.issue("bob", hour).1,
        ),
        (
            "a later time",
            format!("{}:alice", hour + 1),
            password.clone(),
        ),
        (
            "expired",
            right.issue("alice", unix() - 1).0,
            right.issue("alice", unix() - 1).1,
        ),
        ("long expired", "0:alice".into(), right.password("0:alice")),
        ("no time", "alice".into(), right.password("alice")),
        (
            "a sign",
            format!("+{hour}:alice"),
            right.password(&format!("+{hour}:alice")),
        ),
    ] {
        let mut client = relay.client("alice").await;
        (client.username, client.password) = (username, password);
        let reply = client.allocate().await;
        assert_eq!(reply.code(), 401, "{what}");
        assert!(!reply.message().has_attribute(MessageIntegrity::TYPE));
    }
    let mut client = relay.client("alice").await;
    (client.username, client.password) = (name, password);
    client.challenge().await;
    client.realm = "elsewhere".into();
    assert_eq!(client.allocate().await.code(), 401, "another realm");
    client.nonce = "AAAA".into();
    assert_eq!(client.allocate().await.code(), 438, "a nonce of nobody");
    assert_eq!(relay.handle.counts().allocations, 0);
    client.challenge().await;
    let reply = client.allocate().await;
    assert_eq!(reply.code(), 0);
    assert!(
        reply.message().has_attribute(MessageIntegrity::TYPE),
        "it is signed"
    );
}

#[tokio::test]
async fn half_of_it_is_a_bad_request() {
    let relay = TestRelay::start().await;
    let mut client = relay.client("alice").await;
    client.challenge().await;
    client.nonce.clear();
    let unsigned = client
        .request(ALLOCATE, |writer| {
            writer
                .add_attribute(&Username::new("alice").unwrap())
                .unwrap();
        })
        .await;
    assert_eq!(unsigned.code(), 401, "nothing is signed");
}

#[tokio::test]
async fn a_nonce_is_for_one_client_only() {
    let relay = TestRelay::start().await;
    let mut alice = relay.client("alice").await;
    alice.challenge().await;
    let mut mallory = relay.client("mallory").await;
    (mallory.nonce, mallory.realm) = (alice.nonce.clone(), alice.realm.clone());
    assert_eq!(mallory.allocate().await.code(), 438);
}

#[tokio::test]
async fn an_allocation_belongs_to_the_credentials_it_was_made_with() {
    let relay = TestRelay::start().await;
    let peer = Peer::v4().await;
    let mut client = relay.client("alice").await;
    client.allocated().await;
    client.log_in("mallory");
    assert_eq!(client.refresh(0).await.code(), 441);
    assert_eq!(client.permit(&[peer.address]).await.code(), 441);
    assert_eq!(client.bind(0x4000, peer.address).await.code(), 441);
    assert_eq!(relay.handle.counts().allocations, 1);
}

/// Not a byte for credentials that have run out, and no way to go on with them.
#[tokio::test]
async fn credentials_that_run_out_end_the_allocation() {
    let relay = TestRelay::start().await;
    let peer = Peer::v4().await;
    let mut client = relay.client("alice").await;
    let expiry = unix() + 3;
    client.log_in_until("alice", expiry);
    let reply = client.allocate().await;
    assert!(reply.lifetime() <= 3, "{}", reply.lifetime());
    let relayed = reply.relayed()[0];
    assert_eq!(client.bind(0x4000, peer.address).await.code(), 0);
    client.channel(0x4000, b"in time").await;
    assert_eq!(peer.recv().await.0, b"in time");
    assert!(client.refresh(3600).await.lifetime() <= 3);
    until(|| unix() >= expiry).await;
    let sent = relay.handle.bytes_to_peers();
    client.channel(0x4000, b"too late").await;
    peer.socket.send_to(b"too late", relayed).await.unwrap();
    assert_eq!(client.refresh(600).await.code(), 401);
    assert_eq!(client.permit(&[peer.address]).await.code(), 401);
    assert_eq!(relay.handle.bytes_to_peers(), sent);
    assert!(
        client
            .recv_within(Duration::from_millis(100))
            .await
            .is_none()
    );
    relay.until_empty().await;
}
