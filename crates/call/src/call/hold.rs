//! The call on hold: nothing of it is sent or heard here, and the peer is told so
//! ([`wimpex_protocol::MediaFlag::OnHold`]). Nothing is negotiated: every client that is put on
//! hold goes on as if this side were muted.
//!
//! There is one microphone and one camera. The call that is talked in has them; one that is on
//! hold behind it has none, and takes them over when it is gone on with.

use super::{Call, Next};
use crate::hold::Hold;
use crate::ids::Ids;
use crate::media::Media;
use crate::output::Output;
use crate::outputs::Outputs;
use crate::sharing::Sharing;
use crate::snapshot::Capture;
use wimpex_protocol::CallType;
use wimpex_sansio::Now;

impl Call {
    /// Puts the call on hold, or goes on with it. The microphone stays open meanwhile: some
    /// browsers would ask for it anew. The camera goes off, so that nobody is filmed unawares.
    pub(crate) fn set_on_hold(&mut self, on_hold: bool, ids: &mut Ids, out: &mut Outputs) -> Next {
        if self.phase.is_live() && self.hold.is_on != on_hold {
            if on_hold {
                self.begin_hold(out);
                self.media.stop_camera(out);
            } else {
                self.end_hold(ids, out);
            }
            out.push(Output::Changed);
        }
        Next::Keep
    }

    /// Puts the call on hold behind another one, which gets what is returned.
    pub(crate) fn hold_behind(&mut self, out: &mut Outputs) -> Media {
        if !self.hold.is_on {
            self.begin_hold(out);
        }
        self.media.give_up()
    }

    /// Goes on with a call that was on hold behind another one, with the devices of that.
    pub(crate) fn resume_with(&mut self, media: Media, ids: &mut Ids, out: &mut Outputs) {
        self.media.take_over(media, self.hold.camera, out);
        self.end_hold(ids, out);
    }

    /// The call that this one was on hold behind has ended, and nobody has said yet that this
    /// one is to go on.
    pub(crate) fn hold_on_with(&mut self, media: Media, out: &mut Outputs) {
        self.media.take_over(media, false, out);
    }

    /// Answers a call that rings inside another one, with the devices of that as they are: who
    /// was not seen in the other one is not seen in this one.
    pub(crate) fn answer_with(
        &mut self,
        media: Media,
        camera: bool,
        now: Now,
        ids: &mut Ids,
        out: &mut Outputs,
    ) {
        let camera = camera && self.negotiation.call_type() == CallType::Video;
        self.take_offer(now, out);
        self.media.take_over(media, camera, out);
        self.media.attach(self.connection(), out);
        if camera && !self.media.camera().is_wanted() {
            self.media.set_camera(true, true, ids, out);
        }
    }

    /// Whether the user is seen in this call, or will be when it goes on.
    pub(crate) fn wants_camera(&self) -> bool {
        if self.hold.is_on {
            self.hold.camera
        } else {
            self.media.camera().is_wanted()
        }
    }

    /// What another call takes over when this one has ended.
    pub(crate) fn devices(&self) -> Media {
        self.media
    }

    /// A new connection of a call on hold is on hold too.
    pub(super) fn hold_connection(&self, out: &mut Outputs) {
        if self.hold.is_on {
            self.emit_hold(out);
        }
    }

    fn begin_hold(&mut self, out: &mut Outputs) {
        // Nobody goes on with it unawares either.
        self.sharing = Sharing::Off;
        self.hold = Hold {
            is_on: true,
            camera: self.media.camera().is_wanted(),
        };
        self.emit_hold(out);
    }

    fn end_hold(&mut self, ids: &mut Ids, out: &mut Outputs) {
        let before = std::mem::take(&mut self.hold);
        self.emit_hold(out);
        self.media.attach(self.connection(), out);
        if before.camera && self.media.camera() == Capture::Off {
            let allowed = self.may_send_video();
            self.media.set_camera(true, allowed, ids, out);
        }
    }

    fn emit_hold(&self, out: &mut Outputs) {
        out.push(Output::SetOnHold {
            connection: self.connection(),
            on_hold: self.hold.is_on,
        });
    }
}
