//! Two pages over channels that come and go, in virtual time.

use std::collections::VecDeque;
use std::sync::Arc;

use wimpex_direct::{Author, Chat, Direct, Input, Line, LineText, Mark, Output, StreamId, limits};
use wimpex_sansio::{Machine, Now, UnixTime};

const WALL: UnixTime = UnixTime::from_millis(1_700_000_000_000);

/// Small and good enough (Knuth's MMIX generator).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

struct Page {
    direct: Direct,
    /// Every line of the peer that ever arrived.
    heard: Vec<String>,
    heard_until: u64,
    inbound: VecDeque<String>,
}

impl Page {
    fn new(id: &str) -> Self {
        Self {
            direct: Direct::new(StreamId::parse(id).expect("letters are an id")),
            heard: Vec::new(),
            heard_until: 0,
            inbound: VecDeque::new(),
        }
    }

    fn chat(&self) -> Chat {
        self.direct.chat()
    }

    fn lines(&self) -> Vec<Arc<Line>> {
        self.chat().lines
    }

    fn listen(&mut self) {
        for line in self.lines() {
            if line.author == Author::Peer && line.number > self.heard_until {
                self.heard_until = line.number;
                self.heard.push(line.text.as_str().to_owned());
            }
        }
    }
}

struct World {
    pages: [Page; 2],
    now: Now,
}

impl World {
    fn new() -> Self {
        Self {
            pages: [Page::new("alice"), Page::new("bob")],
            now: Now::from_millis(1),
        }
    }

    fn input(&mut self, who: usize, input: Input) {
        self.pages[who].direct.handle(input, self.now);
        while let Some(output) = self.pages[who].direct.poll_output() {
            match output {
                Output::Transmit(text) => {
                    assert!(text.len() <= limits::FRAME_BYTES);
                    self.pages[1 - who].inbound.push_back(text);
                }
                Output::LineReceived => self.pages[who].listen(),
                Output::Changed | Output::LiveChanged => {}
                Output::StartRecording(_)
                | Output::StopRecording
                | Output::RecordingDeclined(_)
                | Output::RecordingWithdrawn(_) => panic!("nobody has asked"),
            }
        }
    }

    fn say(&mut self, who: usize, text: &str) {
        let text = LineText::parse(text).expect("it says something");
        self.input(who, Input::Say { text, wall: WALL });
    }

    /// A new connection: what is still on its way is lost.
    fn connect(&mut self) {
        self.cut();
        for who in [0, 1] {
            self.input(who, Input::Opened);
        }
    }

    fn cut(&mut self) {
        for who in [0, 1] {
            self.pages[who].inbound.clear();
            self.input(who, Input::Closed);
            self.pages[1 - who].inbound.clear();
        }
    }

    fn arrive(&mut self, who: usize) -> bool {
        let Some(text) = self.pages[who].inbound.pop_front() else {
            return false;
        };
        self.input(who, Input::Received { text, wall: WALL });
        true
    }

    /// Everything on its way arrives, and timers fire, until nothing more happens for a while.
    fn settle(&mut self, for_millis: u64) {
        let end = self.now.as_millis() + for_millis;
        loop {
            while self.arrive(0) || self.arrive(1) {}
            let due = |page: &Page| page.direct.poll_timeout();
            let next = self.pages.iter().filter_map(due).min();
            match next {
                Some(at) if at.as_millis() <= end => {
                    self.now = at.max(self.now);
                    for who in [0, 1] {
                        if due(&self.pages[who]).is_some_and(|at| at <= self.now) {
                            self.input(who, Input::Timeout);
                        }
                    }
                }
                _ => break,
            }
        }
        self.now = Now::from_millis(end);
    }

    fn marks(&self, who: usize) -> Vec<Mark> {
        let lines = self.pages[who].lines();
        let own = lines.iter().filter(|line| line.author == Author::Me);
        own.map(|line| line.mark).collect()
    }
}

#[test]
fn a_line_arrives_is_marked_delivered_and_then_read() {
    let mut world = World::new();
    assert!(!world.pages[0].chat().is_offered);
    world.connect();
    world.settle(1_000);
    assert!(world.pages.iter().all(|page| page.chat().is_offered));
    world.say(0, "Hello!");
    assert_eq!(world.marks(0), [Mark::Waiting]);
    world.settle(0);
    assert_eq!(world.pages[1].heard, ["Hello!"]);
    assert_eq!(world.marks(0), [Mark::Delivered]);
    assert_eq!(world.pages[1].chat().unread, 1);
    world.input(1, Input::InSight(true));
    world.settle(0);
    assert_eq!(world.marks(0), [Mark::Read]);
    assert_eq!(world.pages[1].chat().unread, 0);
    // What comes while it is in sight is read at once; what comes later is not.
    world.say(0, "And?");
    world.settle(0);
    world.input(1, Input::InSight(false));
    world.say(0, "Well?");
    world.settle(0);
    assert_eq!(world.marks(0), [Mark::Read, Mark::Read, Mark::Delivered]);
}

#[test]
fn what_is_written_without_a_connection_waits() {
    let mut world = World::new();
    world.say(0, "before the first");
    world.connect();
    world.settle(1_000);
    world.cut();
    world.say(0, "in between");
    world.say(1, "me too");
    world.settle(60_000);
    assert_eq!(world.marks(0), [Mark::Delivered, Mark::Waiting]);
    world.connect();
    world.settle(1_000);
    assert_eq!(world.pages[1].heard, ["before the first", "in between"]);
    assert_eq!(world.pages[0].heard, ["me too"]);
    assert_eq!(world.marks(0), [Mark::Delivered, Mark::Delivered]);
}

#[test]
fn a_peer_of_before_is_greeted_three_times_and_left_alone() {
    let mut world = World::new();
    world.input(0, Input::Opened);
    world.say(0, "nobody reads this");
    let mut sent = 0;
    for _ in 0..100 {
        sent += std::mem::take(&mut world.pages[1].inbound).len();
        if let Some(at) = world.pages[0].direct.poll_timeout() {
            world.now = at;
            world.input(0, Input::Timeout);
        }
    }
    assert_eq!(sent, 3);
    assert!(!world.pages[0].chat().is_offered);
    assert_eq!(world.pages[0].direct.poll_timeout(), None);
}

#[test]
fn ten_thousand_lines_arrive_once_over_a_link_that_breaks() {
    const LINES: usize = 10_000;
    let mut world = World::new();
    let mut dice = Dice(19);
    let mut said = [0, 0];
    let (mut breaks, mut losses) = (0, 0);
    world.connect();
    let text = |who: usize, number: usize| format!("{who} says {number}");
    while said[0] < LINES || said[1] < LINES / 4 {
        for (who, most) in [(0, LINES), (1, LINES / 4)] {
            if said[who] < most && world.pages[who].direct.has_room() && dice.roll(4) > 0 {
                world.say(who, &text(who, said[who]));
                said[who] += 1;
            }
        }
        // Some of what is on its way arrives, in order.
        for _ in 0..dice.roll(6) {
            world.arrive(dice.roll(2) as usize);
        }
        world.now = Now::from_millis(world.now.as_millis() + dice.roll(120));
        for who in [0, 1] {
            let due = world.pages[who].direct.poll_timeout();
            if due.is_some_and(|at| at <= world.now) {
                world.input(who, Input::Timeout);
            }
        }
        match dice.roll(200) {
            0 => {
                world.connect();
                breaks += 1;
            }
            1 => {
                world.cut();
                breaks += 1;
            }
            // A channel that lost something, which a reliable one never does.
            2 => {
                losses += usize::from(
                    world.pages[dice.roll(2) as usize]
                        .inbound
                        .pop_back()
                        .is_some(),
                )
            }
            3..6 => world.connect(),
            _ => {}
        }
        if dice.roll(50) == 0 {
            let in_sight = dice.roll(2) == 0;
            world.input(dice.roll(2) as usize, Input::InSight(in_sight));
        }
    }
    world.connect();
    world.settle(3_600_000);
    for (who, most) in [(0, LINES), (1, LINES / 4)] {
        let heard = &world.pages[1 - who].heard;
        let expected: Vec<String> = (0..most).map(|number| text(who, number)).collect();
        assert_eq!(heard.len(), most, "of {who}");
        assert!(*heard == expected, "of {who}: in order");
        assert!(!world.marks(who).contains(&Mark::Waiting));
    }
    assert!(
        breaks > 50 && losses > 10,
        "{breaks} breaks, {losses} losses"
    );
    let kept = world.pages[1].chat();
    assert!(kept.lines.len() <= limits::LINES && kept.is_cut);
}

#[test]
fn a_page_that_was_loaded_anew_gets_what_waits_once() {
    let mut world = World::new();
    world.connect();
    world.say(0, "one");
    world.say(1, "uno");
    world.settle(1_000);
    world.cut();
    world.say(0, "two");
    world.pages[1] = Page::new("bob-anew");
    world.connect();
    world.settle(1_000);
    assert_eq!(world.pages[1].heard, ["two"]);
    world.say(1, "due");
    world.say(0, "three");
    world.settle(1_000);
    assert_eq!(world.pages[1].heard, ["two", "three"]);
    assert_eq!(world.pages[0].heard, ["uno", "due"]);
    assert_eq!(world.marks(0), [Mark::Delivered; 3]);
    // And over one more connection.
    world.connect();
    world.settle(1_000);
    assert_eq!(world.pages[1].heard, ["two", "three"]);
}

#[test]
fn marks_never_tell_more_than_what_was_sent() {
    let mut world = World::new();
    world.connect();
    world.settle(1_000);
    world.say(0, "one");
    world.pages[1].inbound.clear();
    for text in [
        r#"{"type":"ack","received":2}"#,
        r#"{"type":"ack","received":9007199254740991}"#,
        r#"{"type":"read","read":1}"#,
        r#"{"type":"read","read":9007199254740991}"#,
        r#"{"type":"hello","version":1,"features":["chat"],"stream":"x","peerStream":"alice","received":9,"read":9}"#,
        r#"{"type":"hello","version":1,"features":["chat"],"stream":"x","peerStream":"eve","received":1,"read":1}"#,
    ] {
        let text = text.to_owned();
        world.input(0, Input::Received { text, wall: WALL });
        assert_eq!(world.marks(0), [Mark::Waiting]);
    }
}

#[test]
fn whoever_floods_is_neither_kept_nor_answered_without_end() {
    let mut world = World::new();
    world.connect();
    world.settle(1_000);
    let mut answers = 0;
    for seq in 1..=100_000u64 {
        let text = format!(r#"{{"type":"chat","seq":{seq},"text":"x"}}"#);
        world.input(0, Input::Received { text, wall: WALL });
        answers += std::mem::take(&mut world.pages[1].inbound).len();
    }
    assert!(answers <= limits::TAKE_BURST as usize, "{answers}");
    assert!(world.pages[0].lines().len() <= limits::LINES);
}

#[test]
fn malformed_frames_by_the_thousand_change_nothing() {
    let mut world = World::new();
    world.connect();
    world.settle(1_000);
    world.say(1, "good");
    world.settle(0);
    let mut dice = Dice(7);
    let good = [
        r#"{"type":"hello","version":1,"features":["chat"],"stream":"bob","peerStream":"alice","received":0,"read":0}"#,
        r#"{"type":"chat","seq":2,"text":"evil"}"#,
        r#"{"type":"ack","received":0}"#,
        r#"{"type":"read","read":0}"#,
    ];
    for round in 0..20_000 {
        let mut bytes = good[dice.roll(4) as usize].as_bytes().to_vec();
        // Cut, so that it is no JSON any more; and something changed.
        bytes.truncate(dice.roll(bytes.len() as u64) as usize);
        if !bytes.is_empty() {
            let at = dice.roll(bytes.len() as u64) as usize;
            bytes[at] = dice.roll(256) as u8;
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        world.now = Now::from_millis(world.now.as_millis() + 20);
        world.input(0, Input::Received { text, wall: WALL });
        assert!(world.pages[1].inbound.is_empty(), "round {round}");
    }
    assert_eq!(world.pages[0].heard, ["good"]);
    world.say(1, "still there");
    world.settle(0);
    assert_eq!(world.pages[0].heard, ["good", "still there"]);
}

#[test]
fn earlier_lines_come_first_and_are_told_as_they_were() {
    let mut world = World::new();
    world.connect();
    world.say(0, "one");
    world.say(1, "uno");
    world.settle(1_000);
    world.cut();
    world.say(0, "never arrives");
    let earlier: Vec<Line> = world.pages[0]
        .lines()
        .iter()
        .map(|it| (**it).clone())
        .collect();

    let mut next = World::new();
    next.connect();
    next.say(0, "two");
    next.settle(1_000);
    // Read from a slow database, twice.
    next.input(0, Input::Earlier(earlier.clone()));
    next.input(0, Input::Earlier(earlier));
    next.say(0, "three");
    next.settle(1_000);
    let lines = next.pages[0].lines();
    let told: Vec<_> = lines
        .iter()
        .map(|line| (line.text.as_str(), line.mark, line.is_earlier))
        .collect();
    assert_eq!(
        told,
        [
            ("one", Mark::Delivered, true),
            ("uno", Mark::Read, true),
            ("never arrives", Mark::Undelivered, true),
            ("two", Mark::Delivered, false),
            ("three", Mark::Delivered, false),
        ]
    );
    assert!(lines.is_sorted_by_key(|line| line.number));
    assert_eq!(next.pages[0].chat().unread, 0);
    assert_eq!(next.pages[1].heard, ["two", "three"]);
}
