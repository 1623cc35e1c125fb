//! Many datagrams that come together and leave together: as a network card hands them over
//! (generic receive offload), and as the system gathers them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::basics::soon;
use crate::client::{Client, Received, channel_data, send_run};
use crate::support::{Peer, TestRelay};

/// What a network card hands over as one (generic receive offload).
#[tokio::test]
async fn runs_of_datagrams_arrive_as_they_were_sent() {
    let relay = TestRelay::start().await;
    let mut client = relay.client("alice").await;
    let relayed = client.allocated().await;
    let (one, other) = (Peer::v4().await, Peer::v4().await);
    assert_eq!(client.bind(0x4000, one.address).await.code(), 0);
    assert_eq!(client.bind(0x4001, other.address).await.code(), 0);
    // Several of one channel, then of another, and the last is shorter.
    let data = |number: u16, length: usize| vec![number as u8; length];
    let sent = [0x4000, 0x4000, 0x4001, 0x4001, 0x4000].map(|number| (number, data(number, 500)));
    let sent = [&sent[..], &[(0x4000, data(0x4000, 77))]].concat();
    let frames: Vec<u8> = sent
        .iter()
        .flat_map(|(n, data)| channel_data(*n, data))
        .collect();
    client.send_run(&frames, 504);
    for (number, data) in sent {
        let peer = if number == 0x4000 { &one } else { &other };
        assert_eq!(peer.recv().await, (data, relayed));
    }
    // A hundred small ones are more than leave at once.
    for round in 0..2 {
        send_run(&one.socket, &[round; 50 * 20], 20, relayed);
    }
    send_run(&one.socket, &[2; 3 * 20 + 7], 20, relayed);
    for number in 0..100 {
        let expected = Received::Channel(0x4000, vec![number / 50; 20]);
        assert_eq!(client.recv().await, expected);
    }
    for length in [20, 20, 20, 7] {
        let expected = Received::Channel(0x4000, vec![2; length]);
        assert_eq!(client.recv().await, expected);
    }
}

/// Frames of a channel, each with its number in it, of these lengths.
fn frames(channel: u16, lengths: &[usize]) -> Vec<Vec<u8>> {
    let numbered = lengths.iter().zip(0..);
    let frame = numbered.map(|(length, number)| channel_data(channel, &vec![number; *length]));
    frame.collect()
}

#[tokio::test]
async fn sizes_that_differ_stay_what_they_are() {
    const LENGTHS: [usize; 14] = [
        500, 500, 500, 77, 500, 1, 0, 0, 600, 700, 700, 1_400, 9_000, 20,
    ];
    let relay = TestRelay::start().await;
    let peer = Peer::v4().await;
    let mut udp = relay.client("alice").await;
    let mut tcp = Client::tcp(relay.v4).await;
    tcp.log_in("bob");
    for client in [&mut udp, &mut tcp] {
        let relayed = client.allocated().await;
        assert_eq!(client.bind(0x4000, peer.address).await.code(), 0);
        let before = relay.handle.packets_to_peers();
        for (number, length) in (0..).zip(LENGTHS) {
            client.channel(0x4000, &vec![number; length]).await;
        }
        for (number, length) in (0..).zip(LENGTHS) {
            assert_eq!(peer.recv().await, (vec![number; length], relayed));
            peer.socket
                .send_to(&vec![number; length], relayed)
                .await
                .unwrap();
        }
        for (number, length) in (0..).zip(LENGTHS) {
            let expected = Received::Channel(0x4000, vec![number; length]);
            assert_eq!(client.recv().await, expected);
        }
        let passed = relay.handle.packets_to_peers() - before;
        assert_eq!(passed, LENGTHS.len() as u64);
    }
}

/// Each datagram of a run counts by itself, and those that may still pass do.
#[tokio::test]
async fn quotas_and_counts_are_of_datagrams() {
    let relay = TestRelay::with(|config| config.limits.user_kbps = 1).await;
    let peer = Peer::v4().await;
    let mut client = relay.client("alice").await;
    let relayed = client.allocated().await;
    assert_eq!(client.bind(0x4000, peer.address).await.code(), 0);
    // A bucket holds 16 KiB; 125 bytes come in a second.
    client.send_run(&frames(0x4000, &[1_000; 40]).concat(), 1_004);
    for number in 0..16 {
        assert_eq!(peer.recv().await, (vec![number; 1_000], relayed));
    }
    client.settle().await;
    assert!(peer.has_nothing());
    assert_eq!(relay.handle.packets_to_peers(), 16);
    assert_eq!(relay.handle.bytes_to_peers(), 16_000);
    // The same for what comes back.
    let mut other = relay.client("bob").await;
    let relayed = other.allocated().await;
    assert_eq!(other.bind(0x4000, peer.address).await.code(), 0);
    send_run(&peer.socket, &[7; 40 * 1_000], 1_000, relayed);
    for _ in 0..16 {
        let expected = Received::Channel(0x4000, vec![7; 1_000]);
        assert_eq!(other.recv().await, expected);
    }
    other.settle().await;
    assert!(other.recv_within(Duration::from_millis(50)).await.is_none());
}

/// More of a flow than leaves at once, and than a run may have bytes.
#[tokio::test]
async fn runs_over_the_systems_limits_arrive_whole() {
    let relay = TestRelay::start().await;
    let peer = Peer::v4().await;
    let mut client = relay.client("alice").await;
    let relayed = client.allocated().await;
    assert_eq!(client.bind(0x4000, peer.address).await.code(), 0);
    // With headers these are more than 65,535 bytes.
    let size = 1_023;
    send_run(&peer.socket, &vec![1; 64 * size], 1_023, relayed);
    for _ in 0..64 {
        let expected = Received::Channel(0x4000, vec![1; size]);
        assert_eq!(client.recv().await, expected);
    }
}

/// All flows that are there when the relay looks, packets of one between those of others.
#[tokio::test]
async fn flows_between_each_other_keep_their_order() {
    // So few packets in all that they fit into the buffer of a socket.
    const FLOWS: usize = 20;
    const EACH: u8 = 5;
    let relay = TestRelay::with(|config| config.limits.allocations_per_network = 0).await;
    let peer = Peer::v4().await;
    let mut clients = Vec::new();
    for user in 0..FLOWS {
        let mut client = relay.client(&format!("user{user}")).await;
        let relayed = client.allocated().await;
        assert_eq!(client.bind(0x4000, peer.address).await.code(), 0);
        clients.push((client, relayed, 0_u8));
    }
    for number in 0..EACH {
        for (client, _, _) in &mut clients {
            client.channel(0x4000, &[number; 100]).await;
        }
    }
    for _ in 0..usize::from(EACH) * FLOWS {
        let (data, from) = peer.recv().await;
        let flow = clients.iter_mut().find(|(_, relayed, _)| *relayed == from);
        let (_, _, next) = flow.unwrap();
        assert_eq!(data, [*next; 100], "none is lost, and none overtakes");
        *next += 1;
    }
    // And back to all of them.
    for number in 0..EACH {
        for (_, relayed, _) in &clients {
            peer.socket.send_to(&[number; 100], relayed).await.unwrap();
        }
    }
    for (client, _, _) in &mut clients {
        for number in 0..EACH {
            let expected = Received::Channel(0x4000, vec![number; 100]);
            assert_eq!(client.recv().await, expected);
        }
    }
}

/// Somebody who sends as much as there is time for, out of a peer and a client alike.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_who_floods_does_not_starve_others() {
    let relay = TestRelay::with(|config| config.limits.network_kbps = 0).await;
    let (flooded, peer) = (Peer::v4().await, Peer::v4().await);
    let mut noisy = relay.client("mallory").await;
    let target = noisy.allocated().await;
    assert_eq!(noisy.bind(0x4000, flooded.address).await.code(), 0);
    let mut client = relay.client("alice").await;
    let relayed = client.allocated().await;
    assert_eq!(client.bind(0x4000, peer.address).await.code(), 0);
    let done = Arc::new(AtomicBool::new(false));
    let flood = {
        let (done, socket) = (Arc::clone(&done), flooded.socket.into_std().unwrap());
        std::thread::spawn(move || {
            while !done.load(Ordering::Relaxed) {
                // A full buffer is what this is about.
                let _ = socket.send_to(&[0; 1_000], target);
            }
        })
    };
    for number in 0..100 {
        client.channel(0x4000, &[number; 100]).await;
        assert_eq!(peer.recv().await, (vec![number; 100], relayed));
        peer.socket.send_to(&[number; 100], relayed).await.unwrap();
        let expected = Received::Channel(0x4000, vec![number; 100]);
        assert_eq!(soon(client.recv()).await, expected);
    }
    done.store(true, Ordering::Relaxed);
    flood.join().unwrap();
}
