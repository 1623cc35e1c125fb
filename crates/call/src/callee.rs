//! What the caller knows of the devices that it calls.

/// While calling: what has been heard of the callee's devices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Callee {
    /// Nothing has been heard of any of their devices yet.
    #[default]
    Unheard,
    /// Nothing for [`crate::limits::NO_RINGING_AFTER`], although the offer is out.
    Unresponsive,
    /// Nothing, and the server says that no device is there any more: it does not answer,
    /// as a page that its browser has frozen.
    Asleep,
    /// No device is there, and the server has their devices woken.
    Waking,
    /// A device has taken note of the call without a sound.
    RingsSilently,
    /// A device shows the prompt.
    Rings,
}

impl Callee {
    /// Whether a device has the offer, and has said so.
    pub(crate) fn has_rung(self) -> bool {
        match self {
            Self::Unheard | Self::Unresponsive | Self::Asleep | Self::Waking => false,
            Self::RingsSilently | Self::Rings => true,
        }
    }
}
