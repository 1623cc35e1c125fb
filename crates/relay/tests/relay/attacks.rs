//! What people who mean harm can do to the relay, and what it costs them and nobody
//! else. Each was possible once.

use std::time::{Duration, Instant};

use turn_types::message::CREATE_PERMISSION;

use crate::client::{Client, add_peer};
use crate::support::{Peer, TestRelay};

/// As many peers as fit into one message; each was compared with all before it,
/// under the lock that every packet of every call takes.
#[tokio::test]
async fn a_request_is_bounded_before_anything_is_done_for_it() {
    let relay = TestRelay::start().await;
    let mut mallory = Client::tcp(relay.v4).await;
    mallory.log_in("mallory");
    mallory.allocated().await;
    let with_peers = |client: &Client, count: u32| {
        client.signed(CREATE_PERMISSION, |writer| {
            for number in 0..count {
                let ip = std::net::Ipv4Addr::from_bits(0x7f01_0000 + number);
                add_peer(writer, std::net::SocketAddr::from((ip, 1000)));
            }
        })
    };
    let huge = with_peers(&mallory, 5_000);
    let start = Instant::now();
    for _ in 0..40 {
        mallory.send(&huge).await;
    }
    // Not even answered.
    assert_eq!(mallory.refresh(600).await.code(), 0);
    let elapsed = start.elapsed();
    assert!(elapsed < Duration::from_secs(2), "{elapsed:?}");
    let large = with_peers(&mallory, 300);
    assert_eq!(mallory.exchange(large).await.code(), 508);
    let most = with_peers(&mallory, 128);
    assert_eq!(mallory.exchange(most).await.code(), 0);
}

#[tokio::test]
async fn one_address_does_not_take_the_whole_relay() {
    let relay = TestRelay::with(|config| {
        config.limits.allocations = 40;
        config.limits.allocations_per_network = 20;
        config.limits.allocations_per_user = 4;
    })
    .await;
    let mut clients = Vec::new();
    let mut refused = 0;
    // Each with a user name of its own, which cost nothing.
    for number in 0..50 {
        let mut client = relay.client(&format!("guest-{number}")).await;
        match client.allocate().await.code() {
            0 => clients.push(client),
            486 => refused += 1,
            code => panic!("{code}"),
        }
    }
    assert_eq!((clients.len(), refused), (20, 30));
    let start = Instant::now();
    let mut honest = Client::udp_from("127.0.0.9", relay.v4).await;
    honest.log_in("honest");
    honest.allocated().await;
    assert!(start.elapsed() < Duration::from_millis(500));
    // What is given back can be had again.
    assert_eq!(clients[0].refresh(0).await.code(), 0);
    relay.client("guest-99").await.allocated().await;
}

#[tokio::test]
async fn the_bandwidth_of_one_address_is_bounded_whatever_its_users() {
    const RATE: u64 = 100_000;
    let relay = TestRelay::with(|config| config.limits.network_kbps = RATE * 8 / 1000).await;
    let peer = Peer::v4().await;
    let mut clients = Vec::new();
    for number in 0..5 {
        let mut client = relay.client(&format!("guest-{number}")).await;
        client.allocated().await;
        assert_eq!(client.bind(0x4000, peer.address).await.code(), 0);
        clients.push(client);
    }
    let start = Instant::now();
    let mut received = 0;
    while start.elapsed() < Duration::from_secs(1) {
        for client in &mut clients {
            client.channel(0x4000, &[1; 1000]).await;
            client.settle().await;
        }
        while !peer.has_nothing() {
            received += 1000;
        }
    }
    let most = RATE as f64 * (1.0 + start.elapsed().as_secs_f64()) + 2000.0;
    assert!(f64::from(received) <= most, "{received} of {most}");
}

#[tokio::test]
async fn what_is_left_of_all_bandwidth_is_for_calls_that_are_relayed_already() {
    let relay = TestRelay::with(|config| config.limits.total_kbps = 800).await;
    let peer = Peer::v4().await;
    let mut client = relay.client("alice").await;
    client.allocated().await;
    assert_eq!(client.bind(0x4000, peer.address).await.code(), 0);
    for _ in 0..80 {
        client.channel(0x4000, &[1; 1000]).await;
    }
    client.settle().await;
    assert_eq!(relay.client("bob").await.allocate().await.code(), 508);
    let before = relay.handle.bytes_to_peers();
    client.channel(0x4000, &[1; 1000]).await;
    client.settle().await;
    assert!(relay.handle.bytes_to_peers() > before);
}

/// Five thousand requests that anybody can forge, and what comes back of them.
#[tokio::test]
async fn answers_to_whoever_has_proved_nothing_are_few_and_small() {
    let relay = TestRelay::with(|config| config.limits.unproven_answers_per_second = 100).await;
    let mut mallory = Client::udp_from("127.0.8.1", relay.v4).await;
    let challenge = mallory.challenge().await;
    assert!(challenge.bytes().len() <= 84, "{}", challenge.bytes().len());
    let binding = mallory.binding().await;
    assert!(binding.bytes().len() <= 32, "{}", binding.bytes().len());
    let mut answers = 0;
    for _ in 0..50 {
        for _ in 0..100 {
            mallory.send_binding().await;
        }
        answers += mallory.answers_within(Duration::from_millis(2)).await;
    }
    assert!((300..2_500).contains(&answers), "{answers}");
    // Others are answered, and so is whoever has proved something.
    let mut honest = Client::udp_from("127.0.9.1", relay.v4).await;
    assert_eq!(honest.binding().await.code(), 0);
    honest.log_in("honest");
    honest.allocated().await;
}
