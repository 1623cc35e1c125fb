//! Clients over TCP and TLS.

use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpSocket, TcpStream};
use wimpex_relay::config::Tls;

use crate::client::Client;
use crate::data::talk;
use crate::support::{Peer, TestRelay};

#[tokio::test]
async fn data_flows_over_tcp_in_both_families() {
    let relay = TestRelay::start().await;
    for address in [relay.v4, relay.v6] {
        let mut client = Client::tcp(address).await;
        client.log_in("alice");
        let relayed = client.allocated().await;
        talk(&mut client, relayed, &Peer::v4().await).await;
        drop(client);
        let mut client = Client::tcp(address).await;
        client.log_in("alice");
        let relayed = client.allocate_v6().await.relayed()[0];
        talk(&mut client, relayed, &Peer::v6().await).await;
    }
    // An allocation ends with its connection.
    relay.until_empty().await;
    relay.stop().await;
}

#[tokio::test]
async fn data_flows_over_tls() {
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (cert, key) = (
        folder.path().join("cert.pem"),
        folder.path().join("key.pem"),
    );
    std::fs::write(&cert, certified.cert.pem()).unwrap();
    std::fs::write(&key, certified.signing_key.serialize_pem()).unwrap();
    let relay = TestRelay::with(|config| {
        config.tls = Some(Tls {
            listen: vec!["127.0.0.1:0".parse().unwrap()],
            config: wimpex_relay::tls::from_pem_files(&cert, &key).unwrap(),
        });
    })
    .await;
    let address = relay.tls.unwrap();
    let mut client = Client::tls(address, certified.cert.der().clone()).await;
    client.log_in("alice");
    let relayed = client.allocated().await;
    talk(&mut client, relayed, &Peer::v4().await).await;
    drop(client);
    // Whoever speaks no TLS is shown the door.
    let mut plain = Client::tcp(address).await;
    plain.send(b"GET / HTTP/1.1\r\n\r\n").await;
    plain.closed().await;
    relay.until_empty().await;
    assert!(wimpex_relay::tls::from_pem_files(&key, &cert).is_err());
    assert!(wimpex_relay::tls::from_pem_files(&folder.path().join("no"), &key).is_err());
}

#[tokio::test]
async fn frames_may_come_in_pieces_or_together() {
    let relay = TestRelay::start().await;
    let peer = Peer::v4().await;
    let mut client = Client::tcp(relay.v4).await;
    client.log_in("alice");
    client.allocated().await;
    assert_eq!(client.bind(0x4000, peer.address).await.code(), 0);
    for byte in [0x40, 0, 0, 2, b'h', b'i', 0, 0] {
        client.send(&[byte]).await;
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert_eq!(peer.recv().await.0, b"hi");
    client
        .send(&[0x40, 0, 0, 1, b'a', 0, 0, 0, 0x40, 0, 0, 1, b'b', 0, 0, 0])
        .await;
    assert_eq!(peer.recv().await.0, b"a");
    assert_eq!(peer.recv().await.0, b"b");
}

#[tokio::test]
async fn a_connection_without_an_allocation_is_closed_and_so_is_nonsense() {
    let relay = TestRelay::with(|config| config.timing.idle = Duration::from_millis(400)).await;
    let mut useful = Client::tcp(relay.v4).await;
    useful.log_in("alice");
    useful.allocated().await;
    let mut silent = Client::tcp(relay.v4).await;
    silent.closed().await;
    // Keeping it busy without credentials does not help.
    let mut busy = TcpStream::connect(relay.v4).await.unwrap();
    let binding = b"\x00\x01\x00\x00\x21\x12\xa4\x42abcdefghijkl";
    let start = Instant::now();
    while busy.write_all(binding).await.is_ok() {
        assert!(start.elapsed() < Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let mut nonsense = Client::tcp(relay.v4).await;
    nonsense.send(&[0xff; 100]).await;
    nonsense.closed().await;
    relay.until(|counts| counts.connections == 1).await;
    useful.settle().await;
}

#[tokio::test]
async fn connections_from_one_address_are_bounded() {
    let relay = TestRelay::with(|config| config.limits.connections_per_network = 2).await;
    let mut first = Client::tcp(relay.v4).await;
    let mut second = Client::tcp(relay.v4).await;
    first.settle().await;
    second.settle().await;
    Client::tcp(relay.v4).await.closed().await;
    Client::tcp(relay.v6).await.settle().await;
    drop(first);
    relay.until(|counts| counts.connections <= 2).await;
}

/// A client that takes nothing holds a bounded number of bytes, for a while.
#[tokio::test]
async fn a_slow_reader_is_dropped() {
    let relay = TestRelay::with(|config| {
        config.timing.write = Duration::from_millis(500);
        config.limits.queue_bytes = 64 * 1024;
    })
    .await;
    let peer = Peer::v4().await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4 * 1024).unwrap();
    let stream = socket.connect(relay.v4).await.unwrap();
    let mut client = Client::stream(stream);
    client.log_in("alice");
    let relayed = client.allocated().await;
    assert_eq!(client.bind(0x4000, peer.address).await.code(), 0);
    let start = Instant::now();
    while relay.handle.counts().connections > 0 {
        for _ in 0..50 {
            let _ = peer.socket.send_to(&[0; 8000], relayed).await;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "it is still there"
        );
    }
    relay.until_empty().await;
}
