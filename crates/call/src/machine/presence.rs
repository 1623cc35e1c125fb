//! Who is there: the peer's devices, and this page's own login.
//!
//! Before there is a connection, only the server can tell that the peer is
//! gone. Afterwards the connection itself does, and the server is not asked.

use wimpex_protocol::{CallEndReason, CallId, DeviceId, UserId};
use wimpex_sansio::Now;

use super::CallMachine;
use crate::EndReason;
use crate::call::{Call, Phase, Presence, limits};

impl CallMachine {
    pub(super) fn peer_devices(&mut self, user: &UserId, devices: Vec<DeviceId>, now: Now) {
        let Some(mut call) = self.call.take_if(|call| call.peer == *user) else {
            return;
        };
        let there = match &call.peer_device {
            Some(device) => devices.contains(device),
            None => !devices.is_empty(),
        };
        call.presence.devices = Some(devices.clone());
        match call.phase {
            Phase::Calling { .. } => self.reach(&mut call, devices),
            Phase::Ringing | Phase::Connecting | Phase::Connected | Phase::Reconnecting => {}
        }
        if there {
            if call.peer_left_at.take().is_some() {
                self.welcome_back(&mut call);
            }
        } else {
            peer_left(&mut call, now);
        }
        self.call = Some(call);
    }

    /// What we said while the peer was away has reached nobody, and it may have
    /// ended the call meanwhile.
    fn welcome_back(&mut self, call: &mut Call) {
        match call.phase {
            Phase::Ringing => self.send_ringing(call),
            Phase::Connecting => self.retransmit(call),
            // The offer goes to each device that comes.
            Phase::Calling { .. } | Phase::Connected | Phase::Reconnecting => {}
        }
    }

    /// Rings on the devices that are there and have not got the offer: they
    /// came while we were calling, or came back.
    fn reach(&mut self, call: &mut Call, devices: Vec<DeviceId>) {
        if call.negotiation.offered {
            for device in devices.iter().filter(|d| !call.offered_devices.contains(d)) {
                self.send_description(call, Some(device.clone()));
            }
        }
        call.offered_devices = devices;
    }

    /// What was sent and not confirmed may be lost, and what was on its way to
    /// us is. So everything that matters is said again, and whoever hears it
    /// says again what belongs to it.
    pub(super) fn session_renewed(&mut self, now: Now) {
        let Some(mut call) = self.call.take() else {
            return;
        };
        let until = now + limits::PEER_LEFT_AFTER_RENEWAL;
        call.presence = Presence {
            devices: None,
            renewed_until: Some(until),
        };
        call.peer_left_at = call.peer_left_at.map(|_| until);
        call.offered_devices.clear();
        match call.phase {
            Phase::Calling { .. } | Phase::Connecting | Phase::Reconnecting => {
                self.retransmit(&mut call);
            }
            Phase::Ringing => self.send_ringing(&call),
            Phase::Connected if call.negotiation.offered => self.retransmit(&mut call),
            Phase::Connected => {}
        }
        self.call = Some(call);
    }

    pub(super) fn peer_offline(&mut self, id: &CallId, offer: bool, now: Now) {
        let Some(mut call) = self.call.take_if(|call| call.id == *id) else {
            return;
        };
        match call.phase {
            // Presence knows of other devices, or of none that was never there.
            Phase::Calling { peer_rings } if offer && call.offered_devices.is_empty() => {
                let renewed = call.presence.renewed_until.is_some_and(|until| now < until);
                if !peer_rings && !renewed {
                    return self.finish(call, EndReason::PeerOffline, None, now);
                }
                peer_left(&mut call, now);
            }
            // A server that has just restarted may not know the peer again yet;
            // presence decides, and a running call needs no server.
            Phase::Calling { .. }
            | Phase::Ringing
            | Phase::Connecting
            | Phase::Connected
            | Phase::Reconnecting => {}
        }
        self.call = Some(call);
    }

    /// The peer has been away for too long.
    pub(super) fn peer_left_for_good(&mut self, now: Now) {
        let Some(call) = self.call.take() else { return };
        let (tell, reason) = match call.phase {
            Phase::Calling { .. } => (CallEndReason::Cancelled, EndReason::PeerGone),
            Phase::Ringing => (CallEndReason::NoAnswer, EndReason::Missed),
            Phase::Connecting | Phase::Connected | Phase::Reconnecting => {
                (CallEndReason::Failed, EndReason::PeerGone)
            }
        };
        // Should it come back after all, it must not ring or wait any longer.
        self.end_call(call, tell, reason, now);
    }

    /// All that the peer needs of us: the description, and the candidates.
    pub(super) fn retransmit(&mut self, call: &mut Call) {
        self.send_description(call, call.peer_device.clone());
        call.negotiation.sent = 0;
        self.flush_local_candidates(call);
    }
}

/// A call takes the place of another one with the same peer, of whom the server
/// will not say again what it has said already.
pub(super) fn inherit(call: &mut Call, known: Presence, now: Now) {
    let gone =
        |there: &Vec<DeviceId>| !call.peer_device.as_ref().is_some_and(|d| there.contains(d));
    let gone = known.devices.as_ref().is_some_and(gone);
    call.presence = known;
    if gone {
        peer_left(call, now);
    }
}

/// The peer is not there. It may come back before patience is out.
fn peer_left(call: &mut Call, now: Now) {
    let patience = now + limits::PEER_LEFT_AFTER;
    match call.phase {
        Phase::Calling { .. } | Phase::Ringing | Phase::Connecting => {
            let until = call
                .presence
                .renewed_until
                .map_or(patience, |at| at.max(patience));
            call.peer_left_at.get_or_insert(until);
        }
        Phase::Connected | Phase::Reconnecting => {}
    }
}
