//! The sending half.

use wimpex_sansio::Now;

use super::{Current, Files, NewFile, Output};
use crate::digest::{Chain, Digest};
use crate::end_reason::EndReason;
use crate::file_id::FileId;
use crate::frame::{Frame, Offer};
use crate::limits;
use crate::outgoing::{Block, Outgoing, State};

impl Files {
    pub(super) fn send(&mut self, files: Vec<NewFile>) {
        for new in files {
            if self.outgoing.len() >= limits::LISTED || new.size >= limits::SIZE {
                self.outputs.push_back(Output::Forget(new.file));
                continue;
            }
            let offer = Offer {
                file: new.file,
                name: new.name,
                size: new.size,
                modified: new.modified,
                paused: false,
            };
            self.transmit(&Frame::Offer(offer.clone()));
            self.outgoing.push(Outgoing::new(offer));
            self.outputs.push_back(Output::Noted("offered a file"));
        }
        self.changed();
    }

    pub(super) fn wanted(&mut self, file: FileId, from: u64, chain: Chain, paused: bool) {
        let Some(it) = self.sending(file) else {
            // It was cancelled here while there was no connection, or the page remembers nothing.
            return self.transmit(&Frame::End {
                file,
                reason: EndReason::Cancelled,
            });
        };
        if !it.may_want() {
            let reason = EndReason::Failed;
            self.end_sending(file, State::Ended(reason));
            return self.transmit(&Frame::End { file, reason });
        }
        let size = it.offer.size;
        it.paused_by_peer = paused;
        let is_whole = from.is_multiple_of(limits::BLOCK) || from == size;
        let asked = it.asked;
        let compares = it.want(from, chain);
        if asked > 0 {
            self.release(file, 0, asked);
        }
        // Of a block that is cut off here the receiver expects nothing more.
        self.current.take_if(|current| current.file == file);
        if compares && (from > size || !is_whole) {
            self.transmit(&Frame::Anew { file });
        } else if compares {
            let bytes = from;
            self.outputs
                .push_back(Output::Compare { file, bytes, chain });
        }
        self.changed();
    }

    pub(super) fn compared(&mut self, file: FileId, bytes: u64, is_same: bool) {
        let Some(it) = self.sending(file) else { return };
        // Of a question of before there is nothing to be said.
        if it.state != State::Checking(bytes) {
            return;
        }
        if is_same {
            it.begin(bytes);
        } else {
            self.transmit(&Frame::Anew { file });
        }
        self.changed();
    }

    pub(super) fn cannot_read(&mut self, file: FileId) {
        if self.sending(file).is_some() {
            let reason = EndReason::CannotRead;
            self.transmit(&Frame::End { file, reason });
            self.end_sending(file, State::Ended(reason));
        }
    }

    /// All of it is at the receiver's, who says so: of what was not sent that cannot be true.
    pub(super) fn arrived(&mut self, file: FileId) {
        if self.sending(file).is_some_and(|it| it.is_all_said) {
            self.end_sending(file, State::Done);
            self.outputs.push_back(Output::Noted("a file has arrived"));
        }
    }

    pub(super) fn end_sending(&mut self, file: FileId, state: State) {
        let Some(it) = self.sending(file) else { return };
        if state == State::Done {
            it.kept = it.offer.size;
        }
        it.state = state;
        it.ready.clear();
        it.meter.stop();
        let asked = it.asked;
        self.release(file, 0, asked);
        self.current.take_if(|current| current.file == file);
        self.outputs.push_back(Output::Forget(file));
        self.changed();
    }

    pub(super) fn read(&mut self, file: FileId, at: u64, digest: Digest) {
        let current = self.current.filter(|current| current.file == file);
        let Some(it) = self.sending(file) else { return };
        let next = current.map_or(it.sent, |current| current.block.at + current.block.bytes);
        // Asked for before it began elsewhere.
        if it.state != State::Wanted || !(next..it.asked).contains(&at) {
            return;
        }
        let bytes = limits::BLOCK.min(it.offer.size - at);
        it.ready.push(Block { at, bytes, digest });
    }

    /// Which file is sent at present: the first that can be.
    pub(super) fn running(&self) -> Option<FileId> {
        if let Some(current) = &self.current {
            return Some(current.file);
        }
        let first = self.outgoing.iter().find(|it| it.is_running());
        first.map(|it| it.offer.file)
    }

    pub(super) fn has_block(&self) -> bool {
        let mut all = self.outgoing.iter();
        let next = all.find(|it| it.has_more());
        next.is_some_and(Outgoing::has_next)
    }

    /// Bytes of the next message.
    pub(super) fn chunk(&self) -> u64 {
        let is_slow = self
            .pace
            .rate()
            .is_some_and(|rate| rate < limits::SMALL_BELOW);
        if is_slow {
            limits::SMALL_CHUNK
        } else {
            limits::CHUNK
        }
    }

    /// Whatever may be read is read, and whatever may go goes.
    pub(super) fn flow(&mut self, now: Now) {
        if !self.is_open {
            return;
        }
        loop {
            let chunk = self.chunk();
            if self.room < chunk || self.pace.next_at() > now {
                break;
            }
            let Some(current) = &mut self.current else {
                if self.next_block() {
                    continue;
                }
                break;
            };
            let bytes = chunk.min(current.block.bytes - current.sent);
            self.outputs.push_back(Output::Chunk {
                file: current.file,
                block: current.block.at,
                from: current.sent,
                bytes,
            });
            current.sent += bytes;
            self.room -= bytes;
            self.pace.take(bytes, now);
            let current = *current;
            if current.sent == current.block.bytes {
                self.current = None;
                let end = current.block.at + current.block.bytes;
                self.release(current.file, current.block.at, end);
                if let Some(it) = self.sending(current.file) {
                    it.sent = end;
                }
            }
        }
        self.read_ahead();
    }

    /// Announces the next block, or the end of a file; whether there was something to announce.
    fn next_block(&mut self) -> bool {
        let mut all = self.outgoing.iter_mut();
        let Some(it) = all.find(|it| it.has_more()) else {
            return false;
        };
        let file = it.offer.file;
        let block = it.take_next();
        let frame = match block {
            Some(block) => Frame::Block {
                file,
                at: block.at,
                bytes: block.bytes,
                digest: block.digest,
            },
            None if it.sent == it.offer.size => {
                it.is_all_said = true;
                Frame::Block {
                    file,
                    at: it.sent,
                    bytes: 0,
                    digest: Digest::from_bytes([0; 32]),
                }
            }
            None => return false,
        };
        self.current = block.map(|block| Current {
            file,
            block,
            sent: 0,
        });
        self.transmit(&frame);
        true
    }

    fn read_ahead(&mut self) {
        let mut all = self.outgoing.iter_mut();
        let Some(it) = all.find(|it| it.has_more()) else {
            return;
        };
        let file = it.offer.file;
        while let Some((at, bytes)) = it.next_read() {
            self.outputs.push_back(Output::Read { file, at, bytes });
        }
    }

    fn release(&mut self, file: FileId, from: u64, until: u64) {
        self.outputs
            .push_back(Output::Release { file, from, until });
    }
}
