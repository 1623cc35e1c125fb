//! Captures, and exchanges what is captured, as the manager of devices says: for a call, and
//! before one while the user looks at the devices.

mod call_media;
mod devices;
mod noise;

use std::sync::Arc;

use gloo_timers::callback::{Interval, Timeout};
use leptos::prelude::{GetUntracked, Set, WithUntracked};
use wasm_bindgen_futures::spawn_local;
use web_sys::MediaStreamTrack;
use wimpex_call::{MediaError, MediaRequest, TrackKind};
use wimpex_client::devices::{
    DeviceAbilities, DeviceChoice, DeviceCommand, DeviceInput, DeviceKind, DeviceManager,
    DeviceRequest, DeviceSettings, OpenedDevice,
};
use wimpex_sansio::Machine;

use super::capture::{CaptureEvent, Sending, TrackId};
use super::event::{Event, Inbox};
use super::noise_files;
use super::signals::Signals;
use crate::browser::level_meter::LevelMeter;
use crate::browser::media_capture::{self, Track, TrackEvent};
use crate::browser::media_devices;
use crate::browser::noise_filter::NoiseFilter;
use crate::browser::web_audio::Tone;
use crate::browser::{BrowserError, Listener, audio_output, clock, web_storage};

/// Under which the choices are kept; "Forget me" erases it with everything else.
const STORED: &str = "wimpex.devices";
/// How often the level is looked at, in milliseconds.
const METER_TICK: u32 = 100;

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

    fn command(&self, command: wimpex_call::Command) {
        self.inbox
            .post(wimpex_client::Command::Call(command).into());
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
