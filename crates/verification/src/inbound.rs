//! Received signals that wait while a signature is checked.

use std::collections::VecDeque;

use crate::handshake::UnverifiedMessage;
use crate::{Incoming, RequestId};

/// The signals that may wait for one that is being checked, which takes milliseconds.
/// More are only sent by somebody who means harm, and are dropped.
const MAX_WAITING: usize = 1_024;

/// Received signals in their order, and the one whose signature is being checked.
#[derive(Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "model", derive(Clone))]
pub(crate) struct InboundQueue {
    waiting: VecDeque<Incoming>,
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
    /// Adds a signal at the end.
    pub(crate) fn push(&mut self, message: Incoming) {
        if self.waiting.len() < MAX_WAITING {
            self.waiting.push_back(message);
        }
    }

    /// The next signal; `None` while one is being checked.
    pub(crate) fn pop(&mut self) -> Option<Incoming> {
        match self.check {
            Some(_) => None,
            None => self.waiting.pop_front(),
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
}
