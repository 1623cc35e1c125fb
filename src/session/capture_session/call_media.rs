//! What the call asks of its media.

use web_sys::MediaStreamTrack;
use wimpex_call::{MediaRequest, Output, TrackKind};
use wimpex_client::devices::DeviceInput;

use super::{CaptureEvent, CaptureSession, KINDS, Sending, media_error, opened_device};
use crate::browser::BrowserError;
use crate::browser::media_capture::{self, Captured, DeviceWish, TrackEvent};
use crate::session::capture::kind_of;
use crate::session::media_policy::CAMERA;

impl CaptureSession {
    /// Carries out what the call asks of its media; everything else is not for it.
    pub(in crate::session) fn run(&mut self, output: Output, sending: &Sending) {
        match output {
            Output::RequestMedia {
                request,
                audio,
                video,
            } => {
                let wish = |kind| self.manager.preferred(kind).map(DeviceWish::Rather);
                let mut wishes = KINDS.map(wish);
                let mut camera = CAMERA;
                if self.faces_away {
                    camera.facing_mode = Some("environment");
                    // The chosen one may be that on the other side.
                    wishes[1] = None;
                }
                self.later(async move {
                    let video = video.then_some(camera);
                    let captured = media_capture::capture_from(audio, video, wishes).await;
                    CaptureEvent::Captured(request, captured)
                });
            }
            Output::AttachMedia {
                request,
                audio,
                video,
                ..
            } => {
                self.attach(request, TrackKind::Audio, audio, sending);
                self.attach(request, TrackKind::Video, video, sending);
            }
            Output::SetMuted(muted) => {
                self.muted = muted;
                for (_, live) in &self.slot(TrackKind::Audio).call {
                    live.track.set_enabled(!muted);
                }
                self.input(DeviceInput::Muted(muted), sending);
            }
            Output::StopCamera => {
                if let Some(peer) = sending {
                    peer.replace_track(TrackKind::Video, None);
                }
                self.release(TrackKind::Video, sending);
            }
            Output::ReleaseMedia { request } => {
                for kind in KINDS {
                    self.slot(kind).call.retain(|(of, _)| *of != request);
                }
            }
            Output::ReleaseAllMedia => {
                for kind in KINDS {
                    self.release(kind, sending);
                }
                self.muted = false;
                // The next call begins with the user's face.
                self.faces_away = false;
                self.input(DeviceInput::CallOver, sending);
                self.show_own_video();
            }
            // Not about media.
            Output::Send(_)
            | Output::CreateConnection { .. }
            | Output::CreateOffer { .. }
            | Output::SetRemoteOffer { .. }
            | Output::SetRemoteAnswer { .. }
            | Output::AddCandidate { .. }
            | Output::CloseConnection { .. }
            | Output::SetOnHold { .. }
            | Output::TellPeer { .. }
            | Output::Displaced(_)
            | Output::Changed => {}
        }
    }

    /// Films with the camera on the other side of a telephone.
    pub(in crate::session) fn switch_camera(&mut self) {
        self.faces_away = !self.faces_away;
        // Off first: telephones do not open both cameras at once.
        for on in [false, true] {
            self.command(wimpex_call::Command::SetCamera(on));
        }
    }

    /// What is heard of the user, in a call.
    pub(in crate::session) fn microphone(&mut self) -> Option<MediaStreamTrack> {
        let slot = self.slot(TrackKind::Audio);
        slot.attached?;
        slot.live().map(|live| Clone::clone(live.track.js()))
    }

    pub(super) fn interrupted(&self, request: MediaRequest, kind: TrackKind, interrupted: bool) {
        let input = wimpex_call::Input::TrackInterrupted {
            request,
            kind,
            interrupted,
        };
        self.inbox.post(input.into());
    }

    pub(super) fn captured(&mut self, request: MediaRequest, captured: Captured) {
        let mut hold = |outcome: Option<Result<MediaStreamTrack, BrowserError>>| {
            outcome.map(|outcome| match outcome {
                Ok(track) => {
                    let kind = kind_of(&track);
                    let live = self.hold(track);
                    self.slot(kind).call.push((request, live));
                    Ok(())
                }
                Err(error) => Err(media_error(error)),
            })
        };
        let (audio, video) = (hold(captured.audio), hold(captured.video));
        let media = wimpex_call::Input::Media {
            request,
            audio,
            video,
        };
        self.inbox.post(media.into());
    }

    fn attach(&mut self, request: MediaRequest, kind: TrackKind, wanted: bool, sending: &Sending) {
        let slot = self.slot(kind);
        if !wanted {
            slot.call.retain(|(of, _)| *of != request);
            return;
        }
        let Some(live) = slot.of_call(request) else {
            return;
        };
        if let Some(peer) = sending {
            peer.replace_track(kind, Some(&live.sent()));
        }
        let (device, id) = (opened_device(&live.track), live.id);
        let (ended, interrupted) = (live.track.has_ended(), live.track.is_muted());
        let before = slot.attached.replace(request);
        if let Some(before) = before.filter(|before| *before != request) {
            slot.call.retain(|(of, _)| *of != before);
        }
        self.show_own_video();
        self.listen_anew();
        self.input(DeviceInput::CallCaptures(kind, Some(device)), sending);
        if interrupted {
            self.interrupted(request, kind, true);
        }
        if ended {
            self.post(CaptureEvent::Track(id, TrackEvent::Ended));
        }
    }

    fn release(&mut self, kind: TrackKind, sending: &Sending) {
        let slot = self.slot(kind);
        slot.call.clear();
        if slot.attached.take().is_some() {
            slot.pending.clear();
            self.show_own_video();
            self.input(DeviceInput::CallCaptures(kind, None), sending);
        }
    }
}
