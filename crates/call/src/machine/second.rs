//! Two calls at one machine: call waiting and call hold (3GPP TS 24.615 and 24.610).
//!
//! The first is the one that the user sees, and whose state is the machine's. A second one rings
//! inside it, or is on hold behind it. When the first ends, the second takes its place: one that
//! rings goes on ringing; one that was on hold goes on if the user has hung up, and stays on hold
//! otherwise, so that nobody is heard who has done nothing for it.

use wimpex_protocol::{CallId, CallOffer, UserId};
use wimpex_sansio::Now;

use super::CallMachine;
use crate::call::{Call, Next};
use crate::ids::Ids;
use crate::input::{Input, PeerConnectionId};
use crate::output::Output;
use crate::outputs::Outputs;
use crate::peer::Sender;
use crate::place::{Place, Reach};
use crate::presence::Presence;
use crate::snapshot::EndReason;
use crate::standing::Standing;

impl CallMachine {
    /// Whether there is a call with this user that is more than a prompt.
    pub fn is_in_call_with(&self, user: &UserId) -> bool {
        self.find(|call| call.peer().user == *user && !call.is_ringing())
            .is_some()
    }

    /// Whether there is a call with this user at all.
    pub fn is_with(&self, user: &UserId) -> bool {
        self.find(|call| call.peer().user == *user).is_some()
    }

    /// Every call that is not over, the first one first.
    pub fn calls(&self) -> impl Iterator<Item = (&UserId, &CallId)> {
        let calls = self.call.iter().chain(&self.second);
        calls.map(|call| (&call.peer().user, call.id()))
    }

    /// The connection of a call, if it has one.
    pub fn connection_of(&self, peer: &UserId, id: &CallId) -> Option<PeerConnectionId> {
        let mut calls = self.call.iter().chain(&self.second);
        let call = calls.find(|call| call.peer().user == *peer && call.id() == id)?;
        call.open_connection()
    }

    /// The call that has this connection now.
    pub fn call_on(&self, connection: PeerConnectionId) -> Option<(&UserId, &CallId)> {
        let mut calls = self.call.iter().chain(&self.second);
        let call = calls.find(|call| call.open_connection() == Some(connection))?;
        Some((&call.peer().user, call.id()))
    }

    /// Which call an input is about. Whatever a connection that was closed still says is about
    /// none.
    pub(super) fn reach_of(&self, input: &Input, now: Now) -> Reach {
        let first = Some(Place::First);
        Reach::One(match input {
            Input::PeerOffline { call_id, .. }
            | Input::PeerWaking { call_id }
            | Input::OfferRefused { call_id } => self.find(|call| call.id() == call_id),
            Input::PeerDevices { user, .. } => self.find(|call| call.peer().user == *user),
            Input::DataChannelMessage { connection, .. }
            | Input::PeerMediaState { connection, .. }
            | Input::LocalOffer { connection, .. }
            | Input::LocalAnswer { connection, .. }
            | Input::LocalCandidate { connection, .. }
            | Input::LocalDescriptionFailed { connection }
            | Input::CreateConnectionFailed { connection }
            | Input::SetRemoteAnswerFailed { connection }
            | Input::ConnectionStateChanged { connection, .. }
            | Input::ConnectionClosed { connection } => {
                self.find(|call| call.connection() == *connection)
            }
            Input::SessionRenewed
            | Input::Kept(_)
            | Input::NetworkChanged
            | Input::BatteryLow(_)
            | Input::Slept { .. } => return Reach::Both,
            // One at a time, so that each end is seen. The other one's comes at once.
            Input::Timeout => {
                let is_due = |call: &Call| call.next_timeout().is_some_and(|at| at <= now);
                self.find(is_due).or(first)
            }
            // A signal is led to its call where it is taken apart. One call has the devices.
            Input::Command(_)
            | Input::Signal { .. }
            | Input::Media { .. }
            | Input::TrackEnded { .. }
            | Input::TrackInterrupted { .. }
            | Input::DeviceReturned { .. } => first,
        })
    }

    pub(super) fn slot(&mut self, place: Place) -> &mut Option<Call> {
        match place {
            Place::First => &mut self.call,
            Place::Second => &mut self.second,
        }
    }

    /// The call in that place, and what its methods need.
    pub(super) fn parts(
        &mut self,
        place: Option<Place>,
    ) -> (Option<&mut Call>, &mut Ids, &mut Outputs) {
        let call = match place {
            Some(Place::First) => self.call.as_mut(),
            Some(Place::Second) => self.second.as_mut(),
            None => None,
        };
        (call, &mut self.ids, &mut self.outputs)
    }

    pub(super) fn find(&self, is_it: impl Fn(&Call) -> bool) -> Option<Place> {
        let is_it = |call: &Option<Call>| call.as_ref().is_some_and(&is_it);
        match (is_it(&self.call), is_it(&self.second)) {
            (true, _) => Some(Place::First),
            (false, true) => Some(Place::Second),
            (false, false) => None,
        }
    }

    /// Shows the prompt inside the call.
    pub(super) fn ring_inside(
        &mut self,
        from: Sender,
        offer: CallOffer,
        standing: Standing,
        presence: Presence,
        now: Now,
    ) {
        let mut call = self.incoming(&from, offer, standing, presence, now);
        call.ring(self.ring_until(now), &mut self.outputs);
        self.second = Some(call);
        self.outputs.push(Output::Changed);
    }

    /// The first call is over: the second one takes its place.
    pub(super) fn bring_forward(&mut self, ended: &Call, reason: EndReason) {
        let Some(mut second) = self.second.take() else {
            return;
        };
        let had_media = ended.open_connection().is_some();
        if second.is_ringing() {
            if had_media {
                self.outputs.push(Output::ReleaseAllMedia);
            }
        } else {
            let media = ended.devices();
            if reason == EndReason::HungUp {
                second.resume_with(media, &mut self.ids, &mut self.outputs);
            } else {
                second.hold_on_with(media, &mut self.outputs);
            }
        }
        self.call = Some(second);
    }

    /// From two calls to the one that rings inside the other.
    pub(super) fn answer_waiting(&mut self, hold: bool, now: Now) {
        let Some(mut waiting) = self.second.take_if(|call| call.is_ringing()) else {
            return;
        };
        let Some(mut first) = self.call.take() else {
            return;
        };
        let camera = first.wants_camera();
        // The page keeps whichever call is seen.
        waiting.keep_as(&first);
        let media = if hold {
            let media = first.hold_behind(&mut self.outputs);
            self.second = Some(first);
            media
        } else {
            let next = first.hang_up(&mut self.outputs);
            let media = first.devices();
            // In its place, so that it ends as any other; nobody takes that over.
            self.call = Some(first);
            self.end_without_release(next, now);
            media
        };
        waiting.answer_with(media, camera, now, &mut self.ids, &mut self.outputs);
        self.call = Some(waiting);
        self.outputs.push(Output::Changed);
    }

    pub(super) fn decline_waiting(&mut self, now: Now) {
        if let (Some(call), _, out) = self.parts(Some(Place::Second)) {
            let next = call.decline(out);
            self.follow(Place::Second, next, now);
        }
    }

    /// Ends the second call, in whatever state.
    pub(super) fn end_other(&mut self, now: Now) {
        if let (Some(call), _, out) = self.parts(Some(Place::Second)) {
            let next = call.hang_up(out);
            self.follow(Place::Second, next, now);
        }
    }

    /// The two calls change places.
    pub(super) fn swap(&mut self) {
        let (Some(first), Some(second)) = (&mut self.call, &mut self.second) else {
            return;
        };
        if second.is_ringing() {
            return;
        }
        let media = first.hold_behind(&mut self.outputs);
        second.resume_with(media, &mut self.ids, &mut self.outputs);
        std::mem::swap(first, second);
        self.outputs.push(Output::Changed);
    }

    /// The first call ends, and its devices go on in another one.
    fn end_without_release(&mut self, next: Next, now: Now) {
        // Moved aside, it is no longer the one whose end lets go of the devices.
        self.second = self.call.take();
        self.follow(Place::Second, next, now);
    }
}
