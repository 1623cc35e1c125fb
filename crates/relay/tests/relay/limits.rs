//! How much one user may have, and all together.

use std::time::{Duration, Instant};

use crate::client::Client;
use crate::support::{Peer, TestRelay};

#[tokio::test]
async fn a_users_allocations_are_capped_and_given_back() {
    let relay = TestRelay::with(|config| config.limits.allocations_per_user = 2).await;
    let mut clients = Vec::new();
    for _ in 0..2 {
        let mut client = relay.client("alice").await;
        client.allocated().await;
        clients.push(client);
    }
    let mut third = Client::tcp(relay.v4).await;
    // Other credentials of the same user make no other user.
    third.log_in_until("alice", crate::basics::unix() + 77);
    assert_eq!(third.allocate().await.code(), 486);
    let mut other = relay.client("bob").await;
    other.allocated().await;
    assert_eq!(clients[0].refresh(0).await.code(), 0);
    assert_eq!(third.allocate().await.code(), 0);
    assert_eq!(relay.handle.counts().allocations, 3);
    assert_eq!(relay.handle.counts().users, 2);
}

#[tokio::test]
async fn all_allocations_are_capped_and_so_are_ports() {
    let relay = TestRelay::with(|config| config.limits.allocations = 1).await;
    let mut first = relay.client("alice").await;
    first.allocated().await;
    assert_eq!(relay.client("bob").await.allocate().await.code(), 508);

    let relay = TestRelay::with(|config| config.ports = 47_310..=47_312).await;
    let mut clients = Vec::new();
    for user in ["a", "b", "c"] {
        let mut client = relay.client(user).await;
        assert!((47_310..=47_312).contains(&client.allocated().await.port()));
        clients.push(client);
    }
    assert_eq!(relay.client("d").await.allocate().await.code(), 508);
    assert_eq!(clients[0].refresh(0).await.code(), 0);
    // The port is free as soon as its reader has noticed.
    relay
        .until(|counts| counts.tasks == relay.listeners + 2)
        .await;
    assert_eq!(relay.client("d").await.allocate().await.code(), 0);
}

/// The budget is the user's, of all allocations and both directions together.
#[tokio::test]
async fn bandwidth_is_capped() {
    const RATE: u64 = 100_000;
    const PACKET: usize = 1000;
    let relay = TestRelay::with(|config| config.limits.user_kbps = RATE * 8 / 1000).await;
    let peer = Peer::v4().await;
    let mut out = relay.client("alice").await;
    out.allocated().await;
    assert_eq!(out.bind(0x4000, peer.address).await.code(), 0);
    let mut back = relay.client("alice").await;
    let relayed = back.allocated().await;
    assert_eq!(back.bind(0x4000, peer.address).await.code(), 0);

    let start = Instant::now();
    let (mut offered, mut received, mut returned) = (0, 0, 0);
    while start.elapsed() < Duration::from_secs(2) {
        offered += 2 * PACKET;
        out.channel(0x4000, &[1; PACKET]).await;
        peer.socket.send_to(&[2; PACKET], relayed).await.unwrap();
        out.settle().await;
        back.settle().await;
        while !peer.has_nothing() {
            received += PACKET;
        }
        while back.recv_within(Duration::from_micros(1)).await.is_some() {
            returned += PACKET;
        }
    }
    let most = RATE as f64 * (1.0 + start.elapsed().as_secs_f64()) + 2.0 * PACKET as f64;
    let relayed = (received + returned) as f64;
    assert!(relayed <= most, "{relayed} of {most}");
    // On a busy machine this test is slower than what it measures.
    let least = 0.8 * most.min(offered as f64);
    assert!(relayed >= least, "{relayed} of {offered} and {most}");
    assert!(received > 0 && returned > 0);
    assert_eq!(out.refresh(0).await.code(), 0);
    assert_eq!(back.refresh(0).await.code(), 0);
    relay.until_empty().await;
}
