//! What the manager of devices asks for: opening, exchanging and trying them.

use gloo_timers::callback::Timeout;
use leptos::prelude::Set;
use wimpex_call::TrackKind;
use wimpex_client::devices::{
    DeviceInput, DeviceKind, DeviceOutput, DeviceRequest, MediaDeviceInfo, NoiseFilter as By,
};

use super::{CaptureEvent, CaptureSession, STORED, Sending, media_error, opened_device};
use crate::browser::media_capture::{self, Captured, DeviceWish, Track};
use crate::browser::media_devices::{self, ListedDevice};
use crate::browser::rtc_rtp_sender::{ContentHint, SentVideo};
use crate::browser::web_audio::Tone;
use crate::browser::{BrowserError, audio_output, rtc_rtp_sender, web_storage};
use crate::session::event::Event;
use crate::session::media_policy::CAMERA;
use crate::session::tones::CHIME;

/// How long the speaker's test sounds, in milliseconds.
const TEST_MILLIS: u32 = 1_200;

impl CaptureSession {
    pub(super) fn carry_out(&mut self, output: DeviceOutput, sending: &Sending) {
        match output {
            DeviceOutput::Enumerate(request) => self.later(async move {
                let listed = media_devices::enumerate().await;
                let devices = listed.into_iter().filter_map(listed_device).collect();
                CaptureEvent::Input(DeviceInput::Enumerated(request, devices))
            }),
            DeviceOutput::OpenPreview {
                request,
                microphone,
                camera,
            } => self.later(async move {
                let (audio, video) = (microphone.is_some(), camera.is_some());
                let wish = |wish: Option<Option<String>>| wish.flatten().map(DeviceWish::Rather);
                let wishes = [wish(microphone), wish(camera)];
                let video = video.then_some(CAMERA);
                let captured = media_capture::capture_from(audio, video, wishes).await;
                CaptureEvent::Opened(request, captured)
            }),
            DeviceOutput::Open {
                request,
                kind,
                device,
            } => self.later(async move {
                let wish = device.map(DeviceWish::Only);
                let captured = match kind {
                    TrackKind::Audio => media_capture::capture_from(true, None, [wish, None]).await,
                    TrackKind::Video => {
                        media_capture::capture_from(false, Some(CAMERA), [None, wish]).await
                    }
                };
                CaptureEvent::Opened(request, captured)
            }),
            DeviceOutput::Release(kind) | DeviceOutput::StopPreview(kind) => {
                let is_preview = matches!(output, DeviceOutput::StopPreview(_));
                let slot = self.slot(kind);
                slot.preview = None;
                if let (false, Some(request)) = (is_preview, slot.attached) {
                    slot.call.retain(|(of, _)| *of != request);
                }
                self.listen_anew();
                self.show_own_video();
            }
            DeviceOutput::Install { request, kind } => self.install(request, kind, sending),
            DeviceOutput::Discard { request, kind } => {
                self.slot(kind).pending.retain(|(of, _)| *of != request);
            }
            DeviceOutput::SetSpeaker(request, id) => {
                let signals = self.signals;
                self.later(async move {
                    let result = audio_output::probe(&id).await;
                    if result.is_ok() {
                        signals.speaker.set(id);
                    }
                    let result = result.map_err(media_error);
                    CaptureEvent::Input(DeviceInput::SpeakerSet(request, result))
                });
            }
            DeviceOutput::TestSpeaker => {
                let inbox = self.inbox.clone();
                let over = Timeout::new(TEST_MILLIS, move || {
                    inbox.post(Event::Capture(CaptureEvent::TestOver));
                });
                let tone = Tone::play_to(&CHIME, self.manager.speaker());
                self.test = tone.ok().map(|tone| (tone, over));
            }
            DeviceOutput::SetNoiseSuppression {
                request,
                filter: By::Worklet,
                is_on,
            } => self.filter_noise(request, is_on, sending),
            DeviceOutput::SetNoiseSuppression {
                request,
                filter: By::VoiceIsolation,
                is_on,
            } => {
                let constrained = self.constrain(TrackKind::Audio, "voiceIsolation", is_on);
                self.later(async move {
                    let done = constrained.await;
                    CaptureEvent::Input(DeviceInput::NoiseSuppressionSet(request, done))
                });
            }
            DeviceOutput::SetBackgroundBlur(request, is_on) => {
                let constrained = self.constrain(TrackKind::Video, "backgroundBlur", is_on);
                self.later(async move {
                    let done = constrained.await;
                    CaptureEvent::Input(DeviceInput::BackgroundBlurSet(request, done))
                });
            }
            DeviceOutput::CallLost(kind, reason) => {
                let slot = self.slot(kind);
                if let Some(request) = slot.attached.take() {
                    slot.call.retain(|(of, _)| *of != request);
                    let ended = wimpex_call::Input::TrackEnded {
                        request,
                        kind,
                        reason,
                    };
                    self.inbox.post(ended.into());
                }
                if let Some(peer) = sending {
                    peer.replace_track(kind, None);
                }
            }
            DeviceOutput::CallReturned(kind) => {
                let returned = wimpex_call::Input::DeviceReturned { kind };
                self.inbox.post(returned.into());
            }
            DeviceOutput::SetMuted(muted) => self.command(wimpex_call::Command::SetMuted(muted)),
            DeviceOutput::CameraOff => self.command(wimpex_call::Command::SetCamera(false)),
            DeviceOutput::Meter(is_on) => {
                self.meter = None;
                self.signals.microphone_level.set(0.0);
                if is_on {
                    self.listen();
                }
            }
            DeviceOutput::Store(text) if text.is_empty() => web_storage::remove(STORED),
            DeviceOutput::Store(text) => web_storage::write(STORED, &text),
            DeviceOutput::Changed => self.show(),
        }
    }

    /// `applyConstraints` of what is in use; says whether that was done.
    fn constrain(
        &mut self,
        kind: TrackKind,
        name: &'static str,
        is_on: bool,
    ) -> impl Future<Output = bool> + 'static {
        let live = self.slot(kind).live();
        let track = live.map(|live| Clone::clone(live.track.js()));
        let video = (kind == TrackKind::Video).then_some(CAMERA);
        async move {
            match track {
                Some(track) => Track::constrain(track, video, name, is_on).await.is_ok(),
                None => false,
            }
        }
    }

    /// Puts what was opened in its place: over the connection, or before the user's eyes.
    fn install(&mut self, request: DeviceRequest, kind: TrackKind, sending: &Sending) {
        let muted = self.muted;
        let slot = self.slot(kind);
        let pending = slot.pending.iter().find(|(of, _)| *of == request);
        let live = pending.map(|(_, live)| live);
        let Some(live) = live.filter(|live| !live.track.has_ended()) else {
            let done = false;
            let installed = DeviceInput::Installed {
                request,
                kind,
                done,
            };
            return self.post(CaptureEvent::Input(installed));
        };
        let exchanged = move |result| CaptureEvent::Exchanged {
            request,
            kind,
            result,
        };
        match (slot.attached, sending) {
            (Some(_), Some(peer)) => {
                if kind == TrackKind::Audio {
                    live.track.set_enabled(!muted);
                }
                let exchange = peer.exchange_track(kind, &live.sent());
                self.later(async move { exchanged(exchange.await) });
            }
            _ => self.post(exchanged(Ok(()))),
        }
    }

    pub(super) fn exchanged(
        &mut self,
        request: DeviceRequest,
        kind: TrackKind,
        result: Result<(), BrowserError>,
        sending: &Sending,
    ) {
        let (muted, is_open) = (self.muted, self.manager.snapshot().is_open);
        let slot = self.slot(kind);
        let at = slot.pending.iter().position(|(of, _)| *of == request);
        let mut done = at.is_some() && result.is_ok();
        if let (true, Some(at)) = (done, at) {
            let (_, live) = slot.pending.remove(at);
            match slot.attached {
                Some(of) => {
                    if kind == TrackKind::Audio {
                        live.track.set_enabled(!muted);
                    }
                    // The one before is stopped by this.
                    slot.call.retain(|(known, _)| *known != of);
                    let interrupted = live.track.is_muted();
                    slot.call.push((of, live));
                    self.interrupted(of, kind, interrupted);
                    if let (TrackKind::Video, Some(peer)) = (kind, sending)
                        && !peer.is_covered()
                    {
                        rtc_rtp_sender::prefer(&peer.js(), SentVideo::Camera, ContentHint::Motion);
                    }
                }
                // It may have been closed meanwhile; then nobody looks at it.
                None if is_open => slot.preview = Some(live),
                None => done = false,
            }
            self.listen_anew();
            self.show_own_video();
        }
        let installed = DeviceInput::Installed {
            request,
            kind,
            done,
        };
        self.input(installed, sending);
    }

    pub(super) fn opened(&mut self, request: DeviceRequest, captured: Captured, sending: &Sending) {
        for (kind, outcome) in [
            (TrackKind::Audio, captured.audio),
            (TrackKind::Video, captured.video),
        ] {
            let Some(outcome) = outcome else { continue };
            let result = match outcome {
                Ok(track) => {
                    let live = self.hold(track);
                    let device = opened_device(&live.track);
                    self.slot(kind).pending.push((request, live));
                    Ok(device)
                }
                Err(error) => Err(media_error(error)),
            };
            let opened = DeviceInput::Opened {
                request,
                kind,
                result,
            };
            self.input(opened, sending);
        }
    }
}

fn listed_device(device: ListedDevice) -> Option<MediaDeviceInfo> {
    Some(MediaDeviceInfo {
        kind: DeviceKind::from_name(&device.kind)?,
        id: device.id,
        group: device.group,
        label: device.label,
    })
}
