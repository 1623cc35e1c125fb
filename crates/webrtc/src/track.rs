//! Tracks.

use serde::{Deserialize, Serialize};

/// [`MediaStreamTrack.kind`](https://www.w3.org/TR/mediacapture-streams/#dom-mediastreamtrack-kind).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TrackKind {
    /// A microphone's sound.
    Audio,
    /// A camera's frames.
    Video,
}

impl TrackKind {
    /// The value of the attribute: `audio` or `video`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Audio => "audio",
            Self::Video => "video",
        }
    }
}
