//! A signal as the server delivers it.

use wimpex_protocol::{DeviceId, Signal, UserId};

/// A signal from another device, with the addresses that the server has stamped on it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Incoming {
    /// `fromId`: a claim of the server until the signal is verified.
    pub from: UserId,
    /// `fromDevice`.
    pub device: DeviceId,
    /// Whether the sender has addressed it to this device alone (`toDevice`), rather than
    /// to all of the user's devices.
    pub to_this_device: bool,
    /// The signal itself.
    pub signal: Signal,
}
