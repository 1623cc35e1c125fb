//! Senders to a client. Sending never waits and never fails: what cannot be
//! sent is lost, as it is on every other hop.

use std::net::SocketAddr;
use std::sync::Arc;

use socket2::SockRef;
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use wimpex_limits::Budget;

use crate::addr::ClientAddr;
use crate::machine::{Delivery, Framing};
use crate::wire;

/// See the module.
#[derive(Clone)]
pub(crate) enum Sink {
    Udp(Arc<UdpSocket>, ClientAddr),
    Stream(SendQueue),
}

/// What waits to be written to a stream.
#[derive(Clone)]
pub(crate) struct SendQueue {
    frames: mpsc::UnboundedSender<Vec<u8>>,
    bytes: Budget,
}

/// The other end of a [`SendQueue`].
pub(crate) struct Unsent {
    frames: mpsc::UnboundedReceiver<Vec<u8>>,
    bytes: Budget,
}

impl SendQueue {
    /// At most `limit` bytes wait; 0 is no limit.
    pub(crate) fn new(limit: usize) -> (Self, Unsent) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let bytes = Budget::new(limit);
        let queue = Self {
            frames: sender,
            bytes: bytes.clone(),
        };
        let unsent = Unsent {
            frames: receiver,
            bytes,
        };
        (queue, unsent)
    }

    fn push(&self, frame: Vec<u8>) {
        let length = frame.len();
        if self.bytes.try_hold(length) && self.frames.send(frame).is_err() {
            self.bytes.release(length);
        }
    }
}

impl Unsent {
    /// Some frames in one piece, so that one write does for many; None when
    /// nobody will send any more. They count as waiting until
    /// [`Self::written`].
    pub(crate) async fn next(&mut self) -> Option<Vec<u8>> {
        const ENOUGH: usize = 32 * 1024;
        let mut bytes = self.frames.recv().await?;
        while bytes.len() < ENOUGH {
            let Ok(more) = self.frames.try_recv() else {
                break;
            };
            bytes.extend(more);
        }
        Some(bytes)
    }

    /// So many bytes wait no more.
    pub(crate) fn written(&self, bytes: usize) {
        self.bytes.release(bytes);
    }
}

impl Sink {
    /// Sends one message.
    pub(crate) fn send(&self, message: Vec<u8>) {
        match self {
            Self::Udp(socket, client) => send_to(socket, &message, client.socket_addr()),
            Self::Stream(queue) => queue.push(message),
        }
    }
}

impl Delivery<Sink> {
    /// Wraps the data and sends it.
    pub(crate) fn send(&self, data: &[u8]) {
        let stream = matches!(self.sink, Sink::Stream(_));
        self.sink.send(match self.framing {
            Framing::Channel(number) => wire::channel_data(number, data, stream),
            Framing::Indication(peer) => wire::data_indication(peer, data),
        });
    }

    /// The same for data that lies in a buffer behind room for a header, which
    /// spares a copy on the way that most data goes.
    pub(crate) fn send_from(&self, buffer: &mut [u8]) {
        match (&self.sink, self.framing) {
            (Sink::Udp(socket, client), Framing::Channel(number)) => {
                let length = buffer.len() - wire::CHANNEL_HEADER;
                buffer[..wire::CHANNEL_HEADER]
                    .copy_from_slice(&wire::channel_header(number, length));
                send_to(socket, buffer, client.socket_addr());
            }
            _ => self.send(&buffer[wire::CHANNEL_HEADER..]),
        }
    }
}

/// Sends a datagram now or never. No error counts: neither a full buffer, nor
/// that there is no way to the address (ENETUNREACH), nor that nobody is there
/// (ECONNREFUSED) is the end of anything; peers come and go while ICE looks for
/// a way.
pub(crate) fn send_to(socket: &UdpSocket, data: &[u8], to: SocketAddr) {
    // Tokio's own try_send_to would first want to hear that the socket is
    // writable, which for a new one takes until its next turn.
    if let Err(error) = SockRef::from(socket).send_to(data, &to.into()) {
        tracing::trace!(%error, "a datagram was not sent");
    }
}
