//! Datagrams, from clients and from peers.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::time::sleep;
use tracing::debug;

use crate::machine::ClientId;
use crate::shared::{Shared, now};
use crate::sink::Sink;
use crate::wire::{self, CHANNEL_HEADER};

/// The largest datagram there is.
const DATAGRAM: usize = 65_535;
/// Datagrams in a row before other tasks have their turn.
const BATCH: usize = 64;

/// Serves the clients of one socket, forever.
pub(crate) async fn serve(shared: &Arc<Shared>, socket: &Arc<UdpSocket>, listener: usize) {
    let mut buffer = vec![0; DATAGRAM];
    loop {
        receive(socket, &mut buffer, |bytes, remote| {
            let client = ClientId { listener, remote };
            let sink = Sink::Udp(Arc::clone(socket), remote);
            shared.client_sent(client, &sink, bytes);
        })
        .await;
    }
}

/// Passes on what peers send to one relayed address, forever.
pub(crate) async fn read_peers(shared: &Arc<Shared>, socket: &UdpSocket, relayed: SocketAddr) {
    let mut buffer = vec![0; CHANNEL_HEADER + DATAGRAM];
    loop {
        if let Err(error) = socket.readable().await {
            debug!(%error, "a relay socket ended");
            return;
        }
        for _ in 0..BATCH {
            match socket.try_recv_from(&mut buffer[CHANNEL_HEADER..]) {
                Ok((length, peer)) => {
                    let delivery = shared.machine().peer_sent(relayed, peer, length, now());
                    if let Some(delivery) = delivery {
                        delivery.send_from(&mut buffer[..CHANNEL_HEADER + length]);
                    }
                }
                Err(error) => {
                    rest(&error).await;
                    break;
                }
            }
        }
        tokio::task::yield_now().await;
    }
}

async fn receive(socket: &UdpSocket, buffer: &mut [u8], mut handle: impl FnMut(&[u8], SocketAddr)) {
    if let Err(error) = socket.readable().await {
        rest(&error).await;
        return;
    }
    for _ in 0..BATCH {
        match socket.try_recv_from(buffer) {
            Ok((length, remote)) => handle(&buffer[..length], wire::plain(remote)),
            Err(error) => {
                rest(&error).await;
                return;
            }
        }
    }
    tokio::task::yield_now().await;
}

/// An error may be about an earlier datagram, and passes; a lasting one must
/// not keep a core busy.
async fn rest(error: &io::Error) {
    if error.kind() != io::ErrorKind::WouldBlock {
        debug!(%error, "receiving");
        sleep(Duration::from_millis(1)).await;
    }
}
