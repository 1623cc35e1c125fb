//! The screen that is shown to the peer.

/// Whether a screen is sent, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case", rename_all_fields = "camelCase")
)]
pub enum Sharing {
    /// No screen is sent.
    #[default]
    Off,
    /// In place of the camera's picture: to any peer.
    InPlace,
    /// As a video of its own, to a peer that takes one.
    Beside,
}

impl Sharing {
    /// Whether a screen is sent, in whichever way.
    pub fn is_on(self) -> bool {
        match self {
            Self::Off => false,
            Self::InPlace | Self::Beside => true,
        }
    }
}
