//! A microphone or a camera: who uses it, which device it is, and the change under way.

use wimpex_call::{MediaError, TrackKind};

use super::choice::DeviceChoice;
use super::device::{DeviceKind, DeviceList, MediaDeviceInfo};
use super::io::{DeviceRequest, OpenedDevice};

/// Who captures with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Use {
    #[default]
    None,
    Preview,
    Call,
}

/// Why a device is being exchanged.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Cause {
    /// The user looks at the devices.
    Preview,
    /// The user chose it; what they had chosen before.
    Chosen { before: Option<DeviceChoice> },
    /// It is what they chose once, under another id.
    Remembered,
    /// The one before is gone.
    Lost,
    /// It was gone.
    Returned,
    /// It is the system's default now.
    Followed,
}

/// How far an exchange is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Step {
    /// Beside the one in use.
    Opening,
    /// After the one in use was released, since both at once were not to be had.
    OpeningAlone,
    /// Being put in place.
    Installing,
    /// The one before is being opened again, since this one failed.
    Restoring(MediaError),
}

/// An exchange under way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Switch {
    pub(super) request: DeviceRequest,
    pub(super) cause: Cause,
    pub(super) step: Step,
    /// By its id; `None` is the system's default.
    pub(super) target: Option<String>,
    /// What it was opened as.
    pub(super) opened: Option<OpenedDevice>,
    /// What was in use before.
    pub(super) before: Option<DeviceChoice>,
}

/// One of the two.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Source {
    pub(super) kind: TrackKind,
    pub(super) used_by: Use,
    pub(super) active: Option<OpenedDevice>,
    /// What was in use when it went; used again when it is back.
    pub(super) lost: Option<DeviceChoice>,
    /// The call was told that it is lost.
    pub(super) is_given_up: bool,
    pub(super) switch: Option<Switch>,
    /// Devices that did not open since one was lost, by id.
    pub(super) failed: Vec<Option<String>>,
    /// What did not open though nobody had asked for it, by id: not tried again before the devices
    /// change.
    pub(super) refused: Option<String>,
    pub(super) error: Option<MediaError>,
    /// [`DeviceList::default_mark`], as it was last.
    pub(super) default_mark: Option<String>,
}

/// What to exchange a device for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) device: Option<String>,
    pub(super) cause: Cause,
}

impl Source {
    pub(super) fn new(kind: TrackKind) -> Self {
        Self {
            kind,
            used_by: Use::None,
            active: None,
            lost: None,
            is_given_up: false,
            switch: None,
            failed: Vec::new(),
            refused: None,
            error: None,
            default_mark: None,
        }
    }

    pub(super) fn device_kind(&self) -> DeviceKind {
        self.kind.into()
    }

    /// It was in use, and ended; nothing has taken its place so far.
    pub(super) fn is_missing(&self) -> bool {
        self.used_by != Use::None && self.active.is_none() && self.lost.is_some()
    }

    /// What the list asks for, after the one `before` it; `choice` is the user's. `None` if all is
    /// as it should be.
    pub(super) fn target(
        &mut self,
        list: &DeviceList,
        before: &DeviceList,
        choice: Option<&DeviceChoice>,
    ) -> Option<Target> {
        if self.switch.is_some() {
            // It is looked at again when that is through.
            return None;
        }
        let kind = self.device_kind();
        if list != before {
            self.refused = None;
        }
        let refused = self.refused.clone();
        let opens = |device: &&MediaDeviceInfo| refused.as_ref() != Some(&device.id);
        let alias = list.default_alias(kind);
        let group = alias.map(|alias| alias.group.clone());
        let mark = list.default_mark(kind).map(str::to_owned);
        let mark_before = std::mem::replace(&mut self.default_mark, mark.clone());
        let active = self.active.as_mut()?;
        active.device = list.unaliased(kind, &active.device);
        if !list.is_told(kind) {
            return None;
        }
        let is_active = |id: &str, group: &str| {
            active.device.id() == id
                || active.device.id() == "default"
                    && !group.is_empty()
                    && active.device.group() == group
        };
        if let Some(found) = choice
            .and_then(|choice| list.find(kind, choice))
            .filter(opens)
        {
            if is_active(&found.id, &found.group) {
                return None;
            }
            let cause = match self.lost {
                Some(_) => Cause::Returned,
                None => Cause::Remembered,
            };
            return Some(Target {
                device: Some(found.id.clone()),
                cause,
            });
        }
        if let Some(back) = self
            .lost
            .as_ref()
            .and_then(|lost| list.find(kind, lost))
            .filter(opens)
        {
            if is_active(&back.id, &back.group) {
                return None;
            }
            // As the default again, if it is: then the next change of that is followed, too.
            let is_default = choice.is_none() && group.as_deref() == Some(&back.group);
            return Some(Target {
                device: (!is_default).then(|| back.id.clone()),
                cause: Cause::Returned,
            });
        }
        // PulseAudio and PipeWire move what is captured to another device when its own goes: the
        // track lives, and nobody has chosen what it hears.
        let is_named = !matches!(active.device.id(), "" | "default");
        if is_named && list.find(kind, &active.device).is_none() {
            self.lost = Some(active.device.clone());
            let device = self.next_best(list, choice)?;
            return Some(Target {
                device,
                cause: Cause::Lost,
            });
        }
        let has_moved = mark_before.is_some() && mark_before != mark;
        let is_elsewhere = match (&group, &mark) {
            (Some(group), _) => group != active.device.group(),
            // A camera that is listed first because it is new is offered, not grabbed: systems have
            // no default of cameras that would have changed.
            (None, Some(first)) => {
                let is_new = before.of(kind).all(|device| device.id != *first);
                first != active.device.id() && (self.kind == TrackKind::Audio || !is_new)
            }
            (None, None) => false,
        };
        if choice.is_none() && has_moved && is_elsewhere {
            // What that is, the browser says when it is asked for no device in particular: in Firefox it
            // may be what the user chose in the prompt.
            return Some(Target {
                device: None,
                cause: Cause::Followed,
            });
        }
        None
    }

    /// What to use in the place of a device that is gone, the best first, without those that
    /// did not open.
    pub(super) fn next_best(
        &self,
        list: &DeviceList,
        choice: Option<&DeviceChoice>,
    ) -> Option<Option<String>> {
        let kind = self.device_kind();
        let chosen = choice.and_then(|choice| list.find(kind, choice));
        // A device that was only reset is listed still, or again.
        let same = self.lost.as_ref().and_then(|lost| list.find(kind, lost));
        let default = list.default_alias(kind).map(|_| None);
        let named = |id: &str| Some(id.to_owned());
        let mut candidates = chosen
            .map(|device| named(&device.id))
            .into_iter()
            .chain(same.map(|device| named(&device.id)))
            .chain(default)
            .chain(list.usable(kind).map(|device| named(&device.id)));
        candidates.find(|candidate| !self.failed.contains(candidate))
    }
}
