//! What screens show of the devices.

use wimpex_call::TrackKind;

use super::super::device::{DeviceKind, MediaDeviceInfo};
use super::super::snapshot::{DeviceMenu, DeviceOption, DeviceToggle, DevicesSnapshot};
use super::DeviceManager;

impl DeviceManager {
    /// What screens show.
    pub fn snapshot(&self) -> DevicesSnapshot {
        let camera = self.source(TrackKind::Video).active.as_ref();
        DevicesSnapshot {
            is_open: self.is_open,
            is_preview: !self.is_in_call,
            microphone: self.menu(DeviceKind::Microphone),
            camera: self.menu(DeviceKind::Camera),
            speaker: self.menu(DeviceKind::Speaker),
            can_choose_speaker: self.abilities.chooses_speaker,
            notice: self.notice.clone(),
            noise_suppression: DeviceToggle {
                is_offered: self.noise_filter().is_some(),
                is_on: self.settings.noise_suppression,
            },
            background_blur: DeviceToggle {
                is_offered: camera.is_some_and(|it| it.can_blur),
                is_on: self.settings.background_blur,
            },
            push_to_talk: self.settings.push_to_talk,
            speaks_while_muted: self.speaks && !self.settings.push_to_talk,
        }
    }

    pub(super) fn menu(&self, kind: DeviceKind) -> DeviceMenu {
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
}
