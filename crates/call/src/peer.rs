//! The other side of a call.

use wimpex_protocol::{
    CallEnd, CallEndReason, CallId, CallReject, CallRejectReason, CallRinging, DeviceId, Signal,
    UserId,
};

use crate::outputs::Outputs;

/// Who sent a signal: a user and one of their devices, as the server stamped them.
#[derive(Clone, Debug)]
pub(crate) struct Sender {
    pub(crate) user: UserId,
    pub(crate) device: DeviceId,
}

/// The other side of a call.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Peer {
    pub(crate) call_id: CallId,
    pub(crate) user: UserId,
    /// The one device that the call is with, once that is settled.
    pub(crate) device: Option<DeviceId>,
}

impl Peer {
    /// Whether that device may speak for the peer. Before one device has been settled
    /// on, each may.
    pub(crate) fn is(&self, from: &Sender) -> bool {
        self.user == from.user && self.may_be(&from.device)
    }

    /// The same of a device that is known to be the user's.
    pub(crate) fn may_be(&self, device: &DeviceId) -> bool {
        self.device.as_ref().is_none_or(|known| known == device)
    }

    /// To the peer's device, or to all of them while none is settled on.
    pub(crate) fn send(&self, signal: Signal, out: &mut Outputs) {
        out.send(self.user.clone(), self.device.clone(), signal);
    }

    pub(crate) fn send_end(&self, reason: CallEndReason, out: &mut Outputs) -> CallEnd {
        let end = CallEnd {
            call_id: self.call_id.clone(),
            reason,
        };
        self.send(Signal::CallEnd(end.clone()), out);
        end
    }

    pub(crate) fn send_ringing(&self, out: &mut Outputs) {
        let call_id = self.call_id.clone();
        self.send(
            Signal::CallRinging(CallRinging {
                call_id,
                silently: false,
            }),
            out,
        );
    }

    pub(crate) fn send_reject(&self, reason: CallRejectReason, out: &mut Outputs) {
        let reject = CallReject {
            call_id: self.call_id.clone(),
            reason: Some(reason),
        };
        self.send(Signal::CallReject(reject), out);
    }
}
