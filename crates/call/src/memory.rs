//! What outlives a call, or comes before it: bounded, and told apart by person,
//! so that nobody can speak for another's call.

use std::collections::VecDeque;

use wimpex_protocol::{
    CallEnd, CallEndReason, CallId, CallReject, CallRejectReason, DeviceId, Signal, UserId,
};
use wimpex_webrtc::IceCandidateInit;

use crate::limits;
use crate::snapshot::EndReason;

/// All that a machine without a call keeps of those before: with it, another one goes on
/// as this one would. In words only when it is asked for, which is rare.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// The last [`crate::PeerConnectionId`].
    pub connection: u64,
    /// The last [`crate::MediaRequest`].
    pub request: u64,
    pub(crate) ended_calls: EndedCalls,
    pub(crate) early: EarlyCandidates,
}

/// A candidate that came before the offer that it belongs to.
pub type Early = (UserId, DeviceId, CallId, IceCandidateInit);

impl Memory {
    /// The same again of its parts; an end that is none is left out.
    pub fn new(
        connection: u64,
        request: u64,
        over: Vec<(UserId, Signal)>,
        early: Vec<Early>,
    ) -> Self {
        let known = over.into_iter().filter_map(|(peer, signal)| {
            let (id, outcome) = Outcome::said(&signal)?;
            Some((peer, id, outcome))
        });
        Self {
            connection,
            request,
            ended_calls: EndedCalls {
                calls: known.collect(),
            },
            early: EarlyCandidates(early.into()),
        }
    }

    /// Calls that are over: with whom, and what is said of each to who does not know it.
    pub fn over(&self) -> Vec<(UserId, Signal)> {
        let calls = self.ended_calls.calls.iter();
        calls
            .map(|(peer, id, outcome)| (peer.clone(), outcome.signal(id.clone())))
            .collect()
    }

    /// Candidates that came before the offer that they belong to.
    pub fn early(&self) -> Vec<Early> {
        self.early.0.iter().cloned().collect()
    }
}

/// Candidates that came before the offer that they belong to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct EarlyCandidates(VecDeque<Early>);

impl EarlyCandidates {
    /// Keeps one; the oldest goes when there are too many.
    pub(crate) fn keep(
        &mut self,
        from: UserId,
        device: DeviceId,
        id: CallId,
        candidate: IceCandidateInit,
    ) {
        if self.0.len() == limits::EARLY_CANDIDATES {
            self.0.pop_front();
        }
        self.0.push_back((from, device, id, candidate));
    }

    /// Hands out those of a call that has begun, and forgets those of others'
    /// calls that its peer gave up.
    pub(crate) fn claim(
        &mut self,
        peer: &UserId,
        call: &CallId,
    ) -> Vec<(DeviceId, IceCandidateInit)> {
        let mut claimed = Vec::new();
        self.0.retain(|(from, device, id, candidate)| {
            let belongs = from == peer && id == call;
            if belongs {
                claimed.push((device.clone(), candidate.clone()));
            }
            from != peer
        });
        claimed
    }

    /// Forgets those of a call that is over.
    fn forget(&mut self, peer: &UserId, call: &CallId) {
        self.0.retain(|(from, _, id, _)| from != peer || id != call);
    }
}

/// What to say of a call that is over to whoever does not know it yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Outcome {
    Rejected(CallRejectReason),
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
            EndReason::NoAnswer | EndReason::Missed => Self::Ended(CallEndReason::NoAnswer),
            EndReason::ConnectionFailed
            | EndReason::ConnectionLost
            | EndReason::NegotiationFailed => Self::Ended(CallEndReason::Failed),
            EndReason::HungUp
            | EndReason::PeerHungUp
            | EndReason::PeerDeclined
            | EndReason::Busy
            | EndReason::Unsupported
            | EndReason::PeerOffline
            | EndReason::PeerGone => Self::Ended(CallEndReason::Ended),
        }
    }

    /// The reverse of [`Self::signal`].
    fn said(signal: &Signal) -> Option<(CallId, Self)> {
        match signal {
            Signal::CallReject(reject) => {
                Some((reject.call_id.clone(), Self::Rejected(reject.reason?)))
            }
            Signal::CallEnd(end) => Some((end.call_id.clone(), Self::Ended(end.reason))),
            Signal::CallOffer(_)
            | Signal::CallAnswer(_)
            | Signal::IceCandidate(_)
            | Signal::CallRinging(_)
            | Signal::CallConfirm(_) => None,
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

/// Calls that are over, so that none of them rings when its offer comes late,
/// or again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct EndedCalls {
    calls: VecDeque<(UserId, CallId, Outcome)>,
}

impl EndedCalls {
    /// Remembers one; what was known of it first stays.
    pub(crate) fn remember(
        &mut self,
        early: &mut EarlyCandidates,
        peer: UserId,
        id: CallId,
        outcome: Outcome,
    ) {
        early.forget(&peer, &id);
        if self.outcome(&peer, &id).is_some() {
            return;
        }
        let of_peer = self.calls.iter().filter(|(of, ..)| *of == peer).count();
        if of_peer >= limits::ENDED_CALLS {
            let oldest = self.calls.iter().position(|(of, ..)| *of == peer);
            oldest.map(|at| self.calls.remove(at));
        } else if self.calls.len() >= limits::ENDED_CALLS_OF_ALL {
            self.calls.pop_front();
        }
        self.calls.push_back((peer, id, outcome));
    }

    /// What became of that call, if it is known to be over.
    pub(crate) fn outcome(&self, peer: &UserId, id: &CallId) -> Option<Outcome> {
        self.calls
            .iter()
            .find(|(of, call, _)| of == peer && call == id)
            .map(|(_, _, outcome)| *outcome)
    }
}
