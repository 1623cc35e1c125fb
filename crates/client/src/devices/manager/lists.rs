//! What follows from the list of devices.

use wimpex_call::TrackKind;

use super::super::choice::DeviceChoice;
use super::super::device::{DeviceKind, DeviceList, MediaDeviceInfo};
use super::super::io::DeviceOutput;
use super::super::snapshot::DeviceNotice;
use super::super::source::{Source, Target};
use super::DeviceManager;

impl DeviceManager {
    pub(super) fn enumerated(&mut self, list: DeviceList) {
        let before = std::mem::replace(&mut self.list, list);
        for kind in [TrackKind::Audio, TrackKind::Video] {
            self.reconcile(kind, &before);
        }
        self.reconcile_sink();
        self.offer();
    }

    pub(super) fn reconcile(&mut self, kind: TrackKind, before: &DeviceList) {
        let [microphone, camera] = &mut self.sources;
        let source = match kind {
            TrackKind::Audio => microphone,
            TrackKind::Video => camera,
        };
        let device_kind = source.device_kind();
        let choice = self.settings.choice(device_kind);
        let target = source.target(&self.list, before, choice);
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

    /// Offers what is new; nothing of it is used by itself.
    pub(super) fn offer(&mut self) {
        let told = DeviceKind::ALL
            .into_iter()
            .flat_map(|kind| self.list.usable(kind));
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
    pub(super) fn is_wanted(&self, device: &MediaDeviceInfo) -> bool {
        let is_it = |choice: Option<&DeviceChoice>| {
            choice
                .and_then(|choice| self.list.find(device.kind, choice))
                .is_some_and(|found| found.id == device.id)
        };
        let of_kind = |source: &&Source| source.device_kind() == device.kind;
        let source = self.sources.iter().find(of_kind);
        is_it(self.settings.choice(device.kind)) || is_it(source.and_then(|it| it.lost.as_ref()))
    }
}
