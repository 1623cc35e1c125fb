//! [`Consent`]: nothing is recorded that the peer has not agreed to, and for no longer.

use std::collections::VecDeque;

use wimpex_sansio::{Machine, Now};

/// A peer that has declined so often in a call is not asked again in it, and who asks on is not
/// heard: nobody is worn down.
pub const DECLINES: u8 = 3;

/// What is to be made of the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Sound, and pictures if there are any, until it is stopped.
    Recording,
    /// One picture of what is seen.
    Photo,
}

/// A page asks the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Which of its requests in this call: from 1, each greater than the one before.
    pub id: u32,
    /// What it wants to make.
    pub kind: Kind,
}

/// To one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Which.
    pub id: u32,
    /// Whether it may: `false` after `true` withdraws it.
    pub agrees: bool,
}

/// All that a page tells the other of recording. It is told whole, when it changes and at the start
/// of each connection, so that one that was lost does no harm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// What it wants to make, from when it asks until that has ended.
    pub request: Option<Request>,
    /// Whether it is being made.
    pub is_running: bool,
    /// To the latest request of the other.
    pub answer: Option<Answer>,
}

/// What can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// The user wants to make one of these.
    Ask(Kind),
    /// The user takes that back, or it has ended, for whatever reason.
    End,
    /// What was agreed to is being made now.
    Started,
    /// The user agrees to what the peer has asked, or does not, or not any more.
    Answer(bool),
    /// The pages can tell each other things, over a new connection.
    Connected,
    /// The page at the other end is another one than before: it was loaded anew, and nobody has
    /// agreed to anything there.
    PeerIsNew,
    /// The peer has told this.
    Told(State),
    /// The call is over.
    CallOver,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// Tell the peer this.
    Tell(State),
    /// The peer agrees: make it now.
    Start(Kind),
    /// End it now, and keep what there is.
    Stop,
    /// The peer does not agree.
    Declined(Kind),
    /// The peer has agreed, and does not any more, or its page does not know of it: [`Self::Stop`]
    /// follows.
    Withdrawn(Kind),
    /// What [`Consent`] says of the peer has changed.
    Changed,
}

/// Who records whom in one call, with whose consent.
#[derive(Debug, Default)]
pub struct Consent {
    own: State,
    peer: State,
    /// The id of the latest request of this page.
    latest: u32,
    /// This page was told to start, and not to stop since.
    is_allowed: bool,
    /// How often the peer, and this user, have declined.
    peer_declines: u8,
    own_declines: u8,
    outputs: VecDeque<Output>,
}

impl Consent {
    /// That of a new call.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the peer can be asked now.
    pub fn can_ask(&self) -> bool {
        self.own.request.is_none() && self.peer_declines < DECLINES
    }

    /// What the peer is asked for and has not answered.
    pub fn waits_for(&self) -> Option<Kind> {
        let request = self.own.request.filter(|_| !self.is_allowed)?;
        Some(request.kind)
    }

    /// What the peer asks of the user, who has not answered.
    pub fn peer_asks(&self) -> Option<Kind> {
        let request = self.peer.request?;
        let is_answered = self.own.answer.is_some_and(|it| it.id == request.id);
        (!is_answered).then_some(request.kind)
    }

    /// What the peer makes of this user or may begin to make at any moment: what a sign tells of.
    /// A peer that runs one without consent is told of as well.
    pub fn peer_records(&self) -> Option<Kind> {
        let request = self.peer.request?;
        let agreed = Answer {
            id: request.id,
            agrees: true,
        };
        (self.own.answer == Some(agreed) || self.peer.is_running).then_some(request.kind)
    }

    fn ask(&mut self, kind: Kind) {
        if self.can_ask() {
            self.latest += 1;
            let id = self.latest;
            self.own.request = Some(Request { id, kind });
            self.tell();
        }
    }

    fn end(&mut self) {
        if self.own.request.take().is_some() {
            self.own.is_running = false;
            if std::mem::take(&mut self.is_allowed) {
                self.outputs.push_back(Output::Stop);
            }
            self.tell();
        }
    }

    fn answer(&mut self, agrees: bool) {
        let Some(request) = self.peer.request else {
            return;
        };
        let id = request.id;
        let answer = Some(Answer { id, agrees });
        let before = self.own.answer.filter(|it| it.id == id);
        // A no stands: who was told it has ended, and would have to ask again.
        if before.is_some_and(|it| !it.agrees || agrees) {
            return;
        }
        if before.is_none() && !agrees {
            self.own_declines = self.own_declines.saturating_add(1);
        }
        self.own.answer = answer;
        self.tell();
        self.outputs.push_back(Output::Changed);
    }

    fn told(&mut self, peer: State) {
        let is_unanswered = self.peer_asks().is_some();
        let before = std::mem::replace(&mut self.peer, peer);
        if before != peer {
            self.outputs.push_back(Output::Changed);
        }
        if before.request != peer.request {
            // Whoever asks and takes it back, over and over, wears down as well.
            if is_unanswered {
                self.own_declines = self.own_declines.saturating_add(1);
            }
            // An answer is to one request, once: another of the same number is another one.
            self.own.answer = None;
        }
        if self.peer_asks().is_some() && self.own_declines >= DECLINES {
            self.answer(false);
        }
        self.take_answer(peer.answer);
    }

    fn take_answer(&mut self, answer: Option<Answer>) {
        let Some(request) = self.own.request else {
            return;
        };
        let answer = answer.filter(|it| it.id == request.id);
        match answer.map(|it| it.agrees) {
            Some(true) if !self.is_allowed => {
                self.is_allowed = true;
                self.outputs.push_back(Output::Start(request.kind));
            }
            Some(true) => {}
            // Whoever knows of no answer any more has not agreed.
            Some(false) | None if self.is_allowed => self.withdraw(request.kind),
            Some(false) => {
                self.peer_declines = self.peer_declines.saturating_add(1);
                self.outputs.push_back(Output::Declined(request.kind));
                self.end();
            }
            None => {}
        }
    }

    fn withdraw(&mut self, kind: Kind) {
        self.outputs.push_back(Output::Withdrawn(kind));
        self.end();
    }

    fn peer_is_new(&mut self) {
        self.peer = State::default();
        self.own.answer = None;
        if let (Some(request), true) = (self.own.request, self.is_allowed) {
            self.withdraw(request.kind);
        }
        self.outputs.push_back(Output::Changed);
    }

    fn tell(&mut self) {
        self.outputs.push_back(Output::Tell(self.own));
    }
}

impl Machine for Consent {
    type Input = Input;
    type Output = Output;

    fn handle(&mut self, input: Input, _now: Now) {
        match input {
            Input::Ask(kind) => self.ask(kind),
            Input::End => self.end(),
            Input::Started => {
                // It may have been stopped while it was starting.
                if self.is_allowed {
                    self.own.is_running = true;
                    self.tell();
                }
            }
            Input::Answer(agrees) => self.answer(agrees),
            Input::Connected => self.tell(),
            Input::PeerIsNew => self.peer_is_new(),
            Input::Told(peer) => self.told(peer),
            Input::CallOver => {
                let was_allowed = self.is_allowed;
                *self = Self::new();
                if was_allowed {
                    self.outputs.push_back(Output::Stop);
                }
                self.outputs.push_back(Output::Changed);
            }
        }
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn poll_timeout(&self) -> Option<Now> {
        None
    }
}
