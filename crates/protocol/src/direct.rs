//! What two pages tell each other over the data channel of their connection, without the
//! server.

use crate::codec::{self, Fields, Unreadable, message, messages};
use crate::{CallConfirm, CallEnd, CallId, limits};

messages! {
    /// A message of the data channel; it needs no address.
    pub enum DirectMessage {
        /// See [`CallEnd`].
        CallEnd(CallEnd),
        /// See [`CallConfirm`].
        CallConfirm(CallConfirm),
        /// See [`MediaState`].
        MediaState(MediaState),
    } all with call_id: CallId
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

message! {
    /// How the sender's side of the call is at the moment: always the whole of it, so that the
    /// last one counts. What is absent is not so.
    #[derive(Debug)]
    pub struct MediaState = "media-state" {
        /// The call; one with another id is ignored.
        pub call_id: CallId = "callId",
        /// Nothing is heard of the sender: muted, or without a microphone.
        pub muted: bool = "muted" or false,
        /// The camera is on.
        pub camera: bool = "camera" or false,
        /// The sender is in another call meanwhile.
        pub on_hold: bool = "onHold" or false,
        /// The sender's device may go off soon.
        pub battery_low: bool = "batteryLow" or false,
        /// The sender shares a screen. No page says so yet.
        pub sharing: bool = "sharing" or false,
        /// The system has taken the microphone for a while, as for a telephone call.
        pub microphone_taken: bool = "microphoneTaken" or false,
        /// The same of the camera.
        pub camera_taken: bool = "cameraTaken" or false,
        /// The sender can turn an audio call into a video call by a renegotiation.
        pub video_upgrade: bool = "videoUpgrade" or false,
        /// In an audio call: the sender wants video, or agrees to it.
        pub wants_video: bool = "wantsVideo" or false,
    }
}
