//! One by one.

use std::cell::RefCell;
use std::io;
use std::net::SocketAddr;

use socket2::SockRef;
use tokio::net::UdpSocket;
use tracing::trace;

use crate::datagram::{Datagram, Sent};
use crate::wire;

thread_local! {
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; 65_535].into_boxed_slice());
}

pub(super) fn prepare(_: &UdpSocket) {}

/// Receives one, for `handle`. `WouldBlock` says that there is none.
pub(super) fn receive(
    socket: &UdpSocket,
    handle: impl FnOnce(&mut [Datagram<'_>]),
) -> io::Result<()> {
    BUFFER.with_borrow_mut(|buffer| {
        let (length, from) = socket.try_recv_from(buffer)?;
        let bytes = &buffer[..length];
        handle(&mut [Datagram { from, bytes }]);
        Ok(())
    })
}

pub(super) fn send_run(_: &UdpSocket, _: &[Datagram<'_>], _: Option<u16>, _: SocketAddr) -> Sent {
    Sent::NeverInRuns
}

/// One datagram of channel data, now or never.
pub(super) fn send_channel_data(socket: &UdpSocket, number: u16, data: &[u8], to: SocketAddr) {
    let frame = wire::channel_data(number, data, false);
    if let Err(error) = SockRef::from(socket).send_to(&frame, &to.into()) {
        trace!(%error, "a datagram was not sent");
    }
}
