//! The exchange of a microphone or a camera for another one.

use wimpex_call::{MediaError, TrackKind};

use super::super::choice::DeviceChoice;
use super::super::device::DeviceKind;
use super::super::io::{DeviceOutput, DeviceRequest, OpenedDevice};
use super::super::snapshot::DeviceNotice;
use super::super::source::{Cause, Source, Step, Switch, Use};
use super::{DeviceManager, MOST_TRIES, Undo};

impl DeviceManager {
    /// Begins an exchange; one that is under way is let go.
    pub(super) fn switch(&mut self, kind: TrackKind, target: Option<String>, cause: Cause) {
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

    pub(super) fn opened(
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

    pub(super) fn installed(&mut self, request: DeviceRequest, kind: TrackKind, done: bool) {
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

    pub(super) fn became_live(&mut self, kind: TrackKind) {
        match kind {
            TrackKind::Audio if self.settings.noise_suppression => self.set_noise_suppression(true),
            TrackKind::Audio => {}
            TrackKind::Video if self.settings.background_blur => self.set_blur(true),
            TrackKind::Video => {}
        }
    }

    /// Says what has happened, if nobody asked for it.
    pub(super) fn switched(
        &mut self,
        kind: TrackKind,
        cause: Cause,
        before: Option<DeviceChoice>,
        now: Option<DeviceChoice>,
    ) {
        let device_kind = DeviceKind::from(kind);
        let which = |device: &DeviceChoice| (device.id().to_owned(), device.group().to_owned());
        let is_same = before.as_ref().map(which) == now.as_ref().map(which);
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
            // The browser gives what it gave before: nothing has changed for anybody.
            Cause::Followed if is_same => {}
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
    pub(super) fn took_over(
        &mut self,
        kind: DeviceKind,
        lost: Option<DeviceChoice>,
        label: String,
    ) {
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

    pub(super) fn switch_failed(&mut self, kind: TrackKind, error: MediaError) {
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
    pub(super) fn not_switched(
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
            Cause::Returned | Cause::Remembered => {
                let of = |source: &&mut Source| source.device_kind() == kind;
                if let Some(source) = self.sources.iter_mut().find(of) {
                    source.refused = target;
                    if let Cause::Returned = cause {
                        source.lost = None;
                    }
                }
                return;
            }
            Cause::Preview | Cause::Lost | Cause::Followed => return,
        }
        let notice = DeviceNotice::NotSwitched {
            kind,
            wanted,
            error,
        };
        self.notify(notice, Vec::new());
    }

    pub(super) fn take_over(&mut self, kind: TrackKind) {
        let choice = self.settings.choice(kind.into());
        match self.source(kind).next_best(&self.list, choice) {
            Some(target) => self.switch(kind, target, Cause::Lost),
            None => self.give_up(kind, MediaError::Ended),
        }
    }

    pub(super) fn give_up(&mut self, kind: TrackKind, reason: MediaError) {
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
}
