//! Frames exactly once and in order, over connections that break.
//!
//! A session between two ends outlives its connections. Each end numbers the frames that
//! it sends (1, 2, 3 …) and keeps them until the other end has acknowledged them. When a
//! new connection takes over, each end reports the last number that it has received, and
//! the other end retransmits what comes after it. A frame that arrives twice is
//! recognized by its number. It is the cumulative acknowledgment of TCP (RFC 9293,
//! section 3.4), a level higher and counted in frames.
//!
//! Pure: it must not know sockets, clocks, or what a frame says.
//!
//! ```
//! use wimpex_stream::{Arrival, Receiver, Sender};
//!
//! let (mut sender, mut receiver) = (Sender::default(), Receiver::default());
//! let first = sender.push("offer");
//! let second = sender.push("candidate");
//! assert_eq!(receiver.arrive(first), Arrival::New);
//!
//! // The connection breaks before the second arrives. Over the next one:
//! let acknowledged = sender.acknowledge(receiver.ack()).map(Iterator::count);
//! assert_eq!(acknowledged, Ok(1));
//! let retransmitted: Vec<_> = sender.unacked().collect();
//! assert_eq!(retransmitted, [(second, &"candidate")]);
//! ```

use std::collections::VecDeque;
use std::fmt;

/// The sending end of one direction.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sender<T> {
    /// The number of the last frame.
    sent: u64,
    /// The last of them, oldest first.
    unacked: VecDeque<T>,
}

/// A frame is acknowledged that was never sent: the two ends do not mean the same
/// session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AckOutOfRange;

impl fmt::Display for AckOutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a frame is acknowledged that was never sent")
    }
}

impl std::error::Error for AckOutOfRange {}

impl<T> Default for Sender<T> {
    fn default() -> Self {
        Self {
            sent: 0,
            unacked: VecDeque::new(),
        }
    }
}

impl<T> Sender<T> {
    /// One that goes on where another has stopped: after the frame with the number `sent`, the
    /// last of which, oldest first, are `unacked`. `None` if so many were never sent.
    pub fn resume(sent: u64, unacked: VecDeque<T>) -> Option<Self> {
        let fits = u64::try_from(unacked.len()).is_ok_and(|count| count <= sent);
        fits.then_some(Self { sent, unacked })
    }

    /// The number of the next frame; 1 is the first.
    pub fn next_seq(&self) -> u64 {
        self.sent + 1
    }

    /// Numbers a frame and keeps it until it is acknowledged. Returns its number.
    pub fn push(&mut self, frame: T) -> u64 {
        self.sent += 1;
        self.unacked.push_back(frame);
        self.sent
    }

    /// The other end has received every frame up to `received`. Returns those of them
    /// that were unacknowledged until now, oldest first; they are no longer kept, whether
    /// the iterator is used or not. An old `received` does nothing.
    ///
    /// # Errors
    /// [`AckOutOfRange`] if no frame of that number was ever sent; nothing changes then.
    pub fn acknowledge(&mut self, received: u64) -> Result<impl Iterator<Item = T>, AckOutOfRange> {
        if received > self.sent {
            return Err(AckOutOfRange);
        }
        let first = self.sent - self.unacked.len() as u64;
        let arrived = received.saturating_sub(first) as usize;
        Ok(self.unacked.drain(..arrived))
    }

    /// The unacknowledged frames with their numbers, oldest first: what is retransmitted
    /// over the next connection.
    pub fn unacked(&self) -> impl Iterator<Item = (u64, &T)> {
        let first = self.sent - self.unacked.len() as u64 + 1;
        (first..).zip(&self.unacked)
    }

    /// The same, for whoever sends something else in their place the next time.
    pub fn unacked_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.unacked.iter_mut()
    }

    /// How many frames are unacknowledged.
    pub fn len(&self) -> usize {
        self.unacked.len()
    }

    /// Whether every frame is acknowledged.
    pub fn is_empty(&self) -> bool {
        self.unacked.is_empty()
    }

    /// The unacknowledged frames without their numbers, oldest first, for a session that
    /// begins anew.
    pub fn into_unacked(self) -> impl Iterator<Item = T> {
        self.unacked.into_iter()
    }
}

/// What to do with a frame that has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// It is the next one: take it.
    New,
    /// It arrived before: ignore it.
    Repeated,
    /// One before it is missing. That cannot happen on one connection: the other end is
    /// broken, or this is a frame of another session.
    Gap,
}

/// The receiving end of one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Receiver {
    received: u64,
    acknowledged: u64,
}

impl Receiver {
    /// One that goes on where another has stopped: after the frame with the number `received`.
    /// What has not been acknowledged will be.
    pub fn resume(received: u64) -> Self {
        Self {
            received,
            acknowledged: 0,
        }
    }

    /// A frame with the number `seq` has arrived. Only [`Arrival::New`] changes anything.
    pub fn arrive(&mut self, seq: u64) -> Arrival {
        if seq <= self.received {
            Arrival::Repeated
        } else if seq == self.received + 1 {
            self.received = seq;
            Arrival::New
        } else {
            Arrival::Gap
        }
    }

    /// The number of the last frame received; 0 before the first.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// How many received frames the other end has not been sent an acknowledgment of.
    pub fn unacked(&self) -> u64 {
        self.received - self.acknowledged
    }

    /// The number to acknowledge now. The caller sends it: from then on those frames
    /// count as acknowledged.
    pub fn ack(&mut self) -> u64 {
        self.acknowledged = self.received;
        self.received
    }
}
