//! The lines of a chat, as they are shown.

use std::collections::VecDeque;
use std::sync::Arc;

use wimpex_sansio::UnixTime;

use crate::limits;
use crate::text::LineText;

/// Who wrote a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Author {
    /// The user of this page.
    Me,
    /// The user at the other end.
    Peer,
}

/// What is known of a line of one's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mark {
    /// It is on its way.
    Waiting,
    /// The peer's page has it.
    Delivered,
    /// The peer has had it in sight.
    Read,
    /// The call ended before it was known to have arrived.
    Undelivered,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its place among all lines of this chat, from 1.
    pub number: u64,
    /// Who wrote it.
    pub author: Author,
    /// What they wrote.
    pub text: LineText,
    /// When it was written or arrived here, by this device's clock.
    pub at: UnixTime,
    /// Of a line of one's own; one of the peer's is [`Mark::Read`] once it was in sight.
    pub mark: Mark,
    /// It is of an earlier call, or of a page before this one.
    pub is_earlier: bool,
}

/// A chat at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chat {
    /// Both pages can: it is offered.
    pub is_offered: bool,
    /// The oldest first.
    pub lines: Vec<Arc<Line>>,
    /// Lines of the peer that were not in sight yet.
    pub unread: usize,
    /// There were more, which are no longer kept.
    pub is_cut: bool,
}

/// The lines that are kept, [`limits::LINES`] at the most.
#[derive(Clone, Debug)]
pub(crate) struct History {
    lines: VecDeque<Arc<Line>>,
    last: u64,
    is_cut: bool,
}

/// The last number of those of earlier calls: they may be read while there are lines already.
const EARLIER: u64 = limits::LINES as u64;

impl History {
    pub(crate) fn new() -> Self {
        Self {
            lines: VecDeque::new(),
            last: EARLIER,
            is_cut: false,
        }
    }

    /// Adds one, and gives its number.
    pub(crate) fn push(&mut self, author: Author, text: LineText, at: UnixTime) -> u64 {
        self.last += 1;
        self.lines.push_back(Arc::new(Line {
            number: self.last,
            author,
            text,
            at,
            mark: Mark::Waiting,
            is_earlier: false,
        }));
        self.cut();
        self.last
    }

    /// Lines of before, ahead of those that are here, and in place of those that were given so.
    pub(crate) fn precede(&mut self, earlier: Vec<Line>) {
        self.lines.retain(|line| !line.is_earlier);
        for (line, number) in earlier.into_iter().rev().zip((1..=EARLIER).rev()) {
            let mark = match (line.author, line.mark) {
                (Author::Me, Mark::Waiting) => Mark::Undelivered,
                (Author::Me, mark) => mark,
                (Author::Peer, _) => Mark::Read,
            };
            self.lines.push_front(Arc::new(Line {
                number,
                mark,
                is_earlier: true,
                ..line
            }));
        }
        self.cut();
    }

    /// The own lines up to this number are delivered, or read.
    pub(crate) fn mark_own(&mut self, until: u64, mark: Mark) {
        for line in &mut self.lines {
            let is_meant = line.author == Author::Me && line.number <= until && !line.is_earlier;
            if is_meant && line.mark != Mark::Read {
                Arc::make_mut(line).mark = mark;
            }
        }
    }

    /// The user has all of the peer's in sight; says whether one of them was new.
    pub(crate) fn see(&mut self) -> bool {
        let mut any = false;
        for line in &mut self.lines {
            if line.author == Author::Peer && line.mark != Mark::Read {
                Arc::make_mut(line).mark = Mark::Read;
                any = true;
            }
        }
        any
    }

    pub(crate) fn chat(&self, is_offered: bool) -> Chat {
        let is_new = |it: &&Arc<Line>| it.author == Author::Peer && it.mark != Mark::Read;
        Chat {
            is_offered,
            lines: self.lines.iter().cloned().collect(),
            unread: self.lines.iter().filter(is_new).count(),
            is_cut: self.is_cut,
        }
    }

    fn cut(&mut self) {
        while self.lines.len() > limits::LINES {
            self.lines.pop_front();
            self.is_cut = true;
        }
    }
}
