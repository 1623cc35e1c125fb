//! The devices as screens show them.

use wimpex_call::MediaError;

use super::device::DeviceKind;
use super::io::NoiseFilter;

/// A device to choose.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DeviceOption {
    /// To choose it by; empty for the system's default.
    pub id: String,
    /// What the system calls it; empty where it does not say, and for the default.
    pub label: String,
}

/// The choice of one kind of device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct DeviceMenu {
    /// The devices, the system's default first.
    pub options: Vec<DeviceOption>,
    /// The [`DeviceOption::id`] that is chosen.
    pub selected: String,
    /// What is in use at the moment, where that is known; empty otherwise.
    pub in_use: String,
    /// A change is under way, or a device that was lost is being replaced.
    pub is_switching: bool,
    /// It is in use: captured, or played to.
    pub is_live: bool,
    /// Why it cannot be had, where that was tried.
    pub error: Option<MediaError>,
}

/// Something that can be turned on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct DeviceToggle {
    /// It can be had here.
    pub is_offered: bool,
    /// The user wants it.
    pub is_on: bool,
}

/// One line about what happened to the devices.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum DeviceNotice {
    /// A device is gone, and another took over. Can be undone.
    TookOver {
        /// What it was used as.
        kinds: Vec<DeviceKind>,
        /// The label of what is gone.
        lost: String,
        /// The label of what is used now.
        now: String,
    },
    /// A device that was gone is used again. Can be undone.
    Returned {
        /// What it is used as.
        kinds: Vec<DeviceKind>,
        /// Its label.
        label: String,
    },
    /// The system has another default, which is followed. Can be undone.
    Followed {
        /// What it is used as.
        kind: DeviceKind,
        /// Its label.
        label: String,
    },
    /// A device is there that was not before. It is used only if the user says so.
    Offered {
        /// What it can be used as.
        kinds: Vec<DeviceKind>,
        /// Its label.
        label: String,
    },
    /// A change failed, and all is as before.
    NotSwitched {
        /// Of what.
        kind: DeviceKind,
        /// The label of what was wanted; empty for the system's default.
        wanted: String,
        /// Why.
        error: MediaError,
    },
    /// Noise suppression could not be turned on or off.
    NoNoiseSuppression,
    /// The background cannot be blurred, or the blur not be taken off.
    NoBackgroundBlur,
}

impl DeviceNotice {
    /// Whether [`super::DeviceCommand::Undo`] does something about it.
    pub fn can_undo(&self) -> bool {
        match self {
            Self::TookOver { .. } | Self::Returned { .. } | Self::Followed { .. } => true,
            Self::Offered { .. }
            | Self::NotSwitched { .. }
            | Self::NoNoiseSuppression
            | Self::NoBackgroundBlur => false,
        }
    }
}

/// All of it at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct DevicesSnapshot {
    /// The user looks at the devices.
    pub is_open: bool,
    /// What they look at is captured for that alone: there is no call.
    pub is_preview: bool,
    /// The microphone.
    pub microphone: DeviceMenu,
    /// The camera.
    pub camera: DeviceMenu,
    /// The speaker.
    pub speaker: DeviceMenu,
    /// The browser can play to another speaker than the system's default.
    pub can_choose_speaker: bool,
    /// What happened last.
    pub notice: Option<DeviceNotice>,
    /// Beyond what the browser does by itself.
    pub noise_suppression: DeviceToggle,
    /// What would suppress the noise.
    pub noise_filter: Option<NoiseFilter>,
    /// Of the camera's picture.
    pub background_blur: DeviceToggle,
    /// The microphone is muted unless the space bar is held.
    pub push_to_talk: bool,
    /// Somebody speaks into a microphone that is muted.
    pub speaks_while_muted: bool,
}

impl DevicesSnapshot {
    /// The menu of a kind.
    pub fn menu(&self, kind: DeviceKind) -> &DeviceMenu {
        match kind {
            DeviceKind::Microphone => &self.microphone,
            DeviceKind::Camera => &self.camera,
            DeviceKind::Speaker => &self.speaker,
        }
    }
}
