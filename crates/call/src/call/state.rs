//! What the two sides tell each other of themselves, and the video that comes of it.

use wimpex_protocol::{CallType, MediaFlag, MediaState};
use wimpex_sansio::Now;

use super::{Call, Next};
use crate::ids::Ids;
use crate::output::Output;
use crate::outputs::Outputs;
use crate::phase::Phase;
use crate::sharing::Sharing;
use crate::snapshot::{CallVideo, Capture, Role};

impl Call {
    /// The peer says how its side is.
    pub(crate) fn peer_media_state(
        &mut self,
        state: MediaState,
        now: Now,
        out: &mut Outputs,
    ) -> Next {
        let is_meant = state.call_id == self.peer.call_id && self.phase.is_live();
        let (before, camera) = (self.peer_wants_video(), state.has(MediaFlag::Camera));
        if is_meant && self.peer_media.take(state, now) {
            // Whoever agrees makes the offer, before the camera is on. If both asked at the
            // same moment, nobody has agreed: then it is the caller.
            let asks = !before && self.peer_wants_video() && camera;
            if asks && self.wants_video() && self.role == Role::Caller {
                self.video.agree();
            }
            out.push(Output::Changed);
        }
        Next::Keep
    }

    pub(crate) fn battery_low(&mut self, low: bool) {
        self.battery_low = low;
    }

    /// Agrees to the peer's video.
    pub(crate) fn accept_video(&mut self, camera: bool, ids: &mut Ids, out: &mut Outputs) -> Next {
        if self.video() == CallVideo::Wanted && !self.hold.is_on {
            self.video.agree();
            if camera {
                self.media.set_camera(true, true, ids, out);
            }
            out.push(Output::Changed);
        }
        Next::Keep
    }

    /// A screen is there to be sent, or no longer. Only once media flows: whom nobody knows yet
    /// is shown nothing.
    pub(crate) fn set_sharing(&mut self, sharing: Sharing, out: &mut Outputs) -> Next {
        let is_talked_in = self.phase.connected_at().is_some() && !self.hold.is_on;
        let is_possible = is_talked_in && self.may_send_video();
        let sharing = if is_possible { sharing } else { Sharing::Off };
        if self.sharing != sharing {
            if sharing.is_on() && self.video() == CallVideo::Wanted {
                self.video.agree();
            }
            self.sharing = sharing;
            out.push(Output::Changed);
        }
        Next::Keep
    }

    fn is_audio_call(&self) -> bool {
        self.negotiation.call_type() == CallType::Audio
    }

    fn peer_wants_video(&self) -> bool {
        let state = self.peer_media.state();
        state.is_some_and(|state| {
            state.has(MediaFlag::VideoUpgrade) && state.has(MediaFlag::WantsVideo)
        })
    }

    fn wants_video(&self) -> bool {
        let sends = self.media.camera() == Capture::On || self.sharing.is_on();
        self.is_audio_call() && (self.video.is_agreed() || sends)
    }

    /// Whether there is, or can be, video.
    pub(super) fn video(&self) -> CallVideo {
        if !self.is_audio_call() {
            return CallVideo::On;
        }
        let can = |state: &MediaState| state.has(MediaFlag::VideoUpgrade);
        match (self.wants_video(), self.peer_wants_video()) {
            _ if !self.peer_media.state().is_some_and(can) => CallVideo::Unavailable,
            (true, true) => CallVideo::On,
            (true, false) => CallVideo::Asked,
            (false, true) => CallVideo::Wanted,
            (false, false) => CallVideo::Available,
        }
    }

    pub(super) fn may_send_video(&self) -> bool {
        self.video() != CallVideo::Unavailable
    }

    /// An offer of the peer may open the video section if this side wants video too.
    pub(super) fn admit_video(&mut self) {
        if self.video() == CallVideo::On {
            self.video.agree();
            self.negotiation.open_video();
        }
    }

    /// What follows from what both sides have said: called after each input.
    pub(crate) fn settle(&mut self, out: &mut Outputs) {
        let camera_off = !matches!(self.media.camera(), Capture::On | Capture::Asking);
        let off = camera_off && !self.sharing.is_on();
        let peer_off = self
            .peer_media
            .state()
            .is_none_or(|state| !state.has(MediaFlag::Camera));
        if off && peer_off {
            self.video.end();
        }
        let is_idle = !self.negotiation.has_pending_offer() && !self.negotiation.is_creating();
        if self.video.is_agreed()
            && self.video() == CallVideo::On
            && is_idle
            && matches!(self.phase, Phase::Connected { .. })
            && self.negotiation.open_video()
        {
            self.negotiation.create_offer(false, out);
        }
        self.tell_peer(out);
    }

    /// Tells the peer what has changed here, once there is a connection.
    fn tell_peer(&mut self, out: &mut Outputs) {
        if self.phase.connected_at().is_none() {
            return;
        }
        let muted = self.media.is_muted() || self.media.microphone().failure().is_some();
        let state = [
            (MediaFlag::Muted, muted),
            // Whoever knows of no screens sees one in its place as the camera's picture.
            (
                MediaFlag::Camera,
                self.media.camera() == Capture::On || self.sharing == Sharing::InPlace,
            ),
            (MediaFlag::Sharing, self.sharing.is_on()),
            (MediaFlag::OnHold, self.hold.is_on),
            (MediaFlag::BatteryLow, self.battery_low),
            (
                MediaFlag::MicrophoneTaken,
                self.media.is_microphone_interrupted(),
            ),
            (MediaFlag::CameraTaken, self.media.is_camera_interrupted()),
            (MediaFlag::VideoUpgrade, true),
            (MediaFlag::WantsVideo, self.wants_video()),
            (MediaFlag::Reconnects, true),
            (MediaFlag::AwaitsReturn, true),
            (MediaFlag::ScreenTrack, self.sharing == Sharing::Beside),
        ]
        .into_iter()
        .fold(
            MediaState::new(self.peer.call_id.clone()),
            |state, (flag, is_so)| state.with(flag, is_so),
        );
        if self.told.as_ref() != Some(&state) {
            self.told = Some(state.clone());
            let connection = self.connection();
            out.push(Output::TellPeer { connection, state });
        }
    }
}
