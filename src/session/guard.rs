//! Whatever the call machine says goes by the guard, and whatever the server brings.
//!
//! The guard itself comes in a module of its own, when the first signal of a call does
//! (`crate::lazy`); until then signals wait, in their order.

use futures_channel::mpsc::UnboundedSender;
use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::RtcPeerConnection;
use wimpex_call::{Input, State};
use wimpex_identity::VerifyError;
use wimpex_protocol::{CallConfirm, CallId, Relayed, Signal, UserId};
use wimpex_verification::{Assurance, Incoming, RequestId};

use super::event::Event;
use super::runtime::Runtime;
use super::view::Alarm;
use crate::lazy;

/// A call, and whom it is with.
pub type Pair = (UserId, CallId);

/// What the guard is told.
pub enum Word {
    /// The person is this from now on.
    Am(UserId),
    /// The machine says something.
    Send(Relayed),
    /// The server brings something.
    Hear(Incoming),
    /// The other end of this call says it over the call's own connection.
    Direct(Pair, CallConfirm),
    /// The browser has signed, or could not.
    Signed(RequestId, Option<[u8; 64]>),
    /// The browser has checked a signature.
    Checked(RequestId, bool),
    /// The call's connection is up.
    Connected(Pair, RtcPeerConnection),
    /// The verifier's deadline has come.
    Timeout,
    /// There is this call now, or none.
    Keep(Option<Pair>),
}

/// What the guard says to that.
pub enum Verdict {
    /// Send it.
    Transmit(Relayed),
    /// Give it to the machine.
    Deliver(Incoming),
    /// This offer came before, and its call is not known to the guard any more.
    Repeated(Incoming),
    /// A description of this call cannot be signed.
    Unsaid(Pair),
    /// A message of this call does not hold.
    Refused {
        /// Of which call.
        call: Pair,
        /// Why.
        refusal: VerifyError,
        /// The person has to know.
        alarms: bool,
    },
}

/// Signs what leaves, and lets in what holds.
pub trait Guard {
    /// One more thing.
    fn take(&mut self, word: Word);
    /// What follows next.
    fn next(&mut self) -> Option<Verdict>;
    /// How sure it is that this call is with who it says.
    fn assurance(&self, call: &Pair) -> Assurance;
}

/// A guard, or who waits for one.
#[derive(Default)]
pub(super) enum Post {
    /// No call yet.
    #[default]
    Empty,
    /// It is being loaded.
    Waiting(Vec<Word>),
    /// It is there.
    Kept(Box<dyn Guard + Send>),
}

/// So many words wait at most.
const WAITING: usize = 256;
/// So many times the guard is asked for before a call that waits for it is given up.
const GIVES_UP: u32 = 10;
/// After so long it is asked for again, in milliseconds.
const AGAIN: u32 = 1_000;

impl Runtime {
    /// Tells the guard, and does what it says.
    pub(super) fn guard(&mut self, word: Word) {
        match &mut self.post {
            Post::Kept(guard) => {
                guard.take(word);
                self.follow_all();
            }
            Post::Waiting(words) if words.len() < WAITING => words.push(word),
            Post::Waiting(_) => {}
            Post::Empty => match word {
                Word::Hear(incoming) if !matches!(incoming.signal, Signal::CallOffer(_)) => {
                    // Of a call that nobody here knows.
                    self.follow(Verdict::Deliver(incoming));
                }
                Word::Hear(_) | Word::Send(_) => {
                    self.post = Post::Waiting(vec![word]);
                    self.load_guard();
                }
                Word::Am(_)
                | Word::Direct(..)
                | Word::Signed(..)
                | Word::Checked(..)
                | Word::Connected(..)
                | Word::Timeout
                | Word::Keep(_) => {}
            },
        }
    }

    fn load_guard(&self) {
        let guard = lazy::guard(self.identity.key(), self.view, self.inbox.clone());
        let inbox = self.inbox.clone();
        spawn_local(async move {
            let guard = match guard.await {
                Ok(guard) => Some(guard.await),
                Err(lazy::NotLoaded) => None,
            };
            post(&inbox, Event::Guard(guard));
        });
    }

    /// The guard is there, or could not be loaded: without it no call is made.
    pub(super) fn post_guard(&mut self, guard: Option<Box<dyn Guard + Send>>) {
        match (guard, &mut self.post) {
            (Some(guard), Post::Waiting(words)) => {
                let words = std::mem::take(words);
                self.post = Post::Kept(guard);
                let me = self.view.me.get_untracked().map(Word::Am);
                for word in me.into_iter().chain(words) {
                    self.guard(word);
                }
                self.guard(Word::Keep(self.kept.clone()));
            }
            (None, Post::Waiting(words)) => {
                self.trace.note("the guard could not be loaded".to_owned());
                self.unloaded += 1;
                if self.unloaded.is_multiple_of(GIVES_UP) {
                    // Whoever calls hears why; whoever is called rings again.
                    words.clear();
                    if self.machine.state() == State::Calling {
                        self.cannot_be_set_up();
                    }
                }
                let inbox = self.inbox.clone();
                Timeout::new(AGAIN, move || post(&inbox, Event::LoadGuard)).forget();
            }
            (_, Post::Empty | Post::Kept(_)) => {}
        }
    }

    /// Says over the connection itself what had to wait for it.
    pub(super) fn say_directly(&mut self) {
        if let Some(connection) = &self.connection {
            self.unsaid.take_if(|text| connection.say(text));
        }
    }

    pub(super) fn load_guard_again(&self) {
        if matches!(self.post, Post::Waiting(_)) {
            self.load_guard();
        }
    }

    /// What follows of a verdict may be another word to the guard; its verdict waits for
    /// its turn.
    fn follow_all(&mut self) {
        if std::mem::replace(&mut self.follows, true) {
            return;
        }
        while let Post::Kept(guard) = &mut self.post
            && let Some(verdict) = guard.next()
        {
            self.follow(verdict);
        }
        self.follows = false;
        self.assure();
    }

    fn follow(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Transmit(relayed) => {
                self.trace
                    .note(format!("sent {}", relayed.signal.type_name()));
                if matches!(relayed.signal, Signal::CallConfirm(_)) {
                    // The call may be up while the server is away.
                    self.unsaid = Some(relayed.signal.encode());
                }
                self.link.send(relayed);
            }
            Verdict::Deliver(incoming) => {
                self.trace
                    .note(format!("received {}", incoming.signal.type_name()));
                let is_offer = matches!(incoming.signal, Signal::CallOffer(_));
                self.input(Input::Remote {
                    from: incoming.from,
                    device: incoming.device,
                    addressed: incoming.to_this_device,
                    signal: incoming.signal,
                });
                if is_offer {
                    // Whoever is told that we are busy is nobody to remember.
                    self.guard(Word::Keep(self.kept.clone()));
                }
            }
            Verdict::Repeated(incoming) => {
                self.trace
                    .note(format!("refused: {}", VerifyError::Replayed.code()));
                let Signal::CallOffer(offer) = &incoming.signal else {
                    return;
                };
                // It never rings a second time; who still calls is told how it ended.
                if self.machine.is_over(&incoming.from, &offer.call_id) {
                    self.follow(Verdict::Deliver(incoming));
                }
            }
            Verdict::Unsaid(call) => {
                self.trace.note("a description cannot be signed".to_owned());
                if self.kept.as_ref() == Some(&call) {
                    self.cannot_be_set_up();
                }
            }
            Verdict::Refused {
                call,
                refusal,
                alarms,
            } => {
                self.trace.note(format!("refused: {}", refusal.code()));
                let is_ours = self.kept.as_ref() == Some(&call);
                if alarms {
                    let alarm = Alarm {
                        peer: call.0,
                        refusal,
                    };
                    // The first that was not read yet stays.
                    self.view.trust.update(|trust| {
                        trust.alarm.get_or_insert(alarm);
                    });
                }
                if is_ours {
                    let stopped = self.kept.as_ref().map(|(_, call)| call.clone());
                    self.view.trust.update(|trust| trust.stopped = stopped);
                    self.input(Input::HangUp);
                }
            }
        }
    }

    /// The call cannot be proved, so that nobody would take it.
    fn cannot_be_set_up(&mut self) {
        match &self.connection {
            Some(connection) => {
                let generation = connection.generation;
                self.input(Input::NegotiationFailed { generation });
            }
            None => self.input(Input::HangUp),
        }
    }

    /// Tells the guard which call there is, if it is another one.
    pub(super) fn keep_call(&mut self) {
        let call = self.machine.view().call;
        let call = call.map(|call| (call.peer, call.call_id));
        if self.kept != call {
            self.kept.clone_from(&call);
            self.unsaid = None;
            if call.is_some() {
                self.view.trust.update(|trust| trust.compared = None);
            }
            self.guard(Word::Keep(call));
        }
        self.assure();
    }

    /// Shows how sure it is that the call is with who it says.
    fn assure(&self) {
        let assurance = match (&self.post, &self.kept) {
            (Post::Kept(guard), Some(call)) => guard.assurance(call),
            (_, Some(_)) => Assurance::Pending,
            (_, None) => Assurance::Unverified,
        };
        let trust = self.view.trust;
        if trust.with_untracked(|trust| trust.assurance != assurance) {
            trust.update(|trust| trust.assurance = assurance);
        }
    }
}

fn post(inbox: &UnboundedSender<Event>, event: Event) {
    // The inbox lives as long as the page.
    let _ = inbox.unbounded_send(event);
}
