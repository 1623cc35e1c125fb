//! Captures, and exchanges what is captured, as the manager of devices says: for a call, and
//! before one while the user looks at the devices.

mod noise;

use std::sync::Arc;

use gloo_timers::callback::{Interval, Timeout};
use leptos::prelude::{GetUntracked, Set, WithUntracked};
use wasm_bindgen_futures::spawn_local;
use web_sys::MediaStreamTrack;
use wimpex_call::{MediaError, MediaRequest, Output, TrackKind};
use wimpex_client::devices::{
    DeviceAbilities, DeviceChoice, DeviceCommand, DeviceInput, DeviceKind, DeviceManager,
    DeviceOutput, DeviceRequest, DeviceSettings, MediaDeviceInfo, NoiseFilter as By, OpenedDevice,
};
use wimpex_sansio::Machine;

use super::capture::{CaptureEvent, Sending, TrackId, kind_of};
use super::event::{Event, Inbox};
use super::media_policy::CAMERA;
use super::noise_files;
use super::signals::Signals;
use super::tones::CHIME;
use crate::browser::level_meter::LevelMeter;
use crate::browser::media_capture::{self, Captured, DeviceWish, Track, TrackEvent};
use crate::browser::media_devices::{self, ListedDevice};
use crate::browser::noise_filter::NoiseFilter;
use crate::browser::rtc_rtp_sender::{ContentHint, SentVideo};
use crate::browser::web_audio::Tone;
use crate::browser::{BrowserError, Listener, audio_output, clock, rtc_rtp_sender, web_storage};

/// Under which the choices are kept; "Forget me" erases it with everything else.
const STORED: &str = "wimpex.devices";
/// How often the level is looked at, in milliseconds.
const METER_TICK: u32 = 100;
/// How long the speaker's test sounds, in milliseconds.
const TEST_MILLIS: u32 = 1_200;

const KINDS: [TrackKind; 2] = [TrackKind::Audio, TrackKind::Video];

struct Live {
    id: TrackId,
    track: Track,
    filter: Option<NoiseFilter>,
}

impl Live {
    /// What is sent of it.
    fn sent(&self) -> MediaStreamTrack {
        let filtered = self.filter.as_ref().and_then(NoiseFilter::track);
        filtered.unwrap_or_else(|| Clone::clone(self.track.js()))
    }
}

/// What is live of one kind.
#[derive(Default)]
struct Slot {
    /// What came of the call's requests and is not attached yet, or is.
    call: Vec<(MediaRequest, Live)>,
    /// The request whose track is sent.
    attached: Option<MediaRequest>,
    preview: Option<Live>,
    pending: Vec<(DeviceRequest, Live)>,
}

impl Slot {
    /// What is sent or looked at.
    fn live(&self) -> Option<&Live> {
        let attached = self.attached.and_then(|request| self.of_call(request));
        attached.or(self.preview.as_ref())
    }

    fn of_call(&self, request: MediaRequest) -> Option<&Live> {
        let found = self.call.iter().find(|(of, _)| *of == request);
        found.map(|(_, live)| live)
    }
}

pub(super) struct CaptureSession {
    inbox: Inbox,
    signals: Signals,
    manager: DeviceManager,
    slots: [Slot; 2],
    last_track: TrackId,
    muted: bool,
    /// The camera that looks away from the user is wanted.
    faces_away: bool,
    meter: Option<(LevelMeter, Interval)>,
    test: Option<(Tone, Timeout)>,
    timer: Option<Timeout>,
    _devices: Option<Listener>,
}

impl CaptureSession {
    pub(super) fn new(inbox: Inbox, signals: Signals) -> Self {
        let abilities = DeviceAbilities {
            chooses_speaker: audio_output::is_supported(),
            filters_noise: noise_files::is_supported(),
            tells_changes: media_devices::tells_changes(),
        };
        let kept = web_storage::read(STORED).unwrap_or_default();
        let changes = inbox.clone();
        let devices = media_devices::on_change(move || {
            changes.post(Event::Capture(CaptureEvent::Input(
                DeviceInput::DevicesChanged,
            )));
        });
        let session = Self {
            manager: DeviceManager::new(abilities, DeviceSettings::decode(&kept)),
            inbox,
            signals,
            slots: Default::default(),
            last_track: TrackId(0),
            muted: false,
            faces_away: false,
            meter: None,
            test: None,
            timer: None,
            _devices: devices,
        };
        session.show();
        session
    }

    /// Films with the camera on the other side of a telephone.
    pub(super) fn switch_camera(&mut self) {
        self.faces_away = !self.faces_away;
        // Off first: telephones do not open both cameras at once.
        for on in [false, true] {
            self.command(wimpex_call::Command::SetCamera(on));
        }
    }

    fn slot(&mut self, kind: TrackKind) -> &mut Slot {
        let [audio, video] = &mut self.slots;
        match kind {
            TrackKind::Audio => audio,
            TrackKind::Video => video,
        }
    }

    fn post(&self, event: CaptureEvent) {
        self.inbox.post(Event::Capture(event));
    }

    /// Runs something that takes time, and posts what came of it.
    fn later(&self, run: impl Future<Output = CaptureEvent> + 'static) {
        let inbox = self.inbox.clone();
        spawn_local(async move { inbox.post(Event::Capture(run.await)) });
    }

    fn hold(&mut self, track: MediaStreamTrack) -> Live {
        self.last_track.0 += 1;
        let (id, inbox) = (self.last_track, self.inbox.clone());
        let track = Track::new(track, move |event| {
            inbox.post(Event::Capture(CaptureEvent::Track(id, event)));
        });
        Live {
            id,
            track,
            filter: None,
        }
    }

    fn input(&mut self, input: DeviceInput, sending: &Sending) {
        self.manager.handle(input, clock::now());
        while let Some(output) = self.manager.poll_output() {
            self.carry_out(output, sending);
        }
        let inbox = self.inbox.clone();
        self.timer = self.manager.poll_timeout().map(|at| {
            let millis = at.since(clock::now()).as_millis() + 1;
            let timeout = CaptureEvent::Input(DeviceInput::Timeout);
            Timeout::new(u32::try_from(millis).unwrap_or(u32::MAX), move || {
                inbox.post(Event::Capture(timeout));
            })
        });
    }

    fn show(&self) {
        self.signals.devices.set(Arc::new(self.manager.snapshot()));
    }

    fn carry_out(&mut self, output: DeviceOutput, sending: &Sending) {
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

    fn command(&self, command: wimpex_call::Command) {
        self.inbox
            .post(wimpex_client::Command::Call(command).into());
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

    fn exchanged(
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

    /// What is heard of the user, in a call.
    pub(super) fn microphone(&mut self) -> Option<MediaStreamTrack> {
        let slot = self.slot(TrackKind::Audio);
        slot.attached?;
        slot.live().map(|live| Clone::clone(live.track.js()))
    }

    fn interrupted(&self, request: MediaRequest, kind: TrackKind, interrupted: bool) {
        let input = wimpex_call::Input::TrackInterrupted {
            request,
            kind,
            interrupted,
        };
        self.inbox.post(input.into());
    }

    /// The self-view shows the camera that is in use, and none that is dead or taken.
    fn show_own_video(&mut self) {
        let live = self.slot(TrackKind::Video).live();
        let seen = live.filter(|live| !live.track.has_ended() && !live.track.is_muted());
        let stream = seen.and_then(|live| media_capture::stream_of([live.track.js()]));
        let shown = self.signals.own_video.get_untracked();
        let track = |stream: &Option<web_sys::MediaStream>| {
            let tracks = stream.as_ref().map(web_sys::MediaStream::get_tracks);
            tracks.map(|tracks| tracks.get(0))
        };
        if track(&shown) != track(&stream) {
            self.signals.own_video.set(stream);
        }
    }

    fn listen(&mut self) {
        let live = self.slot(TrackKind::Audio).live();
        let meter = live.and_then(|live| LevelMeter::new(live.track.js()).ok());
        let inbox = self.inbox.clone();
        self.meter = meter.map(|meter| {
            let tick = move || inbox.post(Event::Capture(CaptureEvent::MeterTick));
            (meter, Interval::new(METER_TICK, tick))
        });
    }

    /// Another microphone is in use.
    fn listen_anew(&mut self) {
        if self.meter.is_some() {
            self.listen();
        }
    }

    fn opened(&mut self, request: DeviceRequest, captured: Captured, sending: &Sending) {
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

    fn captured(&mut self, request: MediaRequest, captured: Captured) {
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

    fn track_event(&mut self, id: TrackId, event: TrackEvent, sending: &Sending) {
        let of = |kind: TrackKind, this: &mut Self| {
            let slot = this.slot(kind);
            let is_live = slot.live().is_some_and(|live| live.id == id);
            is_live.then_some((kind, slot.attached))
        };
        let found = KINDS.into_iter().find_map(|kind| of(kind, self));
        // Any other one is being let go.
        let Some((kind, attached)) = found else {
            return;
        };
        self.show_own_video();
        match (event, attached) {
            (TrackEvent::Ended, _) => self.input(DeviceInput::TrackEnded(kind), sending),
            (TrackEvent::Muted(muted), Some(request)) => self.interrupted(request, kind, muted),
            (TrackEvent::Muted(_), None) => {}
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

impl CaptureSession {
    /// Carries out what the call asks of its media; everything else is not for it.
    pub(super) fn run(&mut self, output: Output, sending: &Sending) {
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

    /// Takes what happened to the devices.
    pub(super) fn handle(&mut self, event: CaptureEvent, sending: &Sending) {
        match event {
            CaptureEvent::Command(command) => {
                if let DeviceCommand::Choose(DeviceKind::Camera, _) = command {
                    self.faces_away = false;
                }
                self.input(DeviceInput::Command(command), sending);
            }
            CaptureEvent::Input(input) => self.input(input, sending),
            CaptureEvent::Captured(request, captured) => self.captured(request, captured),
            CaptureEvent::Opened(request, captured) => self.opened(request, captured, sending),
            CaptureEvent::Track(id, event) => self.track_event(id, event, sending),
            CaptureEvent::Exchanged {
                request,
                kind,
                result,
            } => self.exchanged(request, kind, result, sending),
            CaptureEvent::Filtered(request, id, result) => {
                self.filtered(request, id, result, sending);
            }
            CaptureEvent::MeterTick => {
                if let Some((meter, _)) = &self.meter {
                    let level = meter.level();
                    if self.signals.devices.with_untracked(|it| it.is_open) {
                        self.signals.microphone_level.set(level);
                    }
                    self.input(DeviceInput::Level(level), sending);
                }
            }
            CaptureEvent::TestOver => self.test = None,
        }
    }
}

fn media_error(error: BrowserError) -> MediaError {
    MediaError::from_exception_name(&error.name)
}

fn opened_device(track: &Track) -> OpenedDevice {
    let device = track.device();
    OpenedDevice {
        device: DeviceChoice::new(&device.id, &device.group, &device.label),
        can_blur: device.can_blur,
        can_isolate_voice: device.can_isolate_voice,
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
