//! What counts only now, and is not numbered: where the users point, and what they say.

use wimpex_sansio::Now;

use crate::caption::{Caption, Captions};
use crate::features::{Feature, Features};
use crate::frame::Frame;
use crate::limits;
use crate::position::Pointer;
use crate::rate::Rate;

/// Both directions of it.
#[derive(Debug)]
pub(crate) struct Live {
    /// Where the peer points.
    peer_points: Option<Pointer>,
    /// Where this side points, and what the peer was told of it.
    points: Option<Pointer>,
    told: Option<Pointer>,
    pointing: Rate,
    /// This side wants to read what the peer says; and the peer was told so.
    reads: bool,
    told_reads: bool,
    /// The peer wants to read what this side says.
    is_read: bool,
    captions: Captions,
    /// When the peer has been silent for so long that what it said is taken away.
    clear_at: Option<Now>,
    captioning: Rate,
    waiting: Option<Caption>,
    taking: Rate,
}

impl Live {
    pub(crate) fn new() -> Self {
        Self {
            peer_points: None,
            points: None,
            told: None,
            pointing: Rate::new(limits::POINT_EVERY, limits::POINT_BURST),
            reads: false,
            told_reads: false,
            is_read: false,
            captions: Captions::default(),
            clear_at: None,
            captioning: Rate::new(limits::CAPTION_EVERY, limits::CAPTION_BURST),
            waiting: None,
            taking: Rate::new(limits::LIVE_TAKE_EVERY, limits::LIVE_TAKE_BURST),
        }
    }

    pub(crate) fn peer_points(&self) -> Option<Pointer> {
        self.peer_points
    }

    pub(crate) fn captions(&self) -> &Captions {
        &self.captions
    }

    pub(crate) fn is_read(&self) -> bool {
        self.is_read
    }

    pub(crate) fn reads(&self) -> bool {
        self.reads
    }

    /// The channel is gone: nobody points over it, and another begins as if nothing had been said.
    /// Says whether something has changed.
    pub(crate) fn close(&mut self) -> bool {
        (self.told, self.told_reads) = (None, false);
        let pointed = self.peer_points.take().is_some();
        std::mem::take(&mut self.is_read) || pointed
    }

    pub(crate) fn point(&mut self, at: Option<Pointer>) {
        self.points = at;
    }

    pub(crate) fn read(&mut self, reads: bool) {
        self.reads = reads;
        if !reads {
            self.captions.clear();
            self.clear_at = None;
        }
    }

    /// What this side says.
    pub(crate) fn say(&mut self, caption: Caption) {
        self.waiting = self.is_read.then_some(caption);
    }

    /// Whether the frame changes something that is shown.
    pub(crate) fn take(&mut self, frame: Taken, now: Now) -> bool {
        // Where somebody points no longer, and whether they read, is heard in any case: it ends
        // something.
        let ends = matches!(frame, Taken::Point(None) | Taken::Captions(_));
        if !self.taking.take(now) && !ends {
            return false;
        }
        match frame {
            Taken::Point(at) => std::mem::replace(&mut self.peer_points, at) != at,
            Taken::Captions(on) => std::mem::replace(&mut self.is_read, on) != on,
            // Nobody has asked.
            Taken::Caption(_) if !self.reads => false,
            Taken::Caption(caption) => {
                self.captions.push(caption);
                self.clear_at = Some(now + limits::CAPTION_STAYS);
                true
            }
        }
    }

    /// Whether something is gone since its time is over.
    pub(crate) fn timeout(&mut self, now: Now) -> bool {
        let is_over = self.clear_at.take_if(|at| *at <= now).is_some();
        if is_over {
            self.captions.clear();
        }
        is_over
    }

    /// The next frame to a peer that can do this, if it may go now.
    pub(crate) fn next(&mut self, peer: Features, now: Now) -> Option<Frame> {
        if peer.has(Feature::Captions) && self.reads != self.told_reads {
            self.told_reads = self.reads;
            return Some(Frame::Captions(self.reads));
        }
        if self.may_point(peer) && (self.points.is_none() || self.pointing.take(now)) {
            self.told = self.points;
            return Some(Frame::Point(self.points));
        }
        if self.waiting.is_some() && self.captioning.take(now) {
            return self.waiting.take().map(Frame::Caption);
        }
        None
    }

    pub(crate) fn poll_timeout(&self, peer: Features) -> Option<Now> {
        let point = self.pointing.next_at().filter(|_| self.may_point(peer));
        let caption = self.captioning.next_at();
        let caption = caption.filter(|_| self.waiting.is_some());
        [point, caption, self.clear_at].into_iter().flatten().min()
    }

    fn may_point(&self, peer: Features) -> bool {
        peer.has(Feature::Point) && self.points != self.told
    }
}

/// What comes of it.
pub(crate) enum Taken {
    Point(Option<Pointer>),
    Caption(Caption),
    Captions(bool),
}
