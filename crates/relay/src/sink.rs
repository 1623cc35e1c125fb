//! Senders to a client. Sending never waits and never fails: what cannot be
//! sent is lost, as it is on every other hop.

use std::sync::Arc;

use tokio::sync::mpsc;
use wimpex_limits::Budget;

use crate::addr::ClientAddr;
use crate::datagram::Datagram;
use crate::datagrams::DatagramSocket;
use crate::machine::{Delivery, Framing};
use crate::wire;

/// See the module.
#[derive(Clone)]
pub(crate) enum Sink {
    Udp(Arc<DatagramSocket>, ClientAddr),
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
            Self::Udp(socket, client) => socket.send(&message, client.socket_addr()),
            Self::Stream(queue) => queue.push(message),
        }
    }
}

impl Delivery<Sink> {
    /// Wraps the data of a run and sends it.
    pub(crate) fn send_run(&self, run: &[Datagram<'_>]) {
        match (&self.sink, self.framing) {
            (Sink::Udp(socket, client), Framing::Channel(number)) => {
                socket.send_run(run, Some(number), client.socket_addr());
            }
            (Sink::Udp(..) | Sink::Stream(_), _) => {
                for datagram in run {
                    self.send(datagram.bytes);
                }
            }
        }
    }

    fn send(&self, data: &[u8]) {
        let stream = matches!(self.sink, Sink::Stream(_));
        self.sink.send(match self.framing {
            Framing::Channel(number) => wire::channel_data(number, data, stream),
            Framing::Indication(peer) => wire::data_indication(peer, data),
        });
    }
}
