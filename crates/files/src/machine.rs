//! [`Files`]: the files of two people, over all connections between them.

use std::collections::VecDeque;

use wimpex_sansio::{Machine, Now, UnixTime};

use crate::digest::{Chain, Digest};
use crate::end_reason::EndReason;
use crate::file_id::FileId;
use crate::file_name::FileName;
use crate::frame::{Frame, Offer};
use crate::incoming::{self, Incoming};
use crate::limits;
use crate::outgoing::{self, Block, Outgoing};
use crate::pace::{Pace, PathSample};
use crate::partial::Partial;
use crate::view::{Direction, FileView, Progress};

mod receive;
mod send;

/// A file that the user wants to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFile {
    /// Names it; unknown to anybody.
    pub file: FileId,
    /// What it is called.
    pub name: FileName,
    /// In bytes.
    pub size: u64,
    /// When it was last changed, in milliseconds since 1970.
    pub modified: u64,
}

/// Why a file cannot be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreError {
    /// There is no room (`QuotaExceededError`).
    NoRoom,
    /// The browser keeps none, another tab has it open, or it is gone.
    Other,
}

/// What can happen.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// The channel is open, and both pages do files.
    Opened,
    /// The channel is gone, or will be of no more use.
    Closed,
    /// So many bytes may be given to the channel now. To be said before every other input while it
    /// is open, and when its buffer runs low (`bufferedamountlow`).
    Room(u64),
    /// This text came.
    Text {
        /// One message of the channel.
        text: String,
        /// The moment, by this device's clock.
        wall: UnixTime,
    },
    /// A binary message of so many bytes came.
    Bytes(u64),
    /// What is kept of the peer's files, with the bytes that are there. What is offered before
    /// waits for it.
    Kept(Vec<(Partial, u64)>),
    /// The user sends these.
    Send(Vec<NewFile>),
    /// The user wants what is offered, or has changed their mind.
    Accept(FileId),
    /// The user does not want it, or no more of it.
    Cancel(FileId),
    /// The user stops it for a while, or goes on.
    Pause(FileId, bool),
    /// The user wants to see no more of what is over. What was received is deleted.
    Remove(FileId),
    /// The block was read; its bytes are at hand until [`Output::Release`].
    BlockRead {
        /// Of which file.
        file: FileId,
        /// Where it begins.
        at: u64,
        /// Its hash.
        digest: Digest,
    },
    /// What [`Output::Compare`] has asked.
    Compared {
        /// Of which file.
        file: FileId,
        /// Up to where.
        bytes: u64,
        /// Whether it is the same.
        is_same: bool,
    },
    /// The sender's file cannot be read: it is gone, or has changed.
    CannotRead(FileId),
    /// The store has the file open.
    StoreOpened {
        /// Which.
        file: FileId,
        /// Bytes that are there.
        bytes: u64,
        /// What they are.
        chain: Chain,
    },
    /// A block is kept.
    Stored {
        /// Of which file.
        file: FileId,
        /// Bytes that are kept now.
        bytes: u64,
    },
    /// A block was not what its hash says: it is not kept, nor what came after it.
    Broken {
        /// Of which file.
        file: FileId,
    },
    /// The store cannot go on with the file.
    CannotStore(FileId, StoreError),
    /// What the media say of the path, each second.
    Path(PathSample),
    /// The time has come that `poll_timeout` named.
    Timeout,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Send this text.
    Transmit(String),
    /// Send a part of a block that was read, as one binary message.
    Chunk {
        /// Of which file.
        file: FileId,
        /// Where the block begins.
        block: u64,
        /// Where the part begins, within the block.
        from: u64,
        /// Its length.
        bytes: u64,
    },
    /// Read and hash a block.
    Read {
        /// Of which file.
        file: FileId,
        /// Where it begins.
        at: u64,
        /// Its length.
        bytes: u64,
    },
    /// The bytes of the blocks of this file from `from` up to `until` are not needed any more.
    Release {
        /// Of which file.
        file: FileId,
        /// Where the first begins.
        from: u64,
        /// Where the last ends.
        until: u64,
    },
    /// Hash the file's first bytes, and say whether that is their chain.
    Compare {
        /// Of which file.
        file: FileId,
        /// How many.
        bytes: u64,
        /// What they should be.
        chain: Chain,
    },
    /// The binary message that has just come is a part of the block that is put together.
    Collect,
    /// What was put together begins anew: a part of it will not come.
    Drop,
    /// What was put together is this block: check it and keep it.
    Store {
        /// Of which file.
        file: FileId,
        /// Where it begins.
        at: u64,
        /// Its hash.
        digest: Digest,
    },
    /// Open what is kept under this key, or begin it, and say how much is there, and what.
    Open {
        /// Which.
        file: FileId,
        /// Under which it is kept.
        key: FileId,
        /// At most so much of it counts.
        at_most: u64,
    },
    /// Nothing more of it comes for now.
    Close(FileId),
    /// Delete what is kept under this key.
    Delete(FileId),
    /// Remember this beside the bytes.
    Remember {
        /// Under which they are kept.
        key: FileId,
        /// What the sender says of the file.
        offer: Offer,
        /// All of it is there.
        is_complete: bool,
        /// The moment, by this device's clock.
        wall: UnixTime,
    },
    /// The sender's file is not needed any more.
    Forget(FileId),
    /// A file was offered, has arrived, or ended: for a record, which learns nothing else.
    Noted(&'static str),
    /// [`Files::view`] has changed.
    Changed,
}

/// A block that is on its way in.
#[derive(Clone, Copy, Debug)]
struct Expected {
    file: FileId,
    at: u64,
    bytes: u64,
    got: u64,
    digest: Digest,
}

/// A block that is on its way out.
#[derive(Clone, Copy, Debug)]
struct Current {
    file: FileId,
    block: Block,
    sent: u64,
}

/// What two people send each other; see the crate's documentation.
#[derive(Debug)]
pub struct Files {
    is_open: bool,
    room: u64,
    outgoing: Vec<Outgoing>,
    current: Option<Current>,
    incoming: Vec<Incoming>,
    expected: Option<Expected>,
    /// `None` until it is known; offers wait.
    kept: Option<Vec<(Partial, u64)>>,
    early: Vec<Offer>,
    wall: UnixTime,
    pace: Pace,
    /// When the bucket of texts would be empty again.
    taking_until: Now,
    outputs: VecDeque<Output>,
}

impl Files {
    /// Those of two people who have not sent each other any.
    pub fn new() -> Self {
        Self {
            is_open: false,
            room: 0,
            outgoing: Vec::new(),
            current: None,
            incoming: Vec::new(),
            expected: None,
            kept: None,
            early: Vec::new(),
            wall: UnixTime::default(),
            pace: Pace::new(),
            taking_until: Now::ZERO,
            outputs: VecDeque::new(),
        }
    }

    /// All files, in the order in which they came.
    pub fn view(&self) -> Vec<FileView> {
        let running = self.running();
        let outgoing = self.outgoing.iter();
        let outgoing = outgoing.map(|it| it.view(self.is_open, Some(it.offer.file) == running));
        let incoming = self.incoming.iter().map(|it| it.view(self.is_open));
        incoming.chain(outgoing).collect()
    }

    /// Whether something would be lost, or stand still, if the page were closed.
    pub fn is_busy(&self) -> bool {
        let files = self.view();
        files.iter().any(|it| match it.progress {
            Progress::Waits | Progress::Runs => true,
            Progress::Asked => it.direction == Direction::Out,
            Progress::Paused
            | Progress::PausedByPeer
            | Progress::Away
            | Progress::Done
            | Progress::Ended(_)
            | Progress::EndedByPeer(_) => false,
        })
    }

    /// Whether a block is being put together.
    pub fn is_collecting(&self) -> bool {
        self.expected.is_some()
    }

    fn opened(&mut self, now: Now) {
        self.closed();
        self.is_open = true;
        self.pace.connect();
        self.taking_until = now;
        let offers = self.outgoing.iter().filter(|it| !it.is_over());
        let offers: Vec<_> = offers.map(|it| Frame::Offer(it.offer.clone())).collect();
        for offer in offers {
            self.transmit(&offer);
        }
    }

    fn closed(&mut self) {
        self.is_open = false;
        self.room = 0;
        if self.expected.take().is_some() {
            self.outputs.push_back(Output::Drop);
        }
        self.current = None;
        for file in &mut self.outgoing {
            if file.asked > 0 && !file.is_over() {
                self.outputs.push_back(Output::Release {
                    file: file.offer.file,
                    from: 0,
                    until: file.asked,
                });
            }
            file.disconnect();
        }
        for file in &mut self.incoming {
            if file.is_in_store() {
                file.state = incoming::Reception::Waits;
                file.meter.stop();
                self.outputs.push_back(Output::Close(file.offer.file));
            }
        }
        self.changed();
    }

    fn text(&mut self, text: &str, wall: UnixTime, now: Now) {
        self.wall = wall;
        let burst = limits::TAKE_EVERY * limits::TAKE_BURST;
        if !self.is_open || self.taking_until.since(now) > burst {
            return;
        }
        self.taking_until = self.taking_until.max(now) + limits::TAKE_EVERY;
        match Frame::decode(text) {
            Ok(Frame::Offer(offer)) => self.offered(offer),
            Ok(Frame::Want {
                file,
                from,
                chain,
                paused,
            }) => self.wanted(file, from, chain, paused),
            Ok(Frame::Block {
                file,
                at,
                bytes,
                digest,
            }) => self.announced(file, at, bytes, digest),
            Ok(Frame::Have { file, bytes }) => {
                if let Some(it) = self.sending(file) {
                    it.have(bytes, now);
                    self.changed();
                }
            }
            Ok(Frame::Anew { file }) => self.begins_anew(file),
            Ok(Frame::Pause { file, paused }) => self.paused_by_peer(file, paused),
            Ok(Frame::Done { file }) => self.arrived(file),
            Ok(Frame::End { file, reason }) => self.ended_by_peer(file, reason),
            Err(_) => {}
        }
    }

    fn paused_by_peer(&mut self, file: FileId, paused: bool) {
        if let Some(it) = self.sending(file) {
            it.paused_by_peer = paused;
            it.meter.stop();
        } else if let Some(it) = self.receiving(file) {
            it.offer.paused = paused;
            it.meter.stop();
        }
        self.changed();
    }

    fn ended_by_peer(&mut self, file: FileId, reason: EndReason) {
        if self.sending(file).is_some() {
            self.end_sending(file, outgoing::State::EndedByPeer(reason));
        } else if self.receiving(file).is_some() {
            self.end_receiving(file, incoming::Reception::EndedByPeer(reason));
        }
    }

    fn pause(&mut self, file: FileId, paused: bool) {
        if let Some(it) = self.sending(file) {
            it.offer.paused = paused;
            it.meter.stop();
        } else if let Some(it) = self.receiving(file) {
            it.is_paused = paused;
            it.meter.stop();
        } else {
            return;
        }
        self.transmit(&Frame::Pause { file, paused });
        self.changed();
    }

    fn cancel(&mut self, file: FileId) {
        if self.sending(file).is_some() {
            self.transmit(&Frame::End {
                file,
                reason: EndReason::Cancelled,
            });
            self.end_sending(file, outgoing::State::Ended(EndReason::Cancelled));
        } else if let Some(it) = self.receiving(file) {
            let reason = match it.state {
                incoming::Reception::Asked => EndReason::Refused,
                _ => EndReason::Cancelled,
            };
            let key = it.key;
            self.transmit(&Frame::End { file, reason });
            self.end_receiving(file, incoming::Reception::Ended(reason));
            // Whoever has had enough of it wants no rest of it.
            self.outputs.push_back(Output::Delete(key));
            self.forget_kept(key);
        }
    }

    fn remove(&mut self, file: FileId) {
        let is_out = |it: &Outgoing| it.offer.file == file && it.is_over();
        self.outgoing.retain(|it| !is_out(it));
        let is_in = |it: &Incoming| it.offer.file == file && it.is_over();
        if let Some(at) = self.incoming.iter().position(is_in) {
            let removed = self.incoming.remove(at);
            self.outputs.push_back(Output::Delete(removed.key));
            self.forget_kept(removed.key);
        }
        self.changed();
    }

    fn forget_kept(&mut self, key: FileId) {
        if let Some(kept) = &mut self.kept {
            kept.retain(|(partial, _)| partial.key != key);
        }
    }

    /// One that is not over.
    fn sending(&mut self, file: FileId) -> Option<&mut Outgoing> {
        let mut all = self.outgoing.iter_mut();
        all.find(|it| it.offer.file == file && !it.is_over())
    }

    fn receiving(&mut self, file: FileId) -> Option<&mut Incoming> {
        let mut all = self.incoming.iter_mut();
        all.find(|it| it.offer.file == file && !it.is_over())
    }

    fn transmit(&mut self, frame: &Frame) {
        if self.is_open {
            self.outputs.push_back(Output::Transmit(frame.encode()));
        }
    }

    fn changed(&mut self) {
        if self.outputs.back() != Some(&Output::Changed) {
            self.outputs.push_back(Output::Changed);
        }
    }
}

impl Default for Files {
    fn default() -> Self {
        Self::new()
    }
}

impl Machine for Files {
    type Input = Input;
    type Output = Output;

    fn handle(&mut self, input: Input, now: Now) {
        match input {
            Input::Opened => self.opened(now),
            Input::Closed => self.closed(),
            Input::Room(bytes) => self.room = bytes,
            Input::Text { text, wall } => self.text(&text, wall, now),
            Input::Bytes(bytes) => self.bytes(bytes),
            Input::Kept(kept) => self.found(kept),
            Input::Send(files) => self.send(files),
            Input::Accept(file) => self.accept(file),
            Input::Cancel(file) => self.cancel(file),
            Input::Pause(file, paused) => self.pause(file, paused),
            Input::Remove(file) => self.remove(file),
            Input::BlockRead { file, at, digest } => self.read(file, at, digest),
            Input::Compared {
                file,
                bytes,
                is_same,
            } => self.compared(file, bytes, is_same),
            Input::CannotRead(file) => self.cannot_read(file),
            Input::StoreOpened { file, bytes, chain } => self.store_opened(file, bytes, chain),
            Input::Stored { file, bytes } => self.stored(file, bytes, now),
            Input::Broken { file } => self.broken(file),
            Input::CannotStore(file, error) => self.cannot_store(file, error),
            Input::Path(sample) => self.pace.sample(sample, now),
            Input::Timeout => {}
        }
        self.flow(now);
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn poll_timeout(&self) -> Option<Now> {
        let has_work = self.current.is_some() || self.has_block();
        let is_ready = self.is_open && has_work && self.room >= self.chunk();
        is_ready.then(|| self.pace.next_at())
    }
}
