//! Ways back to a client. Sending never waits and never fails: what cannot be
//! sent is lost, as it is on every other hop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use socket2::SockRef;
use tokio::net::UdpSocket;
use tokio::sync::mpsc;

use crate::machine::{Delivery, Framing};
use crate::wire;

/// See the module.
#[derive(Clone)]
pub(crate) enum Sink {
    Udp(Arc<UdpSocket>, SocketAddr),
    Stream(Queue),
}

/// What waits to be written to a stream.
#[derive(Clone)]
pub(crate) struct Queue {
    frames: mpsc::UnboundedSender<Vec<u8>>,
    bytes: Arc<AtomicUsize>,
    limit: usize,
}

/// The other end of a [`Queue`].
pub(crate) struct Waiting {
    frames: mpsc::UnboundedReceiver<Vec<u8>>,
    bytes: Arc<AtomicUsize>,
}

impl Queue {
    /// At most `limit` bytes wait.
    pub(crate) fn new(limit: usize) -> (Self, Waiting) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let bytes = Arc::new(AtomicUsize::new(0));
        let queue = Self {
            frames: sender,
            bytes: Arc::clone(&bytes),
            limit,
        };
        let waiting = Waiting {
            frames: receiver,
            bytes,
        };
        (queue, waiting)
    }

    fn push(&self, frame: Vec<u8>) {
        let length = frame.len();
        if self.bytes.fetch_add(length, Ordering::Relaxed) + length > self.limit
            || self.frames.send(frame).is_err()
        {
            self.bytes.fetch_sub(length, Ordering::Relaxed);
        }
    }
}

impl Waiting {
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
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl Sink {
    /// Sends one message.
    pub(crate) fn send(&self, message: Vec<u8>) {
        match self {
            Self::Udp(socket, client) => send_to(socket, &message, *client),
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
                send_to(socket, buffer, *client);
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
