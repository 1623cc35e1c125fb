//! Microphone, camera and speaker: which to use, what to do when one comes or goes, and what to
//! say of it.
//!
//! A [`DeviceManager`] is a machine of its own beside [`crate::Client`], for its code is loaded
//! with the first call or when the user looks at the devices. It follows the same contract: one
//! input, then outputs until there are none, then one timer. Whoever drives it holds the tracks;
//! it knows them by kind and request only, and a call goes on while they are exchanged
//! (`RTCRtpSender.replaceTrack`).
//!
//! Each change is a transaction: the new device is opened beside the old one, put in its place,
//! and only then is the old one let go. Where that fails, all is as before, and is said to be.

mod choice;
mod device;
mod io;
mod manager;
mod settings;
mod snapshot;
mod source;
mod speech;

pub use choice::DeviceChoice;
pub use device::{DeviceKind, DeviceList, MediaDeviceInfo};
pub use io::{
    DeviceAbilities, DeviceCommand, DeviceInput, DeviceOutput, DeviceRequest, NoiseFilter,
    OpenedDevice,
};
pub use manager::{DeviceManager, LOOK_EVERY, SETTLE, SETTLE_AT_MOST};
pub use settings::DeviceSettings;
pub use snapshot::{DeviceMenu, DeviceNotice, DeviceOption, DeviceToggle, DevicesSnapshot};
pub use speech::SpeechDetector;
