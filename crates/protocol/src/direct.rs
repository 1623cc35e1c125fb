//! What two pages tell each other over the data channel of their connection, without the
//! server.

use serde::ser::SerializeMap;
use serde_json::Value;

use crate::codec::{self, Body, Fields, Unreadable, messages};
use crate::{CallId, Signal, limits};

messages! {
    /// A message of the data channel; it needs no address.
    pub enum DirectMessage {
        /// See [`MediaState`].
        MediaState(MediaState),
    } else
        /// What may go by way of the server too.
        Signal(Signal)
}

impl DirectMessage {
    /// Reads a message that came over the data channel.
    ///
    /// # Errors
    /// It is longer than [`limits::DIRECT_BYTES`], or none that this version knows.
    pub fn decode(text: &str) -> Result<Self, Unreadable> {
        if text.len() > limits::DIRECT_BYTES {
            return Err(Unreadable::Field);
        }
        Self::read(Fields(&codec::object(text)?))
    }

    /// The text that [`DirectMessage::decode`] reads.
    pub fn encode(&self) -> String {
        codec::encode(self)
    }
}

/// Something that is so of the sender's side of the call, or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaFlag {
    /// Nothing is heard of the sender: muted, or without a microphone.
    Muted,
    /// The camera is on.
    Camera,
    /// The sender has put the call on hold: nothing is sent, and nothing is played.
    OnHold,
    /// The sender's device may go off soon.
    BatteryLow,
    /// The sender shows a screen: in place of the camera's picture, or see [`Self::ScreenTrack`].
    Sharing,
    /// The system has taken the microphone for a while, as for a telephone call.
    MicrophoneTaken,
    /// The same of the camera.
    CameraTaken,
    /// The sender can turn an audio call into a video call by a renegotiation.
    VideoUpgrade,
    /// In an audio call: the sender wants video, or agrees to it.
    WantsVideo,
    /// The sender can go on with the call over another peer connection.
    Reconnects,
    /// The sender waits for a page that was left in the call
    /// ([`crate::CallEndReason::MayReturn`]).
    AwaitsReturn,
    /// The screen has a video of its own, beside the camera's, of which [`Self::Camera`] tells.
    ScreenTrack,
}

/// The fields of the flags, in their order.
const FIELDS: [&str; 12] = [
    "muted",
    "camera",
    "onHold",
    "batteryLow",
    "sharing",
    "microphoneTaken",
    "cameraTaken",
    "videoUpgrade",
    "wantsVideo",
    "reconnects",
    "awaitsReturn",
    "screenTrack",
];

/// How the sender's side of the call is at the moment: always the whole of it, so that the
/// last one counts. What is absent, or no boolean, is not so.
///
/// One number instead of so many fields, since each field costs the page its code.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MediaState {
    /// The call; one with another id is ignored.
    pub call_id: CallId,
    flags: u16,
}

impl MediaState {
    /// Its `type` on the wire.
    pub(crate) const TYPE: &'static str = "media-state";

    /// One of which nothing is so.
    pub fn new(call_id: CallId) -> Self {
        Self { call_id, flags: 0 }
    }

    /// Whether that is so.
    pub fn has(&self, flag: MediaFlag) -> bool {
        self.flags & 1 << flag as u16 != 0
    }

    /// The same, in which that is so or not.
    #[must_use]
    pub fn with(mut self, flag: MediaFlag, is_so: bool) -> Self {
        let bit = 1 << flag as u16;
        self.flags = self.flags & !bit | if is_so { bit } else { 0 };
        self
    }

    pub(crate) fn read(fields: Fields<'_>) -> Result<Self, Unreadable> {
        let is_so = |field: &str| fields.0.get(field).and_then(Value::as_bool) == Some(true);
        let flags = FIELDS
            .iter()
            .rev()
            .fold(0, |flags, field| flags << 1 | u16::from(is_so(field)));
        Ok(Self {
            call_id: fields.get("callId")?,
            flags,
        })
    }
}

impl Body for MediaState {
    fn write<M: SerializeMap>(&self, object: &mut M) -> Result<(), M::Error> {
        object.serialize_entry("type", Self::TYPE)?;
        object.serialize_entry("callId", &self.call_id)?;
        for (at, field) in FIELDS.iter().enumerate() {
            if self.flags & 1 << at != 0 {
                object.serialize_entry(field, &true)?;
            }
        }
        Ok(())
    }
}
