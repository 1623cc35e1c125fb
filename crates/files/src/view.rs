//! What is shown of a file.

use crate::end_reason::EndReason;
use crate::file_id::FileId;
use crate::file_name::FileName;

/// Which way a file goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// To the peer.
    Out,
    /// From the peer.
    In,
}

/// How it stands with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Progress {
    /// The receiver has not said whether they want it.
    Asked,
    /// It waits for another one, or for what is here to be compared.
    Waits,
    /// It moves.
    Runs,
    /// The user has stopped it for a while.
    Paused,
    /// The peer has.
    PausedByPeer,
    /// There is no connection at the moment.
    Away,
    /// All of it has arrived and was checked.
    Done,
    /// It ended before, by the user or their device.
    Ended(EndReason),
    /// It ended before, by the peer or their device.
    EndedByPeer(EndReason),
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileView {
    /// Which.
    pub file: FileId,
    /// Under which its bytes are kept here, if it comes from the peer.
    pub key: FileId,
    /// Which way.
    pub direction: Direction,
    /// What its sender calls it.
    pub name: FileName,
    /// In bytes.
    pub size: u64,
    /// How it stands.
    pub progress: Progress,
    /// Bytes that the receiver has kept.
    pub kept: u64,
    /// Bytes a second; 0 while that is unknown.
    pub rate: u64,
}

impl FileView {
    /// Seconds until all of it is there; `None` while that is unknown.
    pub fn seconds_left(&self) -> Option<u64> {
        let is_running = self.progress == Progress::Runs && self.rate > 0;
        is_running.then(|| (self.size - self.kept.min(self.size)).div_ceil(self.rate))
    }

    /// How much of it is there, from 0 to 100.
    pub fn percent(&self) -> u64 {
        match self.progress {
            Progress::Done => 100,
            // All of it is not yet checked.
            _ => (self.kept.saturating_mul(100))
                .checked_div(self.size)
                .unwrap_or(0)
                .min(99),
        }
    }
}
