//! A page that is left in the middle of a call, and another one that comes back to it: a reload, a
//! crash, a step back in the history.
//!
//! Nothing of the page is left but what its browser has kept ([`KeptCall`]), so that the call goes
//! on over another connection, as where a browser has closed the one before. For the other side a
//! page that is left is a lost path; it only waits for less long, since most pages that are left are
//! closed.

use wimpex_protocol::{CallEndReason, MediaFlag};
use wimpex_sansio::Now;

use super::{Call, Next};
use crate::ids::Ids;
use crate::kept::KeptCall;
use crate::limits;
use crate::negotiation::Negotiation;
use crate::outputs::Outputs;
use crate::peer::Peer;
use crate::phase::Phase;
use crate::snapshot::{Capture, Role};
use crate::timer::Timer;

impl Call {
    /// Whether the peer waits for this page to come back.
    fn is_awaited(&self) -> bool {
        let state = self.peer_media.state();
        self.may_reconnect() && state.is_some_and(|state| state.has(MediaFlag::AwaitsReturn))
    }

    pub(crate) fn kept(&mut self, kept: bool) -> Next {
        self.kept = kept;
        Next::Keep
    }

    /// This call is kept from now on as that one was.
    pub(crate) fn keep_as(&mut self, other: &Self) {
        self.kept = other.kept;
    }

    /// The page is left, and may come back.
    pub(crate) fn leave_page(&mut self, out: &mut Outputs) -> Next {
        if !(self.kept && self.is_awaited()) {
            return self.hang_up(out);
        }
        // Over the connection nothing need be said: its end says it.
        self.peer.send_end(CallEndReason::MayReturn, out);
        Next::Keep
    }

    /// The peer's page is left, and may come back.
    pub(super) fn peer_left_page(&mut self, now: Now, out: &mut Outputs) {
        self.peer_left_page = true;
        self.peer_closed(now, out);
        self.timers.set(Timer::PageBack, now + limits::PAGE_BACK);
    }

    /// The peer offers another connection, which has some time to come about.
    pub(super) fn peer_returns(&mut self, now: Now) {
        self.timers.stop(Timer::PageBack);
        let at_least = now + limits::RETURNED;
        if self
            .timers
            .get(Timer::Reconnect)
            .is_some_and(|at| at < at_least)
        {
            self.timers.set(Timer::Reconnect, at_least);
        }
    }

    /// What another page needs to come back to this call; `None` of one to which none can.
    pub(crate) fn keep(&self, now: Now) -> Option<KeptCall> {
        Some(KeptCall {
            call_id: self.peer.call_id.clone(),
            peer: self.peer.user.clone(),
            peer_device: self.peer.device.clone()?,
            peer_name: self.peer_name.clone(),
            peer_session: self.negotiation.remote_session(),
            peer_media: self
                .peer_media
                .state()
                .filter(|_| self.is_awaited())?
                .clone(),
            call_type: self.negotiation.call_type(),
            is_caller: self.role == Role::Caller,
            has_video: self.negotiation.has_video(),
            duration: now.since(self.phase.connected_at()?),
            muted: self.media.is_muted(),
            camera: matches!(self.media.camera(), Capture::On | Capture::Asking),
        })
    }

    /// The call goes on in this page: over another connection, which this side offers.
    pub(crate) fn returning(kept: KeptCall, now: Now, ids: &mut Ids, out: &mut Outputs) -> Self {
        let peer = Peer {
            call_id: kept.call_id,
            user: kept.peer,
            device: Some(kept.peer_device),
        };
        let role = if kept.is_caller {
            Role::Caller
        } else {
            Role::Callee
        };
        let since = Now::from_millis(
            now.as_millis()
                .saturating_sub(u64::try_from(kept.duration.as_millis()).unwrap_or(0)),
        );
        let negotiation = Negotiation::new(ids.next_connection(), kept.call_type, Vec::new())
            .after(kept.peer_session);
        let phase = Phase::Reconnecting { since };
        let mut call = Self::new(peer, role, phase, negotiation);
        call.peer_name = kept.peer_name;
        call.peer_media.take(kept.peer_media, now);
        if kept.has_video && call.negotiation.open_video() {
            call.video.agree();
        }
        call.timers.set(Timer::Reconnect, now + limits::RECONNECT);
        call.media.request(true, kept.camera, ids, out);
        if kept.muted {
            call.media.set_muted(true, ids, out);
        }
        call.create_connection(true, out);
        call.negotiation.create_offer(false, out);
        call.timers
            .set_repair(Timer::Resend, now + limits::RESEND_AFTER);
        call
    }
}
