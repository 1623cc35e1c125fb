//! One session's place: what it is owed while its socket comes and goes.
//!
//! A client that numbers its frames may lose its socket and come back within
//! [`Timing::keep`](crate::config::Timing::keep) without missing anything. One
//! that does not has a session as long as its socket.

use std::time::Instant;

use wimpex_hub::Identity;
use wimpex_protocol::ServerMessage;
use wimpex_stream::{AckOutOfRange, Arrival, Receiver, Sender};

use crate::lobby::ConnId;
use crate::outbox::Outgoing;

/// How much may wait for one client; 0 is no limit.
#[derive(Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) messages: usize,
    pub(crate) bytes: usize,
}

/// See the module.
pub(crate) struct Seat {
    pub(crate) identity: Identity,
    /// The socket that it goes over at the moment.
    pub(crate) conn: Option<ConnId>,
    /// Without a socket: when anything was heard of it last.
    pub(crate) heard: Instant,
    /// Whether those who watch have been told that it does not answer.
    pub(crate) away: bool,
    numbers: Option<Numbers>,
}

/// Both directions of a session whose frames are numbered.
#[derive(Default)]
struct Numbers {
    out: Sender<Outgoing>,
    out_bytes: usize,
    incoming: Receiver,
}

/// What is to become of a frame that has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reception {
    /// Act on it. So many have arrived by now that the client has not been told of.
    Take { unacked: u64 },
    /// It came before.
    Ignore,
    /// It has no number, or one that cannot be: the client's numbering is broken.
    Broken,
}

impl Seat {
    pub(crate) fn new(identity: Identity, conn: ConnId, numbered: bool) -> Self {
        Self {
            identity,
            conn: Some(conn),
            heard: Instant::now(),
            away: false,
            numbers: numbered.then(Numbers::default),
        }
    }

    pub(crate) fn is_numbered(&self) -> bool {
        self.numbers.is_some()
    }

    /// Takes the next socket, whose client has received so many frames. Returns
    /// how many have arrived here, and what is to be written again.
    pub(crate) fn resume(
        &mut self,
        conn: ConnId,
        received: u64,
    ) -> Result<(u64, Vec<Outgoing>), AckOutOfRange> {
        let numbers = self.numbers.as_mut().ok_or(AckOutOfRange)?;
        numbers.acknowledge(received)?;
        self.conn = Some(conn);
        let again = numbers
            .out
            .unacked()
            .map(|(_, frame)| frame.clone())
            .collect();
        Ok((numbers.incoming.ack(), again))
    }

    /// Makes a message this session's next one; it is kept until it is
    /// acknowledged. `None` if more waits than may.
    pub(crate) fn address(&mut self, message: &ServerMessage, bounds: Bounds) -> Option<Outgoing> {
        let Some(numbers) = &mut self.numbers else {
            return Some(Outgoing::new(None, message));
        };
        let frame = Outgoing::new(Some(numbers.out.next_seq()), message);
        let is_full = |now: usize, limit: usize| limit != 0 && now > limit;
        // One message always fits, however small the limit.
        if !numbers.out.is_empty()
            && (is_full(numbers.out.len() + 1, bounds.messages)
                || is_full(numbers.out_bytes + frame.text.len(), bounds.bytes))
        {
            return None;
        }
        numbers.out_bytes += frame.text.len();
        numbers.out.push(frame.clone());
        Some(frame)
    }

    pub(crate) fn arrive(&mut self, seq: Option<u64>) -> Reception {
        let Some(numbers) = &mut self.numbers else {
            return Reception::Take { unacked: 0 };
        };
        match seq.map(|seq| numbers.incoming.arrive(seq)) {
            Some(Arrival::New) => Reception::Take {
                unacked: numbers.incoming.unacked(),
            },
            Some(Arrival::Repeated) => Reception::Ignore,
            Some(Arrival::Gap) | None => Reception::Broken,
        }
    }

    /// How many have arrived; the client is being told. `None` if it does not
    /// number its frames.
    pub(crate) fn ack(&mut self) -> Option<u64> {
        Some(self.numbers.as_mut()?.incoming.ack())
    }

    pub(crate) fn acknowledge(&mut self, received: u64) -> Result<(), AckOutOfRange> {
        self.numbers
            .as_mut()
            .ok_or(AckOutOfRange)?
            .acknowledge(received)
    }
}

impl Numbers {
    fn acknowledge(&mut self, received: u64) -> Result<(), AckOutOfRange> {
        let arrived = self.out.acknowledge(received)?;
        let bytes: usize = arrived.map(|frame| frame.text.len()).sum();
        self.out_bytes -= bytes;
        Ok(())
    }
}
