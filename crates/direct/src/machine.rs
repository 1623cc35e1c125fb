//! [`Direct`]: one call's exchange.

use std::collections::VecDeque;

use wimpex_recording::{Consent, Kind};
use wimpex_sansio::{Machine, Now, UnixTime};
use wimpex_stream::{Arrival, Receiver};

use crate::caption::{Caption, Captions};
use crate::features::{Feature, Features};
use crate::frame::{Frame, Hello, Known, Message};
use crate::history::{Author, Chat, History, Line, Mark};
use crate::limits;
use crate::live::{Live, Taken};
use crate::position::Pointer;
use crate::rate::Rate;
use crate::sending::Sending;
use crate::stream_id::StreamId;
use crate::text::LineText;

/// What can happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// The channel of a peer connection is open at this end; it takes the place of the one before.
    Opened,
    /// The channel is gone, or will be of no more use.
    Closed,
    /// This came over the channel.
    Received {
        /// One message of the channel.
        text: String,
        /// The moment, by this device's clock.
        wall: UnixTime,
    },
    /// The user has written a line.
    Say {
        /// What it says.
        text: LineText,
        /// The moment, by this device's clock.
        wall: UnixTime,
    },
    /// Whether the user has the lines in sight.
    InSight(bool),
    /// The user points there at the screen that is shown, or nowhere any more.
    Point(Option<Pointer>),
    /// Whether the user wants to read what the peer says.
    ReadCaptions(bool),
    /// Whether this page can write down what its user says.
    CanCaption(bool),
    /// What its user says; told to a peer that wants to read it.
    Caption(Caption),
    /// The user wants to record the call, or to take a photo of it.
    AskToRecord(Kind),
    /// What the peer has agreed to is being made now.
    RecordingStarted,
    /// It has ended, or the user takes the wish for it back.
    RecordingEnded,
    /// The user agrees to what the peer has asked, or does not, or not any more.
    AnswerRecording(bool),
    /// Lines of earlier calls with the same person, the oldest first.
    Earlier(Vec<Line>),
    /// The time has come that `poll_timeout` named.
    Timeout,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Send this over the channel. If that fails, it counts as lost.
    Transmit(String),
    /// A line has come from the peer: for a record, which learns nothing else of it.
    LineReceived,
    /// [`Direct::chat`] has changed.
    Changed,
    /// [`Direct::peer_points`], [`Direct::captions`], [`Direct::is_read`], [`Direct::consent`] or
    /// what is offered of them has changed.
    LiveChanged,
    /// The peer agrees to this: make it now.
    StartRecording(Kind),
    /// End it now, and keep what there is.
    StopRecording,
    /// The peer does not agree to this.
    RecordingDeclined(Kind),
    /// The peer has agreed, and does not any more: [`Self::StopRecording`] follows.
    RecordingWithdrawn(Kind),
}

/// The peer's stream.
#[derive(Debug)]
struct Receiving {
    id: StreamId,
    receiver: Receiver,
    /// The last number that the user has seen, and that the peer was told of.
    read: u64,
}

/// What one call's two pages exchange over all of its connections; see the crate's documentation.
#[derive(Debug)]
pub struct Direct {
    sending: Sending,
    receiving: Option<Receiving>,
    /// What the peer can do, once it has said so in this call.
    peer: Option<Features>,
    history: History,
    is_open: bool,
    /// The peer has said hello over the present connection.
    is_greeted: bool,
    hello_at: Option<Now>,
    hellos: u32,
    in_sight: bool,
    taking: Rate,
    live: Live,
    can_caption: bool,
    consent: Consent,
    outputs: VecDeque<Output>,
}

impl Direct {
    /// That of a new call. `stream` must be unknown to anybody.
    pub fn new(stream: StreamId) -> Self {
        Self {
            sending: Sending::new(stream),
            receiving: None,
            peer: None,
            history: History::new(),
            is_open: false,
            is_greeted: false,
            hello_at: None,
            hellos: 0,
            in_sight: false,
            taking: Rate::new(limits::TAKE_EVERY, limits::TAKE_BURST),
            live: Live::new(),
            can_caption: false,
            consent: Consent::new(),
            outputs: VecDeque::new(),
        }
    }

    /// The chat as it is now.
    pub fn chat(&self) -> Chat {
        let is_offered = self.peer.is_some_and(|peer| peer.has(Feature::Chat));
        self.history.chat(is_offered)
    }

    /// What both pages can do; nothing before the peer has said hello.
    pub fn features(&self) -> Features {
        self.peer.unwrap_or_default()
    }

    /// Where the peer points at the screen that is shown.
    pub fn peer_points(&self) -> Option<Pointer> {
        self.live.peer_points()
    }

    /// What the peer says, if that is wanted.
    pub fn captions(&self) -> &Captions {
        self.live.captions()
    }

    /// Whether the user wants to read what the peer says.
    pub fn reads_captions(&self) -> bool {
        self.live.reads()
    }

    /// Whether the peer wants to read what this side says.
    pub fn is_read(&self) -> bool {
        self.live.is_read()
    }

    /// Who may record whom; to be asked of only where both can.
    pub fn consent(&self) -> &Consent {
        &self.consent
    }

    /// Whether another line can be taken: not while [`limits::UNACKED`] wait.
    pub fn has_room(&self) -> bool {
        !self.sending.is_full()
    }

    /// What this version can do, in this browser.
    fn own_features(&self) -> Features {
        let all = [
            Feature::Chat,
            Feature::Point,
            Feature::Files,
            Feature::Recording,
        ];
        let all = all.into_iter().fold(Features::default(), Features::with);
        if self.can_caption {
            all.with(Feature::Captions)
        } else {
            all
        }
    }

    fn opened(&mut self, now: Now) {
        self.is_open = true;
        self.is_greeted = false;
        self.hellos = 0;
        self.sending.connect();
        self.hello(now);
    }

    fn hello(&mut self, now: Now) {
        self.hellos += 1;
        let again = self.hellos < limits::HELLOS && !self.is_greeted;
        self.hello_at = again.then(|| now + limits::HELLO_AGAIN_AFTER);
        let hello = Hello {
            features: self.own_features(),
            stream: self.sending.id().clone(),
            known: self.receiving.as_mut().map(|receiving| Known {
                stream: receiving.id.clone(),
                received: receiving.receiver.ack(),
                read: receiving.read,
            }),
        };
        self.transmit(&Frame::Hello(hello));
    }

    fn greeted(&mut self, hello: Hello, now: Now) {
        let before = self.chat();
        let features = self.peer.replace(hello.features);
        if features != self.peer {
            self.outputs.push_back(Output::LiveChanged);
        }
        if self
            .receiving
            .as_ref()
            .is_none_or(|it| it.id != hello.stream)
        {
            self.receiving = Some(Receiving {
                id: hello.stream,
                receiver: Receiver::default(),
                read: 0,
            });
            self.agree(wimpex_recording::Input::PeerIsNew, now);
        }
        let ours = hello.known.as_ref();
        let ours = ours
            .filter(|known| known.stream == *self.sending.id())
            .cloned();
        if let Some(known) = &ours {
            self.acknowledged(known.received, now);
            self.read(known.read);
        }
        // Only the first of a connection can know what came over the ones before: another may
        // have been said before ours arrived.
        if !std::mem::replace(&mut self.is_greeted, true) {
            self.hello_at = None;
            if self.sending.resume(hello.known.as_ref()) {
                self.hello(now);
            }
            self.agree(wimpex_recording::Input::Connected, now);
        }
        if self.chat().is_offered != before.is_offered {
            self.outputs.push_back(Output::Changed);
        }
    }

    fn received(&mut self, text: &str, wall: UnixTime, now: Now) {
        if !self.is_open || !self.taking.take(now) {
            return;
        }
        match Frame::decode(text) {
            Ok(Frame::Hello(hello)) => self.greeted(hello, now),
            // Nobody has said what they count.
            Ok(_) if !self.is_greeted => {}
            Ok(Frame::Numbered { seq, message }) => self.numbered(seq, message, wall),
            Ok(Frame::Ack { received }) => self.acknowledged(received, now),
            Ok(Frame::Read { read }) => self.read(read),
            Ok(Frame::Point(at)) => self.live_frame(Taken::Point(at), now),
            Ok(Frame::Caption(caption)) => self.live_frame(Taken::Caption(caption), now),
            Ok(Frame::Captions(on)) => self.live_frame(Taken::Captions(on), now),
            Ok(Frame::Recording(state)) => self.agree(wimpex_recording::Input::Told(state), now),
            Err(_) => {}
        }
    }

    fn live_frame(&mut self, frame: Taken, now: Now) {
        if self.live.take(frame, now) {
            self.outputs.push_back(Output::LiveChanged);
        }
    }

    /// What a connection does not carry is told at the start of the next.
    fn agree(&mut self, input: wimpex_recording::Input, now: Now) {
        use wimpex_recording::Output as Of;
        self.consent.handle(input, now);
        let can_tell = self.is_greeted && self.features().has(Feature::Recording);
        let mut has_changed = false;
        while let Some(output) = self.consent.poll_output() {
            has_changed = true;
            match output {
                Of::Tell(state) if can_tell => self.transmit(&Frame::Recording(state)),
                Of::Tell(_) | Of::Changed => {}
                Of::Start(kind) => self.outputs.push_back(Output::StartRecording(kind)),
                Of::Stop => self.outputs.push_back(Output::StopRecording),
                Of::Declined(kind) => self.outputs.push_back(Output::RecordingDeclined(kind)),
                Of::Withdrawn(kind) => self.outputs.push_back(Output::RecordingWithdrawn(kind)),
            }
        }
        if has_changed {
            self.outputs.push_back(Output::LiveChanged);
        }
    }

    fn numbered(&mut self, seq: u64, message: Message, wall: UnixTime) {
        let Some(receiving) = &mut self.receiving else {
            return;
        };
        match receiving.receiver.arrive(seq) {
            Arrival::New => {}
            // The acknowledgment was lost with its connection.
            Arrival::Repeated => return self.acknowledge(),
            // One before was dropped here since they were too many. All of them come again.
            Arrival::Gap => return,
        }
        self.acknowledge();
        match message {
            Message::Line(text) => {
                self.history.push(Author::Peer, text, wall);
                self.outputs.push_back(Output::LineReceived);
                self.outputs.push_back(Output::Changed);
            }
            Message::Unknown => {}
        }
        self.see();
    }

    fn acknowledge(&mut self) {
        if let Some(receiving) = &mut self.receiving {
            let received = receiving.receiver.ack();
            self.transmit(&Frame::Ack { received });
        }
    }

    /// What is in sight is read, and the peer is told.
    fn see(&mut self) {
        if !self.in_sight {
            return;
        }
        if self.history.see() {
            self.outputs.push_back(Output::Changed);
        }
        if let Some(receiving) = &mut self.receiving {
            let read = receiving.receiver.received();
            if read > receiving.read {
                receiving.read = read;
                self.transmit(&Frame::Read { read });
            }
        }
    }

    fn acknowledged(&mut self, received: u64, now: Now) {
        if let Some(line) = self.sending.acknowledge(received, now) {
            self.history.mark_own(line, Mark::Delivered);
            self.outputs.push_back(Output::Changed);
        }
    }

    fn read(&mut self, read: u64) {
        if let Some(line) = self.sending.read(read) {
            self.history.mark_own(line, Mark::Read);
            self.outputs.push_back(Output::Changed);
        }
    }

    fn say(&mut self, text: LineText, wall: UnixTime) {
        if self.has_room() {
            let line = self.history.push(Author::Me, text.clone(), wall);
            self.sending.push(line, text);
            self.outputs.push_back(Output::Changed);
        }
    }

    fn timeout(&mut self, now: Now) {
        if self.is_open && self.hello_at.is_some_and(|at| at <= now) {
            self.hello(now);
        }
        if self.is_greeted {
            self.sending.timeout(now);
        }
        if self.live.timeout(now) {
            self.outputs.push_back(Output::LiveChanged);
        }
    }

    /// Whatever may go now goes.
    fn send(&mut self, now: Now) {
        if !self.is_open || !self.is_greeted {
            return;
        }
        let peer = self.features();
        while let Some(frame) = self.live.next(peer, now) {
            self.transmit(&frame);
        }
        // A peer that does not chat is sent no lines.
        if !peer.has(Feature::Chat) {
            return;
        }
        while let Some((seq, message)) = self.sending.next(now) {
            self.transmit(&Frame::Numbered { seq, message });
        }
    }

    fn transmit(&mut self, frame: &Frame) {
        if self.is_open {
            self.outputs.push_back(Output::Transmit(frame.encode()));
        }
    }
}

impl Machine for Direct {
    type Input = Input;
    type Output = Output;

    fn handle(&mut self, input: Input, now: Now) {
        match input {
            Input::Opened => self.opened(now),
            Input::Closed => {
                self.is_open = false;
                self.is_greeted = false;
                self.hello_at = None;
                if self.live.close() {
                    self.outputs.push_back(Output::LiveChanged);
                }
            }
            Input::Received { text, wall } => self.received(&text, wall, now),
            Input::Say { text, wall } => self.say(text, wall),
            Input::InSight(in_sight) => {
                self.in_sight = in_sight;
                self.see();
            }
            Input::Earlier(lines) => {
                self.history.precede(lines);
                self.outputs.push_back(Output::Changed);
            }
            Input::Point(at) => self.live.point(at),
            Input::ReadCaptions(reads) => {
                self.live.read(reads);
                self.outputs.push_back(Output::LiveChanged);
            }
            Input::CanCaption(can) => {
                // The peer may have been told otherwise.
                if std::mem::replace(&mut self.can_caption, can) != can && self.is_open {
                    self.hello(now);
                }
            }
            Input::Caption(caption) => self.live.say(caption),
            Input::AskToRecord(kind) => {
                if self.features().has(Feature::Recording) {
                    self.agree(wimpex_recording::Input::Ask(kind), now);
                }
            }
            Input::RecordingStarted => self.agree(wimpex_recording::Input::Started, now),
            Input::RecordingEnded => self.agree(wimpex_recording::Input::End, now),
            Input::AnswerRecording(agrees) => {
                self.agree(wimpex_recording::Input::Answer(agrees), now);
            }
            Input::Timeout => self.timeout(now),
        }
        self.send(now);
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn poll_timeout(&self) -> Option<Now> {
        if !self.is_open {
            return None;
        }
        let live = self.live.poll_timeout(self.features());
        let live = live.filter(|_| self.is_greeted);
        let sending = self.sending.poll_timeout();
        let sending = sending.filter(|_| self.is_greeted && self.features().has(Feature::Chat));
        [self.hello_at, sending, live].into_iter().flatten().min()
    }
}
