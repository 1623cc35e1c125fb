//! The machine: commands, lists and results in, tracks to open and put in place out.

use std::collections::VecDeque;
use std::time::Duration;

use wimpex_call::{MediaError, TrackKind};
use wimpex_sansio::{Machine, Now};

use super::choice::DeviceChoice;
use super::device::{DeviceKind, DeviceList, MediaDeviceInfo};
use super::io::{
    DeviceAbilities, DeviceCommand, DeviceInput, DeviceOutput, DeviceRequest, OpenedDevice,
};
use super::settings::DeviceSettings;
use super::snapshot::{DeviceMenu, DeviceNotice, DeviceOption, DeviceToggle, DevicesSnapshot};
use super::source::{Cause, Source, Step, Switch, Target, Use};
use super::speech::SpeechDetector;

/// How long the devices have to be quiet before they are looked at: one headset that is plugged
/// in fires `devicechange` several times.
pub const SETTLE: Duration = Duration::from_millis(300);
/// The same for devices that are never quiet; with the time that opening takes, the next best
/// device is in use within two seconds.
pub const SETTLE_AT_MOST: Duration = Duration::from_millis(1_000);

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
    /// The ids of the last list that had any: what is not in it is new.
    known: Option<Vec<(DeviceKind, String)>>,
    last_request: DeviceRequest,
    noise_request: Option<DeviceRequest>,
    blur_request: Option<DeviceRequest>,
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

    /// Whether noise is to be suppressed beyond what the browser does.
    pub fn suppresses_noise(&self) -> bool {
        self.settings.noise_suppression && self.abilities.noise_filter.is_some()
    }

    /// What screens show.
    pub fn snapshot(&self) -> DevicesSnapshot {
        let can_blur = self.source(TrackKind::Video).active.as_ref();
        DevicesSnapshot {
            is_open: self.is_open,
            is_preview: !self.is_in_call,
            microphone: self.menu(DeviceKind::Microphone),
            camera: self.menu(DeviceKind::Camera),
            speaker: self.menu(DeviceKind::Speaker),
            can_choose_speaker: self.abilities.chooses_speaker,
            notice: self.notice.clone(),
            noise_suppression: DeviceToggle {
                is_offered: self.abilities.noise_filter.is_some(),
                is_on: self.suppresses_noise(),
            },
            noise_filter: self.abilities.noise_filter,
            background_blur: DeviceToggle {
                is_offered: can_blur.is_some_and(|camera| camera.can_blur),
                is_on: self.settings.background_blur,
            },
            push_to_talk: self.settings.push_to_talk,
            speaks_while_muted: self.speaks && !self.settings.push_to_talk,
        }
    }

    fn menu(&self, kind: DeviceKind) -> DeviceMenu {
        let choice = self.settings.choice(kind);
        let found = choice.and_then(|choice| self.list.find(kind, choice));
        let option = |device: &MediaDeviceInfo| DeviceOption {
            id: device.id.clone(),
            label: device.label.clone(),
        };
        let default = DeviceOption {
            id: String::new(),
            label: String::new(),
        };
        let mut options = vec![default];
        options.extend(self.list.of(kind).map(option));
        let selected = match (found, choice) {
            (Some(found), _) => found.id.clone(),
            // Chosen, and not there at the moment: it stays in the list, and chosen.
            (None, Some(choice)) => {
                options.push(DeviceOption {
                    id: choice.id().to_owned(),
                    label: choice.label().to_owned(),
                });
                choice.id().to_owned()
            }
            (None, None) => String::new(),
        };
        let source = match kind {
            DeviceKind::Microphone => Some(self.source(TrackKind::Audio)),
            DeviceKind::Camera => Some(self.source(TrackKind::Video)),
            DeviceKind::Speaker => None,
        };
        match source {
            Some(source) => DeviceMenu {
                options,
                selected,
                in_use: source
                    .active
                    .as_ref()
                    .map_or_else(String::new, |active| active.device.label().to_owned()),
                is_switching: source.switch.is_some() || source.is_missing(),
                is_live: source.active.is_some(),
                error: source.error,
            },
            None => DeviceMenu {
                options,
                selected,
                in_use: self.sink.label().to_owned(),
                is_switching: self.sink_request.is_some(),
                is_live: true,
                error: None,
            },
        }
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
        let request = self.next_request();
        self.enumeration = Some(request);
        self.emit(DeviceOutput::Enumerate(request));
    }

    // Commands.

    fn command(&mut self, command: DeviceCommand, now: Now) {
        match command {
            DeviceCommand::Open => self.open(),
            DeviceCommand::Close => self.close(),
            DeviceCommand::Choose(kind, id) => self.choose(kind, &id),
            DeviceCommand::TestSpeaker => self.emit(DeviceOutput::TestSpeaker),
            DeviceCommand::SetNoiseSuppression(is_on) => {
                self.settings.noise_suppression = is_on;
                self.store();
                if self.source(TrackKind::Audio).active.is_some() {
                    self.set_noise_suppression(is_on);
                }
            }
            DeviceCommand::SetBackgroundBlur(is_on) => {
                self.settings.background_blur = is_on;
                self.store();
                self.set_blur(is_on);
            }
            DeviceCommand::SetPushToTalk(is_on) => {
                self.settings.push_to_talk = is_on;
                self.store();
                self.mute_for_talk_key();
            }
            DeviceCommand::TalkKey(is_down) => {
                let muted = !is_down;
                if self.settings.push_to_talk && self.is_in_call && self.is_muted != muted {
                    self.emit(DeviceOutput::SetMuted(muted));
                }
            }
            DeviceCommand::Undo => self.undo(now),
            DeviceCommand::UseOffered => {
                for (kind, id) in std::mem::take(&mut self.offered) {
                    self.choose(kind, &id);
                }
                self.notice = None;
            }
            DeviceCommand::DismissNotice => {
                self.notice = None;
                self.undo.clear();
                self.offered.clear();
            }
        }
    }

    fn open(&mut self) {
        self.is_open = true;
        if !self.is_in_call {
            let request = self.next_request();
            for source in &mut self.sources {
                source.used_by = Use::Preview;
                source.error = None;
                source.switch = Some(Switch {
                    request,
                    cause: Cause::Preview,
                    step: Step::Opening,
                    target: None,
                    opened: None,
                    before: None,
                });
            }
            let wish = |kind| Some(self.preferred(kind));
            let (microphone, camera) = (wish(TrackKind::Audio), wish(TrackKind::Video));
            self.emit(DeviceOutput::OpenPreview {
                request,
                microphone,
                camera,
            });
        }
        self.enumerate();
    }

    fn close(&mut self) {
        self.is_open = false;
        for kind in [TrackKind::Audio, TrackKind::Video] {
            if self.source(kind).used_by == Use::Preview {
                self.emit(DeviceOutput::StopPreview(kind));
                *self.source_mut(kind) = Source::new(kind);
            }
        }
        if !self.is_in_call {
            self.forget();
        }
    }

    /// Nothing is in use any more: what is plugged in meanwhile is no news.
    fn forget(&mut self) {
        self.known = None;
        self.notice = None;
        self.undo.clear();
        self.offered.clear();
        self.changed = None;
        self.speech = SpeechDetector::default();
        self.speaks = false;
    }

    fn choose(&mut self, kind: DeviceKind, id: &str) {
        let device = self.list.of(kind).find(|device| device.id == id);
        let choice = device.map(DeviceChoice::from);
        if choice.is_none() && !id.is_empty() {
            // It has gone since the menu was opened.
            return;
        }
        let target = choice.as_ref().map(|choice| choice.id().to_owned());
        let before = self.settings.choose(kind, choice.clone());
        self.store();
        self.notice = None;
        match kind {
            DeviceKind::Microphone => self.choose_source(TrackKind::Audio, target, before),
            DeviceKind::Camera => self.choose_source(TrackKind::Video, target, before),
            DeviceKind::Speaker => {
                let sink = choice.unwrap_or_else(|| DeviceChoice::new("", "", ""));
                self.set_sink(sink, Cause::Chosen { before });
            }
        }
    }

    fn choose_source(
        &mut self,
        kind: TrackKind,
        target: Option<String>,
        before: Option<DeviceChoice>,
    ) {
        let source = self.source_mut(kind);
        source.lost = None;
        source.failed.clear();
        if source.is_given_up {
            source.is_given_up = false;
            self.emit(DeviceOutput::CallReturned(kind));
        } else if source.used_by != Use::None {
            self.switch(kind, target, Cause::Chosen { before });
        }
    }

    fn undo(&mut self, now: Now) {
        self.notice = None;
        for Undo { kind, before } in std::mem::take(&mut self.undo) {
            let found = before.as_ref().and_then(|it| self.list.find(kind, it));
            let found = found.map(|found| found.id.clone());
            let track = match kind {
                DeviceKind::Microphone => TrackKind::Audio,
                DeviceKind::Camera => TrackKind::Video,
                DeviceKind::Speaker => {
                    self.choose(kind, &found.unwrap_or_default());
                    continue;
                }
            };
            match (found, self.source(track).used_by) {
                (Some(id), _) => self.choose(kind, &id),
                // What it was before is gone: then nothing, rather than what nobody chose.
                (None, Use::Call) if track == TrackKind::Audio => {
                    self.emit(DeviceOutput::SetMuted(true));
                }
                (None, Use::Call) => self.emit(DeviceOutput::CameraOff),
                (None, Use::Preview) => {
                    self.emit(DeviceOutput::StopPreview(track));
                    *self.source_mut(track) = Source::new(track);
                }
                (None, Use::None) => {}
            }
        }
        self.meter(now);
    }

    fn set_noise_suppression(&mut self, is_on: bool) {
        let request = self.next_request();
        self.noise_request = Some(request);
        self.emit(DeviceOutput::SetNoiseSuppression(request, is_on));
    }

    fn set_blur(&mut self, is_on: bool) {
        let camera = self.source(TrackKind::Video).active.as_ref();
        if camera.is_some_and(|camera| camera.can_blur) {
            let request = self.next_request();
            self.blur_request = Some(request);
            self.emit(DeviceOutput::SetBackgroundBlur(request, is_on));
        }
    }

    fn mute_for_talk_key(&mut self) {
        let captures = self.source(TrackKind::Audio).used_by == Use::Call;
        if self.settings.push_to_talk && captures && !self.is_muted {
            self.emit(DeviceOutput::SetMuted(true));
        }
    }

    // Exchanges.

    /// Begins an exchange; one that is under way is let go.
    fn switch(&mut self, kind: TrackKind, target: Option<String>, cause: Cause) {
        let request = self.next_request();
        let source = self.source_mut(kind);
        let before = match &source.switch {
            // The old one was released for a change that is over before it is through.
            Some(under_way) if source.active.is_none() => under_way.before.clone(),
            Some(_) | None => source.active.as_ref().map(|active| active.device.clone()),
        };
        source.switch = Some(Switch {
            request,
            cause,
            step: if source.active.is_some() {
                Step::Opening
            } else {
                Step::OpeningAlone
            },
            target: target.clone(),
            opened: None,
            before,
        });
        self.emit(DeviceOutput::Open {
            request,
            kind,
            device: target,
        });
    }

    fn opened(
        &mut self,
        request: DeviceRequest,
        kind: TrackKind,
        result: Result<OpenedDevice, MediaError>,
    ) {
        let source = self.source_mut(kind);
        let Some(switch) = source.switch.as_mut().filter(|it| it.request == request) else {
            if result.is_ok() {
                self.emit(DeviceOutput::Discard { request, kind });
            }
            return;
        };
        match result {
            Ok(device) => {
                switch.opened = Some(device);
                if !matches!(switch.step, Step::Restoring(_)) {
                    switch.step = Step::Installing;
                }
                self.emit(DeviceOutput::Install { request, kind });
            }
            Err(MediaError::NotReadable)
                if switch.step == Step::Opening && source.active.is_some() =>
            {
                // Some systems give a program one device of a kind at a time.
                switch.step = Step::OpeningAlone;
                let device = switch.target.clone();
                source.active = None;
                self.emit(DeviceOutput::Release(kind));
                self.emit(DeviceOutput::Open {
                    request,
                    kind,
                    device,
                });
            }
            Err(error) => self.switch_failed(kind, error),
        }
    }

    fn installed(&mut self, request: DeviceRequest, kind: TrackKind, done: bool) {
        let source = self.source_mut(kind);
        let Some(switch) = source.switch.take_if(|it| it.request == request) else {
            return;
        };
        if !done {
            source.switch = Some(switch);
            self.emit(DeviceOutput::Discard { request, kind });
            self.switch_failed(kind, MediaError::Other);
            return;
        }
        source.active = switch.opened;
        source.failed.clear();
        source.error = None;
        let now = source.active.as_ref().map(|active| active.device.clone());
        let now = now.map(|now| self.list.unaliased(kind.into(), &now));
        if let Step::Restoring(error) = switch.step {
            self.not_switched(kind, switch.cause, switch.target, error);
        } else {
            self.switched(kind, switch.cause, switch.before, now);
        }
        self.became_live(kind);
        if self.is_watching() {
            self.enumerate();
        }
    }

    fn became_live(&mut self, kind: TrackKind) {
        match kind {
            TrackKind::Audio if self.suppresses_noise() => self.set_noise_suppression(true),
            TrackKind::Audio => {}
            TrackKind::Video if self.settings.background_blur => self.set_blur(true),
            TrackKind::Video => {}
        }
    }

    /// Says what has happened, if nobody asked for it.
    fn switched(
        &mut self,
        kind: TrackKind,
        cause: Cause,
        before: Option<DeviceChoice>,
        now: Option<DeviceChoice>,
    ) {
        let device_kind = DeviceKind::from(kind);
        let label = now.map_or_else(String::new, |now| now.label().to_owned());
        let source = self.source_mut(kind);
        let undo = |before| {
            vec![Undo {
                kind: device_kind,
                before,
            }]
        };
        match cause {
            Cause::Preview | Cause::Chosen { .. } | Cause::Remembered => {}
            Cause::Lost => {
                let lost = source.lost.clone();
                let name = lost.as_ref().map_or("", |lost| lost.label()).to_owned();
                // It was only reset: nothing has changed for anybody.
                if name == label && !name.is_empty() {
                    source.lost = None;
                    return;
                }
                self.took_over(device_kind, lost, label);
            }
            Cause::Returned => {
                source.lost = None;
                let notice = DeviceNotice::Returned {
                    kinds: vec![device_kind],
                    label,
                };
                self.notify(notice, undo(before));
            }
            Cause::Followed => {
                let notice = DeviceNotice::Followed {
                    kind: device_kind,
                    label,
                };
                self.notify(notice, undo(before));
            }
        }
    }

    /// One piece of hardware that was used as two is one piece of news.
    fn took_over(&mut self, kind: DeviceKind, lost: Option<DeviceChoice>, label: String) {
        let undo = Undo { kind, before: lost };
        let lost = undo
            .before
            .as_ref()
            .map_or("", |lost| lost.label())
            .to_owned();
        if let Some(DeviceNotice::TookOver {
            kinds, lost: known, ..
        }) = &mut self.notice
            && *known == lost
            && !kinds.contains(&kind)
        {
            kinds.push(kind);
            kinds.sort_unstable();
            self.undo.push(undo);
            return;
        }
        let notice = DeviceNotice::TookOver {
            kinds: vec![kind],
            lost,
            now: label,
        };
        self.notify(notice, vec![undo]);
    }

    fn switch_failed(&mut self, kind: TrackKind, error: MediaError) {
        let source = self.source_mut(kind);
        let Some(switch) = source.switch.take() else {
            return;
        };
        match switch.cause {
            Cause::Preview => {
                source.error = Some(error);
            }
            Cause::Lost => {
                source.failed.push(switch.target);
                // What is refused is refused for all of them.
                let is_over = error == MediaError::NotAllowed || source.failed.len() >= MOST_TRIES;
                if is_over {
                    let reason = match error {
                        MediaError::NotAllowed => error,
                        _ => MediaError::Ended,
                    };
                    self.give_up(kind, reason);
                } else {
                    self.take_over(kind);
                }
            }
            Cause::Chosen { .. } | Cause::Remembered | Cause::Returned | Cause::Followed => {
                if source.active.is_some() {
                    self.not_switched(kind, switch.cause, switch.target, error);
                } else if let (Some(before), false) =
                    (&switch.before, matches!(switch.step, Step::Restoring(_)))
                {
                    // What was released for it is taken again.
                    let before = before.id().to_owned();
                    let request = self.next_request();
                    self.source_mut(kind).switch = Some(Switch {
                        request,
                        step: Step::Restoring(error),
                        ..switch
                    });
                    self.emit(DeviceOutput::Open {
                        request,
                        kind,
                        device: Some(before),
                    });
                } else {
                    source.lost = source.lost.take().or(switch.before);
                    source.failed.clear();
                    self.not_switched(kind, switch.cause, switch.target, error);
                    self.take_over(kind);
                }
            }
        }
    }

    /// All is as it was before, the choice too, and it is said.
    fn not_switched(
        &mut self,
        kind: TrackKind,
        cause: Cause,
        target: Option<String>,
        error: MediaError,
    ) {
        let kind = DeviceKind::from(kind);
        let wanted = match &target {
            Some(id) => self
                .list
                .of(kind)
                .find(|device| device.id == *id)
                .map_or_else(String::new, |device| device.label.clone()),
            None => String::new(),
        };
        match cause {
            Cause::Chosen { before } => {
                self.settings.choose(kind, before);
                self.store();
            }
            // What nobody asked for and did not work is no news, but is not tried again either.
            Cause::Returned => {
                if let DeviceKind::Microphone | DeviceKind::Camera = kind {
                    let of = |source: &&mut Source| source.device_kind() == kind;
                    if let Some(source) = self.sources.iter_mut().find(of) {
                        source.lost = None;
                    }
                }
                return;
            }
            Cause::Preview | Cause::Remembered | Cause::Lost | Cause::Followed => return,
        }
        let notice = DeviceNotice::NotSwitched {
            kind,
            wanted,
            error,
        };
        self.notify(notice, Vec::new());
    }

    fn take_over(&mut self, kind: TrackKind) {
        let choice = self.settings.choice(kind.into());
        match self.source(kind).next_best(&self.list, choice) {
            Some(target) => self.switch(kind, target, Cause::Lost),
            None => self.give_up(kind, MediaError::Ended),
        }
    }

    fn give_up(&mut self, kind: TrackKind, reason: MediaError) {
        let source = self.source_mut(kind);
        source.switch = None;
        source.failed.clear();
        source.error = Some(reason);
        if source.used_by == Use::Call {
            source.is_given_up = true;
            source.used_by = Use::None;
            self.emit(DeviceOutput::CallLost(kind, reason));
        }
    }

    // Lists.

    fn enumerated(&mut self, devices: Vec<MediaDeviceInfo>) {
        self.list = DeviceList::new(devices);
        for kind in [TrackKind::Audio, TrackKind::Video] {
            self.reconcile(kind);
        }
        self.reconcile_sink();
        self.offer();
    }

    fn reconcile(&mut self, kind: TrackKind) {
        let [microphone, camera] = &mut self.sources;
        let source = match kind {
            TrackKind::Audio => microphone,
            TrackKind::Video => camera,
        };
        let device_kind = source.device_kind();
        let choice = self.settings.choice(device_kind);
        let target = source.target(&self.list, choice);
        if source.switch.is_some() {
            // It is looked at again when that is through.
        } else if source.is_given_up {
            let lost = source.lost.as_ref();
            if lost.is_some_and(|lost| self.list.find(device_kind, lost).is_some()) {
                self.emit(DeviceOutput::CallReturned(kind));
            }
        } else if source.is_missing() {
            if source.error.is_none() || self.list.of(device_kind).next().is_some() {
                source.failed.clear();
                self.take_over(kind);
            }
        } else if let Some(Target { device, cause }) = target {
            self.switch(kind, device, cause);
        }
    }

    fn set_sink(&mut self, sink: DeviceChoice, cause: Cause) {
        let request = self.next_request();
        let id = sink.id().to_owned();
        self.sink_request = Some((request, sink, cause));
        self.emit(DeviceOutput::SetSpeaker(request, id));
    }

    fn reconcile_sink(&mut self) {
        let kind = DeviceKind::Speaker;
        if !self.abilities.chooses_speaker
            || self.sink_request.is_some()
            || !self.list.is_told(kind)
        {
            return;
        }
        let choice = self.settings.choice(kind);
        let found = choice.and_then(|choice| self.list.find(kind, choice));
        let wanted = found.map_or_else(|| DeviceChoice::new("", "", ""), DeviceChoice::from);
        if wanted.id() == self.sink.id() {
            return;
        }
        let cause = if wanted.id().is_empty() {
            Cause::Lost
        } else if self.known.is_some() {
            Cause::Returned
        } else {
            Cause::Remembered
        };
        self.set_sink(wanted, cause);
    }

    fn sink_set(&mut self, request: DeviceRequest, result: Result<(), MediaError>) {
        let Some((_, sink, cause)) = self.sink_request.take_if(|(of, ..)| *of == request) else {
            return;
        };
        let kind = DeviceKind::Speaker;
        match (result, cause) {
            (Ok(()), cause) => {
                let before = std::mem::replace(&mut self.sink, sink);
                let label = self.sink.label().to_owned();
                match cause {
                    Cause::Lost => self.took_over(kind, Some(before), label),
                    Cause::Returned => self.returned(kind, before, label),
                    Cause::Preview | Cause::Chosen { .. } | Cause::Remembered | Cause::Followed => {
                    }
                }
            }
            (Err(error), Cause::Chosen { before }) => {
                self.settings.choose(kind, before);
                self.store();
                let notice = DeviceNotice::NotSwitched {
                    kind,
                    wanted: sink.label().to_owned(),
                    error,
                };
                self.notify(notice, Vec::new());
            }
            // It stays where it was, and is tried again with the next change.
            (Err(_), _) => {}
        }
    }

    fn returned(&mut self, kind: DeviceKind, before: DeviceChoice, label: String) {
        let undo = Undo {
            kind,
            before: Some(before),
        };
        if let Some(DeviceNotice::Returned {
            kinds,
            label: known,
        }) = &mut self.notice
            && *known == label
            && !kinds.contains(&kind)
        {
            kinds.push(kind);
            self.undo.push(undo);
            return;
        }
        let kinds = vec![kind];
        self.notify(DeviceNotice::Returned { kinds, label }, vec![undo]);
    }

    /// Offers what is new; nothing of it is used by itself.
    fn offer(&mut self) {
        let told = DeviceKind::ALL
            .into_iter()
            .flat_map(|kind| self.list.of(kind));
        let now: Vec<_> = told.cloned().collect();
        if now.is_empty() {
            return;
        }
        let ids = now.iter().map(|device| (device.kind, device.id.clone()));
        let known = self.known.replace(ids.collect());
        let Some(known) = known else { return };
        let is_new = |device: &&MediaDeviceInfo| {
            // A kind of which nothing was known is told for the first time.
            known.iter().any(|(kind, _)| *kind == device.kind)
                && !known.contains(&(device.kind, device.id.clone()))
        };
        let wanted = |device: &&MediaDeviceInfo| !self.is_wanted(device);
        let new: Vec<_> = now.iter().filter(is_new).filter(wanted).collect();
        let Some(first) = new.first() else { return };
        let same = |device: &&&MediaDeviceInfo| {
            device.id == first.id || !first.group.is_empty() && device.group == first.group
        };
        let mut offered: Vec<(DeviceKind, String)> = Vec::new();
        for device in new.iter().filter(same) {
            let is_usable = device.kind != DeviceKind::Speaker || self.abilities.chooses_speaker;
            if is_usable && offered.iter().all(|(kind, _)| *kind != device.kind) {
                offered.push((device.kind, device.id.clone()));
            }
        }
        // What took over or came back in the same moment is the greater news.
        let is_busy = self.sources.iter().any(|source| source.switch.is_some())
            || self.sink_request.is_some();
        if offered.is_empty() || is_busy {
            return;
        }
        let notice = DeviceNotice::Offered {
            kinds: offered.iter().map(|(kind, _)| *kind).collect(),
            label: first.label.clone(),
        };
        self.notify(notice, Vec::new());
        self.offered = offered;
    }

    /// Whether it is what the user chose, or what is waited for: that needs no offer.
    fn is_wanted(&self, device: &MediaDeviceInfo) -> bool {
        let is_it = |choice: Option<&DeviceChoice>| {
            choice
                .and_then(|choice| self.list.find(device.kind, choice))
                .is_some_and(|found| found.id == device.id)
        };
        let of_kind = |source: &&Source| source.device_kind() == device.kind;
        let source = self.sources.iter().find(of_kind);
        is_it(self.settings.choice(device.kind)) || is_it(source.and_then(|it| it.lost.as_ref()))
    }

    // The call.

    fn call_captures(&mut self, kind: TrackKind, device: Option<OpenedDevice>) {
        let Some(device) = device else {
            let source = self.source_mut(kind);
            if source.used_by == Use::Call {
                *source = Source::new(kind);
            }
            return;
        };
        self.is_in_call = true;
        let source = self.source_mut(kind);
        let was_previewed = source.used_by == Use::Preview;
        let back = source.lost.take().filter(|lost| {
            source.is_given_up && !lost.label().is_empty() && lost.label() == device.device.label()
        });
        let default_group = source.default_group.take();
        *source = Source {
            used_by: Use::Call,
            active: Some(device),
            default_group,
            ..Source::new(kind)
        };
        if was_previewed {
            self.emit(DeviceOutput::StopPreview(kind));
        }
        if let Some(back) = back {
            let (kinds, label) = (vec![kind.into()], back.label().to_owned());
            // There is nothing that it took the place of, so that nothing can be undone.
            self.notify(DeviceNotice::Returned { kinds, label }, Vec::new());
        }
        self.became_live(kind);
        if kind == TrackKind::Audio {
            self.mute_for_talk_key();
        }
        self.enumerate();
    }

    fn track_ended(&mut self, kind: TrackKind, now: Now) {
        let source = self.source_mut(kind);
        let Some(ended) = source.active.take() else {
            return;
        };
        source.lost.get_or_insert(ended.device);
        source.failed.clear();
        self.devices_changed(now);
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
                    self.enumerated(devices);
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
                if self.noise_request.take_if(|it| *it == request).is_some() && !done {
                    self.settings.noise_suppression = false;
                    self.store();
                    self.notify(DeviceNotice::NoNoiseSuppression, Vec::new());
                }
            }
            DeviceInput::BackgroundBlurSet(request, done) => {
                if self.blur_request.take_if(|it| *it == request).is_some() && !done {
                    self.settings.background_blur = false;
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
                if self.settles_at().is_some_and(|at| at <= now) {
                    self.enumerate();
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
        self.settles_at().into_iter().chain(quiet).min()
    }
}
