//! The devices that there are.

use wimpex_call::TrackKind;

use super::choice::DeviceChoice;

/// Which of the three (`MediaDeviceKind`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DeviceKind {
    /// `audioinput`
    Microphone,
    /// `videoinput`
    Camera,
    /// `audiooutput`
    Speaker,
}

impl DeviceKind {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Microphone, Self::Camera, Self::Speaker];

    /// The W3C's name for it; `None` for a kind that is not known.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "audioinput" => Some(Self::Microphone),
            "videoinput" => Some(Self::Camera),
            "audiooutput" => Some(Self::Speaker),
            _ => None,
        }
    }

    /// The inverse of [`Self::from_name`].
    pub fn name(self) -> &'static str {
        match self {
            Self::Microphone => "audioinput",
            Self::Camera => "videoinput",
            Self::Speaker => "audiooutput",
        }
    }
}

impl From<TrackKind> for DeviceKind {
    fn from(kind: TrackKind) -> Self {
        match kind {
            TrackKind::Audio => Self::Microphone,
            TrackKind::Video => Self::Camera,
        }
    }
}

/// [`MediaDeviceInfo`](https://www.w3.org/TR/mediacapture-streams/#device-info): one entry of
/// `enumerateDevices`. Before the user has allowed anything, `id`, `group` and `label` are
/// empty, and one entry stands for all.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MediaDeviceInfo {
    /// What it is.
    pub kind: DeviceKind,
    /// `deviceId`: opaque, this origin's own, and another one when its storage was cleared.
    pub id: String,
    /// `groupId`: the same for what is one piece of hardware.
    pub group: String,
    /// What the system calls it.
    pub label: String,
}

impl MediaDeviceInfo {
    /// Chromium's entries that stand for another one: the system's default, and the one that
    /// Windows keeps for calls.
    fn is_alias(&self) -> bool {
        matches!(&*self.id, "default" | "communications")
    }
}

impl From<&MediaDeviceInfo> for DeviceChoice {
    fn from(device: &MediaDeviceInfo) -> Self {
        Self::new(&device.id, &device.group, &device.label)
    }
}

/// What `enumerateDevices` said last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct DeviceList(Vec<MediaDeviceInfo>);

/// More devices than anybody has; the rest is not looked at.
const MOST: usize = 64;

impl DeviceList {
    /// As the browser gave it.
    pub fn new(mut devices: Vec<MediaDeviceInfo>) -> Self {
        devices.truncate(MOST);
        Self(devices)
    }

    /// The real ones of a kind, as far as they can be told apart.
    pub fn of(&self, kind: DeviceKind) -> impl Iterator<Item = &MediaDeviceInfo> {
        let real = |device: &&MediaDeviceInfo| !device.id.is_empty() && !device.is_alias();
        self.0
            .iter()
            .filter(move |device| device.kind == kind)
            .filter(real)
    }

    /// Whether it tells more than that there is something: a list without ids says nothing of
    /// what is there and what is not.
    pub fn is_told(&self, kind: DeviceKind) -> bool {
        self.0
            .iter()
            .any(|device| device.kind == kind && !device.id.is_empty())
            || !self.0.iter().any(|device| device.kind == kind)
    }

    /// Chromium's entry `default`, whose group is that of the device that it stands for.
    pub fn default_alias(&self, kind: DeviceKind) -> Option<&MediaDeviceInfo> {
        let mut all = self.0.iter().filter(|device| device.kind == kind);
        all.find(|device| device.id == "default")
    }

    /// Those of a kind that may be used without the user having chosen them: not PulseAudio's monitors,
    /// by which a microphone hears what a speaker plays, and the peer themselves. Firefox lists them
    /// among the microphones, by the speaker's name after some words in the system's language.
    pub fn usable(&self, kind: DeviceKind) -> impl Iterator<Item = &MediaDeviceInfo> {
        let is_monitor = move |device: &&MediaDeviceInfo| {
            kind == DeviceKind::Microphone
                && self.of(DeviceKind::Speaker).any(|speaker| {
                    let words = device.label.strip_suffix(&*speaker.label);
                    !speaker.label.is_empty() && words.is_some_and(|words| !words.is_empty())
                })
        };
        self.of(kind).filter(move |device| !is_monitor(device))
    }

    /// What changes when the system has another default: the group of Chromium's entry `default`, or
    /// the id of the first device where there is no such entry, since Firefox and Safari list the
    /// default first.
    pub(super) fn default_mark(&self, kind: DeviceKind) -> Option<&str> {
        match self.default_alias(kind) {
            Some(alias) => Some(&alias.group),
            None => self.of(kind).next().map(|first| &*first.id),
        }
    }

    /// The remembered device: by its id; where that has changed, by label and group, or by a
    /// label that only one has. Never by the group alone, which a webcam's microphone shares
    /// with its camera and nothing with a headset.
    pub fn find(&self, kind: DeviceKind, choice: &DeviceChoice) -> Option<&MediaDeviceInfo> {
        let by_id = self.of(kind).find(|device| device.id == choice.id());
        let same_label = || {
            self.of(kind)
                .filter(|device| !device.label.is_empty() && device.label == choice.label())
        };
        by_id
            .or_else(|| same_label().find(|device| device.group == choice.group()))
            .or_else(|| {
                let mut alike = same_label();
                alike.next().filter(|_| alike.next().is_none())
            })
    }

    /// The label of the device itself where `choice` is Chromium's entry `default`, whose label
    /// and id are not the device's.
    pub(super) fn unaliased(&self, kind: DeviceKind, choice: &DeviceChoice) -> DeviceChoice {
        let same = |device: &&MediaDeviceInfo| {
            choice.id() == "default" && !device.group.is_empty() && device.group == choice.group()
        };
        let label = self.of(kind).find(same).map(|device| &device.label);
        let label = label.map_or(choice.label(), |label| label);
        DeviceChoice::new(choice.id(), choice.group(), label)
    }
}
