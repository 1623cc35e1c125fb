//! People whose calls go through the relay.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::net::UdpSocket;

use crate::honest::{Latencies, millis};
use crate::turn::{self, TurnClient};

/// The household whose call is relayed, and after it those who begin one.
const RELAYED: u16 = 3_000;

/// What a relayed call notices.
#[derive(Default)]
pub(crate) struct Relayed {
    /// From a packet to its echo, through the relay both ways.
    pub(crate) packets: Latencies,
    pub(crate) lost: u64,
    /// From the first request to the relayed address, of others who begin a call.
    pub(crate) allocations: Latencies,
    pub(crate) refused: u64,
}

/// A relayed call with a packet every 20 ms, as audio has, and twice a second somebody
/// else who begins one.
pub(crate) async fn call_over(server: SocketAddr, relay: SocketAddr, until: Instant) -> Relayed {
    let peer = UdpSocket::bind("127.0.0.2:0").await.unwrap();
    let at = peer.local_addr().unwrap();
    let echo = tokio::spawn(async move {
        let mut buffer = vec![0; 2048];
        while let Ok((length, from)) = peer.recv_from(&mut buffer).await {
            let _ = peer.send_to(&buffer[..length], from).await;
        }
    });
    let credentials = turn::credentials(server, RELAYED).await;
    let mut alice = TurnClient::udp(relay, RELAYED, credentials).await;
    assert_eq!(alice.allocate().await, Some(0), "before anything happens");
    assert_eq!(alice.bind(at).await, Some(0));
    let talking = async {
        let (mut all, mut lost) = (Vec::new(), 0);
        let mut number: u64 = 0;
        while Instant::now() < until {
            number += 1;
            let mut data = number.to_be_bytes().to_vec();
            data.resize(200, 0);
            let start = Instant::now();
            match alice.echo(&data).await {
                Some(()) => all.push(millis(start)),
                None => lost += 1,
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        (Latencies::new(all), lost)
    };
    let beginning = async {
        let (mut all, mut refused) = (Vec::new(), 0);
        let mut household = RELAYED;
        while Instant::now() < until {
            household += 1;
            let credentials = turn::credentials(server, household).await;
            let mut client = TurnClient::udp(relay, household, credentials).await;
            let start = Instant::now();
            match client.allocate().await {
                Some(0) => all.push(millis(start)),
                _ => refused += 1,
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        (Latencies::new(all), refused)
    };
    let ((packets, lost), (allocations, refused)) = tokio::join!(talking, beginning);
    echo.abort();
    Relayed {
        packets,
        lost,
        allocations,
        refused,
    }
}
