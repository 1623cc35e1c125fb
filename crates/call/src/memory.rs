//! What outlives a call, or comes before it: bounded, and told apart by user,
//! so that nobody can speak for another's call.

use std::collections::VecDeque;

use wimpex_protocol::{
    CallEnd, CallEndReason, CallId, CallReject, CallRejectReason, DeviceId, Signal, UserId,
};
use wimpex_webrtc::IceCandidateInit;

use crate::input::{MediaRequest, PeerConnectionId};
use crate::limits;
use crate::snapshot::EndReason;

/// What a machine without a call keeps of those before: with it, another machine goes
/// on as this one would.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase")
)]
pub struct Memory {
    /// The last connection's id; 0 before the first.
    pub last_connection: PeerConnectionId,
    /// The last request's id; 0 before the first.
    pub last_request: MediaRequest,
    /// Calls that are over, the oldest first.
    pub ended_calls: Vec<EndedCall>,
    /// Candidates whose offer has not come, the oldest first.
    pub early_candidates: Vec<EarlyCandidate>,
}

/// A call that is over here.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase")
)]
pub struct EndedCall {
    /// With whom it was.
    pub peer: UserId,
    /// The call.
    pub call_id: CallId,
    /// What a peer is told that does not know it yet.
    pub outcome: Outcome,
}

/// A candidate that came before the offer that it belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase")
)]
pub struct EarlyCandidate {
    /// Who sent it, as the server stamped it.
    pub from: UserId,
    /// The sender's device, as the server stamped it.
    pub device: DeviceId,
    /// The call that it names.
    pub call_id: CallId,
    /// The candidate.
    pub candidate: IceCandidateInit,
}

/// The early candidates of all peers. Bounded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct EarlyCandidates(VecDeque<EarlyCandidate>);

impl EarlyCandidates {
    pub(crate) fn restore(candidates: Vec<EarlyCandidate>) -> Self {
        Self(candidates.into())
    }

    pub(crate) fn to_vec(&self) -> Vec<EarlyCandidate> {
        self.0.iter().cloned().collect()
    }

    /// Keeps one; the oldest goes when there are too many.
    pub(crate) fn keep(&mut self, candidate: EarlyCandidate) {
        if self.0.len() == limits::EARLY_CANDIDATES {
            self.0.pop_front();
        }
        self.0.push_back(candidate);
    }

    /// Hands out those of a call that has begun, and forgets those of others'
    /// calls that its peer gave up.
    pub(crate) fn claim(
        &mut self,
        peer: &UserId,
        call_id: &CallId,
    ) -> Vec<(DeviceId, IceCandidateInit)> {
        let mut claimed = Vec::new();
        self.0.retain(|early| {
            if early.from == *peer && early.call_id == *call_id {
                claimed.push((early.device.clone(), early.candidate.clone()));
            }
            early.from != *peer
        });
        claimed
    }

    /// Forgets those of a call that is over.
    fn forget(&mut self, peer: &UserId, call_id: &CallId) {
        let is_kept = |early: &EarlyCandidate| early.from != *peer || early.call_id != *call_id;
        self.0.retain(is_kept);
    }
}

/// What a peer is told of a call that is over, and that it does not know to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
pub enum Outcome {
    /// With `call-reject`.
    Rejected(CallRejectReason),
    /// With `call-end`.
    Ended(CallEndReason),
}

impl Outcome {
    /// What an end was, in the words of the wire.
    pub(crate) fn of(reason: EndReason) -> Self {
        match reason {
            EndReason::Declined => Self::Rejected(CallRejectReason::Declined),
            EndReason::Cancelled => Self::Ended(CallEndReason::Cancelled),
            EndReason::AnsweredElsewhere => Self::Ended(CallEndReason::AnsweredElsewhere),
            EndReason::DeclinedElsewhere => Self::Ended(CallEndReason::DeclinedElsewhere),
            EndReason::Superseded => Self::Ended(CallEndReason::Superseded),
            EndReason::NoAnswer | EndReason::PeerAsleep | EndReason::Missed => {
                Self::Ended(CallEndReason::NoAnswer)
            }
            EndReason::ConnectionFailed
            | EndReason::ConnectionLost
            | EndReason::Slept
            | EndReason::PeerDidNotReturn
            | EndReason::PeerClosed
            | EndReason::NegotiationFailed => Self::Ended(CallEndReason::Failed),
            EndReason::HungUp
            | EndReason::PeerHungUp
            | EndReason::PeerDeclined
            | EndReason::Busy
            | EndReason::Unsupported
            | EndReason::LinkExpired
            | EndReason::LinkUsedUp
            | EndReason::LinkRevoked
            | EndReason::LinkUnknown
            | EndReason::PeerOffline
            | EndReason::Refused
            | EndReason::PeerGone => Self::Ended(CallEndReason::Ended),
        }
    }

    pub(crate) fn signal(self, call_id: CallId) -> Signal {
        match self {
            Self::Rejected(reason) => Signal::CallReject(CallReject {
                call_id,
                reason: Some(reason),
            }),
            Self::Ended(reason) => Signal::CallEnd(CallEnd { call_id, reason }),
        }
    }
}

/// The calls that are over, so that none of them rings when its offer comes late, or
/// again. Bounded for each peer, so that nobody can make another's calls forgotten.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct EndedCalls(VecDeque<EndedCall>);

impl EndedCalls {
    pub(crate) fn restore(calls: Vec<EndedCall>) -> Self {
        Self(calls.into())
    }

    pub(crate) fn to_vec(&self) -> Vec<EndedCall> {
        self.0.iter().cloned().collect()
    }

    /// Remembers one; what was known of it first stays.
    pub(crate) fn remember(&mut self, early: &mut EarlyCandidates, ended: EndedCall) {
        let EndedCall { peer, call_id, .. } = &ended;
        early.forget(peer, call_id);
        if self.outcome(peer, call_id).is_some() {
            return;
        }
        let of_peer = self.0.iter().filter(|call| call.peer == *peer).count();
        if of_peer >= limits::ENDED_CALLS {
            let oldest = self.0.iter().position(|call| call.peer == *peer);
            oldest.map(|at| self.0.remove(at));
        } else if self.0.len() >= limits::ENDED_CALLS_OF_ALL {
            self.0.pop_front();
        }
        self.0.push_back(ended);
    }

    /// What became of that call, if it is known to be over.
    pub(crate) fn outcome(&self, peer: &UserId, call_id: &CallId) -> Option<Outcome> {
        let mut calls = self.0.iter();
        let ended = calls.find(|call| call.peer == *peer && call.call_id == *call_id);
        ended.map(|call| call.outcome)
    }
}
