//! [`CallMachine`]: routes inputs to the call that they are about, and remembers ended ones.

mod second;

use std::time::Duration;

use wimpex_protocol::{
    CallAnswer, CallEnd, CallEndReason, CallId, CallOffer, CallRejectReason, CallRinging, CallType,
    DeviceId, Signal, UserId,
};
use wimpex_sansio::{Machine, Now};
use wimpex_webrtc::IceCandidateInit;

use crate::call::{Call, Next};
use crate::collision::Collision;
use crate::command::Command;
use crate::ids::Ids;
use crate::input::Input;
use crate::kept::KeptCall;
use crate::limits;
use crate::memory::{EarlyCandidate, EarlyCandidates, EndedCall, EndedCalls, Memory, Outcome};
use crate::output::Output;
use crate::outputs::Outputs;
use crate::peer::Sender;
use crate::place::{Place, Reach};
use crate::presence::Presence;
use crate::snapshot::{CallSnapshot, EndReason, Ended, State};
use crate::standing::Standing;

/// One tab's calls: at most one that is talked in, and a second one that waits. See the crate's
/// documentation.
///
/// Nothing that comes from another page is trusted: a signal counts only if it comes
/// from the call's peer, as the server stamped it, and names the call's id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct CallMachine {
    call: Option<Call>,
    /// A second one: it rings inside the call, or is on hold behind it. Only beside a call that
    /// was answered.
    second: Option<Call>,
    /// How the last call ended, until the user has seen it.
    ended: Option<Ended>,
    early: EarlyCandidates,
    ended_calls: EndedCalls,
    ids: Ids,
    /// How long calls ring, if it is not the usual time.
    ring: Option<Duration>,
    /// This device's, for each call that there will be.
    battery_low: bool,
    outputs: Outputs,
}

impl CallMachine {
    /// A machine without a call.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, ringing for another time than [`limits::RING`]. For a user who debugs;
    /// both sides should agree.
    pub fn with_ring_time(ring: Duration) -> Self {
        Self {
            ring: Some(ring),
            ..Self::default()
        }
    }

    /// See [`CallMachine::with_ring_time`]; for the calls that begin from now on.
    pub fn set_ring_time(&mut self, ring: Duration) {
        self.ring = Some(ring);
    }

    /// What this machine remembers; `None` while there is a call, or how one ended is
    /// shown.
    pub fn memory(&self) -> Option<Memory> {
        let is_idle = self.call.is_none() && self.ended.is_none() && self.outputs.is_empty();
        is_idle.then(|| Memory {
            last_connection: self.ids.connection,
            last_request: self.ids.request,
            ended_calls: self.ended_calls.to_vec(),
            early_candidates: self.early.to_vec(),
        })
    }

    /// A machine that goes on where the one of this memory was; rings for another time
    /// than the usual one if told so.
    pub fn remembering(memory: Memory, ring: Option<Duration>) -> Self {
        Self {
            ids: Ids {
                connection: memory.last_connection,
                request: memory.last_request,
            },
            ended_calls: EndedCalls::restore(memory.ended_calls),
            early: EarlyCandidates::restore(memory.early_candidates),
            ring,
            ..Self::default()
        }
    }

    /// What another page needs to come back to the call, if one can.
    pub fn keep(&self, now: Now) -> Option<KeptCall> {
        self.call.as_ref()?.keep(now)
    }

    /// The machine of a page that comes back to a call; its outputs offer the peer another
    /// connection.
    pub fn returning(kept: KeptCall, now: Now) -> Self {
        let mut machine = Self::new();
        machine.return_to(kept, now);
        machine
    }

    /// See [`CallMachine::returning`]; of a machine without a call.
    pub fn return_to(&mut self, kept: KeptCall, now: Now) {
        let (ids, out) = (&mut self.ids, &mut self.outputs);
        self.call = Some(Call::returning(kept, now, ids, out));
        self.ended = None;
        self.outputs.push(Output::Changed);
    }

    /// Whether this call with that peer is over here, so that whoever still calls is
    /// told how it ended.
    pub fn is_over(&self, peer: &UserId, call: &CallId) -> bool {
        self.ended_calls.outcome(peer, call).is_some()
    }

    /// Whom the call is with that the user sees, if there is one.
    pub fn peer(&self) -> Option<&UserId> {
        self.call.as_ref().map(|call| &call.peer().user)
    }

    /// Whether an offer of this call would show a prompt now, rather than be answered
    /// without one. For whoever decides first who may ring.
    pub fn would_ring(
        &self,
        from: &UserId,
        device: &DeviceId,
        call: &CallId,
        standing: Standing,
    ) -> bool {
        let from = Sender {
            user: from.clone(),
            device: device.clone(),
        };
        match self.collision(&from, call, standing) {
            Collision::None
            | Collision::CallWaiting
            | Collision::StrangersPrompt
            | Collision::ReCall => true,
            Collision::Ended(_)
            | Collision::SameCall
            | Collision::Busy
            | Collision::GlareWinner
            | Collision::GlareLoser
            | Collision::GlareSettled => false,
        }
    }

    /// Where the call stands.
    pub fn state(&self) -> State {
        match (&self.call, &self.ended) {
            (Some(call), _) => call.state(),
            (None, Some(_)) => State::Ended,
            (None, None) => State::Idle,
        }
    }

    /// The calls as they are now. [`Output::Changed`] announces each change.
    pub fn snapshot(&self) -> CallSnapshot {
        let second = |rings: bool| {
            let call = self.second.as_ref();
            call.filter(|call| call.is_ringing() == rings)
                .map(Call::snapshot)
        };
        CallSnapshot {
            state: self.state(),
            call: self.call.as_ref().map(Call::snapshot),
            waiting: second(true),
            held: second(false),
            ended: self.ended.clone(),
        }
    }

    /// Lets go of the call if it is over.
    fn follow(&mut self, place: Place, next: Next, now: Now) {
        match next {
            Next::Keep => {}
            Next::End { reason, goodbye } => self.finish(place, reason, goodbye, now),
        }
    }

    /// The only way in which a call ends: everything that it held is let go. The peer has
    /// been told by then.
    fn finish(&mut self, place: Place, reason: EndReason, goodbye: Option<CallEnd>, now: Now) {
        let Some(call) = self.slot(place).take() else {
            return;
        };
        self.remember(&call.peer().user, call.id(), Outcome::of(reason));
        let connection = call.open_connection();
        if let Some(connection) = connection {
            self.outputs.push(Output::CloseConnection {
                connection,
                goodbye,
            });
        }
        match (place, &self.second) {
            (Place::First, Some(_)) => self.bring_forward(&call, reason),
            (Place::First, None) if connection.is_some() => {
                self.outputs.push(Output::ReleaseAllMedia);
            }
            (Place::First | Place::Second, _) => {}
        }
        self.ended = Some(call.into_ended(reason, now));
        self.outputs.push(Output::Changed);
    }

    fn remember(&mut self, peer: &UserId, id: &CallId, outcome: Outcome) {
        let ended = EndedCall {
            peer: peer.clone(),
            call_id: id.clone(),
            outcome,
        };
        self.ended_calls.remember(&mut self.early, ended);
    }

    fn ring_until(&self, now: Now) -> Now {
        now + self.ring.unwrap_or(limits::RING)
    }

    fn command(&mut self, command: Command, now: Now) {
        let (call, ids, out) = (self.call.as_mut(), &mut self.ids, &mut self.outputs);
        let next = match (command, call) {
            (Command::AnswerWaiting { hold }, _) => return self.answer_waiting(hold, now),
            (Command::DeclineWaiting, _) => return self.decline_waiting(now),
            (Command::Swap, _) => return self.swap(),
            (Command::EndOther, _) => return self.end_other(now),
            (Command::SetOnHold(on_hold), Some(call)) => call.set_on_hold(on_hold, ids, out),
            (
                Command::StartCall {
                    call_id,
                    peer,
                    call_type,
                },
                None,
            ) => return self.start_call(call_id, peer, call_type, now),
            (Command::Dismiss, _) => return self.dismiss(),
            (Command::Accept { camera }, Some(call)) => call.accept(camera, now, ids, out),
            (Command::Decline, Some(call)) => call.decline(out),
            (Command::HangUp, Some(call)) => call.hang_up(out),
            (Command::LeavePage, Some(call)) => call.leave_page(out),
            (Command::SetMuted(muted), Some(call)) => call.set_muted(muted, ids, out),
            (Command::SetCamera(on), Some(call)) => call.set_camera(on, ids, out),
            (Command::SetSharing(sharing), Some(call)) => call.set_sharing(sharing, out),
            (Command::AcceptVideo { camera }, Some(call)) => call.accept_video(camera, ids, out),
            (Command::StartCall { .. }, Some(_))
            | (
                Command::Accept { .. }
                | Command::Decline
                | Command::HangUp
                | Command::LeavePage
                | Command::SetMuted(_)
                | Command::SetCamera(_)
                | Command::SetSharing(_)
                | Command::SetOnHold(_)
                | Command::AcceptVideo { .. },
                None,
            ) => Next::Keep,
        };
        self.follow(Place::First, next, now);
    }

    fn start_call(&mut self, call_id: CallId, peer: UserId, call_type: CallType, now: Now) {
        let ring_until = self.ring_until(now);
        let (ids, out) = (&mut self.ids, &mut self.outputs);
        let call = Call::start(call_id, peer, call_type, ring_until, ids, out);
        self.ended = None;
        self.call = Some(call);
        self.outputs.push(Output::Changed);
    }

    fn dismiss(&mut self) {
        if self.ended.take().is_some() {
            self.outputs.push(Output::Changed);
        }
    }

    fn signal(
        &mut self,
        from: Sender,
        standing: Standing,
        to_this_device: bool,
        signal: Signal,
        now: Now,
    ) {
        let place = match signal.call_id() {
            Some(id) => self.find(|call| call.is_meant(&from, id)),
            // Candidates of the minimal client (docs/protocol.md) do not name a call.
            None => self.find(|call| call.peer().is(&from)),
        };
        let (call, ids, out) = self.parts(place);
        let next = match (signal, call) {
            (Signal::CallOffer(offer), _) => {
                return self.offer(from, offer, standing, now);
            }
            (Signal::CallAnswer(answer), Some(call)) => {
                call.answer(&from.device, answer.answer.sdp, now, ids, out)
            }
            (Signal::CallRinging(ringing), Some(call)) => {
                call.peer_rings(&from.device, ringing.silently, out)
            }
            (Signal::IceCandidate(ice), Some(call)) => {
                call.remote_candidate(&from.device, ice.candidate, out)
            }
            (Signal::CallReject(reject), Some(call)) => call.rejected(reject.reason, out),
            (Signal::CallEnd(end), Some(call)) => {
                call.ended_by_peer(to_this_device, end.reason, now, out)
            }
            (Signal::CallAnswer(CallAnswer { call_id, .. }), None)
            | (Signal::CallRinging(CallRinging { call_id, .. }), None) => {
                return self.contradict(&from, call_id);
            }
            (Signal::IceCandidate(ice), None) => {
                return self.early_candidate(from, ice.call_id, ice.candidate);
            }
            (Signal::CallReject(reject), None) => {
                return self.ended_before_offer(&from, &reject.call_id, CallEndReason::Cancelled);
            }
            (Signal::CallEnd(end), None) => {
                return self.ended_before_offer(&from, &end.call_id, end.reason);
            }
            // Part of the verified handshake, which is not the machine's.
            (Signal::CallConfirm(_), _) => Next::Keep,
        };
        if let Some(place) = place {
            self.follow(place, next, now);
        }
    }

    /// Decides what an offer meets, and does nothing yet.
    fn collision(&self, from: &Sender, id: &CallId, standing: Standing) -> Collision {
        if let Some(outcome) = self.ended_calls.outcome(&from.user, id) {
            return Collision::Ended(outcome);
        }
        let second = self.second.as_ref();
        let with_second = second.filter(|call| call.peer().user == from.user);
        match (with_second.or(self.call.as_ref()), second) {
            (None, _) => Collision::None,
            (Some(call), second) => match call.collision(from, id, standing) {
                // There is no third one.
                Collision::CallWaiting if second.is_some() => Collision::Busy,
                collision => collision,
            },
        }
    }

    fn offer(&mut self, from: Sender, offer: CallOffer, standing: Standing, now: Now) {
        match self.collision(&from, &offer.call_id, standing) {
            Collision::None => self.ring(from, offer, standing, Presence::default(), now),
            Collision::CallWaiting => {
                self.ring_inside(from, offer, standing, Presence::default(), now);
            }
            Collision::Ended(outcome) => {
                self.reply(&from, outcome.signal(offer.call_id));
                // They may have taken our call for the losing one of two that collide.
                // Now that theirs ends, ours rings.
                self.reoffer_to(&from);
            }
            Collision::SameCall => {
                let place = self.find(|call| call.is_meant(&from, &offer.call_id));
                if let (Some(call), ids, out) = self.parts(place) {
                    call.offer(offer.offer.sdp, now, ids, out);
                }
            }
            Collision::Busy => self.reject_as_busy(&from, offer.call_id),
            Collision::StrangersPrompt => {
                self.displace(now);
                self.ring(from, offer, standing, Presence::default(), now);
            }
            // In case they have not got ours: they would wait for an answer forever.
            Collision::GlareWinner => self.reoffer_to(&from),
            Collision::GlareLoser => self.give_way(from, offer, standing, now),
            Collision::GlareSettled => {}
            Collision::ReCall => self.ring_anew(from, offer, standing, now),
        }
    }

    /// Shows the prompt for a first offer, and touches nothing else.
    fn ring(
        &mut self,
        from: Sender,
        offer: CallOffer,
        standing: Standing,
        presence: Presence,
        now: Now,
    ) {
        let mut call = self.incoming(&from, offer, standing, presence, now);
        call.ring(self.ring_until(now), &mut self.outputs);
        self.ended = None;
        self.call = Some(call);
        self.outputs.push(Output::Changed);
    }

    /// The prompt that there is gives way: its caller is told "busy", which is true from now
    /// on, and waits for nobody.
    fn displace(&mut self, now: Now) {
        let Some(call) = self.call.take() else { return };
        let busy = CallRejectReason::Busy;
        call.peer().send_reject(busy, &mut self.outputs);
        self.remember(&call.peer().user, call.id(), Outcome::Rejected(busy));
        let ended = call.into_ended(EndReason::Missed, now);
        self.outputs.push(Output::Displaced(ended));
    }

    /// The peer calls anew: the call that it has lost ends, and the new one rings, if the other
    /// call that there may be leaves room for it.
    fn ring_anew(&mut self, from: Sender, offer: CallOffer, standing: Standing, now: Now) {
        let place = self.find(|call| call.peer().user == from.user);
        let (Some(place), (Some(call), _, out)) = (place, self.parts(place)) else {
            return;
        };
        let presence = call.presence().clone();
        let next = call.superseded(out);
        self.follow(place, next, now);
        match (&self.call, &self.second) {
            (None, _) => self.ring(from, offer, standing, presence, now),
            (Some(call), None) if !call.is_ringing() => {
                self.ring_inside(from, offer, standing, presence, now);
            }
            (Some(_), _) => self.reject_as_busy(&from, offer.call_id),
        }
    }

    fn reject_as_busy(&mut self, from: &Sender, id: CallId) {
        let busy = Outcome::Rejected(CallRejectReason::Busy);
        self.remember(&from.user, &id, busy);
        self.reply(from, busy.signal(id));
    }

    /// Both called at the same moment, and theirs wins: ours ends, and theirs takes its
    /// place without asking, since the user wants that very call.
    fn give_way(&mut self, from: Sender, offer: CallOffer, standing: Standing, now: Now) {
        let Some(ours) = self.call.take() else { return };
        if ours.awaits_answer() {
            // Should our offer be on its way still, it must not ring.
            ours.peer()
                .send_end(CallEndReason::Superseded, &mut self.outputs);
        }
        let superseded = Outcome::Ended(CallEndReason::Superseded);
        self.remember(&ours.peer().user, ours.id(), superseded);
        if let Some(connection) = ours.open_connection() {
            self.outputs.push(Output::CloseConnection {
                connection,
                goodbye: None,
            });
        }
        let mut theirs = self.incoming(&from, offer, standing, ours.presence().clone(), now);
        theirs.replace(&ours, now, &mut self.outputs);
        self.call = Some(theirs);
    }

    fn incoming(
        &mut self,
        from: &Sender,
        offer: CallOffer,
        standing: Standing,
        presence: Presence,
        now: Now,
    ) -> Call {
        let candidates = self.early.claim(&from.user, &offer.call_id);
        let ids = &mut self.ids;
        Call::incoming(from, offer, standing, candidates, presence, now, ids)
    }

    /// Retransmits our offer to that device, if there is one to its user.
    fn reoffer_to(&mut self, to: &Sender) {
        let call = self.call.as_ref();
        if let Some(call) = call.filter(|call| call.peer().user == to.user) {
            call.reoffer_to(&to.device, &mut self.outputs);
        }
    }

    /// Somebody rings for, or has accepted, a call that we do not have, or that another
    /// of their devices has accepted. They must not be left waiting.
    fn contradict(&mut self, from: &Sender, id: CallId) {
        let is_ours = |call: &Call| *call.id() == id && call.peer().user == from.user;
        let outcome = if self.find(is_ours).is_some() {
            Outcome::Ended(CallEndReason::AnsweredElsewhere)
        } else {
            let known = self.ended_calls.outcome(&from.user, &id);
            known.unwrap_or(Outcome::Ended(CallEndReason::Ended))
        };
        self.reply(from, outcome.signal(id));
    }

    /// A candidate may overtake its offer. One of the minimal client names no call to
    /// wait for.
    fn early_candidate(&mut self, from: Sender, id: Option<CallId>, candidate: IceCandidateInit) {
        if let Some(id) = id
            && self.ended_calls.outcome(&from.user, &id).is_none()
        {
            self.early.keep(EarlyCandidate {
                from: from.user,
                device: from.device,
                call_id: id,
                candidate,
            });
        }
    }

    /// An end may overtake its offer, which must not ring then. The call that there is
    /// can only be ended by its peer, and only from the right device.
    fn ended_before_offer(&mut self, from: &Sender, id: &CallId, reason: CallEndReason) {
        if self.find(|call| call.id() == id).is_none() {
            self.remember(&from.user, id, Outcome::Ended(reason));
        }
    }

    fn reply(&mut self, to: &Sender, signal: Signal) {
        let (user, device) = (to.user.clone(), to.device.clone());
        self.outputs.send(user, Some(device), signal);
    }
}

impl Machine for CallMachine {
    type Input = Input;
    type Output = Output;

    fn handle(&mut self, input: Input, now: Now) {
        if let Input::BatteryLow(low) = input {
            self.battery_low = low;
        }
        match self.reach_of(&input, now) {
            Reach::One(place) => self.dispatch(place, input, now),
            Reach::Both => {
                self.dispatch(Some(Place::Second), input.clone(), now);
                self.dispatch(Some(Place::First), input, now);
            }
        }
        for call in self.call.iter_mut().chain(&mut self.second) {
            call.battery_low(self.battery_low);
            call.settle(&mut self.outputs);
        }
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop()
    }

    fn poll_timeout(&self) -> Option<Now> {
        let calls = self.call.iter().chain(&self.second);
        calls.filter_map(Call::next_timeout).min()
    }
}

impl CallMachine {
    fn dispatch(&mut self, place: Option<Place>, input: Input, now: Now) {
        let (call, ids, out) = self.parts(place);
        let next = match input {
            Input::Command(command) => return self.command(command, now),
            Input::Signal {
                from,
                device,
                to_this_device,
                standing,
                signal,
            } => {
                let from = Sender { user: from, device };
                return self.signal(from, standing, to_this_device, signal, now);
            }
            Input::PeerOffline { offer, .. } => call.map(|call| call.peer_offline(offer, now, out)),
            Input::PeerWaking { .. } => call.map(|call| call.peer_waking(out)),
            Input::OfferRefused { .. } => call.map(|call| call.offer_refused(out)),
            Input::PeerDevices { devices, .. } => {
                call.map(|call| call.peer_devices(devices, now, out))
            }
            Input::SessionRenewed => call.map(|call| call.session_renewed(now, out)),
            Input::NetworkChanged => call.map(|call| call.network_changed(now, out)),
            Input::DataChannelMessage { end, .. } => {
                call.map(|call| call.data_channel_message(&end, now, out))
            }
            Input::PeerMediaState { state, .. } => {
                call.map(|call| call.peer_media_state(state, now, out))
            }
            // The calls know it already.
            Input::BatteryLow(_) => None,
            Input::LocalOffer { sdp, .. } => call.map(|call| call.local_offer(sdp, now, out)),
            Input::LocalAnswer { sdp, .. } => call.map(|call| call.local_answer(sdp, out)),
            Input::LocalCandidate { candidate, .. } => {
                call.map(|call| call.local_candidate(candidate, out))
            }
            Input::LocalDescriptionFailed { .. } => {
                call.map(|call| call.local_description_failed(out))
            }
            Input::CreateConnectionFailed { .. } | Input::SetRemoteAnswerFailed { .. } => {
                call.map(|call| call.negotiation_failed(out))
            }
            Input::ConnectionStateChanged { state, .. } => {
                call.map(|call| call.connection_state_changed(state, now, ids, out))
            }
            Input::ConnectionClosed { .. } => {
                call.map(|call| call.connection_closed(now, ids, out))
            }
            Input::Kept(kept) => call.map(|call| call.kept(kept)),
            Input::Slept { duration } => call.map(|call| call.slept(duration, now, out)),
            Input::Media {
                request,
                audio,
                video,
            } => match call {
                Some(call) => Some(call.media(request, audio, video, out)),
                None => {
                    // It came after the end of the call that it was for.
                    out.push(Output::ReleaseMedia { request });
                    None
                }
            },
            Input::TrackEnded {
                request,
                kind,
                reason,
            } => call.map(|call| call.track_ended(request, kind, reason, out)),
            Input::TrackInterrupted {
                request,
                kind,
                interrupted,
            } => call.map(|call| call.track_interrupted(request, kind, interrupted, out)),
            Input::DeviceReturned { kind } => call.map(|call| call.device_returned(kind, ids, out)),
            Input::Timeout => call.map(|call| call.timeout(now, ids, out)),
        };
        if let Some(place) = place {
            self.follow(place, next.unwrap_or(Next::Keep), now);
        }
    }
}
