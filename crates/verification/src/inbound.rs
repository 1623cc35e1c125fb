//! Received signals that wait while a signature is checked.

use std::collections::VecDeque;

use wimpex_protocol::UserId;

use crate::handshake::UnverifiedMessage;
use crate::{Incoming, RequestId};

/// The signals of pinned peers, and of who the current call is with, that may wait for one
/// that is being checked, which takes milliseconds. More are only sent by somebody who means
/// harm, and are dropped.
const MAX_WAITING: usize = 1_024;
/// The same of everybody else together.
const MAX_OF_STRANGERS: usize = 256;
/// The same of each of them.
const MAX_OF_STRANGER: usize = 64;

/// Received signals, those of each sender in their order, and the one whose signature is
/// being checked. Strangers wait for those whom the user means, and have places of their own.
#[derive(Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "model", derive(Clone))]
pub(crate) struct InboundQueue {
    waiting: VecDeque<Incoming>,
    strangers: VecDeque<Incoming>,
    check: Option<SignatureCheck>,
}

/// A signal whose signature is being checked.
#[derive(Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "model", derive(Clone))]
pub(crate) struct SignatureCheck {
    pub(crate) request: RequestId,
    pub(crate) message: Incoming,
    pub(crate) unverified: UnverifiedMessage,
}

impl InboundQueue {
    /// Adds a signal after those of its sender; `is_preferred`: the user means who that is.
    pub(crate) fn push(&mut self, message: Incoming, is_preferred: bool) {
        let of_sender = self.waiting_as_stranger(&message.from);
        // Who was a stranger a moment ago must not overtake their own signals.
        if is_preferred && of_sender == 0 {
            if self.waiting.len() < MAX_WAITING {
                self.waiting.push_back(message);
            }
        } else if self.strangers.len() < MAX_OF_STRANGERS && of_sender < MAX_OF_STRANGER {
            self.strangers.push_back(message);
        }
    }

    /// The next signal; `None` while one is being checked.
    pub(crate) fn pop(&mut self) -> Option<Incoming> {
        match self.check {
            Some(_) => None,
            None => {
                let next = self.waiting.pop_front();
                next.or_else(|| self.strangers.pop_front())
            }
        }
    }

    /// Holds everything else up until [`InboundQueue::end_check`].
    pub(crate) fn begin_check(&mut self, check: SignatureCheck) {
        self.check = Some(check);
    }

    /// The signal whose signature was checked with this request; `None` if the request is
    /// another.
    pub(crate) fn end_check(&mut self, request: RequestId) -> Option<SignatureCheck> {
        self.check.take_if(|check| check.request == request)
    }

    fn waiting_as_stranger(&self, sender: &UserId) -> usize {
        let of_sender = self.strangers.iter().filter(|it| it.from == *sender);
        of_sender.count()
    }
}
