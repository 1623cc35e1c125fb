//! What counts only now: where the users point, and what they say.

use std::collections::VecDeque;
use std::time::Duration;

use wimpex_direct::{
    Caption, Direct, Feature, Frame, Input, Output, Pointer, Position, StreamId, limits,
};
use wimpex_sansio::{Machine, Now, UnixTime};

const WALL: UnixTime = UnixTime::from_millis(1_700_000_000_000);

struct Pair {
    pages: [Direct; 2],
    now: Now,
    /// What each has sent so far.
    sent: [Vec<Frame>; 2],
    inbound: [VecDeque<String>; 2],
}

impl Pair {
    fn connected() -> Self {
        let page = |id| Direct::new(StreamId::parse(id).expect("letters are an id"));
        let mut pair = Self {
            pages: [page("alice"), page("bob")],
            now: Now::from_millis(1),
            sent: [Vec::new(), Vec::new()],
            inbound: [VecDeque::new(), VecDeque::new()],
        };
        pair.input(0, Input::CanCaption(true));
        pair.connect();
        pair
    }

    fn connect(&mut self) {
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
            if let Output::Transmit(text) = output {
                let frame = Frame::decode(&text).expect("a frame of ours");
                self.sent[who].push(frame);
                self.inbound[1 - who].push_back(text);
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

    fn input(&mut self, who: usize, input: Input) {
        self.pages[who].handle(input, self.now);
        self.collect(who);
        self.deliver();
    }

    fn wait(&mut self, millis: u64) {
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

fn at(x: u16) -> Option<Pointer> {
    let at = Position::new(x, 5_000).expect("it is inside");
    Some(Pointer { at, is_own: false })
}

fn said(text: &str, is_final: bool) -> Caption {
    Caption::parse(text, is_final).expect("it says something")
}

fn read(direct: &Direct) -> Vec<&str> {
    direct.captions().iter().map(Caption::text).collect()
}

#[test]
fn a_hand_that_moves_is_followed_at_a_bounded_rate_and_ends_where_it_rests() {
    let mut pair = Pair::connected();
    for x in 0..1_000 {
        pair.input(0, Input::Point(at(x)));
        pair.wait(1);
    }
    pair.wait(200);
    assert_eq!(pair.pages[1].peer_points(), at(999));
    let points = pair.sent[0]
        .iter()
        .filter(|it| matches!(it, Frame::Point(_)));
    let most = 1_000 / limits::POINT_EVERY.as_millis() as usize + 4;
    let count = points.count();
    assert!((10..=most).contains(&count), "{count} of at most {most}");
    // It leaves at once, however fast it was.
    for x in 0..10 {
        pair.input(0, Input::Point(at(x)));
    }
    pair.input(0, Input::Point(None));
    assert_eq!(pair.pages[1].peer_points(), None);
    pair.wait(1_000);
    assert_eq!(pair.pages[1].peer_points(), None);
}

#[test]
fn nobody_points_over_a_channel_that_is_gone() {
    let mut pair = Pair::connected();
    pair.input(0, Input::Point(at(7)));
    assert_eq!(pair.pages[1].peer_points(), at(7));
    pair.input(1, Input::Closed);
    assert_eq!(pair.pages[1].peer_points(), None);
    // Over the next one it is told again.
    pair.connect();
    pair.wait(200);
    assert_eq!(pair.pages[1].peer_points(), at(7));
}

#[test]
fn a_page_of_before_is_told_neither() {
    let mut direct = Direct::new(StreamId::parse("alice").expect("letters are an id"));
    let now = Now::ZERO;
    direct.handle(Input::Opened, now);
    let hello = r#"{"type":"hello","version":1,"features":["chat"],"stream":"old"}"#;
    let text = hello.to_owned();
    direct.handle(Input::Received { text, wall: WALL }, now);
    direct.handle(Input::Point(at(7)), now);
    direct.handle(Input::ReadCaptions(true), now);
    direct.handle(Input::Caption(said("hello", true)), now);
    let mut sent = Vec::new();
    while let Some(output) = direct.poll_output() {
        if let Output::Transmit(text) = output {
            sent.push(text);
        }
    }
    assert_eq!(sent.len(), 1, "its own hello: {sent:?}");
    assert!(!direct.features().has(Feature::Point));
    assert_eq!(direct.poll_timeout(), None);
}

#[test]
fn what_is_said_is_written_only_for_who_asks() {
    let mut pair = Pair::connected();
    assert!(pair.pages[1].features().has(Feature::Captions));
    assert!(!pair.pages[0].features().has(Feature::Captions));
    pair.input(0, Input::Caption(said("unheard", true)));
    assert!(read(&pair.pages[1]).is_empty() && !pair.pages[0].is_read());
    pair.input(1, Input::ReadCaptions(true));
    assert!(pair.pages[0].is_read());
    pair.input(0, Input::Caption(said("See you", false)));
    assert_eq!(read(&pair.pages[1]), ["See you"]);
    pair.input(0, Input::Caption(said("See you on Monday", true)));
    pair.input(0, Input::Caption(said("at nine", false)));
    assert_eq!(read(&pair.pages[1]), ["See you on Monday", "at nine"]);
    // What nobody follows up is gone after a while.
    pair.wait(limits::CAPTION_STAYS.as_millis() as u64 + 1);
    assert!(read(&pair.pages[1]).is_empty());
    // Another connection of the call knows of the wish; whoever takes it back reads nothing.
    pair.connect();
    assert!(pair.pages[0].is_read());
    pair.input(0, Input::Caption(said("once more", true)));
    assert_eq!(read(&pair.pages[1]), ["once more"]);
    pair.input(1, Input::ReadCaptions(false));
    assert!(read(&pair.pages[1]).is_empty() && !pair.pages[0].is_read());
}

#[test]
fn a_flood_is_neither_shown_nor_kept() {
    let mut pair = Pair::connected();
    pair.input(1, Input::ReadCaptions(true));
    let mut changes = 0;
    for number in 0..50_000u32 {
        let text = if number % 2 == 0 {
            format!(r#"{{"type":"point","x":{},"y":1}}"#, number % 10_000)
        } else {
            format!(r#"{{"type":"caption","text":"{number}","final":true}}"#)
        };
        pair.pages[1].handle(Input::Received { text, wall: WALL }, pair.now);
        while let Some(output) = pair.pages[1].poll_output() {
            changes += usize::from(output == Output::LiveChanged);
        }
    }
    assert!(changes <= limits::LIVE_TAKE_BURST as usize, "{changes}");
    assert!(read(&pair.pages[1]).len() <= limits::CAPTIONS);
    // It ends with the next honest second.
    pair.wait(Duration::from_secs(20).as_millis() as u64);
    pair.input(0, Input::Point(at(3)));
    pair.wait(200);
    assert_eq!(pair.pages[1].peer_points(), at(3));
}

#[test]
fn a_caption_is_one_short_line_of_text() {
    let long = "é".repeat(limits::CAPTION_BYTES);
    assert_eq!(Caption::parse(&long, true), None);
    let cut = Caption::of_speech(&long, true).expect("its end");
    assert!(cut.text().len() <= limits::CAPTION_BYTES && cut.text().len() > 400);
    let odd = said("one\r\ntwo\u{202E}three\tfour", true);
    assert_eq!(odd.text(), "one twothree four");
    assert_eq!(Caption::parse(" \n\u{200B} ", true), None);
    assert_eq!(format!("{odd:?}"), "Caption(17 bytes)");
}
