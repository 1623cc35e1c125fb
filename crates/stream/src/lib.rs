//! Frames exactly once and in order, over sockets that break.
//!
//! A session between two ends outlives its sockets. Each end numbers what it
//! sends (1, 2, 3 …) and keeps it until the other end has acknowledged it; when
//! a new socket takes over, each end says how far it has got, and the other one
//! sends the rest again. What comes twice is known by its number.
//!
//! Pure: it must not know sockets, clocks, or what a frame says.

use std::collections::VecDeque;

/// One direction, at the end that sends.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sender<T> {
    sent: u64,
    kept: VecDeque<T>,
}

/// More is acknowledged than was ever sent: the two ends do not talk about the
/// same session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ahead;

impl<T> Default for Sender<T> {
    fn default() -> Self {
        Self {
            sent: 0,
            kept: VecDeque::new(),
        }
    }
}

impl<T> Sender<T> {
    /// The number that the next frame will have.
    pub fn next_seq(&self) -> u64 {
        self.sent + 1
    }

    /// Numbers a frame and keeps it.
    pub fn push(&mut self, frame: T) -> u64 {
        self.sent += 1;
        self.kept.push_back(frame);
        self.sent
    }

    /// The other end has all up to this number; those are forgotten.
    ///
    /// # Errors
    /// [`Ahead`] if so many have never been sent.
    pub fn acknowledge(&mut self, received: u64) -> Result<impl Iterator<Item = T>, Ahead> {
        if received > self.sent {
            return Err(Ahead);
        }
        let first = self.sent - self.kept.len() as u64;
        let arrived = received.saturating_sub(first) as usize;
        Ok(self.kept.drain(..arrived))
    }

    /// What is not acknowledged, oldest first, with its numbers.
    pub fn kept(&self) -> impl Iterator<Item = (u64, &T)> {
        let first = self.sent - self.kept.len() as u64 + 1;
        (first..).zip(&self.kept)
    }

    /// How many are not acknowledged.
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// Whether everything is acknowledged.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// Everything that is not acknowledged, for a session that begins anew.
    pub fn into_kept(self) -> impl Iterator<Item = T> {
        self.kept.into_iter()
    }
}

/// What a number that has arrived means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// The next one: take it.
    New,
    /// It came before: ignore it.
    Repeated,
    /// One before it is missing. That cannot happen on one socket; the other
    /// end is broken, or this is another session's frame.
    Gap,
}

/// One direction, at the end that receives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Receiver {
    received: u64,
    acknowledged: u64,
}

impl Receiver {
    /// A frame of that number has arrived.
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

    /// How far it has got.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// How many have arrived that the other end has not been told of.
    pub fn untold(&self) -> u64 {
        self.received - self.acknowledged
    }

    /// How far it has got; the other end is being told.
    pub fn tell(&mut self) -> u64 {
        self.acknowledged = self.received;
        self.received
    }
}
