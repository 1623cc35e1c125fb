//! A relay is of no use to whoever wants to get at what stands behind it.

use std::net::{IpAddr, SocketAddr};

use wimpex_relay::config::RelayAddress;

use crate::client::Client;
use crate::support::{Peer, TestRelay};

/// Addresses that somebody would like to have reached from inside.
const HOSTILE: &[&str] = &[
    // "This network", which Linux takes for loopback.
    "0.0.0.0",
    "0.0.0.1",
    "0.255.255.255",
    // Loopback.
    "127.0.0.1",
    "127.0.0.2",
    "127.1.1.1",
    "127.255.255.254",
    // Private.
    "10.0.0.1",
    "10.255.255.255",
    "172.16.0.1",
    "172.31.255.255",
    "172.17.0.1",
    "192.168.0.1",
    "192.168.1.254",
    "192.168.255.255",
    // Shared, between carrier and customer.
    "100.64.0.1",
    "100.127.255.255",
    // Link-local, and metadata services of clouds.
    "169.254.0.1",
    "169.254.169.254",
    "169.254.170.2",
    "169.254.169.253",
    "100.100.100.200",
    "192.0.0.192",
    "168.63.129.16",
    // Protocol assignments, documentation, benchmarks, 6to4 relays.
    "192.0.0.1",
    "192.0.0.170",
    "192.0.2.1",
    "198.51.100.1",
    "203.0.113.1",
    "198.18.0.1",
    "198.19.255.255",
    "192.88.99.1",
    // Multicast, reserved, broadcast.
    "224.0.0.1",
    "224.0.0.251",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.254",
    "255.255.255.255",
    // Unspecified and loopback.
    "::",
    "::1",
    // IPv4-mapped, -compatible and -translated.
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0.0.0.0",
    "::ffff:8.8.8.8",
    "::127.0.0.1",
    "::10.0.0.1",
    "::ffff:0:127.0.0.1",
    // NAT64, both prefixes.
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b::808:808",
    "64:ff9b:1::7f00:1",
    "64:ff9b:1::a9fe:a9fe",
    "64:ff9b:1:fffe::a00:1",
    // 6to4 and Teredo.
    "2002:7f00:1::1",
    "2002:a00:1::",
    "2002:a9fe:a9fe::1",
    "2002:c0a8:1::1",
    "2002:808:808::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:80ff:fffe",
    "2001:0:7f00:1::1",
    // ISATAP in a public prefix.
    "2600::5efe:7f00:1",
    "2600::200:5efe:a00:1",
    // Unique local, and metadata of AWS and Google in it.
    "fc00::1",
    "fd00::1",
    "fd00:ec2::254",
    "fd20:ce::254",
    "fdff:ffff::1",
    // Link-local, site-local, multicast.
    "fe80::1",
    "fe80::a9fe:a9fe",
    "febf::1",
    "fec0::1",
    "ff02::1",
    "ff02::fb",
    "ff05::2",
    // Documentation, benchmarks, discard, ORCHID, what nobody has been given.
    "2001:db8::1",
    "3fff::1",
    "2001:2::1",
    "100::1",
    "2001:10::1",
    "2001:20::1",
    "5f00::1",
    "4000::1",
    "8000::1",
    "1::1",
];

/// Addresses that do not exist, so that the relay seems to have them.
const PUBLIC: [&str; 2] = ["192.0.2.77", "2001:db8::77"];

/// A relay as on the internet: it is reached here over loopback, but no peer is
/// allowed there.
async fn strict_relay() -> TestRelay {
    TestRelay::with(|config| {
        config.allow_peers.clear();
        config.relays = [("127.0.0.1", PUBLIC[0]), ("::1", PUBLIC[1])]
            .map(|(bind, public)| RelayAddress {
                bind: bind.parse().unwrap(),
                public: public.parse().unwrap(),
            })
            .into();
    })
    .await
}

async fn clients(relay: &TestRelay) -> [Client; 2] {
    let mut four = relay.client("mallory").await;
    assert_eq!(four.allocate().await.code(), 0);
    let mut six = relay.client("mallory").await;
    assert_eq!(six.allocate_v6().await.code(), 0);
    [four, six]
}

#[tokio::test]
async fn no_hostile_address_is_sent_a_byte() {
    assert!(HOSTILE.len() >= 60, "{}", HOSTILE.len());
    let relay = strict_relay().await;
    let listening = [Peer::v4().await, Peer::v6().await];
    let [mut four, mut six] = clients(&relay).await;
    let mut channel = 0x4000;
    for hostile in HOSTILE {
        let ip: IpAddr = hostile.parse().unwrap();
        let client = if ip.is_ipv4() { &mut four } else { &mut six };
        for port in [
            9,
            53,
            80,
            listening[0].address.port(),
            listening[1].address.port(),
        ] {
            let peer = SocketAddr::new(ip, port);
            assert_eq!(client.permit(&[peer]).await.code(), 403, "{peer}");
            channel += 1;
            assert_eq!(client.bind(channel, peer).await.code(), 403, "{peer}");
            client.indicate(peer, b"gotcha").await;
            client.channel(channel, b"gotcha").await;
        }
        // Not in good company either.
        let good: IpAddr = if ip.is_ipv4() {
            "8.8.8.8"
        } else {
            "2606:4700::1111"
        }
        .parse()
        .unwrap();
        let both = [SocketAddr::new(good, 9), SocketAddr::new(ip, 9)];
        assert_eq!(client.permit(&both).await.code(), 403, "{ip}");
        client.indicate(both[0], b"gotcha").await;
        client.settle().await;
    }
    let counts = relay.handle.counts();
    assert_eq!((counts.permissions, counts.channels), (0, 0));
    assert_eq!(relay.handle.bytes_to_peers(), 0);
    assert!(listening.iter().all(Peer::has_nothing));
}

#[tokio::test]
async fn an_address_of_the_other_family_is_none_at_all() {
    let relay = strict_relay().await;
    let [mut four, mut six] = clients(&relay).await;
    assert_eq!(four.permit(&["[::1]:9".parse().unwrap()]).await.code(), 443);
    assert_eq!(
        six.permit(&["127.0.0.1:9".parse().unwrap()]).await.code(),
        443
    );
    assert_eq!(relay.handle.bytes_to_peers(), 0);
}

/// At the relay's own address there are only those who are relayed, and whoever
/// sends there meets no other socket of this host.
#[tokio::test]
async fn the_relays_own_address_leads_to_allocations_only() {
    let relay = TestRelay::with(|config| config.allow_peers.clear()).await;
    let victim = Peer::v4().await;
    let mut client = relay.client("mallory").await;
    client.allocated().await;
    for (number, port) in (0x4000..).zip([0, 22, relay.v4.port(), victim.address.port()]) {
        let peer = SocketAddr::new(relay.v4.ip(), port);
        // The permission is for an address, and others are relayed there.
        assert_eq!(client.permit(&[peer]).await.code(), 0);
        assert_eq!(client.bind(number, peer).await.code(), 403, "{port}");
        client.indicate(peer, b"gotcha").await;
    }
    client.settle().await;
    assert_eq!(relay.handle.bytes_to_peers(), 0);
    assert!(victim.has_nothing());
}

/// Even where loopback is allowed: the relay is not to talk to itself.
#[tokio::test]
async fn the_relays_own_ports_are_no_peers() {
    let relay = TestRelay::start().await;
    let mut client = relay.client("mallory").await;
    client.allocated().await;
    assert_eq!(client.bind(0x4000, relay.v4).await.code(), 403);
    assert_eq!(client.permit(&[relay.v4]).await.code(), 0);
    client
        .indicate(relay.v4, b"\x00\x01\x00\x00\x21\x12\xa4\x42abcdefghijkl")
        .await;
    client.settle().await;
    assert_eq!(relay.handle.bytes_to_peers(), 0);
}

/// Whatever comes, the relay goes on.
#[tokio::test]
async fn nonsense_is_no_obstacle() {
    let relay = TestRelay::start().await;
    let mut client = relay.client("alice").await;
    client.allocated().await;
    let request = client.signed(turn_types::message::CREATE_PERMISSION, |_| {});
    let mut seed = 1_u32;
    for _ in 0..5_000 {
        let mut bytes = request.clone();
        for _ in 0..3 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let at = (seed >> 8) as usize % bytes.len();
            bytes[at] = (seed >> 24) as u8;
        }
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        bytes.truncate(1 + (seed >> 8) as usize % (2 * bytes.len()));
        client.send(&bytes).await;
    }
    relay.client("bob").await.settle().await;
    assert_eq!(relay.client("bob").await.allocate().await.code(), 0);
}
