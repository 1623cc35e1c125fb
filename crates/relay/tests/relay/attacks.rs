//! What people who mean harm can do to the relay, and what it costs them and nobody
//! else. Each was possible once.

use std::time::{Duration, Instant};

use turn_types::message::CREATE_PERMISSION;

use crate::client::{Client, add_peer};
use crate::support::TestRelay;

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
