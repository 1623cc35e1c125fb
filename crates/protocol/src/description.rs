//! Session descriptions, and the proof of who has sent one.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::codec::{Field, Unreadable, fields, texts};

texts! {
    /// Audio and video, or audio alone.
    pub enum CallType {
        /// Microphone and camera.
        Video = "video",
        /// Microphone only.
        Audio = "audio",
    }
}

/// A session description (RFC 8866). It holds addresses, so its `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Sdp(pub String);

impl Sdp {
    /// See [`session_id`].
    pub fn session_id(&self) -> Option<&str> {
        session_id(&self.0)
    }
}

/// Which peer connection a description is of: the `sess-id` of its origin line, which a
/// connection keeps and no other one has (RFC 8866, section 5.2; RFC 9429, section 5.2.1).
/// `None` where there is none.
pub fn session_id(sdp: &str) -> Option<&str> {
    let origin = sdp.lines().find_map(|line| line.strip_prefix("o="))?;
    origin.split_ascii_whitespace().nth(1)
}

impl fmt::Debug for Sdp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sdp({} bytes)", self.0.len())
    }
}

impl Field for Sdp {
    fn read(value: &Value) -> Result<Self, Unreadable> {
        String::read(value).map(Self)
    }
}

/// The proof that comes with a message of the verified handshake: base64url, whose format
/// is that of `wimpex-identity`. The server passes it on unread. Its `Debug` does not
/// show it.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Sec(String);

impl Sec {
    /// Takes any text, unchecked.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text as it stands on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Sec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sec({} bytes)", self.0.len())
    }
}

impl Field for Sec {
    fn read(value: &Value) -> Result<Self, Unreadable> {
        String::read(value).map(Self)
    }
}

macro_rules! description {
    ($(#[$doc:meta])* $name:ident, $kind:ident, $type:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
        pub struct $name {
            r#type: $kind,
            /// The SDP exactly as it was sent: `sec` signs its SHA-256.
            pub sdp: Sdp,
        }

        /// The only `type` that this description may have.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
        enum $kind {
            #[serde(rename = $type)]
            $name,
        }

        impl $name {
            /// Wraps a session description.
            pub fn new(sdp: Sdp) -> Self {
                Self { r#type: $kind::$name, sdp }
            }
        }

        impl Field for $name {
            fn read(value: &Value) -> Result<Self, Unreadable> {
                let fields = fields(value)?;
                if fields.type_name()? != $type {
                    return Err(Unreadable::Field);
                }
                Ok(Self::new(fields.get("sdp")?))
            }
        }
    };
}

description! {
    /// An `RTCSessionDescriptionInit` whose `type` is `offer`.
    Offer, OfferType, "offer"
}
description! {
    /// An `RTCSessionDescriptionInit` whose `type` is `answer`.
    Answer, AnswerType, "answer"
}
