//! Microphone, camera and speaker: in a call, and where they are chosen.

use wimpex_call::{ActiveCall, Capture, MediaError};
use wimpex_client::devices::{DeviceKind, DeviceNotice};

use super::place::Place;

/// Why somebody is not heard, if the microphone is the reason.
pub fn microphone(call: &ActiveCall, place: Place) -> Option<&'static str> {
    match call.microphone {
        Capture::Failed(MediaError::NotAllowed | MediaError::Unsupported)
            if place == Place::App =>
        {
            Some(
                "This app gives pages no microphone, so they can’t hear you. Open the page in Safari or Chrome.",
            )
        }
        Capture::Failed(MediaError::NotAllowed | MediaError::Unsupported)
            if place == Place::Frame =>
        {
            Some(
                "The page around this one passes no microphone on, so they can’t hear you. Open this one in a tab of its own.",
            )
        }
        Capture::Failed(error) => Some(match error {
            MediaError::Unsupported => {
                "This browser gives pages no microphone, so they can’t hear you. Use a current Chrome, Edge, Firefox or Safari."
            }
            MediaError::NotAllowed => {
                "Your microphone is blocked, so they can’t hear you. Allow it in the address bar, then press Unmute."
            }
            MediaError::NotFound => {
                "No microphone was found, so they can’t hear you. Plug one in, then press Unmute."
            }
            MediaError::NotReadable => {
                "Your microphone is in use by another program, so they can’t hear you. Close it, then press Unmute."
            }
            MediaError::InsecureContext => {
                "They can’t hear you: browsers don’t allow a microphone on a page loaded over plain http."
            }
            MediaError::Ended => {
                "Your microphone was disconnected, so they can’t hear you. Plug it back in and it will be used again."
            }
            MediaError::Other => {
                "Your microphone couldn’t be started, so they can’t hear you. Press Unmute to try again."
            }
        }),
        Capture::On if call.microphone_interrupted => Some(
            "Your system has taken the microphone for a moment (a phone call, or a privacy switch?), so they can’t hear you. It comes back by itself.",
        ),
        Capture::Off | Capture::Asking | Capture::On => None,
    }
}

/// Why somebody is not seen, if the camera is the reason.
pub fn camera(call: &ActiveCall, place: Place) -> Option<&'static str> {
    match call.camera {
        Capture::Failed(MediaError::NotAllowed | MediaError::Unsupported)
            if place == Place::App =>
        {
            Some(
                "This app gives pages no camera; the call continues without it. Open the page in Safari or Chrome.",
            )
        }
        Capture::Failed(MediaError::NotAllowed | MediaError::Unsupported)
            if place == Place::Frame =>
        {
            Some(
                "The page around this one passes no camera on; the call continues without it. Open this one in a tab of its own.",
            )
        }
        Capture::Failed(error) => Some(match error {
            MediaError::Unsupported => {
                "This browser gives pages no camera; the call continues without it."
            }
            MediaError::NotAllowed => {
                "Your camera is blocked; the call continues without it. Allow it in the address bar, then turn it on."
            }
            MediaError::NotFound => "No camera was found; the call continues without it.",
            MediaError::NotReadable => {
                "Your camera is in use by another program; the call continues without it."
            }
            MediaError::InsecureContext => {
                "The call continues without your camera: browsers don’t allow one on a page loaded over plain http."
            }
            MediaError::Ended => {
                "Your camera was disconnected; the call continues without it. Plug it back in and it will be used again."
            }
            MediaError::Other => "Your camera couldn’t be started; the call continues without it.",
        }),
        Capture::On if call.camera_interrupted => Some(
            "Your system has taken the camera for a moment (another app, or a privacy switch?), so they can’t see you. It comes back by itself.",
        ),
        Capture::Off | Capture::Asking | Capture::On => None,
    }
}

/// Opens the choice of devices, in a call, and names it.
pub const TITLE: &str = "Devices";
/// Opens it outside of a call.
pub const CHECK_DEVICES: &str = "Check camera and microphone";
/// Closes it.
pub const CLOSE: &str = "Close";
/// Names the meter of the own microphone.
pub const LEVEL_LABEL: &str = "Microphone level";
/// Plays a sound.
pub const TEST_SPEAKER: &str = "Test speaker";
/// Names the picture of the own camera.
pub const PREVIEW_LABEL: &str = "Preview of your camera";
/// In the place of that picture.
pub const NO_PICTURE: &str = "Your camera is off.";
/// In the place of that picture, while it is on its way.
pub const PICTURE_COMES: &str = "Starting your camera…";
/// What the system uses by itself.
pub const SYSTEM_DEFAULT: &str = "System default";
/// The browser has no choice of the speaker.
pub const NO_SPEAKER_CHOICE: &str =
    "This browser can’t choose the speaker. Choose it in your device’s sound settings.";
/// Where nothing is captured but for the user to look at.
pub const PREVIEW_HINT: &str =
    "Only you see and hear this. Camera and microphone turn off when you close it.";
/// Takes back what happened by itself.
pub const UNDO: &str = "Undo";
/// Uses what is offered.
pub const USE: &str = "Use it";
/// Puts the line away.
pub const DISMISS: &str = "Dismiss";
/// Suppresses noise.
pub const NOISE_SUPPRESSION: &str = "Filter out background noise";
/// Blurs the background.
pub const BACKGROUND_BLUR: &str = "Blur my background";
/// Mutes unless a key is held.
pub const PUSH_TO_TALK: &str = "Push to talk";
/// What that means.
pub const PUSH_TO_TALK_HINT: &str = "You’re muted in calls unless you hold the space bar.";
/// Somebody speaks into a muted microphone.
pub const SPEAKS_WHILE_MUTED: &str = "You’re muted";

/// The name of a kind of device.
pub fn kind(kind: DeviceKind) -> &'static str {
    match kind {
        DeviceKind::Microphone => "Microphone",
        DeviceKind::Camera => "Camera",
        DeviceKind::Speaker => "Speaker",
    }
}

/// A device of which the system tells no name.
pub fn unnamed(kind_of: DeviceKind, number: usize) -> String {
    format!("{} {number}", kind(kind_of))
}

/// Why a device cannot be looked at.
pub fn trouble(kind: DeviceKind, error: MediaError, place: Place) -> &'static str {
    match (kind, error) {
        (DeviceKind::Speaker, _) => "That speaker can’t be used.",
        (_, MediaError::NotAllowed | MediaError::Unsupported) if place == Place::App => {
            "This app doesn’t give it to pages. Open the page in Safari or Chrome."
        }
        (_, MediaError::NotAllowed | MediaError::Unsupported) if place == Place::Frame => {
            "The page around this one doesn’t pass it on. Open this one in a tab of its own."
        }
        (_, MediaError::Unsupported) => {
            "This browser doesn’t give it to pages. Use a current Chrome, Edge, Firefox or Safari."
        }
        (DeviceKind::Microphone, MediaError::NotAllowed) => {
            "Your microphone is blocked. Allow it in the address bar."
        }
        (DeviceKind::Camera, MediaError::NotAllowed) => {
            "Your camera is blocked. Allow it in the address bar."
        }
        (DeviceKind::Microphone, MediaError::NotFound | MediaError::Ended) => {
            "No microphone was found."
        }
        (DeviceKind::Camera, MediaError::NotFound | MediaError::Ended) => "No camera was found.",
        (DeviceKind::Microphone, MediaError::NotReadable) => {
            "Another program is using your microphone."
        }
        (DeviceKind::Camera, MediaError::NotReadable) => "Another program is using your camera.",
        (_, MediaError::InsecureContext) => "Browsers allow this only on a page with https.",
        (DeviceKind::Microphone, MediaError::Other) => "Your microphone couldn’t be started.",
        (DeviceKind::Camera, MediaError::Other) => "Your camera couldn’t be started.",
    }
}

/// What happened to the devices, in one line.
pub fn notice(notice: &DeviceNotice) -> String {
    match notice {
        DeviceNotice::TookOver { kinds, lost, now } => {
            let lost = named(lost, kinds);
            match &**now {
                "" => format!("{lost} was disconnected. Using your system’s default instead."),
                now => format!("{lost} was disconnected. Using {now} instead."),
            }
        }
        DeviceNotice::Returned { kinds, label } => {
            format!("{} is back and in use again.", named(label, kinds))
        }
        DeviceNotice::Followed { kind, label } => {
            format!("Your system switched to {}.", named_inside(label, *kind))
        }
        DeviceNotice::Offered { kinds, label } => {
            format!("{} is connected.", named(label, kinds))
        }
        DeviceNotice::NotSwitched { kind, wanted, .. } => {
            let wanted = match &**wanted {
                "" => "the system’s default",
                wanted => wanted,
            };
            let what = named_inside("", *kind);
            format!("Couldn’t switch to {wanted}, so {what} stays as it was.")
        }
        DeviceNotice::NoNoiseSuppression => {
            "The noise filter couldn’t be changed for this microphone.".to_owned()
        }
        DeviceNotice::NoBackgroundBlur => {
            "The blur couldn’t be changed for this camera.".to_owned()
        }
    }
}

/// A device at the beginning of a sentence.
fn named(label: &str, kinds: &[DeviceKind]) -> String {
    if !label.is_empty() {
        return label.to_owned();
    }
    match kinds {
        [DeviceKind::Microphone] => "Your microphone".to_owned(),
        [DeviceKind::Camera] => "Your camera".to_owned(),
        [DeviceKind::Speaker] => "Your speaker".to_owned(),
        _ => "Your device".to_owned(),
    }
}

fn named_inside(label: &str, kind: DeviceKind) -> String {
    match (label, kind) {
        ("", DeviceKind::Microphone) => "your microphone".to_owned(),
        ("", DeviceKind::Camera) => "your camera".to_owned(),
        ("", DeviceKind::Speaker) => "your speaker".to_owned(),
        (label, _) => label.to_owned(),
    }
}
