//! Where a call stands, and what it needs for that.

use wimpex_protocol::{CallEndReason, DeviceId, Sdp};
use wimpex_sansio::Now;

use crate::callee::Callee;
use crate::snapshot::{EndReason, State};

/// The states of a call that is not over. [`State`] has two more.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Phase {
    Calling {
        /// What has been heard of the peer's devices.
        callee: Callee,
        /// Those of the peer's devices that are online and have the offer; `None` until presence
        /// has said who was there for the offer to all of them.
        offered_devices: Option<Vec<DeviceId>>,
    },
    Ringing {
        /// Nothing touches the network before Accept: the offer waits for it.
        pending_offer: Sdp,
    },
    Connecting,
    Connected {
        /// When media first flowed.
        since: Now,
    },
    Reconnecting {
        /// When media first flowed.
        since: Now,
    },
}

impl Phase {
    pub(crate) fn state(&self) -> State {
        match self {
            Self::Calling { .. } => State::Calling,
            Self::Ringing { .. } => State::Ringing,
            Self::Connecting => State::Connecting,
            Self::Connected { .. } => State::Connected,
            Self::Reconnecting { .. } => State::Reconnecting,
        }
    }

    /// Accepted by both sides.
    pub(crate) fn is_live(&self) -> bool {
        match self {
            Self::Calling { .. } | Self::Ringing { .. } => false,
            Self::Connecting | Self::Connected { .. } | Self::Reconnecting { .. } => true,
        }
    }

    pub(crate) fn is_ringing(&self) -> bool {
        matches!(self, Self::Ringing { .. })
    }

    /// What has been heard of the peer's devices for a call of ours.
    pub(crate) fn callee(&self) -> Callee {
        match self {
            Self::Calling { callee, .. } => *callee,
            Self::Ringing { .. }
            | Self::Connecting
            | Self::Connected { .. }
            | Self::Reconnecting { .. } => Callee::Unheard,
        }
    }

    /// When media first flowed; `None` before.
    pub(crate) fn connected_at(&self) -> Option<Now> {
        match self {
            Self::Connected { since } | Self::Reconnecting { since } => Some(*since),
            Self::Calling { .. } | Self::Ringing { .. } | Self::Connecting => None,
        }
    }

    /// Why a call ends of which the peer says that it is over, from this side's point of
    /// view; `None` if that is not meant for this device.
    pub(crate) fn end_reason(
        &self,
        reason: CallEndReason,
        to_this_device: bool,
    ) -> Option<EndReason> {
        Some(match (self, reason) {
            // Meant for the devices that still ring; this one took the call. Sent to this
            // device alone, it means that another was faster.
            (
                Self::Connecting | Self::Connected { .. } | Self::Reconnecting { .. },
                CallEndReason::AnsweredElsewhere | CallEndReason::DeclinedElsewhere,
            ) if !to_this_device => return None,
            (_, CallEndReason::AnsweredElsewhere) => EndReason::AnsweredElsewhere,
            (_, CallEndReason::DeclinedElsewhere) => EndReason::DeclinedElsewhere,
            (_, CallEndReason::Superseded) => EndReason::Superseded,
            (
                Self::Ringing { .. },
                CallEndReason::Ended
                | CallEndReason::Cancelled
                | CallEndReason::NoAnswer
                | CallEndReason::MayReturn
                | CallEndReason::Failed,
            ) => EndReason::Missed,
            (Self::Calling { .. }, CallEndReason::NoAnswer) => EndReason::NoAnswer,
            (Self::Calling { .. } | Self::Connecting, CallEndReason::Failed) => {
                EndReason::ConnectionFailed
            }
            (Self::Connected { .. } | Self::Reconnecting { .. }, CallEndReason::Failed) => {
                EndReason::ConnectionLost
            }
            (
                Self::Calling { .. }
                | Self::Connecting
                | Self::Connected { .. }
                | Self::Reconnecting { .. },
                CallEndReason::Ended
                | CallEndReason::Cancelled
                | CallEndReason::NoAnswer
                | CallEndReason::MayReturn,
            ) => EndReason::PeerHungUp,
        })
    }
}
