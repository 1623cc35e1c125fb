//! What the call tells of what it captures with.

use wimpex_call::TrackKind;
use wimpex_sansio::Now;

use super::super::io::{DeviceOutput, OpenedDevice};
use super::super::snapshot::DeviceNotice;
use super::super::source::{Source, Use};
use super::DeviceManager;

impl DeviceManager {
    pub(super) fn call_captures(&mut self, kind: TrackKind, device: Option<OpenedDevice>) {
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
        let default_mark = source.default_mark.take();
        *source = Source {
            used_by: Use::Call,
            active: Some(device),
            default_mark,
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

    pub(super) fn track_ended(&mut self, kind: TrackKind, now: Now) {
        let source = self.source_mut(kind);
        let Some(ended) = source.active.take() else {
            return;
        };
        source.lost.get_or_insert(ended.device);
        source.failed.clear();
        self.devices_changed(now);
    }
}
