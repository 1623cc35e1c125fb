//! The two pages of a call, with a channel between them.

#![allow(dead_code, reason = "each test uses what it needs")]

use std::collections::VecDeque;

use wimpex_direct::{Direct, Frame, Input, Output, StreamId};
use wimpex_sansio::{Machine, Now, UnixTime};

pub const WALL: UnixTime = UnixTime::from_millis(1_700_000_000_000);

pub struct Pair {
    pub pages: [Direct; 2],
    pub now: Now,
    /// What each has sent so far.
    pub sent: [Vec<Frame>; 2],
    inbound: [VecDeque<String>; 2],
    /// What else each was told to do.
    pub told: [Vec<Output>; 2],
}

impl Pair {
    pub fn connected() -> Self {
        let page = |id| Direct::new(StreamId::parse(id).expect("letters are an id"));
        let mut pair = Self {
            pages: [page("alice"), page("bob")],
            now: Now::from_millis(1),
            sent: [Vec::new(), Vec::new()],
            inbound: [VecDeque::new(), VecDeque::new()],
            told: [Vec::new(), Vec::new()],
        };
        pair.input(0, Input::CanCaption(true));
        pair.connect();
        pair
    }

    /// Over a new connection; what was under way over the one before is lost.
    pub fn connect(&mut self) {
        self.inbound = [VecDeque::new(), VecDeque::new()];
        for who in [0, 1] {
            self.input(who, Input::Closed);
        }
        // Both channels are open before either hello arrives.
        for who in [0, 1] {
            self.pages[who].handle(Input::Opened, self.now);
            self.collect(who);
        }
        self.deliver();
    }

    fn collect(&mut self, who: usize) {
        while let Some(output) = self.pages[who].poll_output() {
            match output {
                Output::Transmit(text) => {
                    let frame = Frame::decode(&text).expect("a frame of ours");
                    self.sent[who].push(frame);
                    self.inbound[1 - who].push_back(text);
                }
                Output::Changed | Output::LiveChanged => {}
                other => self.told[who].push(other),
            }
        }
    }

    /// In order, as a channel does.
    fn deliver(&mut self) {
        while let Some(who) = (0..2).find(|who| !self.inbound[*who].is_empty()) {
            let text = self.inbound[who].pop_front().expect("it is not empty");
            self.pages[who].handle(Input::Received { text, wall: WALL }, self.now);
            self.collect(who);
        }
    }

    pub fn input(&mut self, who: usize, input: Input) {
        self.pages[who].handle(input, self.now);
        self.collect(who);
        self.deliver();
    }

    pub fn wait(&mut self, millis: u64) {
        let end = self.now.as_millis() + millis;
        loop {
            let next = self.pages.iter().filter_map(Machine::poll_timeout).min();
            let Some(at) = next.filter(|at| at.as_millis() <= end) else {
                break;
            };
            self.now = at.max(self.now);
            for who in [0, 1] {
                self.input(who, Input::Timeout);
            }
        }
        self.now = Now::from_millis(end);
    }
}
