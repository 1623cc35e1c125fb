//! A file that is sent.

use wimpex_sansio::Now;

use crate::digest::{Chain, Digest};
use crate::end_reason::EndReason;
use crate::frame::Offer;
use crate::limits;
use crate::meter::Meter;
use crate::view::{Direction, FileView, Progress};

/// How it stands with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Nobody has said that they want it, over this connection.
    Offered,
    /// What the receiver has of it is compared.
    Checking(u64),
    /// It is sent.
    Wanted,
    Done,
    Ended(EndReason),
    EndedByPeer(EndReason),
}

/// A block that was read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block {
    pub(crate) at: u64,
    pub(crate) bytes: u64,
    pub(crate) digest: Digest,
}

#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) offer: Offer,
    pub(crate) state: State,
    pub(crate) paused_by_peer: bool,
    /// The receiver has said once that they want it.
    was_wanted: bool,
    /// How often they have said so over this connection.
    wants: u32,
    /// Bytes that the receiver has kept.
    pub(crate) kept: u64,
    /// Up to where blocks were handed to the channel, as a whole.
    pub(crate) sent: u64,
    /// Up to where they were asked to be read.
    pub(crate) asked: u64,
    /// Those that were read, in any order: a browser may be done with a later one first.
    pub(crate) ready: Vec<Block>,
    /// The end was said.
    pub(crate) is_all_said: bool,
    pub(crate) meter: Meter,
}

impl Outgoing {
    pub(crate) fn new(offer: Offer) -> Self {
        Self {
            offer,
            state: State::Offered,
            paused_by_peer: false,
            was_wanted: false,
            wants: 0,
            kept: 0,
            sent: 0,
            asked: 0,
            ready: Vec::new(),
            is_all_said: false,
            meter: Meter::default(),
        }
    }

    pub(crate) fn is_over(&self) -> bool {
        match self.state {
            State::Done | State::Ended(_) | State::EndedByPeer(_) => true,
            State::Offered | State::Checking(_) | State::Wanted => false,
        }
    }

    /// Nothing is known of the other side any more.
    pub(crate) fn disconnect(&mut self) {
        self.wants = 0;
        if !self.is_over() {
            self.state = State::Offered;
            self.ready.clear();
            self.meter.stop();
        }
    }

    /// Whether the receiver may say once more from where on they want it.
    pub(crate) fn may_want(&mut self) -> bool {
        self.wants += 1;
        self.wants <= limits::WANTS
    }

    /// The receiver wants it from there on; says whether what is there has to be compared.
    pub(crate) fn want(&mut self, from: u64, chain: Chain) -> bool {
        self.ready.clear();
        self.was_wanted = true;
        if from == 0 && chain == Chain::START {
            self.begin(0);
            return false;
        }
        self.state = State::Checking(from);
        true
    }

    /// Sends from there on.
    pub(crate) fn begin(&mut self, from: u64) {
        self.state = State::Wanted;
        (self.kept, self.sent, self.asked) = (from, from, from);
        self.is_all_said = false;
        self.ready.clear();
        self.meter.stop();
    }

    pub(crate) fn is_running(&self) -> bool {
        self.state == State::Wanted && !self.offer.paused && !self.paused_by_peer
    }

    /// There is something that could be sent, if it were read.
    pub(crate) fn has_more(&self) -> bool {
        self.is_running() && !self.is_all_said
    }

    /// The next block was read, or there is none.
    pub(crate) fn has_next(&self) -> bool {
        self.sent == self.offer.size || self.next_ready().is_some()
    }

    /// Takes the block that is to be sent next, if it was read.
    pub(crate) fn take_next(&mut self) -> Option<Block> {
        self.next_ready().map(|at| self.ready.swap_remove(at))
    }

    fn next_ready(&self) -> Option<usize> {
        self.ready.iter().position(|block| block.at == self.sent)
    }

    /// What is to be read next, and counts as asked for.
    pub(crate) fn next_read(&mut self) -> Option<(u64, u64)> {
        let size = self.offer.size;
        let is_ahead = self.asked >= self.sent + limits::READ_AHEAD;
        let is_far = self.asked >= self.kept + limits::WINDOW;
        if !self.is_running() || self.asked >= size || is_ahead || is_far {
            return None;
        }
        let (at, bytes) = (self.asked, limits::BLOCK.min(size - self.asked));
        self.asked += bytes;
        Some((at, bytes))
    }

    /// The receiver has so much; nobody has what was not sent.
    pub(crate) fn have(&mut self, bytes: u64, now: Now) {
        if self.state == State::Wanted && bytes <= self.sent && bytes > self.kept {
            self.kept = bytes;
            self.meter.push(now, bytes);
        }
    }

    pub(crate) fn view(&self, is_open: bool, is_current: bool) -> FileView {
        let progress = match self.state {
            State::Done => Progress::Done,
            State::Ended(reason) => Progress::Ended(reason),
            State::EndedByPeer(reason) => Progress::EndedByPeer(reason),
            _ if self.offer.paused => Progress::Paused,
            _ if !is_open => Progress::Away,
            State::Offered if self.was_wanted => Progress::Waits,
            State::Offered => Progress::Asked,
            State::Checking(_) => Progress::Waits,
            State::Wanted if self.paused_by_peer => Progress::PausedByPeer,
            State::Wanted if is_current => Progress::Runs,
            State::Wanted => Progress::Waits,
        };
        FileView {
            file: self.offer.file,
            key: self.offer.file,
            direction: Direction::Out,
            name: self.offer.name.clone(),
            size: self.offer.size,
            progress,
            kept: self.kept,
            rate: self.meter.rate(),
        }
    }
}
