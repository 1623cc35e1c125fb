//! Receiving datagrams, many at a time.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::time::sleep;
use tracing::debug;

/// The largest datagram there is.
pub(crate) const LARGEST: usize = 65_535;
/// Datagrams in a row before other tasks have their turn.
const BATCH: usize = 64;

/// Receives forever. Each datagram is put into the buffer behind `offset` bytes,
/// which are left to whoever handles it, with its length and its sender.
pub(crate) async fn receive(
    socket: &UdpSocket,
    buffer: &mut [u8],
    offset: usize,
    mut handle: impl FnMut(&mut [u8], usize, SocketAddr),
) {
    loop {
        if let Err(error) = socket.readable().await {
            rest(&error).await;
            continue;
        }
        for _ in 0..BATCH {
            match socket.try_recv_from(&mut buffer[offset..]) {
                Ok((length, remote)) => handle(buffer, length, remote),
                Err(error) => {
                    rest(&error).await;
                    break;
                }
            }
        }
        tokio::task::yield_now().await;
    }
}

/// An error may be about an earlier datagram, and passes; a lasting one must
/// not keep a core busy.
async fn rest(error: &io::Error) {
    if error.kind() != io::ErrorKind::WouldBlock {
        debug!(%error, "receiving");
        sleep(Duration::from_millis(1)).await;
    }
}
