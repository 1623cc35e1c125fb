//! What goes into the manager of devices and what comes out.

use wimpex_call::{MediaError, TrackKind};

use super::choice::DeviceChoice;
use super::device::{DeviceKind, MediaDeviceInfo};

/// Names one attempt to open or set something, from 1. What comes back with an older one is
/// let go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeviceRequest(pub u32);

/// What this browser can do at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct DeviceAbilities {
    /// It has `HTMLMediaElement.setSinkId`.
    pub chooses_speaker: bool,
    /// It has AudioWorklets, and the page a filter for them.
    pub filters_noise: bool,
    /// It says of its own accord that the devices have changed (`devicechange`), whatever they are. Chromium
    /// for Linux does only where udev knows them, as it does not know those of PulseAudio and PipeWire, like
    /// headsets on Bluetooth; asked for the list, it tells of them, and ends the tracks of those that are
    /// gone.
    pub tells_changes: bool,
}

/// How noise is suppressed beyond the browser's own `noiseSuppression`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoiseFilter {
    /// The microphone does it: `voiceIsolation`.
    VoiceIsolation,
    /// The page does it, with RNNoise.
    Worklet,
}

/// A track that was captured: which device it is of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OpenedDevice {
    /// `MediaTrackSettings.deviceId` and `groupId`, and `MediaStreamTrack.label`.
    pub device: DeviceChoice,
    /// Its `backgroundBlur` can be turned on and off (`getCapabilities` has both values).
    pub can_blur: bool,
    /// The same of `voiceIsolation`, which suppresses noise beyond the browser's own
    /// `noiseSuppression` (W3C mediacapture-extensions). Browsers know the constraint where no
    /// microphone of the system has it.
    pub can_isolate_voice: bool,
}

/// What the user wants of the devices.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum DeviceCommand {
    /// Look at the devices; outside of a call that begins to capture.
    Open,
    /// Look no longer.
    Close,
    /// Use this one, by its id; an empty id is the system's default.
    Choose(DeviceKind, String),
    /// Hear a sound from the speaker.
    TestSpeaker,
    /// Suppress noise.
    SetNoiseSuppression(bool),
    /// Blur the background.
    SetBackgroundBlur(bool),
    /// Mute unless the space bar is held.
    SetPushToTalk(bool),
    /// The key of push to talk went down, or up.
    TalkKey(bool),
    /// Take back what the notice tells of.
    Undo,
    /// Use what the notice offers.
    UseOffered,
    /// Put the notice away.
    DismissNotice,
}

/// What can happen.
#[derive(Clone, Debug, PartialEq)]
pub enum DeviceInput {
    /// The user wants something.
    Command(DeviceCommand),
    /// `devicechange`.
    DevicesChanged,
    /// The answer to [`DeviceOutput::Enumerate`].
    Enumerated(DeviceRequest, Vec<MediaDeviceInfo>),
    /// The answer to [`DeviceOutput::Open`] and, for each of the two, to
    /// [`DeviceOutput::OpenPreview`].
    Opened {
        /// Which.
        request: DeviceRequest,
        /// Of which kind.
        kind: TrackKind,
        /// The device, or why there is none.
        result: Result<OpenedDevice, MediaError>,
    },
    /// The answer to [`DeviceOutput::Install`]: whether the track is in place.
    Installed {
        /// Which.
        request: DeviceRequest,
        /// Of which kind.
        kind: TrackKind,
        /// It is sent or shown now; otherwise the one before still is.
        done: bool,
    },
    /// The answer to [`DeviceOutput::SetSpeaker`].
    SpeakerSet(DeviceRequest, Result<(), MediaError>),
    /// The answer to [`DeviceOutput::SetNoiseSuppression`].
    NoiseSuppressionSet(DeviceRequest, bool),
    /// The answer to [`DeviceOutput::SetBackgroundBlur`].
    BackgroundBlurSet(DeviceRequest, bool),
    /// The call captures with this device now; `None` if it does no longer.
    CallCaptures(TrackKind, Option<OpenedDevice>),
    /// The track in use ended by itself.
    TrackEnded(TrackKind),
    /// Whether the user has muted the call's microphone.
    Muted(bool),
    /// The call is over, or there is none.
    CallOver,
    /// How loud the microphone is, 0 to 1 (root mean square), even while it is muted.
    Level(f64),
    /// The time has come that `poll_timeout` named.
    Timeout,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum DeviceOutput {
    /// `enumerateDevices`.
    Enumerate(DeviceRequest),
    /// `getUserMedia` of microphone and camera, or of one: in one prompt. The ids are wishes
    /// (`ideal`), for the device may be gone.
    OpenPreview {
        /// To be repeated in both answers.
        request: DeviceRequest,
        /// Ask for the microphone, with this id if any.
        microphone: Option<Option<String>>,
        /// Ask for the camera, with this id if any.
        camera: Option<Option<String>>,
    },
    /// `getUserMedia` of this device and no other (`exact`); `None` is the system's default.
    Open {
        /// To be repeated in the answer.
        request: DeviceRequest,
        /// Microphone or camera.
        kind: TrackKind,
        /// `deviceId`.
        device: Option<String>,
    },
    /// Stop the track in use: some systems do not open two devices at once.
    Release(TrackKind),
    /// Put what was opened in the place of what is in use, and then let that go.
    Install {
        /// Which.
        request: DeviceRequest,
        /// Microphone or camera.
        kind: TrackKind,
    },
    /// Stop what was opened; it is of no use any more.
    Discard {
        /// Which.
        request: DeviceRequest,
        /// Microphone or camera.
        kind: TrackKind,
    },
    /// Stop what is captured to be looked at.
    StopPreview(TrackKind),
    /// Play to this speaker (`setSinkId`); an empty id is the system's default.
    SetSpeaker(DeviceRequest, String),
    /// Play a sound to the speaker in use.
    TestSpeaker,
    /// Turn noise suppression of the microphone in use on or off.
    SetNoiseSuppression {
        /// To be repeated in the answer.
        request: DeviceRequest,
        /// The microphone's own filter, or the page's.
        filter: NoiseFilter,
        /// Whether it filters from now on.
        is_on: bool,
    },
    /// Turn the blur of the camera in use on or off.
    SetBackgroundBlur(DeviceRequest, bool),
    /// Tell the call that a device is gone for good.
    CallLost(TrackKind, MediaError),
    /// Tell the call that it may have the device again.
    CallReturned(TrackKind),
    /// Mute the call's microphone, or not.
    SetMuted(bool),
    /// Turn the call's camera off.
    CameraOff,
    /// Whether the level of the microphone is of interest.
    Meter(bool),
    /// Remember this text.
    Store(String),
    /// [`super::DeviceManager::snapshot`] has changed.
    Changed,
}
