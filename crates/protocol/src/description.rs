//! What WebRTC itself has to say, inside a signal: descriptions and candidates;
//! and the proof of who has said it.

use std::fmt;

use serde::Serialize;

use crate::decode::{Fields, Unreadable};

/// Sound and picture, or sound alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallType {
    /// Microphone and camera.
    Video,
    /// Microphone only.
    Audio,
}

impl CallType {
    pub(crate) fn parse(text: &str) -> Result<Self, Unreadable> {
        match text {
            "video" => Ok(Self::Video),
            "audio" => Ok(Self::Audio),
            _ => Err(Unreadable::Field),
        }
    }
}

/// A session description (RFC 8866). It holds addresses, so its `Debug` does not.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Sdp(pub String);

impl fmt::Debug for Sdp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sdp({} bytes)", self.0.len())
    }
}

/// The proof that comes with a message of the verified handshake: base64url, and
/// more about it only `wimpex-identity` knows. The server passes it on unread.
/// Its `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Sec(String);

impl Sec {
    /// Takes any text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text as it stands on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn read(fields: Fields<'_>) -> Result<Option<Self>, Unreadable> {
        Ok(fields.may_string("sec")?.map(Self))
    }
}

impl fmt::Debug for Sec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sec({} bytes)", self.0.len())
    }
}

macro_rules! description {
    ($(#[$doc:meta])* $name:ident, $kind:ident, $type:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
        pub struct $name {
            r#type: $kind,
            /// The description.
            pub sdp: Sdp,
        }

        /// The only `type` that this description may have.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
        #[serde(rename_all = "kebab-case")]
        enum $kind {
            $name,
        }

        impl $name {
            /// Wraps a session description.
            pub fn new(sdp: Sdp) -> Self {
                Self { r#type: $kind::$name, sdp }
            }

            pub(crate) fn read(fields: Fields<'_>) -> Result<Self, Unreadable> {
                if fields.text("type")? != $type {
                    return Err(Unreadable::Field);
                }
                Ok(Self::new(Sdp(fields.string("sdp")?)))
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
