//! The machine: one input in, any number of outputs out.
//!
//! It is split by where an input comes from: `command` (the user), `remote` (the other page),
//! `presence` (the server), `connection` and `media` (this browser). What they
//! share is here.

mod command;
mod connection;
mod media;
mod presence;
mod remote;

use std::collections::VecDeque;
use std::time::Duration;

use wimpex_protocol::{
    CallEnd, CallEndReason, CallId, CallReject, CallRejectReason, CallRinging, DeviceId, Relayed,
    Signal, UserId,
};
use wimpex_sansio::{Machine, Now};

use crate::call::{Call, Phase, limits};
use crate::memory::{EarlyCandidates, EndedCalls, Memory, Outcome};
use crate::{CallSnapshot, EndReason, Ended, Input, MediaRequest, Output, PeerConnectionId, State};

/// One tab's calls: at most one at a time. See the crate's documentation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct CallMachine {
    call: Option<Call>,
    ended: Option<Ended>,
    early: EarlyCandidates,
    ended_calls: EndedCalls,
    outputs: VecDeque<Output>,
    last_connection: u64,
    last_request: u64,
    ring: Option<Duration>,
}

impl CallMachine {
    /// A machine without a call.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, ringing for another time than [`limits::RING`]. For a person
    /// who debugs; both sides should agree.
    pub fn with_ring_time(ring: Duration) -> Self {
        Self {
            ring: Some(ring),
            ..Self::default()
        }
    }

    /// What this machine remembers; none while there is a call, or how one ended is shown.
    pub fn memory(&self) -> Option<Memory> {
        let is_idle = self.call.is_none() && self.ended.is_none() && self.outputs.is_empty();
        is_idle.then(|| Memory {
            connection: self.last_connection,
            request: self.last_request,
            ended_calls: self.ended_calls.clone(),
            early: self.early.clone(),
        })
    }

    /// A machine that goes on where the one of this memory was; rings for another time than
    /// the usual one if told so.
    pub fn remembering(memory: Memory, ring: Option<Duration>) -> Self {
        Self {
            last_connection: memory.connection,
            last_request: memory.request,
            ended_calls: memory.ended_calls,
            early: memory.early,
            ring,
            ..Self::default()
        }
    }

    /// Whether this call with that person is over here, so that whoever still calls is
    /// told how it ended.
    pub fn is_over(&self, peer: &UserId, call: &CallId) -> bool {
        self.ended_calls.outcome(peer, call).is_some()
    }

    /// Where the call stands.
    pub fn state(&self) -> State {
        match (&self.call, &self.ended) {
            (Some(call), _) => match call.phase {
                Phase::Calling { .. } => State::Calling,
                Phase::Ringing => State::Ringing,
                Phase::Connecting => State::Connecting,
                Phase::Connected => State::Connected,
                Phase::Reconnecting => State::Reconnecting,
            },
            (None, Some(_)) => State::Ended,
            (None, None) => State::Idle,
        }
    }

    /// All that can be seen.
    pub fn snapshot(&self) -> CallSnapshot {
        CallSnapshot {
            state: self.state(),
            call: self.call.as_ref().map(Call::snapshot),
            ended: self.ended.clone(),
        }
    }

    fn next_connection(&mut self) -> PeerConnectionId {
        self.last_connection += 1;
        PeerConnectionId(self.last_connection)
    }

    fn next_request(&mut self) -> MediaRequest {
        self.last_request += 1;
        MediaRequest(self.last_request)
    }

    fn ring_time(&self) -> Duration {
        self.ring.unwrap_or(limits::RING)
    }

    fn emit(&mut self, output: Output) {
        self.outputs.push_back(output);
    }

    /// To one device of somebody, or to all.
    fn send(&mut self, to_id: UserId, to_device: Option<DeviceId>, signal: Signal) {
        self.emit(Output::Send(Relayed {
            to_id,
            to_device,
            from_id: None,
            from_device: None,
            signal,
        }));
    }

    /// To the peer of the call: its device, or all while none is settled.
    fn send_to_peer(&mut self, call: &Call, signal: Signal) {
        self.send(call.peer.clone(), call.peer_device.clone(), signal);
    }

    fn send_end(&mut self, call: &Call, reason: CallEndReason) -> CallEnd {
        let end = CallEnd {
            call_id: call.id.clone(),
            reason,
        };
        self.send_to_peer(call, Signal::CallEnd(end.clone()));
        end
    }

    fn send_ringing(&mut self, call: &Call) {
        let signal = Signal::CallRinging(CallRinging {
            call_id: call.id.clone(),
        });
        self.send_to_peer(call, signal);
    }

    fn send_reject(&mut self, call: &Call, reason: CallRejectReason) {
        let signal = Signal::CallReject(CallReject {
            call_id: call.id.clone(),
            reason: Some(reason),
        });
        self.send_to_peer(call, signal);
    }

    fn remember(&mut self, peer: &UserId, id: &CallId, outcome: Outcome) {
        self.ended_calls
            .remember(&mut self.early, peer.clone(), id.clone(), outcome);
    }

    /// This side ends the call, and tells the peer in every way that there is.
    fn end_call(&mut self, call: Call, tell: CallEndReason, reason: EndReason, now: Now) {
        let end = self.send_end(&call, tell);
        let goodbye = call.connected_at.map(|_| end);
        self.finish(call, reason, goodbye, now);
    }

    /// The only way in which a call ends: everything that it held is let go.
    /// Telling the peer is up to who knows what to say.
    fn finish(&mut self, call: Call, reason: EndReason, goodbye: Option<CallEnd>, now: Now) {
        self.remember(&call.peer, &call.id, Outcome::of(reason));
        if call.role == crate::Role::Caller || call.is_live() {
            self.emit(Output::CloseConnection {
                connection: call.connection,
                goodbye,
            });
            self.emit(Output::ReleaseAllMedia);
        }
        self.ended = Some(Ended {
            call_id: call.id,
            peer: call.peer,
            peer_name: call.peer_name,
            call_type: call.call_type,
            role: call.role,
            reason,
            duration: call.connected_at.map(|since| now.since(since)),
            microphone: call.media.microphone.capture.failure(),
            camera: call.media.camera.capture.failure(),
        });
        self.emit(Output::Changed);
    }

    fn timeout(&mut self, now: Now) {
        let due = |at: Option<Now>| at.is_some_and(|at| at <= now);
        let Some(call) = &mut self.call else { return };
        if due(call.deadline) {
            self.deadline_passed(now);
        } else if due(call.peer_left_at) {
            self.peer_left_for_good(now);
        } else if due(call.restart_at) {
            self.restart_ice(now);
        }
    }

    /// A phase has lasted too long.
    fn deadline_passed(&mut self, now: Now) {
        let Some(call) = self.call.take() else { return };
        let (tell, reason) = match call.phase {
            Phase::Calling { .. } => (CallEndReason::NoAnswer, EndReason::NoAnswer),
            Phase::Ringing => (CallEndReason::NoAnswer, EndReason::Missed),
            Phase::Connecting => (CallEndReason::Failed, EndReason::ConnectionFailed),
            Phase::Connected | Phase::Reconnecting => {
                (CallEndReason::Failed, EndReason::ConnectionLost)
            }
        };
        self.end_call(call, tell, reason, now);
    }
}

impl Machine for CallMachine {
    type Input = Input;
    type Output = Output;

    fn handle(&mut self, input: Input, now: Now) {
        match input {
            Input::Command(command) => self.command(command, now),
            Input::Signal {
                from,
                device,
                to_this_device,
                signal,
            } => self.signal(from, device, to_this_device, signal, now),
            Input::PeerOffline { call_id, offer } => self.peer_offline(&call_id, offer, now),
            Input::PeerDevices { user, devices } => self.peer_devices(&user, devices, now),
            Input::NetworkChanged => self.network_changed(now),
            Input::SessionRenewed => self.session_renewed(now),
            Input::DataChannelMessage { connection, end } => {
                self.data_channel_message(connection, &end, now)
            }
            Input::LocalOffer { connection, sdp } => self.local_offer(connection, sdp),
            Input::LocalAnswer { connection, sdp } => self.local_answer(connection, sdp),
            Input::LocalCandidate {
                connection,
                candidate,
            } => self.local_candidate(connection, candidate),
            Input::CreateConnectionFailed { connection }
            | Input::SetRemoteAnswerFailed { connection } => {
                self.cannot_connect(connection, now);
            }
            Input::LocalDescriptionFailed { connection } => {
                self.local_description_failed(connection, now);
            }
            Input::ConnectionStateChanged { connection, state } => {
                self.connection_state_changed(connection, state, now)
            }
            Input::Media {
                request,
                audio,
                video,
            } => self.media(request, audio, video),
            Input::TrackEnded { request, kind } => self.track_ended(request, kind),
            Input::Timeout => self.timeout(now),
        }
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn poll_timeout(&self) -> Option<Now> {
        let call = self.call.as_ref()?;
        [call.deadline, call.peer_left_at, call.restart_at]
            .into_iter()
            .flatten()
            .min()
    }
}
