//! The statistics of a call's connection, as the ui and the session know them.

use std::sync::Arc;

use wimpex_quality::{History, Reading};

use crate::browser::rtc_rtp_sender::ContentHint;

/// What the session knows about a call and no report contains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallFacts {
    /// Both ends send audio redundantly (RED, RFC 2198).
    pub red: bool,
    /// Our camera is off, or cannot be had.
    pub camera_off: bool,
    /// A screen is sent in place of the camera's picture, and this matters of it.
    pub shared: Option<ContentHint>,
    /// A screen is sent beside the camera's picture, and this matters of it.
    pub beside: Option<ContentHint>,
}

/// What the panel and the indicator are rendered from.
#[derive(Clone, Debug, Default)]
pub struct QualitySnapshot {
    /// How many readings there have been of this connection.
    pub number: u32,
    /// The last of them.
    pub reading: Arc<Reading>,
    /// Those of the last two minutes.
    pub history: Arc<History>,
}
