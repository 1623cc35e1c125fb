//! What the peer says, and what the server says of the peer.

use wimpex_protocol::{CallEnd, CallEndReason, CallRejectReason, DeviceId, Sdp};
use wimpex_sansio::Now;
use wimpex_webrtc::IceCandidateInit;

use super::{Call, Next};
use crate::callee::Callee;
use crate::ids::Ids;
use crate::output::Output;
use crate::outputs::Outputs;
use crate::phase::Phase;
use crate::presence::Presence;
use crate::snapshot::{EndReason, State};
use crate::timer::Timer;

impl Call {
    pub(crate) fn answer(
        &mut self,
        device: &DeviceId,
        sdp: Sdp,
        now: Now,
        ids: &mut Ids,
        out: &mut Outputs,
    ) -> Next {
        let repeated = self.negotiation.has_seen(&sdp);
        let expected = self.awaits_answer() && !repeated;
        match self.phase {
            Phase::Calling { .. } if expected => {
                // To all of the peer's devices, before one is settled on: the others
                // stop ringing, and the one that answered pays no heed.
                self.peer.send_end(CallEndReason::AnsweredElsewhere, out);
                self.peer.device = Some(device.clone());
                self.connecting(now);
                self.timers.stop(Timer::PeerLeft);
                self.negotiation.set_remote_answer(sdp, &self.peer, out);
                self.send_candidates(out);
                out.push(Output::Changed);
            }
            Phase::Connecting | Phase::Connected { .. } | Phase::Reconnecting { .. }
                if expected =>
            {
                if self.is_not_for_this_connection(&sdp, now, ids, out) {
                    return Next::Keep;
                }
                self.negotiation.set_remote_answer(sdp, &self.peer, out);
                self.restart_negotiated(now);
            }
            // They would not repeat it if they had all that they need.
            Phase::Connecting | Phase::Reconnecting { .. } if self.negotiation.is_remote(&sdp) => {
                self.negotiation.resend_candidates();
                self.send_candidates(out);
            }
            // Repeated, or nobody asked.
            Phase::Calling { .. }
            | Phase::Ringing { .. }
            | Phase::Connecting
            | Phase::Connected { .. }
            | Phase::Reconnecting { .. } => {}
        }
        Next::Keep
    }

    pub(crate) fn remote_candidate(
        &mut self,
        device: &DeviceId,
        candidate: IceCandidateInit,
        out: &mut Outputs,
    ) -> Next {
        self.negotiation.remote_candidate(device, candidate, out);
        Next::Keep
    }

    /// A device of the peer shows the prompt, or has taken note of the call silently.
    pub(crate) fn peer_rings(
        &mut self,
        device: &DeviceId,
        silently: bool,
        out: &mut Outputs,
    ) -> Next {
        // In a call that goes on: the page that was left is back, and asks its user.
        self.timers.stop(Timer::PageBack);
        if let Phase::Calling {
            callee,
            offered_devices,
        } = &mut self.phase
        {
            if let Some(devices) = offered_devices
                && !devices.contains(device)
            {
                devices.push(device.clone());
            }
            // Of several devices the one that is heard counts.
            let heard = match callee {
                Callee::Rings => Callee::Rings,
                _ if !silently => Callee::Rings,
                Callee::Unheard
                | Callee::Unresponsive
                | Callee::Asleep
                | Callee::Waking
                | Callee::RingsSilently => Callee::RingsSilently,
            };
            self.timers.stop(Timer::NoRinging);
            self.hear(heard, out);
        }
        Next::Keep
    }

    /// Takes what is known of the peer's devices while calling.
    pub(super) fn hear(&mut self, heard: Callee, out: &mut Outputs) {
        if let Phase::Calling { callee, .. } = &mut self.phase
            && std::mem::replace(callee, heard) != heard
        {
            out.push(Output::Changed);
        }
    }

    pub(crate) fn rejected(&mut self, reason: Option<CallRejectReason>, out: &mut Outputs) -> Next {
        Next::end(match self.phase {
            Phase::Calling { .. } => {
                // The other devices of the user who declined stop ringing.
                self.peer.send_end(CallEndReason::DeclinedElsewhere, out);
                match reason {
                    None | Some(CallRejectReason::Declined) => EndReason::PeerDeclined,
                    Some(CallRejectReason::Busy) => EndReason::Busy,
                    Some(CallRejectReason::Unsupported) => EndReason::Unsupported,
                    Some(CallRejectReason::LinkExpired) => EndReason::LinkExpired,
                    Some(CallRejectReason::LinkUsedUp) => EndReason::LinkUsedUp,
                    Some(CallRejectReason::LinkRevoked) => EndReason::LinkRevoked,
                    Some(CallRejectReason::LinkUnknown) => EndReason::LinkUnknown,
                }
            }
            // The minimal client of docs/protocol.md cancels so.
            Phase::Ringing { .. } => EndReason::Missed,
            Phase::Connecting | Phase::Connected { .. } | Phase::Reconnecting { .. } => {
                EndReason::PeerHungUp
            }
        })
    }

    /// The peer ends the call over its own data channel, which only a live one has.
    pub(crate) fn data_channel_message(
        &mut self,
        end: &CallEnd,
        now: Now,
        out: &mut Outputs,
    ) -> Next {
        if self.peer.call_id == end.call_id && self.phase.is_live() {
            self.ended_by_peer(true, end.reason, now, out)
        } else {
            Next::Keep
        }
    }

    /// The peer ends the call.
    pub(crate) fn ended_by_peer(
        &mut self,
        to_this_device: bool,
        reason: CallEndReason,
        now: Now,
        out: &mut Outputs,
    ) -> Next {
        if reason == CallEndReason::MayReturn && self.may_reconnect() {
            self.peer_left_page(now, out);
            return Next::Keep;
        }
        let Some(mut reason) = self.phase.end_reason(reason, to_this_device) else {
            return Next::Keep;
        };
        if reason == EndReason::ConnectionLost {
            reason = self.lost();
        }
        if self.state() == State::Calling {
            // The other devices of the user stop ringing too.
            self.peer.send_end(CallEndReason::Cancelled, out);
        }
        Next::end(reason)
    }

    // Who is online. Before there is a connection, only the server can tell that the peer
    // is gone. Afterwards the connection itself does, and the server is not asked.

    pub(crate) fn peer_devices(
        &mut self,
        devices: Vec<DeviceId>,
        now: Now,
        out: &mut Outputs,
    ) -> Next {
        let is_online = match &self.peer.device {
            Some(device) => devices.contains(device),
            None => !devices.is_empty(),
        };
        self.presence.set_devices(devices.clone());
        self.offer_to(devices, out);
        match (self.phase.callee(), is_online) {
            // Whoever had the offer and never said a word: it sleeps, and may wake up in time.
            // Should it have been closed after all, the offer reaches nobody, and the server
            // says so.
            (Callee::Unresponsive, false) => {
                self.hear(Callee::Asleep, out);
                self.send_description(out);
            }
            (Callee::Asleep | Callee::Waking, false) => {}
            (Callee::Asleep, true) => self.hear(Callee::Unresponsive, out),
            // The one that was woken has the offer from now on, and says so when it rings.
            (Callee::Waking, true) => self.hear(Callee::Unheard, out),
            (Callee::Unheard | Callee::RingsSilently | Callee::Rings, false) => {
                self.peer_left(now);
            }
            (
                Callee::Unheard | Callee::Unresponsive | Callee::RingsSilently | Callee::Rings,
                true,
            ) => {
                if self.timers.stop(Timer::PeerLeft) {
                    self.peer_is_back(out);
                }
            }
        }
        Next::Keep
    }

    /// While calling, retransmits our offer to one device of the peer, if it is out.
    pub(crate) fn reoffer_to(&self, device: &DeviceId, out: &mut Outputs) {
        if matches!(self.phase, Phase::Calling { .. }) && self.awaits_answer() {
            let device = Some(device.clone());
            self.negotiation.send_description(&self.peer, device, out);
        }
    }

    /// While calling, rings on the devices that are online and have not got the offer:
    /// they came while we were calling, or came back.
    pub(super) fn offer_to(&mut self, devices: Vec<DeviceId>, out: &mut Outputs) {
        let Phase::Calling {
            offered_devices, ..
        } = &mut self.phase
        else {
            return;
        };
        // The server was asked for presence before it got the offer to all, and handles the
        // two in order: whoever its first word names gets that offer.
        let Some(before) = offered_devices.replace(devices.clone()) else {
            return;
        };
        if self.negotiation.awaits_answer() {
            for device in devices.into_iter().filter(|d| !before.contains(d)) {
                self.negotiation
                    .send_description(&self.peer, Some(device), out);
            }
        }
    }

    /// The peer is not online. It may come back before patience is out.
    pub(super) fn peer_left(&mut self, now: Now) {
        match self.phase {
            Phase::Calling { .. } | Phase::Ringing { .. } | Phase::Connecting => {
                if self.timers.get(Timer::PeerLeft).is_none() {
                    self.timers
                        .set(Timer::PeerLeft, self.presence.patience(now));
                }
            }
            Phase::Connected { .. } | Phase::Reconnecting { .. } => {}
        }
    }

    /// What we said while the peer was away has reached nobody, and it may have ended
    /// the call meanwhile.
    pub(super) fn peer_is_back(&mut self, out: &mut Outputs) {
        match self.phase {
            Phase::Ringing { .. } => self.peer.send_ringing(out),
            Phase::Connecting => self.retransmit(out),
            // The offer goes to each device that comes.
            Phase::Calling { .. } | Phase::Connected { .. } | Phase::Reconnecting { .. } => {}
        }
    }

    /// A message about the call has reached nobody.
    pub(crate) fn peer_offline(&mut self, was_offer: bool, now: Now, out: &mut Outputs) -> Next {
        match &self.phase {
            // Presence knows of other devices, or of none that was never there.
            Phase::Calling {
                callee,
                offered_devices,
            } if was_offer && offered_devices.as_ref().is_none_or(Vec::is_empty) => {
                if !callee.has_rung() && !self.presence.is_renewed(now) {
                    // The server keeps it as a missed call from now on, not after a minute; and a
                    // device that has come meanwhile stops ringing.
                    return self.end(CallEndReason::Cancelled, EndReason::PeerOffline, out);
                }
                self.peer_left(now);
            }
            // A server that has just restarted may not know the peer again yet;
            // presence decides, and a running call needs no server.
            Phase::Calling { .. }
            | Phase::Ringing { .. }
            | Phase::Connecting
            | Phase::Connected { .. }
            | Phase::Reconnecting { .. } => {}
        }
        Next::Keep
    }

    /// Nobody has the offer, and whoever is woken gets it when it comes. Until then the call
    /// rings for as long as any other.
    pub(crate) fn peer_waking(&mut self, out: &mut Outputs) -> Next {
        if self.state() == State::Calling && !self.phase.callee().has_rung() {
            self.timers.stop(Timer::PeerLeft);
            self.timers.stop(Timer::NoRinging);
            self.hear(Callee::Waking, out);
        }
        Next::Keep
    }

    /// The server did not pass our offer on. A device that rings has it already, and in a
    /// live call the next one is tried as if it had been lost.
    pub(crate) fn offer_refused(&mut self, out: &mut Outputs) -> Next {
        match &self.phase {
            Phase::Calling { callee, .. } if !callee.has_rung() => {
                self.end(CallEndReason::Cancelled, EndReason::Refused, out)
            }
            Phase::Calling { .. }
            | Phase::Ringing { .. }
            | Phase::Connecting
            | Phase::Connected { .. }
            | Phase::Reconnecting { .. } => Next::Keep,
        }
    }

    /// What was sent and not confirmed may be lost, and what was on its way to us is.
    /// So everything that matters is retransmitted, and whoever gets it retransmits
    /// what belongs to it.
    pub(crate) fn session_renewed(&mut self, now: Now, out: &mut Outputs) -> Next {
        self.presence = Presence::renewed(now);
        if self.timers.get(Timer::PeerLeft).is_some() {
            self.timers
                .set(Timer::PeerLeft, self.presence.patience(now));
        }
        match &mut self.phase {
            Phase::Calling {
                offered_devices, ..
            } => {
                *offered_devices = None;
                self.retransmit(out);
            }
            Phase::Connecting | Phase::Reconnecting { .. } => self.retransmit(out),
            Phase::Ringing { .. } => self.peer.send_ringing(out),
            Phase::Connected { .. } if self.negotiation.awaits_answer() => self.retransmit(out),
            Phase::Connected { .. } => {}
        }
        Next::Keep
    }

    // What this browser's peer connection reports.
}
