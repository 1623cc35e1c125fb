//! The call machine without its code.

use std::time::Duration;

use wimpex_protocol::{CallId, DeviceId, UserId};
use wimpex_sansio::{Machine, Now};

use crate::input::{Input, PeerConnectionId};
use crate::kept::KeptCall;
use crate::machine::CallMachine;
use crate::output::Output;
use crate::snapshot::{CallSnapshot, State};
use crate::standing::Standing;

/// A call machine behind a trait object, so that its code can be loaded later than the code that
/// holds it. Each method is [`CallMachine`]'s own.
pub trait Calls: Machine<Input = Input, Output = Output> {
    /// See [`CallMachine::set_ring_time`].
    fn set_ring_time(&mut self, ring: Duration);
    /// See [`CallMachine::return_to`].
    fn return_to(&mut self, kept: KeptCall, now: Now);
    /// See [`CallMachine::keep`].
    fn keep(&self, now: Now) -> Option<KeptCall>;
    /// See [`CallMachine::state`].
    fn state(&self) -> State;
    /// See [`CallMachine::snapshot`].
    fn snapshot(&self) -> CallSnapshot;
    /// See [`CallMachine::peer`].
    fn peer(&self) -> Option<&UserId>;
    /// See [`CallMachine::calls`].
    fn calls(&self) -> Vec<(UserId, CallId)>;
    /// See [`CallMachine::call_on`].
    fn call_on(&self, connection: PeerConnectionId) -> Option<(UserId, CallId)>;
    /// See [`CallMachine::connection_of`].
    fn connection_of(&self, peer: &UserId, call: &CallId) -> Option<PeerConnectionId>;
    /// See [`CallMachine::is_over`].
    fn is_over(&self, peer: &UserId, call: &CallId) -> bool;
    /// See [`CallMachine::is_with`].
    fn is_with(&self, user: &UserId) -> bool;
    /// See [`CallMachine::is_in_call_with`].
    fn is_in_call_with(&self, user: &UserId) -> bool;
    /// See [`CallMachine::would_ring`].
    fn would_ring(
        &self,
        from: &UserId,
        device: &DeviceId,
        call: &CallId,
        standing: Standing,
    ) -> bool;
}

impl Calls for CallMachine {
    fn set_ring_time(&mut self, ring: Duration) {
        Self::set_ring_time(self, ring);
    }

    fn return_to(&mut self, kept: KeptCall, now: Now) {
        Self::return_to(self, kept, now);
    }

    fn keep(&self, now: Now) -> Option<KeptCall> {
        Self::keep(self, now)
    }

    fn state(&self) -> State {
        Self::state(self)
    }

    fn snapshot(&self) -> CallSnapshot {
        Self::snapshot(self)
    }

    fn peer(&self) -> Option<&UserId> {
        Self::peer(self)
    }

    fn calls(&self) -> Vec<(UserId, CallId)> {
        let calls = Self::calls(self);
        calls
            .map(|(peer, call)| (peer.clone(), call.clone()))
            .collect()
    }

    fn call_on(&self, connection: PeerConnectionId) -> Option<(UserId, CallId)> {
        let (peer, call) = Self::call_on(self, connection)?;
        Some((peer.clone(), call.clone()))
    }

    fn connection_of(&self, peer: &UserId, call: &CallId) -> Option<PeerConnectionId> {
        Self::connection_of(self, peer, call)
    }

    fn is_over(&self, peer: &UserId, call: &CallId) -> bool {
        Self::is_over(self, peer, call)
    }

    fn is_with(&self, user: &UserId) -> bool {
        Self::is_with(self, user)
    }

    fn is_in_call_with(&self, user: &UserId) -> bool {
        Self::is_in_call_with(self, user)
    }

    fn would_ring(
        &self,
        from: &UserId,
        device: &DeviceId,
        call: &CallId,
        standing: Standing,
    ) -> bool {
        Self::would_ring(self, from, device, call, standing)
    }
}
