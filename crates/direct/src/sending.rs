//! The own stream: what waits, what is on its way, and when it is sent again.

use std::collections::VecDeque;

use wimpex_sansio::Now;
use wimpex_stream::Sender;

use crate::frame::{Known, Message};
use crate::limits;
use crate::rate::Rate;
use crate::stream_id::StreamId;
use crate::text::LineText;

/// A line and its number in the history.
#[derive(Clone, Debug)]
struct Waiting {
    line: u64,
    text: LineText,
}

#[derive(Debug)]
pub(crate) struct Sending {
    id: StreamId,
    sender: Sender<Waiting>,
    /// The last number that went over the present connection.
    transmitted: u64,
    /// Number of the frame and of the line, of what has arrived and is not known to be read.
    delivered: VecDeque<(u64, u64)>,
    /// The last number that the peer's user has seen.
    read: u64,
    rate: Rate,
    resend_at: Option<Now>,
    /// How often in a row that was of no use.
    doublings: u32,
}

impl Sending {
    pub(crate) fn new(id: StreamId) -> Self {
        Self {
            id,
            sender: Sender::default(),
            transmitted: 0,
            delivered: VecDeque::new(),
            read: 0,
            rate: Rate::new(limits::SEND_EVERY, limits::SEND_BURST),
            resend_at: None,
            doublings: 0,
        }
    }

    pub(crate) fn id(&self) -> &StreamId {
        &self.id
    }

    pub(crate) fn is_full(&self) -> bool {
        self.sender.len() >= limits::UNACKED
    }

    pub(crate) fn push(&mut self, line: u64, text: LineText) {
        self.sender.push(Waiting { line, text });
    }

    /// Another connection carries it: what was on its way is lost, or will be known to have
    /// arrived.
    pub(crate) fn connect(&mut self) {
        self.transmitted = self.acked();
        (self.resend_at, self.doublings) = (None, 0);
    }

    /// What the peer has of it, by the first hello of a connection. If the peer has never heard
    /// of this stream, it begins anew with what is not acknowledged; says whether it does so.
    pub(crate) fn resume(&mut self, known: Option<&Known>) -> bool {
        let known = known.filter(|known| known.stream == self.id);
        let is_known = known.is_some_and(|known| self.sender.acknowledge(known.received).is_ok());
        if is_known || self.acked() == 0 {
            return false;
        }
        self.id = self.id.next();
        let waiting = std::mem::take(&mut self.sender);
        for waiting in waiting.into_unacked() {
            self.sender.push(waiting);
        }
        self.transmitted = 0;
        self.delivered.clear();
        self.read = 0;
        true
    }

    /// The peer has all up to `received`; gives the number of the last line that is delivered by
    /// that. A number that was never sent is none.
    pub(crate) fn acknowledge(&mut self, received: u64, now: Now) -> Option<u64> {
        let first = self.acked() + 1;
        // What was not transmitted over this connection may have come over the one before.
        let arrived: Vec<_> = self.sender.acknowledge(received).ok()?.collect();
        let last = arrived.last()?.line;
        self.transmitted = self.transmitted.max(received);
        for (seq, waiting) in (first..).zip(arrived) {
            self.delivered.push_back((seq, waiting.line));
        }
        while self.delivered.len() > limits::LINES {
            self.delivered.pop_front();
        }
        self.doublings = 0;
        self.resend_at = (self.transmitted > self.acked()).then(|| now + limits::RESEND_AFTER);
        Some(last)
    }

    /// The peer's user has seen all up to `read`; gives the number of the last such line. Nobody
    /// has read what has not arrived.
    pub(crate) fn read(&mut self, read: u64) -> Option<u64> {
        if read > self.acked() || read <= self.read {
            return None;
        }
        self.read = read;
        let mut last = None;
        while let Some((_, line)) = self.delivered.pop_front_if(|(seq, _)| *seq <= read) {
            last = Some(line);
        }
        last
    }

    /// The next frame, if it may go now.
    pub(crate) fn next(&mut self, now: Now) -> Option<(u64, Message)> {
        let on_its_way = self.transmitted - self.acked();
        let has_more = self.transmitted + 1 < self.sender.next_seq();
        if !has_more || on_its_way >= limits::WINDOW as u64 || !self.rate.take(now) {
            return None;
        }
        let at = usize::try_from(on_its_way).ok()?;
        let (seq, waiting) = self.sender.unacked().nth(at)?;
        self.transmitted = seq;
        let message = Message::Line(waiting.text.clone());
        self.resend_at.get_or_insert(now + limits::RESEND_AFTER);
        Some((seq, message))
    }

    /// Sends again what was not acknowledged in time.
    pub(crate) fn timeout(&mut self, now: Now) {
        if self.resend_at.is_some_and(|at| at <= now) {
            self.transmitted = self.acked();
            self.doublings = (self.doublings + 1).min(limits::RESEND_DOUBLINGS);
            self.resend_at = Some(now + limits::RESEND_AFTER * 2u32.pow(self.doublings));
        }
    }

    /// When there is something to do by itself.
    pub(crate) fn poll_timeout(&self) -> Option<Now> {
        let has_more = self.transmitted + 1 < self.sender.next_seq();
        let has_room = self.transmitted - self.acked() < limits::WINDOW as u64;
        let next = self.rate.next_at().filter(|_| has_more && has_room);
        let resend = self.resend_at.filter(|_| !self.sender.is_empty());
        [next, resend].into_iter().flatten().min()
    }

    fn acked(&self) -> u64 {
        self.sender.next_seq() - 1 - self.sender.len() as u64
    }
}
