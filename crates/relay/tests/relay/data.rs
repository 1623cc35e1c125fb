//! Data in both directions, and only with those who are permitted.

use std::net::SocketAddr;
use std::time::Duration;

use crate::client::{Client, Received};
use crate::support::{Peer, TestRelay};

/// Everything that a call does: indications while it looks for a way, then a
/// channel, both ways, with sizes that need padding and sizes that do not.
pub(crate) async fn talk(client: &mut Client, relayed: SocketAddr, peer: &Peer) {
    let from_peer = |data: &[u8]| {
        let data = data.to_vec();
        async move { peer.socket.send_to(&data, relayed).await.unwrap() }
    };
    assert_eq!(client.permit(&[peer.address]).await.code(), 0);
    for length in [0, 1, 3, 4, 1200] {
        let data = vec![7; length];
        client.indicate(peer.address, &data).await;
        assert_eq!(peer.recv().await, (data.clone(), relayed));
        from_peer(&data).await;
        let expected = Received::Indication(peer.address, data);
        assert_eq!(client.recv().await, expected);
    }
    assert_eq!(client.bind(0x4fff, peer.address).await.code(), 0);
    for length in [0, 1, 2, 5, 1200, 9000] {
        let data = vec![9; length];
        client.channel(0x4fff, &data).await;
        assert_eq!(peer.recv().await, (data.clone(), relayed));
        from_peer(&data).await;
        assert_eq!(client.recv().await, Received::Channel(0x4fff, data));
    }
}

#[tokio::test]
async fn data_flows_over_udp_in_both_families() {
    let relay = TestRelay::start().await;
    for address in [relay.v4, relay.v6] {
        let mut client = Client::udp(address).await;
        client.log_in("alice");
        let relayed = client.allocated().await;
        talk(&mut client, relayed, &Peer::v4().await).await;
        let mut client = Client::udp(address).await;
        client.log_in("alice");
        let relayed = client.allocate_v6().await.relayed()[0];
        talk(&mut client, relayed, &Peer::v6().await).await;
    }
}

#[tokio::test]
async fn without_a_permission_nothing_passes() {
    let relay = TestRelay::with(|config| {
        config.timing.permission = Duration::from_millis(300);
    })
    .await;
    let peer = Peer::v4().await;
    let mut client = relay.client("alice").await;
    let relayed = client.allocated().await;
    client.indicate(peer.address, b"no").await;
    client.channel(0x4000, b"no").await;
    peer.socket.send_to(b"no", relayed).await.unwrap();
    client.settle().await;
    assert!(peer.has_nothing());
    assert_eq!(client.bind(0x4000, peer.address).await.code(), 0);
    client.channel(0x4000, b"yes").await;
    assert_eq!(peer.recv().await.0, b"yes");
    // The permission runs out long before the channel.
    relay.until(|counts| counts.permissions == 0).await;
    assert_eq!(relay.handle.counts().channels, 1);
    client.channel(0x4000, b"no").await;
    client.settle().await;
    assert!(peer.has_nothing());
    assert!(
        client
            .recv_within(Duration::from_millis(100))
            .await
            .is_none()
    );
}

#[tokio::test]
async fn a_channel_and_a_peer_are_bound_to_each_other() {
    let relay = TestRelay::start().await;
    let (one, two) = (Peer::v4().await, Peer::v4().await);
    let mut client = relay.client("alice").await;
    client.allocated().await;
    assert_eq!(client.bind(0x4000, one.address).await.code(), 0);
    assert_eq!(client.bind(0x4000, one.address).await.code(), 0, "again");
    assert_eq!(client.bind(0x4000, two.address).await.code(), 400);
    assert_eq!(client.bind(0x4001, one.address).await.code(), 400);
    assert_eq!(client.bind(0x4001, two.address).await.code(), 0);
    for wrong in [0, 0x3fff, 0x7fff, 0x8000, 0xffff] {
        let other = Peer::v4().await;
        assert_eq!(
            client.bind(wrong, other.address).await.code(),
            400,
            "{wrong:#x}"
        );
    }
    assert_eq!(relay.handle.counts().channels, 2);
}

#[tokio::test]
async fn permissions_and_channels_are_bounded() {
    let relay = TestRelay::with(|config| {
        config.limits.permissions_per_allocation = 3;
        config.limits.channels_per_allocation = 2;
    })
    .await;
    let mut client = relay.client("alice").await;
    client.allocated().await;
    let peer = |last: u8| SocketAddr::from(([127, 0, 0, last], 9));
    assert_eq!(client.permit(&[peer(1), peer(2), peer(1)]).await.code(), 0);
    assert_eq!(client.permit(&[peer(3), peer(4)]).await.code(), 508);
    assert_eq!(relay.handle.counts().permissions, 2, "all or none");
    assert_eq!(client.bind(0x4001, peer(1)).await.code(), 0);
    assert_eq!(client.bind(0x4002, peer(2)).await.code(), 0);
    assert_eq!(client.bind(0x4003, peer(3)).await.code(), 508);
}

/// Two people who are both relayed by this relay, and by nothing else.
#[tokio::test]
async fn two_allocations_reach_each_other() {
    let relay = TestRelay::with(|config| config.allow_peers.clear()).await;
    let mut alice = relay.client("alice").await;
    let mut bob = Client::tcp(relay.v4).await;
    bob.log_in("bob");
    let (a, b) = (alice.allocated().await, bob.allocated().await);
    assert_eq!(alice.bind(0x4000, b).await.code(), 0);
    alice.channel(0x4000, b"not yet").await;
    alice.settle().await;
    assert_eq!(bob.permit(&[a]).await.code(), 0);
    alice.channel(0x4000, b"hello").await;
    assert_eq!(bob.recv().await, Received::Indication(a, b"hello".to_vec()));
    bob.indicate(b, b"to myself").await;
    assert_eq!(
        bob.recv().await,
        Received::Indication(b, b"to myself".to_vec())
    );
    bob.indicate(a, b"good day").await;
    assert_eq!(
        alice.recv().await,
        Received::Channel(0x4000, b"good day".to_vec())
    );
    assert_eq!(relay.handle.bytes_to_peers(), 0, "all of it inside");
}

/// Candidates that lead nowhere are everyday: a peer's private addresses, an
/// address family without a route, a port that is closed by now.
#[tokio::test]
async fn addresses_without_a_way_to_them_end_nothing() {
    let relay = TestRelay::with(|config| {
        config.allow_peers.push("0.0.0.0/0".parse().unwrap());
        config.allow_peers.push("::/0".parse().unwrap());
    })
    .await;
    let mut client = relay.client("alice").await;
    let relayed = client.allocated().await;
    let mut six = relay.client("alice").await;
    let relayed_six = six.allocate_v6().await.relayed()[0];
    // Bound to loopback, the relay's sockets have no way to any of these.
    for nowhere in [
        "192.0.2.1:9",
        "255.255.255.255:9",
        "240.0.0.1:9",
        "10.1.1.1:9",
        "127.0.0.1:1",
    ] {
        let nowhere = nowhere.parse().unwrap();
        assert_eq!(client.permit(&[nowhere]).await.code(), 0);
        client.indicate(nowhere, b"hello?").await;
    }
    for nowhere in ["[2001:db8::1]:9", "[fe80::1]:9", "[ff02::1]:9", "[::1]:1"] {
        let nowhere = nowhere.parse().unwrap();
        assert_eq!(six.permit(&[nowhere]).await.code(), 0);
        six.indicate(nowhere, b"hello?").await;
    }
    talk(&mut client, relayed, &Peer::v4().await).await;
    talk(&mut six, relayed_six, &Peer::v6().await).await;
}
