//! The queue of outputs that have not been polled yet.

use std::collections::VecDeque;

use wimpex_protocol::{DeviceId, Envelope, Signal, UserId};

use crate::output::Output;

/// First in, first out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Outputs(VecDeque<Output>);

impl Outputs {
    pub(crate) fn push(&mut self, output: Output) {
        self.0.push_back(output);
    }

    pub(crate) fn pop(&mut self) -> Option<Output> {
        self.0.pop_front()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A signal to one device of somebody, or to all of them.
    pub(crate) fn send(&mut self, to_id: UserId, to_device: Option<DeviceId>, signal: Signal) {
        self.push(Output::Send(Envelope {
            to_id,
            to_device,
            from_id: None,
            from_device: None,
            signal,
        }));
    }
}
