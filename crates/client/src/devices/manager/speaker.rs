//! Which speaker is played to.

use wimpex_call::MediaError;

use super::super::choice::DeviceChoice;
use super::super::device::DeviceKind;
use super::super::io::{DeviceOutput, DeviceRequest};
use super::super::snapshot::DeviceNotice;
use super::super::source::Cause;
use super::{DeviceManager, Undo};

impl DeviceManager {
    pub(super) fn set_sink(&mut self, sink: DeviceChoice, cause: Cause) {
        let request = self.next_request();
        let id = sink.id().to_owned();
        self.sink_request = Some((request, sink, cause));
        self.emit(DeviceOutput::SetSpeaker(request, id));
    }

    pub(super) fn reconcile_sink(&mut self) {
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

    pub(super) fn sink_set(&mut self, request: DeviceRequest, result: Result<(), MediaError>) {
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

    pub(super) fn returned(&mut self, kind: DeviceKind, before: DeviceChoice, label: String) {
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
}
