//! The call machine, or the call that waits for it.
//!
//! Its code is no part of the page's first load: it comes with the verifier, for the first call.
//! Until it is there, a call that the user has started is shown as what it is, a call that is
//! about to begin; nothing of it has left this device.

use std::ops::DerefMut;
use std::time::Duration;

use wimpex_call::{
    ActiveCall, CallSnapshot, CallVideo, Callee, Calls, Capture, Command, EndReason, Ended, Input,
    KeptCall, Output, PeerConnectionId, Role, Sharing, Standing, State,
};
use wimpex_protocol::{CallId, CallType, DeviceId, UserId};
use wimpex_sansio::{Machine, Now};

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum CallSlot<C> {
    /// There has been no call yet.
    Unloaded(Box<AwaitedCall>),
    /// There is a machine; it stays as long as the page.
    Loaded(C),
}

/// What waits while the machine is loaded.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct AwaitedCall {
    /// A call that begins as soon as it is there, or one that could not.
    shown: CallSnapshot,
    has_changed: bool,
    /// A call to return to.
    kept: Option<KeptCall>,
    /// How long calls ring, for the machine that comes.
    ring: Duration,
}

impl<C: DerefMut<Target: Calls>> CallSlot<C> {
    pub(crate) fn new(ring: Duration) -> Self {
        Self::Unloaded(Box::new(AwaitedCall {
            shown: CallSnapshot::default(),
            has_changed: false,
            kept: None,
            ring,
        }))
    }

    /// Whether there is a machine; what is not told to one is no part of a record.
    pub(crate) fn is_loaded(&self) -> bool {
        matches!(self, Self::Loaded(_))
    }

    /// Whether something begins as soon as there is one.
    pub(crate) fn is_awaited(&self) -> bool {
        match self {
            Self::Unloaded(waiting) => waiting.shown.call.is_some() || waiting.kept.is_some(),
            Self::Loaded(_) => false,
        }
    }

    /// Puts a machine to work; gives what the user has wanted of it meanwhile.
    pub(crate) fn load(&mut self, mut calls: C, now: Now) -> Option<Command> {
        let Self::Unloaded(waiting) = self else {
            return None;
        };
        calls.set_ring_time(waiting.ring);
        let start = waiting.shown.call.take().map(|call| Command::StartCall {
            call_id: call.call_id,
            peer: call.peer,
            call_type: call.call_type,
        });
        if let Some(kept) = waiting.kept.take() {
            calls.return_to(kept, now);
        }
        *self = Self::Loaded(calls);
        start
    }

    /// No machine can be had: what waits for one is over.
    pub(crate) fn give_up(&mut self) {
        if let Self::Unloaded(waiting) = self {
            if let Some(kept) = waiting.kept.take() {
                let role = if kept.is_caller {
                    Role::Caller
                } else {
                    Role::Callee
                };
                waiting.show_end(Ended {
                    call_id: kept.call_id,
                    peer: kept.peer,
                    peer_name: kept.peer_name,
                    call_type: kept.call_type,
                    role,
                    reason: EndReason::ConnectionLost,
                    duration: Some(kept.duration),
                    microphone: None,
                    camera: None,
                });
            }
            waiting.end_start(EndReason::NegotiationFailed);
        }
    }

    pub(crate) fn handle(&mut self, input: Input, now: Now) {
        let waiting = match self {
            Self::Loaded(calls) => return calls.handle(input, now),
            Self::Unloaded(waiting) => waiting,
        };
        match input {
            Input::Command(Command::StartCall {
                call_id,
                peer,
                call_type,
            }) if waiting.shown.call.is_none() => waiting.start(call_id, peer, call_type),
            Input::Command(Command::HangUp | Command::LeavePage) => {
                waiting.end_start(EndReason::Cancelled);
            }
            Input::Command(Command::Dismiss) => waiting.show(CallSnapshot::default()),
            // There is no call that it could be about.
            _ => {}
        }
    }

    /// The user returns to a call.
    pub(crate) fn return_to(&mut self, kept: KeptCall, now: Now) {
        match self {
            Self::Loaded(calls) => calls.return_to(kept, now),
            Self::Unloaded(waiting) => waiting.kept = Some(kept),
        }
    }

    pub(crate) fn poll_output(&mut self) -> Option<Output> {
        match self {
            Self::Loaded(calls) => calls.poll_output(),
            Self::Unloaded(waiting) => {
                std::mem::take(&mut waiting.has_changed).then_some(Output::Changed)
            }
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Now> {
        self.loaded()?.poll_timeout()
    }

    pub(crate) fn state(&self) -> State {
        match self {
            Self::Loaded(calls) => calls.state(),
            Self::Unloaded(waiting) => waiting.shown.state,
        }
    }

    pub(crate) fn snapshot(&self) -> CallSnapshot {
        match self {
            Self::Loaded(calls) => calls.snapshot(),
            Self::Unloaded(waiting) => waiting.shown.clone(),
        }
    }

    /// Every call that is not over, the first one first.
    pub(crate) fn calls(&self) -> Vec<(UserId, CallId)> {
        match self {
            Self::Loaded(calls) => calls.calls(),
            Self::Unloaded(waiting) => {
                let call = waiting.shown.call.iter();
                call.map(|it| (it.peer.clone(), it.call_id.clone()))
                    .collect()
            }
        }
    }

    pub(crate) fn peer(&self) -> Option<&UserId> {
        match self {
            Self::Loaded(calls) => calls.peer(),
            Self::Unloaded(waiting) => Some(&waiting.shown.call.as_ref()?.peer),
        }
    }

    pub(crate) fn keep(&self, now: Now) -> Option<KeptCall> {
        self.loaded()?.keep(now)
    }

    pub(crate) fn call_on(&self, connection: PeerConnectionId) -> Option<(UserId, CallId)> {
        self.loaded()?.call_on(connection)
    }

    pub(crate) fn connection_of(&self, peer: &UserId, call: &CallId) -> Option<PeerConnectionId> {
        self.loaded()?.connection_of(peer, call)
    }

    pub(crate) fn is_over(&self, peer: &UserId, call: &CallId) -> bool {
        self.loaded().is_some_and(|it| it.is_over(peer, call))
    }

    pub(crate) fn is_with(&self, user: &UserId) -> bool {
        self.loaded().is_some_and(|it| it.is_with(user))
    }

    pub(crate) fn is_in_call_with(&self, user: &UserId) -> bool {
        self.loaded().is_some_and(|it| it.is_in_call_with(user))
    }

    pub(crate) fn would_ring(
        &self,
        from: &UserId,
        device: &DeviceId,
        call: &CallId,
        standing: Standing,
    ) -> bool {
        self.loaded()
            .is_some_and(|it| it.would_ring(from, device, call, standing))
    }

    fn loaded(&self) -> Option<&C::Target> {
        match self {
            Self::Loaded(calls) => Some(calls),
            Self::Unloaded(_) => None,
        }
    }
}

impl AwaitedCall {
    fn start(&mut self, call_id: CallId, peer: UserId, call_type: CallType) {
        self.show(CallSnapshot {
            state: State::Calling,
            call: Some(ActiveCall {
                call_id,
                peer,
                peer_name: None,
                call_type,
                role: Role::Caller,
                connection: PeerConnectionId::default(),
                callee: Callee::default(),
                connected_at: None,
                muted: false,
                microphone: Capture::Off,
                camera: Capture::Off,
                video: CallVideo::default(),
                peer_media: None,
                microphone_interrupted: false,
                camera_interrupted: false,
                sharing: Sharing::default(),
                on_hold: false,
            }),
            ..CallSnapshot::default()
        });
    }

    fn end_start(&mut self, reason: EndReason) {
        if let Some(call) = self.shown.call.take() {
            self.show_end(Ended {
                call_id: call.call_id,
                peer: call.peer,
                peer_name: None,
                call_type: call.call_type,
                role: Role::Caller,
                reason,
                duration: None,
                microphone: None,
                camera: None,
            });
        }
    }

    fn show_end(&mut self, ended: Ended) {
        self.show(CallSnapshot {
            state: State::Ended,
            ended: Some(ended),
            ..CallSnapshot::default()
        });
    }

    fn show(&mut self, shown: CallSnapshot) {
        self.has_changed |= shown != self.shown;
        self.shown = shown;
    }
}
