//! The receiving half.

use wimpex_sansio::Now;

use super::{Expected, Files, Output, StoreError};
use crate::digest::{Chain, Digest};
use crate::end_reason::EndReason;
use crate::file_id::FileId;
use crate::frame::{Frame, Offer};
use crate::incoming::{Incoming, Reception};
use crate::limits;
use crate::partial::Partial;

impl Files {
    /// What is kept is known now.
    pub(super) fn found(&mut self, kept: Vec<(Partial, u64)>) {
        self.kept = Some(kept);
        for offer in std::mem::take(&mut self.early) {
            self.offered(offer);
        }
    }

    pub(super) fn offered(&mut self, offer: Offer) {
        if self.kept.is_none() {
            if self.early.len() < limits::ASKED {
                self.early.push(offer);
            }
            return;
        }
        let file = offer.file;
        // An id of our own is none of the peer's.
        if self.outgoing.iter().any(|it| it.offer.file == file) {
            return;
        }
        if let Some(at) = self.incoming.iter().position(|it| it.offer.file == file) {
            return self.offered_again(at, offer);
        }
        let before = self.take_up(&offer);
        let asked = self
            .incoming
            .iter()
            .filter(|it| it.state == Reception::Asked);
        if self.incoming.len() >= limits::LISTED || asked.count() >= limits::ASKED {
            let reason = EndReason::Failed;
            return self.transmit(&Frame::End { file, reason });
        }
        let kept = self.kept.as_deref().unwrap_or_default();
        let of_this = |(it, _): &&(Partial, u64)| {
            let is_taken = self.incoming.iter().any(|other| other.key == it.key);
            !is_taken && it.is_of(&offer.name, offer.size, offer.modified)
        };
        let known = kept.iter().find(of_this);
        let known = known.map(|(it, bytes)| (it.key, *bytes)).or(before);
        let is_taken = kept.iter().any(|(it, _)| it.key == file)
            || self.incoming.iter().any(|it| it.key == file);
        if known.is_none() && is_taken {
            // What came under this id before is something else, and stays.
            let reason = EndReason::Failed;
            return self.transmit(&Frame::End { file, reason });
        }
        let (key, bytes) = known.unwrap_or((file, 0));
        // The page was loaded anew since the user has said that they want it.
        let was_wanted = known.is_some() && key == file;
        self.incoming.push(Incoming::new(offer, key, bytes));
        self.outputs.push_back(Output::Noted("was offered a file"));
        if was_wanted {
            self.open(file);
        }
        self.changed();
    }

    /// What is here of a file that ended before all of it had come, and is offered once more: where
    /// it is kept, and how much.
    fn take_up(&mut self, offer: &Offer) -> Option<(FileId, u64)> {
        let at = self.incoming.iter().position(|it| {
            let is_same = it.offer.name == offer.name
                && it.offer.size == offer.size
                && it.offer.modified == offer.modified;
            let is_left = match it.state {
                // What the user wants no more is deleted.
                Reception::Ended(EndReason::Refused | EndReason::Cancelled) => false,
                Reception::Ended(_) | Reception::EndedByPeer(_) => true,
                Reception::Asked
                | Reception::Waits
                | Reception::Opening
                | Reception::Runs
                | Reception::Done => false,
            };
            is_same && is_left
        });
        let ended = self.incoming.remove(at?);
        Some((ended.key, ended.kept))
    }

    fn offered_again(&mut self, at: usize, offer: Offer) {
        let it = &mut self.incoming[at];
        let file = offer.file;
        // It is what it was.
        it.offer.paused = offer.paused;
        match it.state {
            Reception::Asked | Reception::Opening | Reception::Runs => {}
            Reception::Waits => self.open(file),
            Reception::Done => self.transmit(&Frame::Done { file }),
            Reception::Ended(reason) => self.transmit(&Frame::End { file, reason }),
            // The sender has thought better of it.
            Reception::EndedByPeer(_) => it.state = Reception::Asked,
        }
        self.changed();
    }

    pub(super) fn accept(&mut self, file: FileId) {
        if self
            .receiving(file)
            .is_some_and(|it| it.state == Reception::Asked)
        {
            self.open(file);
            self.changed();
        }
    }

    /// The store is asked what is there of it.
    fn open(&mut self, file: FileId) {
        let wall = self.wall;
        let Some(it) = self.receiving(file) else {
            return;
        };
        it.state = Reception::Opening;
        let (key, offer) = (it.key, it.offer.clone());
        let at_most = offer.size;
        self.outputs.push_back(Output::Remember {
            key,
            offer,
            is_complete: false,
            wall,
        });
        self.outputs.push_back(Output::Open { file, key, at_most });
    }

    pub(super) fn store_opened(&mut self, file: FileId, bytes: u64, chain: Chain) {
        let Some(it) = self.receiving(file) else {
            return;
        };
        if it.state != Reception::Opening {
            return;
        }
        it.state = Reception::Runs;
        it.stands_at(bytes, chain);
        self.want(file);
        self.changed();
    }

    fn want(&mut self, file: FileId) {
        let Some(it) = self.receiving(file) else {
            return;
        };
        let frame = Frame::Want {
            file,
            from: it.kept,
            chain: it.chain,
            paused: it.is_paused,
        };
        self.transmit(&frame);
    }

    /// What is there is of something else.
    pub(super) fn begins_anew(&mut self, file: FileId) {
        let Some(it) = self.receiving(file) else {
            return;
        };
        if it.state != Reception::Runs {
            return;
        }
        it.state = Reception::Opening;
        let key = it.key;
        self.drop_expected(file);
        self.outputs.push_back(Output::Open {
            file,
            key,
            at_most: 0,
        });
        self.changed();
    }

    pub(super) fn announced(&mut self, file: FileId, at: u64, bytes: u64, digest: Digest) {
        if let Some(expected) = self.expected {
            self.drop_expected(expected.file);
        }
        let Some(it) = self.receiving(file) else {
            return;
        };
        // Of what was asked for before something was broken, or of nothing at all.
        if !it.expects(at, bytes) {
            return;
        }
        if bytes == 0 {
            it.is_all_said = true;
            return self.finish(file);
        }
        // Nobody who is told what is kept runs so far ahead.
        if it.taken - it.kept >= limits::WINDOW + limits::BLOCK {
            return self.fail(file, EndReason::Failed);
        }
        self.expected = Some(Expected {
            file,
            at,
            bytes,
            got: 0,
            digest,
        });
    }

    pub(super) fn bytes(&mut self, bytes: u64) {
        let Some(expected) = &mut self.expected else {
            return;
        };
        expected.got = expected.got.saturating_add(bytes);
        let Expected {
            file,
            at,
            bytes,
            got,
            digest,
        } = *expected;
        if got > bytes {
            return self.fail(file, EndReason::Failed);
        }
        self.outputs.push_back(Output::Collect);
        if got == bytes {
            self.expected = None;
            if let Some(it) = self.receiving(file) {
                it.taken += bytes;
            }
            self.outputs.push_back(Output::Store { file, at, digest });
        }
    }

    pub(super) fn stored(&mut self, file: FileId, bytes: u64, now: Now) {
        let Some(it) = self.receiving(file) else {
            return;
        };
        if it.state != Reception::Runs {
            return;
        }
        it.keeps(bytes, now);
        let bytes = it.kept;
        self.transmit(&Frame::Have { file, bytes });
        self.finish(file);
        self.changed();
    }

    /// If all of it is there.
    fn finish(&mut self, file: FileId) {
        let wall = self.wall;
        let Some(it) = self.receiving(file) else {
            return;
        };
        if !it.is_all_said || it.kept != it.offer.size {
            return;
        }
        it.state = Reception::Done;
        let (key, offer) = (it.key, it.offer.clone());
        self.outputs.push_back(Output::Close(file));
        self.outputs.push_back(Output::Remember {
            key,
            offer,
            is_complete: true,
            wall,
        });
        self.transmit(&Frame::Done { file });
        self.outputs.push_back(Output::Noted("has received a file"));
        self.changed();
    }

    pub(super) fn broken(&mut self, file: FileId) {
        let Some(it) = self.receiving(file) else {
            return;
        };
        if it.state != Reception::Runs {
            return;
        }
        it.broken += 1;
        if it.broken >= limits::BROKEN_BLOCKS {
            return self.fail(file, EndReason::Failed);
        }
        // Asked anew for what comes after what is kept.
        it.state = Reception::Opening;
        let (key, at_most) = (it.key, it.offer.size);
        self.drop_expected(file);
        self.outputs.push_back(Output::Open { file, key, at_most });
    }

    pub(super) fn cannot_store(&mut self, file: FileId, error: StoreError) {
        let reason = match error {
            StoreError::NoRoom => EndReason::NoRoom,
            StoreError::Other => EndReason::CannotStore,
        };
        self.fail(file, reason);
    }

    fn fail(&mut self, file: FileId, reason: EndReason) {
        if self.receiving(file).is_some() {
            self.transmit(&Frame::End { file, reason });
            self.end_receiving(file, Reception::Ended(reason));
        }
    }

    pub(super) fn end_receiving(&mut self, file: FileId, state: Reception) {
        self.drop_expected(file);
        let Some(it) = self.receiving(file) else {
            return;
        };
        let was_in_store = it.is_in_store();
        it.state = state;
        it.meter.stop();
        if was_in_store {
            self.outputs.push_back(Output::Close(file));
        }
        self.changed();
    }

    fn drop_expected(&mut self, file: FileId) {
        if self.expected.take_if(|it| it.file == file).is_some() {
            self.outputs.push_back(Output::Drop);
        }
    }
}
