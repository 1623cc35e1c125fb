//! A file that is received.

use wimpex_sansio::Now;

use crate::digest::Chain;
use crate::end_reason::EndReason;
use crate::file_id::FileId;
use crate::frame::Offer;
use crate::limits;
use crate::meter::Meter;
use crate::view::{Direction, FileView, Progress};

/// How it stands with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reception {
    /// The user has not said whether they want it.
    Asked,
    /// It was wanted, and its sender has to offer it again: another connection, or another page.
    Waits,
    /// The store is asked what is there.
    Opening,
    /// It comes.
    Runs,
    Done,
    Ended(EndReason),
    EndedByPeer(EndReason),
}

#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) offer: Offer,
    /// Under which its bytes are kept.
    pub(crate) key: FileId,
    pub(crate) state: Reception,
    /// The user does not want it now.
    pub(crate) is_paused: bool,
    /// Bytes that are kept, and those that were handed to the store.
    pub(crate) kept: u64,
    pub(crate) taken: u64,
    /// What the bytes that are kept are.
    pub(crate) chain: Chain,
    /// The sender has said that there are no more.
    pub(crate) is_all_said: bool,
    pub(crate) broken: u32,
    pub(crate) meter: Meter,
}

impl Incoming {
    pub(crate) fn new(offer: Offer, key: FileId, kept: u64) -> Self {
        Self {
            offer,
            key,
            state: Reception::Asked,
            is_paused: false,
            kept,
            taken: kept,
            chain: Chain::START,
            is_all_said: false,
            broken: 0,
            meter: Meter::default(),
        }
    }

    pub(crate) fn is_over(&self) -> bool {
        match self.state {
            Reception::Done | Reception::Ended(_) | Reception::EndedByPeer(_) => true,
            Reception::Asked | Reception::Waits | Reception::Opening | Reception::Runs => false,
        }
    }

    /// The store has it open.
    pub(crate) fn is_in_store(&self) -> bool {
        match self.state {
            Reception::Opening | Reception::Runs => true,
            Reception::Asked
            | Reception::Waits
            | Reception::Done
            | Reception::Ended(_)
            | Reception::EndedByPeer(_) => false,
        }
    }

    /// The store has so much, and it is that.
    pub(crate) fn stands_at(&mut self, kept: u64, chain: Chain) {
        (self.kept, self.taken, self.chain) = (kept, kept, chain);
        self.is_all_said = false;
        self.meter.stop();
    }

    /// So much is kept now.
    pub(crate) fn keeps(&mut self, kept: u64, now: Now) {
        if kept > self.kept && kept <= self.taken {
            self.kept = kept;
            self.meter.push(now, kept);
        }
    }

    /// A block is announced; says whether it is the next one.
    pub(crate) fn expects(&self, at: u64, bytes: u64) -> bool {
        let size = self.offer.size;
        let whole = limits::BLOCK.min(size - self.taken.min(size));
        self.state == Reception::Runs && at == self.taken && bytes == whole && !self.is_all_said
    }

    pub(crate) fn view(&self, is_open: bool) -> FileView {
        let progress = match self.state {
            Reception::Done => Progress::Done,
            Reception::Ended(reason) => Progress::Ended(reason),
            Reception::EndedByPeer(reason) => Progress::EndedByPeer(reason),
            Reception::Asked if is_open => Progress::Asked,
            _ if self.is_paused => Progress::Paused,
            _ if !is_open => Progress::Away,
            _ if self.offer.paused => Progress::PausedByPeer,
            Reception::Asked | Reception::Waits | Reception::Opening => Progress::Waits,
            Reception::Runs => Progress::Runs,
        };
        FileView {
            file: self.offer.file,
            key: self.key,
            direction: Direction::In,
            name: self.offer.name.clone(),
            size: self.offer.size,
            progress,
            kept: self.kept,
            rate: self.meter.rate(),
        }
    }
}
