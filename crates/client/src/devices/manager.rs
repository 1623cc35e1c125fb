//! The machine: commands, lists and results in, tracks to open and put in place out.

use std::collections::VecDeque;
use std::time::Duration;

use wimpex_call::TrackKind;
use wimpex_sansio::{Machine, Now};

use super::choice::DeviceChoice;
use super::device::{DeviceKind, DeviceList};
use super::io::{DeviceAbilities, DeviceInput, DeviceOutput, DeviceRequest};
use super::settings::DeviceSettings;
use super::snapshot::DeviceNotice;
use super::source::{Cause, Source, Use};
use super::speech::SpeechDetector;

mod commands;
mod exchange;
mod in_call;
mod lists;
mod speaker;
mod view;

/// How long the devices have to be quiet before they are looked at: one headset that is plugged
/// in fires `devicechange` several times.
pub const SETTLE: Duration = Duration::from_millis(300);
/// The same for devices that are never quiet; with the time that opening takes, the next best
/// device is in use within two seconds.
pub const SETTLE_AT_MOST: Duration = Duration::from_millis(1_000);

/// How often the devices are looked at where the browser does not tell of changes, while they are in use:
/// the next best one is in use within two seconds of the loss of one.
pub const LOOK_EVERY: Duration = Duration::from_millis(1_000);

/// So many devices are tried in place of one that is gone.
const MOST_TRIES: usize = 4;

/// What **Undo** does.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Undo {
    kind: DeviceKind,
    /// What was in use before; it may be gone.
    before: Option<DeviceChoice>,
}

/// The manager of all three; see the module's documentation.
#[derive(Clone, Debug, PartialEq)]
pub struct DeviceManager {
    abilities: DeviceAbilities,
    settings: DeviceSettings,
    list: DeviceList,
    sources: [Source; 2],
    /// The speaker in use, by its id; empty is the system's default.
    sink: DeviceChoice,
    sink_request: Option<(DeviceRequest, DeviceChoice, Cause)>,
    is_open: bool,
    is_in_call: bool,
    is_muted: bool,
    is_metering: bool,
    /// When the devices changed, first and last, since they were looked at.
    changed: Option<(Now, Now)>,
    enumeration: Option<DeviceRequest>,
    /// When they are looked at again without having changed.
    looks_at: Option<Now>,
    /// The enumeration under way is such a look.
    is_routine: bool,
    /// The ids of the last list that had any: what is not in it is new.
    known: Option<Vec<(DeviceKind, String)>>,
    last_request: DeviceRequest,
    /// What was asked for last, and whether it was to be on.
    noise_request: Option<(DeviceRequest, bool)>,
    blur_request: Option<(DeviceRequest, bool)>,
    notice: Option<DeviceNotice>,
    undo: Vec<Undo>,
    /// By kind and id.
    offered: Vec<(DeviceKind, String)>,
    speech: SpeechDetector,
    speaks: bool,
    outputs: VecDeque<DeviceOutput>,
}

impl DeviceManager {
    /// Nothing is in use. `settings` is what is remembered.
    pub fn new(abilities: DeviceAbilities, settings: DeviceSettings) -> Self {
        Self {
            abilities,
            settings,
            list: DeviceList::default(),
            sources: [TrackKind::Audio, TrackKind::Video].map(Source::new),
            sink: DeviceChoice::new("", "", ""),
            sink_request: None,
            is_open: false,
            is_in_call: false,
            is_muted: false,
            is_metering: false,
            changed: None,
            enumeration: None,
            looks_at: None,
            is_routine: false,
            known: None,
            last_request: DeviceRequest(0),
            noise_request: None,
            blur_request: None,
            notice: None,
            undo: Vec::new(),
            offered: Vec::new(),
            speech: SpeechDetector::default(),
            speaks: false,
            outputs: VecDeque::new(),
        }
    }

    /// The device that a call is to ask for (`ideal`), by its id; `None` is the system's
    /// default.
    pub fn preferred(&self, kind: TrackKind) -> Option<String> {
        let source = self.source(kind);
        let kind = source.device_kind();
        let wanted = match (&source.lost, self.settings.choice(kind)) {
            (Some(lost), _) if source.is_given_up => lost,
            (_, Some(choice)) => choice,
            (_, None) => return None,
        };
        let found = self.list.find(kind, wanted);
        Some(found.map_or_else(|| wanted.id().to_owned(), |found| found.id.clone()))
    }

    /// The speaker in use, by its id; empty is the system's default.
    pub fn speaker(&self) -> &str {
        self.sink.id()
    }

    fn source(&self, kind: TrackKind) -> &Source {
        let [microphone, camera] = &self.sources;
        match kind {
            TrackKind::Audio => microphone,
            TrackKind::Video => camera,
        }
    }

    fn source_mut(&mut self, kind: TrackKind) -> &mut Source {
        let [microphone, camera] = &mut self.sources;
        match kind {
            TrackKind::Audio => microphone,
            TrackKind::Video => camera,
        }
    }

    fn emit(&mut self, output: DeviceOutput) {
        self.outputs.push_back(output);
    }

    fn next_request(&mut self) -> DeviceRequest {
        self.last_request.0 = self.last_request.0.wrapping_add(1);
        self.last_request
    }

    fn store(&mut self) {
        let text = self.settings.encode();
        self.emit(DeviceOutput::Store(text));
    }

    fn notify(&mut self, notice: DeviceNotice, undo: Vec<Undo>) {
        self.notice = Some(notice);
        self.undo = undo;
        self.offered.clear();
    }

    fn is_watching(&self) -> bool {
        self.is_open || self.is_in_call
    }

    fn enumerate(&mut self) {
        self.changed = None;
        self.looks_at = None;
        self.is_routine = false;
        let request = self.next_request();
        self.enumeration = Some(request);
        self.emit(DeviceOutput::Enumerate(request));
    }

    fn devices_changed(&mut self, now: Now) {
        if self.is_watching() {
            let first = self.changed.map_or(now, |(first, _)| first);
            self.changed = Some((first, now));
        }
    }

    fn settles_at(&self) -> Option<Now> {
        let (first, last) = self.changed?;
        Some((first + SETTLE_AT_MOST).min(last + SETTLE))
    }

    /// Listens to the microphone only while somebody wants to know how loud it is.
    fn meter(&mut self, now: Now) {
        let microphone = self.source(TrackKind::Audio);
        let is_heard_muted = self.is_in_call && self.is_muted && !self.settings.push_to_talk;
        let wanted = microphone.active.is_some() && (self.is_open || is_heard_muted);
        if wanted != self.is_metering {
            self.is_metering = wanted;
            self.emit(DeviceOutput::Meter(wanted));
        }
        let speaks = is_heard_muted && self.speech.is_speaking(now);
        if self.speaks != speaks {
            self.speaks = speaks;
        }
    }
}

impl Machine for DeviceManager {
    type Input = DeviceInput;
    type Output = DeviceOutput;

    fn handle(&mut self, input: DeviceInput, now: Now) {
        let before = self.snapshot();
        match input {
            DeviceInput::Command(command) => self.command(command, now),
            DeviceInput::DevicesChanged => self.devices_changed(now),
            DeviceInput::Enumerated(request, devices) => {
                if self.enumeration == Some(request) && self.is_watching() {
                    self.enumeration = None;
                    let looks = !self.abilities.tells_changes;
                    self.looks_at = looks.then(|| now + LOOK_EVERY);
                    let list = DeviceList::new(devices);
                    // What failed before is not tried again each second.
                    if !self.is_routine || list != self.list {
                        self.enumerated(list);
                    }
                }
            }
            DeviceInput::Opened {
                request,
                kind,
                result,
            } => self.opened(request, kind, result),
            DeviceInput::Installed {
                request,
                kind,
                done,
            } => self.installed(request, kind, done),
            DeviceInput::SpeakerSet(request, result) => self.sink_set(request, result),
            DeviceInput::NoiseSuppressionSet(request, done) => {
                let asked = self.noise_request.take_if(|(of, _)| *of == request);
                if let (Some((_, is_on)), false) = (asked, done) {
                    self.settings.noise_suppression = !is_on;
                    self.store();
                    self.notify(DeviceNotice::NoNoiseSuppression, Vec::new());
                }
            }
            DeviceInput::BackgroundBlurSet(request, done) => {
                let asked = self.blur_request.take_if(|(of, _)| *of == request);
                if let (Some((_, is_on)), false) = (asked, done) {
                    self.settings.background_blur = !is_on;
                    self.store();
                    self.notify(DeviceNotice::NoBackgroundBlur, Vec::new());
                }
            }
            DeviceInput::CallCaptures(kind, device) => self.call_captures(kind, device),
            DeviceInput::TrackEnded(kind) => self.track_ended(kind, now),
            DeviceInput::Muted(muted) => {
                self.is_muted = muted;
                self.speech = SpeechDetector::default();
            }
            DeviceInput::CallOver => {
                self.is_in_call = false;
                self.is_muted = false;
                for kind in [TrackKind::Audio, TrackKind::Video] {
                    if self.source(kind).used_by != Use::Preview {
                        *self.source_mut(kind) = Source::new(kind);
                    }
                }
                if !self.is_open {
                    self.forget();
                }
            }
            DeviceInput::Level(level) => self.speech.take(level, now),
            DeviceInput::Timeout => {
                let is_due = |at: Option<Now>| at.is_some_and(|at| at <= now);
                let have_changed = is_due(self.settles_at());
                if have_changed || is_due(self.looks_at) {
                    self.enumerate();
                    self.is_routine = !have_changed;
                }
            }
        }
        self.meter(now);
        if self.snapshot() != before {
            self.emit(DeviceOutput::Changed);
        }
    }

    fn poll_output(&mut self) -> Option<DeviceOutput> {
        self.outputs.pop_front()
    }

    fn poll_timeout(&self) -> Option<Now> {
        let quiet = self.speech.ends_at().filter(|_| self.speaks);
        let due = self.settles_at().into_iter().chain(self.looks_at);
        due.chain(quiet).min()
    }
}
