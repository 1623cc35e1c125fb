//! The verifier, or the queue of whatever waits for it.
//!
//! Its code is no part of the page's first load: it comes with the first signal of a
//! call, and with the call machine; signals wait for it in their order.

use std::time::Duration;

use wimpex_protocol::UserId;
use wimpex_sansio::Now;
use wimpex_verification::{Assurance, CallKey, Input, KeptHandshake, Verify};

/// How many inputs of our own, and signals of peers whom the user means, wait at most: a call
/// has a few dozen.
const MAX_WAITING: usize = 512;
/// How many signals of everybody else wait at most, so that whoever floods a page that is
/// still loading fills no memory, and no place of the others'. Until the contacts are read
/// everybody is a stranger.
const MAX_OF_STRANGERS: usize = 512;
/// The same of each of them.
const MAX_OF_STRANGER: usize = 32;
/// How often loading is tried before a call that waits for it is given up.
const GIVE_UP_AFTER: u32 = 10;
/// After so long it is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum VerifierSlot<V> {
    /// There has been no call yet.
    #[default]
    Unloaded,
    /// It is being loaded.
    Loading(Waiting<V>),
    /// It is there.
    Loaded(V),
}

/// What waits while the verifier is loaded.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Waiting<V> {
    queue: Vec<Input>,
    /// Whose signals in the queue are strangers'.
    strangers: Vec<UserId>,
    failures: u32,
    /// When to try again; `None` while it is being loaded.
    pub(crate) retry_at: Option<Now>,
    /// It is there, but has to know who may ring first: the contacts are being read.
    verifier: Option<V>,
}

/// What is to be done with an input that the slot was given.
pub(crate) enum Queued {
    /// Nothing: it waits, was handled, or is dropped.
    Done,
    /// Load the verifier; the input waits for it.
    Load,
}

/// What a failure to load means.
pub(crate) enum LoadFailure {
    /// It is tried again.
    Retry,
    /// It is tried again, but the call that waits for it is given up.
    GiveUpCall,
}

impl<V> Waiting<V> {
    fn new() -> Self {
        Self {
            queue: Vec::new(),
            strangers: Vec::new(),
            failures: 0,
            retry_at: None,
            verifier: None,
        }
    }

    fn push(&mut self, input: Input, stranger: Option<UserId>) {
        let Some(stranger) = stranger else {
            if self.queue.len() - self.strangers.len() < MAX_WAITING {
                self.queue.push(input);
            }
            return;
        };
        let of_stranger = self.strangers.iter().filter(|it| **it == stranger);
        if self.strangers.len() < MAX_OF_STRANGERS && of_stranger.count() < MAX_OF_STRANGER {
            self.queue.push(input);
            self.strangers.push(stranger);
        }
    }
}

impl<V: Verify> VerifierSlot<V> {
    /// `stranger`: who has sent what is received, unless the user means them.
    pub(crate) fn handle(&mut self, input: Input, stranger: Option<UserId>, now: Now) -> Queued {
        match self {
            Self::Loaded(verifier) => {
                verifier.handle(input, now);
                Queued::Done
            }
            Self::Loading(waiting) => {
                waiting.push(input, stranger);
                Queued::Done
            }
            Self::Unloaded => match input {
                Input::Receive { .. } | Input::Send { .. } | Input::Restore(_) => {
                    let mut waiting = Waiting::new();
                    waiting.push(input, stranger);
                    *self = Self::Loading(waiting);
                    Queued::Load
                }
                // The verifier is told when it comes.
                Input::LoggedIn(_)
                | Input::PeerPolicy(_)
                | Input::CurrentCalls(_)
                | Input::ReceiveDirect { .. }
                | Input::Connected { .. }
                | Input::Signed { .. }
                | Input::SignatureChecked { .. }
                | Input::Timeout => Queued::Done,
            },
        }
    }

    /// What comes with it is needed, whatever waits for itself; says whether to load it.
    pub(crate) fn demand(&mut self) -> bool {
        let is_unloaded = matches!(self, Self::Unloaded);
        if is_unloaded {
            *self = Self::Loading(Waiting::new());
        }
        is_unloaded
    }

    /// Whether there is a verifier to tell.
    pub(crate) fn is_loaded(&self) -> bool {
        matches!(self, Self::Loaded(_))
    }

    /// Whether something waits for it.
    pub(crate) fn is_loading(&self) -> bool {
        matches!(self, Self::Loading(_))
    }

    /// The verifier is loaded; it is used as soon as the contacts are there too.
    pub(crate) fn keep(&mut self, verifier: V) {
        if let Self::Loading(waiting) = self {
            waiting.verifier = Some(verifier);
        }
    }

    /// Puts a loaded verifier to work; gives what has waited for it.
    pub(crate) fn start(&mut self) -> Option<Vec<Input>> {
        let Self::Loading(waiting) = self else {
            return None;
        };
        let verifier = waiting.verifier.take()?;
        let queue = std::mem::take(&mut waiting.queue);
        *self = Self::Loaded(verifier);
        Some(queue)
    }

    /// It could not be loaded. Whoever calls is told why; whoever is called rings again.
    pub(crate) fn on_load_failure(&mut self, now: Now) -> LoadFailure {
        let Self::Loading(waiting) = self else {
            return LoadFailure::Retry;
        };
        waiting.failures += 1;
        waiting.retry_at = Some(now + RETRY);
        if waiting.failures.is_multiple_of(GIVE_UP_AFTER) {
            waiting.queue.clear();
            waiting.strangers.clear();
            LoadFailure::GiveUpCall
        } else {
            LoadFailure::Retry
        }
    }

    /// Whether it is time to try again.
    pub(crate) fn take_retry(&mut self, now: Now) -> bool {
        match self {
            Self::Loading(waiting) => waiting.retry_at.take_if(|at| *at <= now).is_some(),
            Self::Unloaded | Self::Loaded(_) => false,
        }
    }

    pub(crate) fn poll_output(&mut self) -> Option<wimpex_verification::Output> {
        match self {
            Self::Loaded(verifier) => verifier.poll_output(),
            Self::Unloaded | Self::Loading(_) => None,
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Now> {
        match self {
            Self::Loaded(verifier) => verifier.poll_timeout(),
            Self::Loading(waiting) => waiting.retry_at,
            Self::Unloaded => None,
        }
    }

    /// What another page needs of the handshake of this call.
    pub(crate) fn keep_handshake(&self, call: &CallKey) -> Option<KeptHandshake> {
        match self {
            Self::Loaded(verifier) => verifier.keep(call),
            Self::Unloaded | Self::Loading(_) => None,
        }
    }

    /// What is proved of the present call.
    pub(crate) fn assurance(&self, call: Option<&CallKey>) -> Assurance {
        match (self, call) {
            (Self::Loaded(verifier), Some(call)) => verifier.assurance(call),
            (Self::Unloaded | Self::Loading(_), Some(_)) => Assurance::Pending,
            (_, None) => Assurance::Unverified,
        }
    }
}
