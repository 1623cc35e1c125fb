//! What there is to be known about the screen that is shown in a call.

use leptos::prelude::{LocalStorage, RwSignal};
use web_sys::MediaStream;
use wimpex_call::PeerConnectionId;

use crate::browser::BrowserError;
use crate::browser::rtc_rtp_sender::ContentHint;
use crate::browser::screen_capture::CapturedScreen;

/// Something about the screen that is shown.
pub enum ShareEvent {
    /// The user wants to show one.
    Start,
    /// What the user has chosen when they were asked for the so manieth time.
    Chosen(u32, Result<CapturedScreen, BrowserError>),
    /// The picture has ended by itself.
    Ended(u32),
    /// A step of the negotiation of this connection is done.
    Described(PeerConnectionId),
    /// The user wants to show it no longer.
    Stop,
    /// What matters of it.
    SetContent(ContentHint),
    /// The call's screen reads this signal from now on.
    Show(RwSignal<ShareView, LocalStorage>),
}

/// What the call's screen shows of it, beside that it is shown (`ActiveCall::sharing`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareView {
    /// What matters of it where not all of it can be sent.
    pub content: ContentHint,
    /// Why there was nothing to be had, by the browser's name.
    pub error: Option<String>,
    /// What is shown, for the one who shows it.
    pub preview: Option<MediaStream>,
    /// What the peer shows beside its camera, or has shown.
    pub remote: Option<MediaStream>,
}

impl Default for ShareView {
    fn default() -> Self {
        Self {
            content: ContentHint::Text,
            error: None,
            preview: None,
            remote: None,
        }
    }
}
