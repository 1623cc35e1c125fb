//! What the user wants of the devices.

use wimpex_call::TrackKind;
use wimpex_sansio::Now;

use super::super::choice::DeviceChoice;
use super::super::device::DeviceKind;
use super::super::io::{DeviceCommand, DeviceOutput, NoiseFilter};
use super::super::source::{Cause, Source, Step, Switch, Use};
use super::super::speech::SpeechDetector;
use super::{DeviceManager, Undo};

impl DeviceManager {
    pub(super) fn command(&mut self, command: DeviceCommand, now: Now) {
        match command {
            DeviceCommand::Open => self.open(),
            DeviceCommand::Close => self.close(),
            DeviceCommand::Choose(kind, id) => self.choose(kind, &id),
            DeviceCommand::TestSpeaker => self.emit(DeviceOutput::TestSpeaker),
            DeviceCommand::SetNoiseSuppression(is_on) => {
                self.settings.noise_suppression = is_on;
                self.store();
                self.set_noise_suppression(is_on);
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

    pub(super) fn open(&mut self) {
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

    pub(super) fn close(&mut self) {
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
    pub(super) fn forget(&mut self) {
        self.known = None;
        self.notice = None;
        self.undo.clear();
        self.offered.clear();
        self.changed = None;
        self.looks_at = None;
        self.speech = SpeechDetector::default();
        self.speaks = false;
    }

    pub(super) fn choose(&mut self, kind: DeviceKind, id: &str) {
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

    pub(super) fn choose_source(
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

    pub(super) fn undo(&mut self, now: Now) {
        self.notice = None;
        for Undo { kind, before } in std::mem::take(&mut self.undo) {
            let found = before.as_ref().and_then(|it| self.list.find(kind, it));
            let found = found.map(|found| found.id.clone()).or_else(|| {
                // The system's default, where that is no device that is listed by itself.
                let alias = self.list.default_alias(kind)?;
                let is_it = |it: &DeviceChoice| it.id() == alias.id && it.group() == alias.group;
                before
                    .as_ref()
                    .filter(|it| is_it(it))
                    .map(|_| String::new())
            });
            let track = match kind {
                DeviceKind::Microphone => TrackKind::Audio,
                DeviceKind::Camera => TrackKind::Video,
                DeviceKind::Speaker => {
                    let was_default = before.is_none_or(|it| it.id().is_empty());
                    // What is gone cannot be played to, and stays chosen for when it is back.
                    if let Some(id) = found.or_else(|| was_default.then(String::new)) {
                        self.choose(kind, &id);
                    }
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

    pub(super) fn set_noise_suppression(&mut self, is_on: bool) {
        if let Some(filter) = self.noise_filter() {
            let request = self.next_request();
            self.noise_request = Some((request, is_on));
            self.emit(DeviceOutput::SetNoiseSuppression {
                request,
                filter,
                is_on,
            });
        }
    }

    /// How the noise of the microphone in use can be suppressed. What the system does costs the page
    /// nothing, and knows the microphone.
    pub(super) fn noise_filter(&self) -> Option<NoiseFilter> {
        let microphone = self.source(TrackKind::Audio).active.as_ref()?;
        if microphone.can_isolate_voice {
            Some(NoiseFilter::VoiceIsolation)
        } else {
            self.abilities.filters_noise.then_some(NoiseFilter::Worklet)
        }
    }

    pub(super) fn set_blur(&mut self, is_on: bool) {
        let camera = self.source(TrackKind::Video).active.as_ref();
        if camera.is_some_and(|camera| camera.can_blur) {
            let request = self.next_request();
            self.blur_request = Some((request, is_on));
            self.emit(DeviceOutput::SetBackgroundBlur(request, is_on));
        }
    }

    pub(super) fn mute_for_talk_key(&mut self) {
        let captures = self.source(TrackKind::Audio).used_by == Use::Call;
        if self.settings.push_to_talk && captures && !self.is_muted {
            self.emit(DeviceOutput::SetMuted(true));
        }
    }
}
