//! What [`super::capture_session`] is told of microphone, camera and speaker.

use std::rc::Rc;

use web_sys::MediaStreamTrack;
use wimpex_call::{MediaRequest, TrackKind};
use wimpex_client::devices::{DeviceCommand, DeviceInput, DeviceRequest};

use crate::browser::BrowserError;
use crate::browser::media_capture::{Captured, TrackEvent};
use crate::browser::noise_filter::NoiseFilter;
use crate::browser::rtc_peer_connection::PeerConnection;

/// The connection that media is sent over, if there is one; none that is on hold.
pub type Sending = Option<Rc<PeerConnection>>;

/// Names a track that was captured, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrackId(pub u32);

/// What happened to the devices.
pub enum CaptureEvent {
    /// The user wants something.
    Command(DeviceCommand),
    /// For the manager as it is.
    Input(DeviceInput),
    /// `getUserMedia` has an answer for the call.
    Captured(MediaRequest, Captured),
    /// `getUserMedia` has an answer for the manager.
    Opened(DeviceRequest, Captured),
    /// A track reports.
    Track(TrackId, TrackEvent),
    /// A track was put in the place of another one, or could not be.
    Exchanged {
        /// As the manager named it.
        request: DeviceRequest,
        /// Microphone or camera.
        kind: TrackKind,
        /// What came of it.
        result: Result<(), BrowserError>,
    },
    /// The noise is filtered out of a track, or cannot be.
    Filtered(DeviceRequest, TrackId, Result<NoiseFilter, BrowserError>),
    /// It is time to look how loud the microphone is.
    MeterTick,
    /// The sound of the speaker's test is over.
    TestOver,
}

/// A captured track by kind, without owning it.
pub(super) fn kind_of(track: &MediaStreamTrack) -> TrackKind {
    if track.kind() == "video" {
        TrackKind::Video
    } else {
        TrackKind::Audio
    }
}
