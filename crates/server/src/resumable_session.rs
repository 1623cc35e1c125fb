//! Session resumption: what a session is owed while its connections come and go.
//!
//! A client that numbers its frames may lose its connection and come back within
//! [`Timing::keep`](crate::config::Timing::keep) without missing anything. One
//! that does not has a session as long as its connection.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use wimpex_cluster::NodeId;
use wimpex_hub::Identity;
use wimpex_limits::Network;
use wimpex_stream::{AckOutOfRange, Arrival, Receiver, Sender};

use crate::connection_id::ConnectionId;
use crate::frame::{Body, OutgoingFrame};
use crate::relay_access::RelayAccess;
use crate::send_queue::QueueLimits;

/// See the module.
pub(crate) struct ResumableSession {
    pub(crate) identity: Identity,
    /// What it goes over at the moment.
    pub(crate) connection: Option<ConnectionId>,
    /// Without a connection: when anything was received from it last.
    pub(crate) heard: Instant,
    /// When it got its connection.
    connected: Instant,
    /// Where its connection comes or came from.
    pub(crate) network: Network,
    /// Whether those who watch have been told that it does not answer.
    pub(crate) away: bool,
    pub(crate) relay_access: RelayAccess,
    /// Up to which number it knows of missed calls, if it wants to; as soon as it has logged in to this
    /// process.
    missed_since: Option<u64>,
    numbering: Option<Numbering>,
    /// The last messages of other servers' people that it has had: one may come a second time by
    /// way of the server that had this session before.
    seen: VecDeque<(NodeId, u64)>,
}

/// More are not on their way for one session at a time.
const SEEN: usize = 256;

/// Both directions of a session whose frames are numbered.
#[derive(Default)]
struct Numbering {
    /// With when each was first sent, or would have been.
    outgoing: Sender<(OutgoingFrame, Instant)>,
    outgoing_bytes: usize,
    incoming: Receiver,
}

/// What is to become of a frame that has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Receipt {
    /// Act on it. So many have arrived by now that are not acknowledged.
    New { unacked: u64 },
    /// It came before.
    Duplicate,
    /// It has no number, or one that cannot be: the client's numbering is broken.
    Broken,
}

impl ResumableSession {
    pub(crate) fn new(
        identity: Identity,
        connection: ConnectionId,
        network: Network,
        numbered: bool,
    ) -> Self {
        Self {
            identity,
            connection: Some(connection),
            heard: Instant::now(),
            connected: Instant::now(),
            network,
            away: false,
            relay_access: RelayAccess::default(),
            missed_since: None,
            numbering: numbered.then(Numbering::default),
            seen: VecDeque::new(),
        }
    }

    /// One that another process has known, without a connection; `owed` are the last of the frames
    /// that were sent. `None` if they make no sense.
    pub(crate) fn restored(
        identity: Identity,
        heard: Instant,
        network: Network,
        (sent, received): (u64, u64),
        owed: impl ExactSizeIterator<Item = Body>,
    ) -> Option<Self> {
        let count = u64::try_from(owed.len()).ok()?;
        let first = sent.checked_sub(count)? + 1;
        let now = Instant::now();
        let frames: VecDeque<_> = (first..)
            .zip(owed)
            .map(|(seq, body)| (body.numbered(seq), now))
            .collect();
        let numbering = Numbering {
            outgoing_bytes: frames.iter().map(|(frame, _)| frame.len()).sum(),
            outgoing: Sender::resume(sent, frames)?,
            incoming: Receiver::resume(received),
        };
        Some(Self {
            identity,
            connection: None,
            heard,
            connected: now,
            network,
            away: false,
            relay_access: RelayAccess::default(),
            missed_since: None,
            numbering: Some(numbering),
            seen: VecDeque::new(),
        })
    }

    /// The numbers of the last frames sent and received, and what has not been acknowledged;
    /// `None` if it does not number its frames.
    pub(crate) fn save_numbering(&self) -> Option<(u64, u64, Vec<String>)> {
        let numbering = self.numbering.as_ref()?;
        let owed = numbering.outgoing.unacked();
        let owed = owed.map(|(_, (frame, _))| frame.body().to_owned());
        let sent = numbering.outgoing.next_seq() - 1;
        Some((sent, numbering.incoming.received(), owed.collect()))
    }

    /// A message that several servers may have for it has come; says whether it is new.
    pub(crate) fn see(&mut self, node: &NodeId, relay: u64) -> bool {
        if self.seen.iter().any(|(n, r)| *r == relay && n == node) {
            return false;
        }
        if self.seen.len() >= SEEN {
            self.seen.pop_front();
        }
        self.seen.push_back((node.clone(), relay));
        true
    }

    /// What [`ResumableSession::see`] has noted.
    pub(crate) fn seen(&self) -> impl Iterator<Item = &(NodeId, u64)> {
        self.seen.iter()
    }

    /// For how long the oldest frame that this connection was sent has not been
    /// acknowledged.
    pub(crate) fn unacked_for(&self, now: Instant) -> Duration {
        let oldest = self
            .numbering
            .as_ref()
            .and_then(|numbering| numbering.outgoing.unacked().next());
        oldest.map_or(Duration::ZERO, |(_, (_, sent))| {
            now.saturating_duration_since(*sent.max(&self.connected))
        })
    }

    /// What it is owed, in bytes.
    pub(crate) fn owed_bytes(&self) -> usize {
        self.numbering
            .as_ref()
            .map_or(0, |numbering| numbering.outgoing_bytes)
    }

    pub(crate) fn is_numbered(&self) -> bool {
        self.numbering.is_some()
    }

    /// Takes the next connection, whose client has received so many frames.
    /// Returns how many have arrived here, and what is to be written again.
    pub(crate) fn resume(
        &mut self,
        connection: ConnectionId,
        network: Network,
        received: u64,
    ) -> Result<(u64, Vec<OutgoingFrame>), AckOutOfRange> {
        let numbering = self.numbering.as_mut().ok_or(AckOutOfRange)?;
        numbering.acknowledged(received)?;
        self.connection = Some(connection);
        self.network = network;
        self.connected = Instant::now();
        let again = numbering
            .outgoing
            .unacked()
            .map(|(_, (frame, _))| frame.clone());
        let again = again.collect();
        Ok((numbering.incoming.ack(), again))
    }

    /// Makes a message this session's next frame; it is kept until it is
    /// acknowledged. `None` if more waits than may.
    pub(crate) fn enqueue(&mut self, body: &Body, limits: QueueLimits) -> Option<OutgoingFrame> {
        let Some(numbering) = &mut self.numbering else {
            return Some(body.unnumbered());
        };
        let frame = body.numbered(numbering.outgoing.next_seq());
        let is_full = |now: usize, limit: usize| limit != 0 && now > limit;
        // One message always fits, however small the limit.
        if !numbering.outgoing.is_empty()
            && (is_full(numbering.outgoing.len() + 1, limits.messages)
                || is_full(numbering.outgoing_bytes + frame.len(), limits.bytes))
        {
            return None;
        }
        numbering.outgoing_bytes += frame.len();
        numbering.outgoing.push((frame.clone(), Instant::now()));
        Some(frame)
    }

    pub(crate) fn receive(&mut self, seq: Option<u64>) -> Receipt {
        let Some(numbering) = &mut self.numbering else {
            return Receipt::New { unacked: 0 };
        };
        match seq.map(|seq| numbering.incoming.arrive(seq)) {
            Some(Arrival::New) => Receipt::New {
                unacked: numbering.incoming.unacked(),
            },
            Some(Arrival::Repeated) => Receipt::Duplicate,
            Some(Arrival::Gap) | None => Receipt::Broken,
        }
    }

    /// How many have arrived, for an `ack` to the client. `None` if it does not
    /// number its frames.
    pub(crate) fn ack(&mut self) -> Option<u64> {
        Some(self.numbering.as_mut()?.incoming.ack())
    }

    /// Its client, which has logged in, knows of missed calls so far; what this session has told it
    /// reaches it yet.
    pub(crate) fn know_missed(&mut self, since: Option<u64>) {
        self.missed_since = since.map(|since| self.missed_since.map_or(since, |it| it.max(since)));
    }

    /// It is told of those up to that number: after which, if there is anything to be told.
    pub(crate) fn tell_missed(&mut self, until: u64) -> Option<u64> {
        let since = self.missed_since.filter(|since| *since < until)?;
        self.missed_since = Some(until);
        Some(since)
    }

    /// The client has received so many; says whether that is news.
    pub(crate) fn acknowledged(&mut self, received: u64) -> Result<bool, AckOutOfRange> {
        self.numbering
            .as_mut()
            .ok_or(AckOutOfRange)?
            .acknowledged(received)
    }
}

impl Numbering {
    fn acknowledged(&mut self, received: u64) -> Result<bool, AckOutOfRange> {
        let arrived = self.outgoing.acknowledge(received)?;
        let bytes: usize = arrived.map(|(frame, _)| frame.len()).sum();
        self.outgoing_bytes -= bytes;
        // No frame is empty.
        Ok(bytes > 0)
    }
}
