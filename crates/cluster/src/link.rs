//! Another node, and the link to it.

use wimpex_sansio::{Now, UnixTime};
use wimpex_stream::{Arrival, Receiver, Sender};

use crate::message::{Frame, Packet};
use crate::node_id::NodeId;

/// Milliseconds after which what is not acknowledged is sent again.
pub(crate) const RETRANSMIT: u64 = 1_000;
/// Milliseconds that an acknowledgment may wait for a frame to go with.
pub(crate) const ACK_DELAY: u64 = 50;
/// So many frames may wait for a node; one that takes none for so long is given up.
const MOST_FRAMES: usize = 16_384;
/// How many are sent again at a time.
const WINDOW: usize = 256;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Peer {
    /// When anything came from it last.
    pub(crate) heard: Now,
    /// Nothing has come for so long that what it holds counts for nothing.
    pub(crate) is_dead: bool,
    /// It has said how long it lives.
    pub(crate) has_beaten: bool,
    /// The number of the link that frames go out over.
    link: u64,
    sender: Sender<Frame>,
    /// When the oldest that is not acknowledged was sent last.
    sent_at: Now,
    incoming: Option<(u64, Receiver)>,
    /// When to acknowledge what has come, at the latest.
    ack_at: Option<Now>,
}

/// What to do with a packet's frame.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// Nothing: it has none, or has come before, or comes too early.
    Nothing,
    /// It is the next one.
    Frame(Frame),
    /// It is the first of a new link: what the old one was about counts no more.
    FirstOfNew(Frame),
    /// The frames before it will never come.
    Unknown,
}

impl Peer {
    pub(crate) fn new(link: u64, now: Now) -> Self {
        Self {
            heard: now,
            is_dead: false,
            has_beaten: false,
            link,
            sender: Sender::default(),
            sent_at: now,
            incoming: None,
            ack_at: None,
        }
    }

    /// The number of the link that frames go out over.
    pub(crate) fn link(&self) -> u64 {
        self.link
    }

    /// Begins anew in the direction away from here.
    pub(crate) fn restart(&mut self, link: u64) {
        self.link = link;
        self.sender = Sender::default();
    }

    /// Numbers a frame; the packet that carries it. `None` if too many wait.
    pub(crate) fn push(&mut self, from: &NodeId, frame: Frame, now: Now) -> Option<Packet> {
        if self.sender.len() >= MOST_FRAMES {
            return None;
        }
        if self.sender.is_empty() {
            self.sent_at = now;
        }
        let seq = self.sender.push(frame.clone());
        Some(self.packet(from, Some((seq, frame))))
    }

    /// What is sent again, if it is time, or `at_once`.
    pub(crate) fn again(&mut self, from: &NodeId, now: Now, at_once: bool) -> Vec<Packet> {
        if self.sender.is_empty() || !(at_once || now >= self.sent_at + RETRANSMIT) {
            return Vec::new();
        }
        self.sent_at = now;
        let unacked = self.sender.unacked().take(WINDOW);
        let unacked: Vec<_> = unacked.map(|(seq, frame)| (seq, frame.clone())).collect();
        unacked
            .into_iter()
            .map(|frame| self.packet(from, Some(frame)))
            .collect()
    }

    /// An acknowledgment, if it is time.
    pub(crate) fn ack(&mut self, from: &NodeId, now: Now) -> Option<Packet> {
        self.ack_at
            .is_some_and(|at| at <= now)
            .then(|| self.packet(from, None))
    }

    /// Tells the peer that nothing is known of its link.
    pub(crate) fn reset(&mut self, from: &NodeId, link: u64) -> Packet {
        Packet {
            reset: Some(link),
            ..self.packet(from, None)
        }
    }

    /// Takes note of a packet that is not a reset.
    pub(crate) fn take(&mut self, packet: Packet, now: Now) -> Taken {
        if let Some((link, received)) = packet.ack
            && link == self.link
            && self.sender.acknowledge(received).is_ok()
        {
            self.sent_at = now;
        }
        let Some((seq, frame)) = packet.frame else {
            return Taken::Nothing;
        };
        match &mut self.incoming {
            Some((link, _)) if packet.link < *link => Taken::Nothing,
            Some((link, receiver)) if packet.link == *link => {
                self.ack_at.get_or_insert(now + ACK_DELAY);
                match receiver.arrive(seq) {
                    Arrival::New => Taken::Frame(frame),
                    Arrival::Repeated | Arrival::Gap => Taken::Nothing,
                }
            }
            Some(_) | None if packet.first != 1 => Taken::Unknown,
            // One before it is still on its way.
            Some(_) | None if seq != 1 => Taken::Nothing,
            incoming => {
                let is_new = incoming.is_some();
                let mut receiver = Receiver::default();
                receiver.arrive(1);
                *incoming = Some((packet.link, receiver));
                self.ack_at.get_or_insert(now + ACK_DELAY);
                match is_new {
                    true => Taken::FirstOfNew(frame),
                    false => Taken::Frame(frame),
                }
            }
        }
    }

    /// Messages that wait are of no use to a node that was given up.
    pub(crate) fn void(&mut self) {
        for frame in self.sender.unacked_mut() {
            if matches!(frame, Frame::Relay { .. }) {
                *frame = Frame::Void;
            }
        }
    }

    /// When to send again, or to acknowledge.
    pub(crate) fn due(&self) -> Option<Now> {
        let again = (!self.sender.is_empty()).then(|| self.sent_at + RETRANSMIT);
        again.into_iter().chain(self.ack_at).min()
    }

    /// How many frames wait.
    pub(crate) fn waiting(&self) -> usize {
        self.sender.len()
    }

    fn packet(&mut self, from: &NodeId, frame: Option<(u64, Frame)>) -> Packet {
        self.ack_at = None;
        Packet {
            node: from.clone(),
            link: self.link,
            first: self.sender.next_seq() - self.sender.len() as u64,
            frame,
            ack: self
                .incoming
                .as_mut()
                .map(|(link, receiver)| (*link, receiver.ack())),
            reset: None,
            time: UnixTime::default(),
        }
    }
}
