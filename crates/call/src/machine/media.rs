//! Microphone and camera: asked for, attached, muted, let go.

use wimpex_protocol::CallType;

use super::CallMachine;
use crate::call::{Call, Device, Phase};
use crate::{Capture, MediaError, MediaRequest, Output, TrackKind};

type Outcome = Option<Result<(), MediaError>>;

impl CallMachine {
    /// Asks for one or both in a single question, so that the person sees one.
    pub(super) fn request_media(&mut self, call: &mut Call, audio: bool, video: bool) {
        let request = self.next_request();
        let asking = Device {
            capture: Capture::Asking,
            request: Some(request),
        };
        if audio {
            call.media.microphone = asking;
        }
        if video {
            call.media.camera = asking;
        }
        self.emit(Output::RequestMedia {
            request,
            audio,
            video,
        });
    }

    /// Before Accept there is no media, so a ringing call has nothing to turn.
    fn call_with_media(&mut self) -> Option<Call> {
        self.call.take_if(|call| match call.phase {
            Phase::Ringing => false,
            Phase::Calling { .. } | Phase::Connecting | Phase::Connected | Phase::Reconnecting => {
                true
            }
        })
    }

    pub(super) fn set_muted(&mut self, muted: bool) {
        let Some(mut call) = self.call_with_media() else {
            return;
        };
        call.media.muted = muted;
        self.emit(Output::SetMuted(muted));
        // Unmuting a microphone that was refused is how the person asks again.
        let wants_retry = !muted && matches!(call.media.microphone.capture, Capture::Failed(_));
        if wants_retry {
            self.request_media(&mut call, true, false);
        }
        self.call = Some(call);
        self.emit(Output::Changed);
    }

    pub(super) fn set_camera(&mut self, on: bool) {
        let Some(mut call) = self.call_with_media() else {
            return;
        };
        match (call.media.camera.capture, on) {
            (Capture::Off | Capture::Failed(_), true) if call.call_type == CallType::Video => {
                self.request_media(&mut call, false, true);
            }
            (Capture::On, false) => {
                call.media.camera = Device::OFF;
                self.emit(Output::StopCamera);
            }
            // The question stays open in the browser; its answer is no longer wanted.
            (Capture::Asking | Capture::Failed(_), false) => call.media.camera = Device::OFF,
            (Capture::Off, _) | (Capture::On | Capture::Asking | Capture::Failed(_), true) => {}
        }
        self.call = Some(call);
        self.emit(Output::Changed);
    }

    pub(super) fn media(&mut self, request: MediaRequest, audio: Outcome, video: Outcome) {
        let Some(mut call) = self.call.take() else {
            return self.emit(Output::ReleaseMedia { request });
        };
        let attach_audio = settle(&mut call.media.microphone, request, audio);
        let attach_video = settle(&mut call.media.camera, request, video);
        if attach_audio || attach_video {
            self.emit(Output::AttachMedia {
                connection: call.connection,
                request,
                audio: attach_audio,
                video: attach_video,
            });
            self.emit(Output::SetMuted(call.media.muted));
        } else {
            self.emit(Output::ReleaseMedia { request });
        }
        self.call = Some(call);
        self.emit(Output::Changed);
    }

    pub(super) fn track_ended(&mut self, request: MediaRequest, kind: TrackKind) {
        let Some(call) = &mut self.call else { return };
        let device = match kind {
            TrackKind::Audio => &mut call.media.microphone,
            TrackKind::Video => &mut call.media.camera,
        };
        if device.request == Some(request) && device.capture == Capture::On {
            device.capture = Capture::Failed(MediaError::Ended);
            self.emit(Output::Changed);
        }
    }

    /// Hands the tracks of a call that gave way to another (glare) to that one.
    /// Nobody who asked for a call without a camera gets one.
    pub(super) fn inherit_media(&mut self, heir: &mut Call, from: &Call) {
        heir.media = from.media;
        if heir.call_type == CallType::Audio && heir.media.camera != Device::OFF {
            heir.media.camera = Device::OFF;
            self.emit(Output::StopCamera);
        }
        for (device, audio) in [(heir.media.microphone, true), (heir.media.camera, false)] {
            if let (Capture::On, Some(request)) = (device.capture, device.request) {
                let both = heir.media.microphone == heir.media.camera;
                if both && !audio {
                    continue;
                }
                self.emit(Output::AttachMedia {
                    connection: heir.connection,
                    request,
                    audio,
                    video: !audio || both,
                });
            }
        }
    }
}

/// Notes the outcome for one device; says whether its track is to be attached.
fn settle(device: &mut Device, request: MediaRequest, outcome: Outcome) -> bool {
    if device.request != Some(request) || device.capture != Capture::Asking {
        return false;
    }
    match outcome {
        Some(Ok(())) => {
            device.capture = Capture::On;
            true
        }
        Some(Err(error)) => {
            device.capture = Capture::Failed(error);
            false
        }
        None => false,
    }
}
