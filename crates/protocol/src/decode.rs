//! Reading a frame, and saying precisely what was wrong with it.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::Error;
use serde_json::value::RawValue;

use crate::{CallId, ErrorCode, ErrorMessage, UserId, limits};

/// The types that are passed on between users.
const RELAYED_TYPES: [&str; 7] = [
    "call-offer",
    "call-answer",
    "ice-candidate",
    "call-reject",
    "call-ringing",
    "call-end",
    "call-confirm",
];

/// Why a frame was not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// [`ErrorCode::BadMessage`] or [`ErrorCode::UnknownType`].
    pub code: ErrorCode,
    /// A plain sentence that repeats nothing of the frame's contents.
    pub message: String,
    /// What the frame was about, as far as that could be read.
    pub references: References,
}

/// What a refused frame was about, so that its sender can tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct References {
    /// Its `type`.
    pub ref_type: Option<String>,
    /// Its `callId`.
    pub call_id: Option<CallId>,
    /// Its `toId`.
    pub to_id: Option<UserId>,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for DecodeError {}

impl From<DecodeError> for ErrorMessage {
    fn from(error: DecodeError) -> Self {
        Self {
            code: error.code,
            message: error.message,
            ref_type: error.references.ref_type,
            call_id: error.references.call_id,
            to_id: error.references.to_id,
        }
    }
}

/// The fields of one frame, each still as it was written. They are read one by
/// one, by whoever knows the message. serde's own way for tagged messages would
/// make the page three times as much code for this, which people have to load.
pub(crate) struct Fields<'a>(BTreeMap<String, &'a RawValue>);

impl<'a> Fields<'a> {
    pub(crate) fn read(frame: &'a str) -> Result<Self, serde_json::Error> {
        // Within the size limit, nesting is bounded by serde_json itself (128 levels).
        serde_json::from_str(frame).map(Self)
    }

    /// A field that must be there.
    pub(crate) fn need<T: Deserialize<'a>>(
        &self,
        name: &'static str,
    ) -> Result<T, serde_json::Error> {
        match self.0.get(name) {
            Some(value) => serde_json::from_str(value.get()),
            None => Err(serde_json::Error::missing_field(name)),
        }
    }

    /// A field that may be missing, or null.
    pub(crate) fn may<T: Deserialize<'a>>(
        &self,
        name: &str,
    ) -> Result<Option<T>, serde_json::Error> {
        match self.0.get(name) {
            Some(value) if value.get() != "null" => serde_json::from_str(value.get()).map(Some),
            _ => Ok(None),
        }
    }
}

/// Just enough of a frame to answer it. Every field takes any JSON, so that one
/// wrong field does not hide the others.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct About {
    r#type: serde_json::Value,
    call_id: serde_json::Value,
    to_id: serde_json::Value,
}

/// Why a frame could not be read, for its sender. `own_types` are those that
/// the direction has besides the relayed ones.
pub(crate) fn explain(frame: &str, own_types: &[&str], error: &serde_json::Error) -> DecodeError {
    let bad = |message: &str, references| DecodeError {
        code: ErrorCode::BadMessage,
        message: message.to_owned(),
        references,
    };
    let Ok(head) = serde_json::from_str::<About>(frame) else {
        return bad("A frame must be one JSON object.", References::default());
    };
    let references = References {
        ref_type: head.r#type.as_str().map(shorten),
        call_id: head.call_id.as_str().and_then(|id| CallId::parse(id).ok()),
        to_id: head.to_id.as_str().and_then(|id| UserId::parse(id).ok()),
    };
    match head.r#type.as_str() {
        None => bad("A message must have a text as its type.", references),
        Some(name) if own_types.contains(&name) || RELAYED_TYPES.contains(&name) => {
            let wrong = match error.classify() {
                serde_json::error::Category::Data => "A field is missing or wrong.",
                _ => "A frame must be one JSON object.",
            };
            bad(wrong, references)
        }
        Some(_) => DecodeError {
            code: ErrorCode::UnknownType,
            message: "This version does not know that type of message.".to_owned(),
            references,
        },
    }
}

/// An unknown type is repeated to its sender, but not at any length.
fn shorten(text: &str) -> String {
    text.chars().take(limits::ID_BYTES).collect()
}
