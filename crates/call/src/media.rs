//! The microphone and the camera of a call: requested, attached, muted, released.

use wimpex_protocol::CallType;
use wimpex_webrtc::{MediaError, TrackKind};

use crate::ids::Ids;
use crate::input::{MediaRequest, PeerConnectionId};
use crate::output::Output;
use crate::outputs::Outputs;
use crate::snapshot::Capture;

/// What `getUserMedia` says of one kind of track; `None` if it was not asked for it.
type Answer = Option<Result<(), MediaError>>;

/// A device that the call uses, and the request that it came of. Only the newest
/// request counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Device {
    capture: Capture,
    request: Option<MediaRequest>,
    /// The system has taken it away for a while.
    interrupted: bool,
}

impl Device {
    const OFF: Self = Self {
        capture: Capture::Off,
        request: None,
        interrupted: false,
    };

    /// Takes the answer to a request; says whether its track is to be attached.
    fn answered(&mut self, request: MediaRequest, answer: Answer) -> bool {
        if self.request != Some(request) || self.capture != Capture::Asking {
            return false;
        }
        match answer {
            Some(Ok(())) => {
                self.capture = Capture::On;
                true
            }
            Some(Err(error)) => {
                self.capture = Capture::Failed(error);
                false
            }
            None => false,
        }
    }
}

/// Both devices of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Media {
    muted: bool,
    microphone: Device,
    camera: Device,
}

impl Media {
    /// Nothing is in use.
    pub(crate) const OFF: Self = Self {
        muted: false,
        microphone: Device::OFF,
        camera: Device::OFF,
    };

    pub(crate) fn is_muted(&self) -> bool {
        self.muted
    }

    pub(crate) fn microphone(&self) -> Capture {
        self.microphone.capture
    }

    pub(crate) fn camera(&self) -> Capture {
        self.camera.capture
    }

    pub(crate) fn is_microphone_interrupted(&self) -> bool {
        self.microphone.interrupted
    }

    pub(crate) fn is_camera_interrupted(&self) -> bool {
        self.camera.interrupted
    }

    /// Asks for one or both in a single request, so that the user sees one prompt.
    pub(crate) fn request(&mut self, audio: bool, video: bool, ids: &mut Ids, out: &mut Outputs) {
        let request = ids.next_request();
        let asking = Device {
            capture: Capture::Asking,
            request: Some(request),
            interrupted: false,
        };
        if audio {
            self.microphone = asking;
        }
        if video {
            self.camera = asking;
        }
        out.push(Output::RequestMedia {
            request,
            audio,
            video,
        });
    }

    /// Takes what came of a request, and attaches what is still wanted of it.
    pub(crate) fn answered(
        &mut self,
        connection: PeerConnectionId,
        request: MediaRequest,
        audio: Answer,
        video: Answer,
        out: &mut Outputs,
    ) {
        let audio = self.microphone.answered(request, audio);
        let video = self.camera.answered(request, video);
        if audio || video {
            out.push(Output::AttachMedia {
                connection,
                request,
                audio,
                video,
            });
            out.push(Output::SetMuted(self.muted));
        } else {
            out.push(Output::ReleaseMedia { request });
        }
        out.push(Output::Changed);
    }

    pub(crate) fn track_ended(
        &mut self,
        request: MediaRequest,
        kind: TrackKind,
        reason: MediaError,
        out: &mut Outputs,
    ) {
        let device = self.device(kind);
        if device.request == Some(request) && device.capture == Capture::On {
            device.capture = Capture::Failed(reason);
            device.interrupted = false;
            out.push(Output::Changed);
        }
    }

    pub(crate) fn track_interrupted(
        &mut self,
        request: MediaRequest,
        kind: TrackKind,
        interrupted: bool,
        out: &mut Outputs,
    ) {
        let device = self.device(kind);
        let is_current = device.request == Some(request) && device.capture == Capture::On;
        if is_current && device.interrupted != interrupted {
            device.interrupted = interrupted;
            out.push(Output::Changed);
        }
    }

    /// Asks again for what was lost. What was refused is asked for only if the user says so.
    pub(crate) fn device_returned(&mut self, kind: TrackKind, ids: &mut Ids, out: &mut Outputs) {
        if self.device(kind).capture == Capture::Failed(MediaError::Ended) {
            let (audio, video) = (kind == TrackKind::Audio, kind == TrackKind::Video);
            self.request(audio, video, ids, out);
            out.push(Output::Changed);
        }
    }

    pub(crate) fn set_muted(&mut self, muted: bool, ids: &mut Ids, out: &mut Outputs) {
        self.muted = muted;
        out.push(Output::SetMuted(muted));
        // Unmuting a microphone that was refused is how the user asks again.
        if !muted && self.microphone().failure().is_some() {
            self.request(true, false, ids, out);
        }
        out.push(Output::Changed);
    }

    pub(crate) fn set_camera(&mut self, on: bool, allowed: bool, ids: &mut Ids, out: &mut Outputs) {
        match (self.camera.capture, on) {
            (Capture::Off | Capture::Failed(_), true) if allowed => {
                self.request(false, true, ids, out);
            }
            (Capture::On, false) => {
                self.camera = Device::OFF;
                out.push(Output::StopCamera);
            }
            // The request stays open in the browser; its answer is no longer wanted.
            (Capture::Asking | Capture::Failed(_), false) => self.camera = Device::OFF,
            (Capture::Off, _) | (Capture::On | Capture::Asking | Capture::Failed(_), true) => {}
        }
        out.push(Output::Changed);
    }

    /// Takes over the tracks of a call that gave way to this one (glare). Nobody who
    /// asked for an audio call gets a camera.
    pub(crate) fn inherit(
        &mut self,
        from: &Self,
        call_type: CallType,
        connection: PeerConnectionId,
        out: &mut Outputs,
    ) {
        *self = *from;
        if call_type == CallType::Audio && self.camera != Device::OFF {
            self.camera = Device::OFF;
            out.push(Output::StopCamera);
        }
        self.attach(connection, out);
    }

    /// Takes over the devices of another call, which is over or on hold from now on. The camera
    /// only if it is wanted here too.
    pub(crate) fn take_over(&mut self, from: Self, camera: bool, out: &mut Outputs) {
        *self = from;
        if !camera {
            self.stop_camera(out);
            self.camera = Device::OFF;
        }
    }

    /// Lets go of the devices, of which another call makes use from now on.
    pub(crate) fn give_up(&mut self) -> Self {
        let without = Self {
            muted: self.muted,
            ..Self::OFF
        };
        std::mem::replace(self, without)
    }

    /// Turns the camera off, if it is in use.
    pub(crate) fn stop_camera(&mut self, out: &mut Outputs) {
        if self.camera.capture == Capture::On {
            out.push(Output::StopCamera);
        }
        // The answer to a request is no longer wanted.
        if self.camera.capture.is_wanted() {
            self.camera = Device::OFF;
        }
    }

    /// Sends what is captured over this connection.
    pub(crate) fn attach(&self, connection: PeerConnectionId, out: &mut Outputs) {
        let mut attach = |device: Device, audio: bool, video: bool| {
            if let (Capture::On, Some(request)) = (device.capture, device.request) {
                out.push(Output::AttachMedia {
                    connection,
                    request,
                    audio,
                    video,
                });
            }
        };
        // Of one request, they are attached as one: what is not named is stopped.
        let tracks = |device: Device| (device.capture, device.request);
        if tracks(self.microphone) == tracks(self.camera) {
            attach(self.microphone, true, true);
        } else {
            attach(self.microphone, true, false);
            attach(self.camera, false, true);
        }
    }

    fn device(&mut self, kind: TrackKind) -> &mut Device {
        match kind {
            TrackKind::Audio => &mut self.microphone,
            TrackKind::Video => &mut self.camera,
        }
    }
}
