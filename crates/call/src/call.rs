//! The one call of a machine, from its first signal to its end.
//!
//! What can happen to it are its methods. What is to be done goes into the [`Outputs`],
//! and [`Next`] says whether the call is over. Nearly each of them goes by the phase, and
//! sets timers; what needs neither is in the parts: [`Negotiation`], [`Media`],
//! [`Presence`], [`Peer`].

mod connection;
mod hold;
mod page_return;
mod reconnect;
mod remote;
mod state;

use wimpex_protocol::{
    CallEnd, CallEndReason, CallId, CallOffer, CallRejectReason, CallType, DeviceId, MediaState,
    Sdp, UserId,
};
use wimpex_sansio::Now;
use wimpex_webrtc::{IceCandidateInit, MediaError, TrackKind};

use crate::callee::Callee;
use crate::collision::Collision;
use crate::hold::Hold;
use crate::ids::Ids;
use crate::input::{MediaRequest, PeerConnectionId};
use crate::media::Media;
use crate::negotiation::Negotiation;
use crate::output::Output;
use crate::outputs::Outputs;
use crate::peer::{Peer, Sender};
use crate::peer_media::PeerMedia;
use crate::phase::Phase;
use crate::presence::Presence;
use crate::sharing::Sharing;
use crate::snapshot::{ActiveCall, CallVideo, EndReason, Ended, Role, State};
use crate::standing::Standing;
use crate::timer::{Timer, TimerTable};
use crate::video::Video;

/// What becomes of a call.
pub(crate) enum Next {
    Keep,
    End {
        reason: EndReason,
        /// What to say over the connection itself, if the peer does not know.
        goodbye: Option<CallEnd>,
    },
}

impl Next {
    /// It is over, and the peer knows or is told by other means.
    fn end(reason: EndReason) -> Self {
        let goodbye = None;
        Self::End { reason, goodbye }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Call {
    peer: Peer,
    peer_name: Option<String>,
    role: Role,
    /// Of the caller, if that is the peer.
    standing: Standing,
    phase: Phase,
    negotiation: Negotiation,
    media: Media,
    timers: TimerTable,
    presence: Presence,
    video: Video,
    hold: Hold,
    peer_media: PeerMedia,
    /// What the peer was told last over this connection.
    told: Option<MediaState>,
    battery_low: bool,
    /// A screen is sent in place of the camera's picture.
    sharing: Sharing,
    /// The device has slept since media last flowed.
    slept: bool,
    /// Another page could come back to this call.
    kept: bool,
    /// The peer's page was left since media last flowed.
    peer_left_page: bool,
}

impl Call {
    /// A call of ours: creates the connection and the offer.
    pub(crate) fn start(
        id: CallId,
        peer: UserId,
        call_type: CallType,
        ring_until: Now,
        ids: &mut Ids,
        out: &mut Outputs,
    ) -> Self {
        let phase = Phase::Calling {
            callee: Callee::Unheard,
            offered_devices: None,
        };
        let peer = Peer {
            call_id: id,
            user: peer,
            device: None,
        };
        let negotiation = Negotiation::new(ids.next_connection(), call_type, Vec::new());
        let mut call = Self::new(peer, Role::Caller, phase, negotiation);
        call.timers.set(Timer::Ring, ring_until);
        call.create_connection(true, out);
        // The offer does not wait for the user to allow the microphone: tracks join
        // later, and the other side rings meanwhile.
        call.negotiation.create_offer(false, out);
        let video = call_type == CallType::Video;
        call.media.request(true, video, ids, out);
        call
    }

    /// A call of the peer's, with the candidates that came before the offer and what
    /// the server has said of the peer. Touches nothing but the call itself.
    pub(crate) fn incoming(
        from: &Sender,
        offer: CallOffer,
        standing: Standing,
        candidates: Vec<(DeviceId, IceCandidateInit)>,
        presence: Presence,
        now: Now,
        ids: &mut Ids,
    ) -> Self {
        let phase = Phase::Ringing {
            pending_offer: offer.offer.sdp,
        };
        let peer = Peer {
            call_id: offer.call_id,
            user: from.user.clone(),
            device: Some(from.device.clone()),
        };
        let connection = ids.next_connection();
        let negotiation = Negotiation::new(connection, offer.call_type, candidates);
        let mut call = Self::new(peer, Role::Callee, phase, negotiation);
        call.peer_name = offer.from_username;
        call.standing = standing;
        call.presence = presence;
        // The server will not say again what it has said of the peer already.
        if call.presence.lacks(&from.device) {
            call.peer_left(now);
        }
        call
    }

    fn new(peer: Peer, role: Role, phase: Phase, negotiation: Negotiation) -> Self {
        Self {
            peer,
            peer_name: None,
            role,
            standing: Standing::Known,
            phase,
            negotiation,
            media: Media::OFF,
            timers: TimerTable::default(),
            presence: Presence::default(),
            video: Video::default(),
            hold: Hold::default(),
            peer_media: PeerMedia::default(),
            told: None,
            battery_low: false,
            sharing: Sharing::Off,
            slept: false,
            kept: false,
            peer_left_page: false,
        }
    }

    pub(crate) fn id(&self) -> &CallId {
        &self.peer.call_id
    }

    pub(crate) fn peer(&self) -> &Peer {
        &self.peer
    }

    pub(crate) fn state(&self) -> State {
        self.phase.state()
    }

    pub(crate) fn is_ringing(&self) -> bool {
        self.phase.is_ringing()
    }

    pub(crate) fn connection(&self) -> PeerConnectionId {
        self.negotiation.connection()
    }

    /// The connection, if it was created.
    pub(crate) fn open_connection(&self) -> Option<PeerConnectionId> {
        let is_created = self.role == Role::Caller || self.phase.is_live();
        is_created.then(|| self.connection())
    }

    /// Whether a signal of that sender about that call is about this one.
    pub(crate) fn is_meant(&self, from: &Sender, id: &CallId) -> bool {
        self.peer.call_id == *id && self.peer.is(from)
    }

    /// Whether the peer has, or may have, an offer of ours that it has not answered.
    pub(crate) fn awaits_answer(&self) -> bool {
        self.negotiation.awaits_answer()
    }

    /// What an offer of a call that has not ended here meets in this one.
    pub(crate) fn collision(&self, from: &Sender, id: &CallId, standing: Standing) -> Collision {
        if self.peer.user != from.user {
            return match (&self.phase, self.standing, standing) {
                (Phase::Ringing { .. }, Standing::Stranger, Standing::Known) => {
                    Collision::StrangersPrompt
                }
                (
                    Phase::Connecting | Phase::Connected { .. } | Phase::Reconnecting { .. },
                    Standing::Known | Standing::Stranger,
                    Standing::Known,
                ) => Collision::CallWaiting,
                (
                    Phase::Calling { .. }
                    | Phase::Ringing { .. }
                    | Phase::Connecting
                    | Phase::Connected { .. }
                    | Phase::Reconnecting { .. },
                    Standing::Known | Standing::Stranger,
                    Standing::Known | Standing::Stranger,
                ) => Collision::Busy,
            };
        }
        if self.peer.call_id == *id {
            return Collision::SameCall;
        }
        // On both sides alike.
        let ours_is_greater = self.peer.call_id > *id;
        match self.phase {
            // An offer that is not out yet loses: the peer does not know of it.
            Phase::Calling { .. } if self.awaits_answer() && ours_is_greater => {
                Collision::GlareWinner
            }
            Phase::Calling { .. } => Collision::GlareLoser,
            Phase::Connecting
                if self.role == Role::Caller
                    && ours_is_greater
                    && self.peer.device.as_ref() == Some(&from.device) =>
            {
                Collision::GlareSettled
            }
            Phase::Ringing { .. }
            | Phase::Connecting
            | Phase::Connected { .. }
            | Phase::Reconnecting { .. } => Collision::ReCall,
        }
    }

    pub(crate) fn presence(&self) -> &Presence {
        &self.presence
    }

    pub(crate) fn next_timeout(&self) -> Option<Now> {
        self.timers.next()
    }

    pub(crate) fn snapshot(&self) -> ActiveCall {
        ActiveCall {
            call_id: self.peer.call_id.clone(),
            peer: self.peer.user.clone(),
            peer_name: self.peer_name.clone(),
            call_type: self.negotiation.call_type(),
            role: self.role,
            connection: self.connection(),
            callee: self.phase.callee(),
            connected_at: self.phase.connected_at(),
            muted: self.media.is_muted(),
            microphone: self.media.microphone(),
            camera: self.media.camera(),
            video: self.video(),
            peer_media: self.peer_media.state().cloned(),
            microphone_interrupted: self.media.is_microphone_interrupted(),
            camera_interrupted: self.media.is_camera_interrupted(),
            sharing: self.sharing,
            on_hold: self.hold.is_on,
        }
    }

    /// What is left of the call when it is over.
    pub(crate) fn into_ended(self, reason: EndReason, now: Now) -> Ended {
        Ended {
            duration: self.phase.connected_at().map(|since| now.since(since)),
            call_id: self.peer.call_id,
            peer: self.peer.user,
            peer_name: self.peer_name,
            call_type: self.negotiation.call_type(),
            role: self.role,
            reason,
            microphone: self.media.microphone().failure(),
            camera: self.media.camera().failure(),
        }
    }

    // What the user does.

    /// Answers a call that rings.
    pub(crate) fn accept(
        &mut self,
        camera: bool,
        now: Now,
        ids: &mut Ids,
        out: &mut Outputs,
    ) -> Next {
        if self.phase.is_ringing() {
            self.take_offer(now, out);
            let camera = camera && self.negotiation.call_type() == CallType::Video;
            self.media.request(true, camera, ids, out);
            out.push(Output::Changed);
        }
        Next::Keep
    }

    pub(crate) fn decline(&mut self, out: &mut Outputs) -> Next {
        if self.phase.is_ringing() {
            self.peer.send_reject(CallRejectReason::Declined, out);
            Next::end(EndReason::Declined)
        } else {
            Next::Keep
        }
    }

    pub(crate) fn hang_up(&mut self, out: &mut Outputs) -> Next {
        match self.phase {
            Phase::Ringing { .. } => self.decline(out),
            Phase::Calling { .. } => self.end(CallEndReason::Cancelled, EndReason::Cancelled, out),
            Phase::Connecting | Phase::Connected { .. } | Phase::Reconnecting { .. } => {
                self.end(CallEndReason::Ended, EndReason::HungUp, out)
            }
        }
    }

    /// Another call of the same peer takes the place of this one.
    pub(crate) fn superseded(&self, out: &mut Outputs) -> Next {
        self.end(CallEndReason::Superseded, EndReason::Superseded, out)
    }

    pub(crate) fn set_muted(&mut self, muted: bool, ids: &mut Ids, out: &mut Outputs) -> Next {
        // Before Accept there is no media to mute.
        if !self.phase.is_ringing() {
            self.media.set_muted(muted, ids, out);
        }
        Next::Keep
    }

    pub(crate) fn set_camera(&mut self, on: bool, ids: &mut Ids, out: &mut Outputs) -> Next {
        // Nothing is sent while the call is on hold.
        if !self.phase.is_ringing() && !self.hold.is_on {
            let allowed = self.may_send_video();
            self.media.set_camera(on, allowed, ids, out);
            if on && self.video() == CallVideo::Wanted {
                self.video.agree();
            }
        }
        Next::Keep
    }

    // Offers and answers, and what else the peer sends.

    /// From Ringing to Connecting, for the user or for the glare rule.
    fn take_offer(&mut self, now: Now, out: &mut Outputs) {
        let Phase::Ringing { pending_offer } = &mut self.phase else {
            return;
        };
        let sdp = Sdp(std::mem::take(&mut pending_offer.0));
        self.connecting(now);
        self.create_connection(false, out);
        self.negotiation.set_remote_offer(sdp, &self.peer, out);
    }

    /// Takes the place of a call of ours that loses against this one of the same peer
    /// (glare): without asking, since the user wants that very call.
    pub(crate) fn replace(&mut self, ours: &Self, now: Now, out: &mut Outputs) {
        self.take_offer(now, out);
        let (call_type, connection) = (self.negotiation.call_type(), self.connection());
        self.media.inherit(&ours.media, call_type, connection, out);
        out.push(Output::Changed);
    }

    /// Shows the prompt, and nothing else.
    pub(crate) fn ring(&mut self, until: Now, out: &mut Outputs) {
        self.timers.set(Timer::Ring, until);
        self.peer.send_ringing(out);
    }

    /// An offer with the id of this call: a renegotiation, or a repetition.
    pub(crate) fn offer(&mut self, sdp: Sdp, now: Now, ids: &mut Ids, out: &mut Outputs) -> Next {
        match self.phase {
            Phase::Calling { .. } => {}
            // They may not know that it rings here.
            Phase::Ringing { .. } => self.peer.send_ringing(out),
            Phase::Connecting | Phase::Connected { .. } | Phase::Reconnecting { .. } => {
                self.renegotiate(sdp, now, ids, out);
            }
        }
        Next::Keep
    }

    /// Perfect negotiation (webrtc, section 10.7): when both offer, the caller is
    /// impolite, and the callee gives way.
    fn renegotiate(&mut self, sdp: Sdp, now: Now, ids: &mut Ids, out: &mut Outputs) {
        if self.is_of_another_connection(&sdp) {
            self.reconnect_offered(sdp, now, ids, out);
        } else if self.negotiation.has_seen(&sdp) {
            // Our answer may have been lost.
            if self.negotiation.has_answered(&sdp) {
                self.retransmit(out);
            }
        } else if !self.negotiation.has_pending_offer() || self.role == Role::Callee {
            self.admit_video();
            self.negotiation.set_remote_offer(sdp, &self.peer, out);
            self.restart_negotiated(now);
        }
    }

    /// Takes what came of a request.
    pub(crate) fn media(
        &mut self,
        request: MediaRequest,
        audio: Option<Result<(), MediaError>>,
        video: Option<Result<(), MediaError>>,
        out: &mut Outputs,
    ) -> Next {
        self.media
            .answered(self.connection(), request, audio, video, out);
        Next::Keep
    }

    pub(crate) fn track_ended(
        &mut self,
        request: MediaRequest,
        kind: TrackKind,
        reason: MediaError,
        out: &mut Outputs,
    ) -> Next {
        self.media.track_ended(request, kind, reason, out);
        Next::Keep
    }

    pub(crate) fn track_interrupted(
        &mut self,
        request: MediaRequest,
        kind: TrackKind,
        interrupted: bool,
        out: &mut Outputs,
    ) -> Next {
        self.media
            .track_interrupted(request, kind, interrupted, out);
        Next::Keep
    }

    pub(crate) fn device_returned(
        &mut self,
        kind: TrackKind,
        ids: &mut Ids,
        out: &mut Outputs,
    ) -> Next {
        self.media.device_returned(kind, ids, out);
        Next::Keep
    }

    // Time.

    /// What is due now, if anything is.
    pub(crate) fn timeout(&mut self, now: Now, ids: &mut Ids, out: &mut Outputs) -> Next {
        let (tell, reason) = match self.timers.due(now) {
            None => return Next::Keep,
            Some(Timer::Restart | Timer::Resend) => {
                self.repair(now, ids, out);
                return Next::Keep;
            }
            Some(Timer::NoRinging) => {
                self.timers.stop(Timer::NoRinging);
                // Who is known to be gone is not asleep.
                if self.timers.get(Timer::PeerLeft).is_none() {
                    self.hear(Callee::Unresponsive, out);
                }
                return Next::Keep;
            }
            Some(Timer::Ring) if self.phase.callee() == Callee::Asleep => {
                (CallEndReason::NoAnswer, EndReason::PeerAsleep)
            }
            Some(Timer::Ring) if self.role == Role::Caller => {
                (CallEndReason::NoAnswer, EndReason::NoAnswer)
            }
            Some(Timer::Ring) => (CallEndReason::NoAnswer, EndReason::Missed),
            Some(Timer::Connect) => (CallEndReason::Failed, EndReason::ConnectionFailed),
            Some(Timer::Reconnect | Timer::PageBack) => (CallEndReason::Failed, self.lost()),
            // Should it come back after all, it must not ring or wait any longer.
            Some(Timer::PeerLeft) => match self.phase {
                Phase::Calling { .. } => (CallEndReason::Cancelled, EndReason::PeerGone),
                Phase::Ringing { .. } => (CallEndReason::NoAnswer, EndReason::Missed),
                Phase::Connecting | Phase::Connected { .. } | Phase::Reconnecting { .. } => {
                    (CallEndReason::Failed, EndReason::PeerGone)
                }
            },
        };
        self.end(tell, reason, out)
    }

    // What is sent, and what the browser is told.

    /// This side ends the call, and tells the peer in every way that there is.
    fn end(&self, tell: CallEndReason, reason: EndReason, out: &mut Outputs) -> Next {
        let end = self.peer.send_end(tell, out);
        let goodbye = self.phase.connected_at().map(|_| end);
        Next::End { reason, goodbye }
    }

    /// All that the peer needs of us: the description, and the candidates.
    fn retransmit(&mut self, out: &mut Outputs) {
        self.send_description(out);
        self.negotiation.resend_candidates();
        self.send_candidates(out);
    }

    fn send_description(&self, out: &mut Outputs) {
        let device = self.peer.device.clone();
        self.negotiation.send_description(&self.peer, device, out);
    }

    /// Nobody's addresses leave before Accept.
    fn send_candidates(&mut self, out: &mut Outputs) {
        if self.phase.is_live() {
            self.negotiation.send_candidates(&self.peer, out);
        }
    }

    fn create_connection(&self, offers: bool, out: &mut Outputs) {
        out.push(Output::CreateConnection {
            connection: self.negotiation.connection(),
            offers,
            call_type: self.negotiation.call_type(),
        });
    }
}
