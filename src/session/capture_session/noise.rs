//! The page's own filter of noise, where the microphone has none.

use wimpex_call::TrackKind;
use wimpex_client::devices::{DeviceInput, DeviceRequest};

use super::{CaptureEvent, CaptureSession, Live, Sending, Slot, TrackId};
use crate::browser::BrowserError;
use crate::browser::noise_filter::NoiseFilter;
use crate::session::noise_files::FILES;

impl Slot {
    fn all(&mut self) -> impl Iterator<Item = &mut Live> {
        let call = self.call.iter_mut().map(|(_, live)| live);
        let pending = self.pending.iter_mut().map(|(_, live)| live);
        call.chain(pending).chain(&mut self.preview)
    }
}

impl CaptureSession {
    /// Puts the filter before what is sent, once it is loaded, or takes it away.
    pub(super) fn filter_noise(&mut self, request: DeviceRequest, is_on: bool, sending: &Sending) {
        let live = self.slot(TrackKind::Audio).live();
        let live = live.map(|live| (live.id, Clone::clone(live.track.js())));
        match (live, FILES) {
            (Some((id, track)), Some(files)) if is_on => self.later(async move {
                let filter = NoiseFilter::new(track, files).await;
                CaptureEvent::Filtered(request, id, filter)
            }),
            (live, _) => {
                if let Some((id, _)) = &live {
                    self.set_filter(*id, None, sending);
                }
                let done = !is_on;
                let set = DeviceInput::NoiseSuppressionSet(request, done);
                self.post(CaptureEvent::Input(set));
            }
        }
    }

    pub(super) fn filtered(
        &mut self,
        request: DeviceRequest,
        id: TrackId,
        result: Result<NoiseFilter, BrowserError>,
        sending: &Sending,
    ) {
        let done = result.is_ok();
        // The user may have thought better of it meanwhile.
        if let (Ok(filter), true) = (result, self.manager.snapshot().noise_suppression.is_on) {
            self.set_filter(id, Some(filter), sending);
        }
        self.input(DeviceInput::NoiseSuppressionSet(request, done), sending);
    }

    fn set_filter(&mut self, id: TrackId, filter: Option<NoiseFilter>, sending: &Sending) {
        let slot = self.slot(TrackKind::Audio);
        let Some(live) = slot.all().find(|live| live.id == id) else {
            return;
        };
        // What was sent so far ends only after another track is.
        let _before = std::mem::replace(&mut live.filter, filter);
        let attached = slot.attached.and_then(|request| slot.of_call(request));
        if let (Some(live), Some(peer)) = (attached.filter(|live| live.id == id), sending) {
            peer.replace_track(TrackKind::Audio, Some(&live.sent()));
        }
    }
}
