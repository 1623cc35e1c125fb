//! Reading a frame, and saying precisely what was wrong with it.

use std::fmt;

use serde_json::{Map, Value};

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

/// Why a frame cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// It is not one JSON object.
    NoObject,
    /// A field is missing or wrong, the `type` included.
    Field,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoObject => "A frame must be one JSON object.",
            Self::Field => "A field is missing or wrong.",
        })
    }
}

impl std::error::Error for Unreadable {}

/// What a frame says, before anybody knows what it should say.
pub(crate) type Object = Map<String, Value>;

/// Reads a frame as far as JSON goes. Within the size limit, nesting is bounded
/// by serde_json itself (128 levels).
pub(crate) fn object(frame: &str) -> Result<Object, Unreadable> {
    match serde_json::from_str(frame) {
        Ok(Value::Object(object)) => Ok(object),
        _ => Err(Unreadable::NoObject),
    }
}

/// The fields of one object, read one by one by whoever knows the message.
/// serde's derived way would make the page three times as much code for this,
/// which people have to load.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a>(pub(crate) &'a Object);

impl<'a> Fields<'a> {
    /// A field that is there, and not null.
    fn value(self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    pub(crate) fn may_text(self, name: &str) -> Result<Option<&'a str>, Unreadable> {
        match self.value(name) {
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Unreadable::Field),
            None => Ok(None),
        }
    }

    pub(crate) fn text(self, name: &str) -> Result<&'a str, Unreadable> {
        self.may_text(name)?.ok_or(Unreadable::Field)
    }

    pub(crate) fn string(self, name: &str) -> Result<String, Unreadable> {
        self.text(name).map(str::to_owned)
    }

    pub(crate) fn may_string(self, name: &str) -> Result<Option<String>, Unreadable> {
        Ok(self.may_text(name)?.map(str::to_owned))
    }

    pub(crate) fn may_id<T: TryFrom<String>>(self, name: &str) -> Result<Option<T>, Unreadable> {
        let id = self.may_string(name)?.map(T::try_from).transpose();
        id.map_err(|_| Unreadable::Field)
    }

    pub(crate) fn id<T: TryFrom<String>>(self, name: &str) -> Result<T, Unreadable> {
        self.may_id(name)?.ok_or(Unreadable::Field)
    }

    pub(crate) fn may_number(self, name: &str) -> Result<Option<u64>, Unreadable> {
        match self.value(name) {
            Some(value) => value.as_u64().map(Some).ok_or(Unreadable::Field),
            None => Ok(None),
        }
    }

    pub(crate) fn number(self, name: &str) -> Result<u64, Unreadable> {
        self.may_number(name)?.ok_or(Unreadable::Field)
    }

    pub(crate) fn flag(self, name: &str) -> Result<bool, Unreadable> {
        let flag = self.value(name).and_then(Value::as_bool);
        flag.ok_or(Unreadable::Field)
    }

    pub(crate) fn may_fields(self, name: &str) -> Result<Option<Self>, Unreadable> {
        match self.value(name) {
            Some(Value::Object(object)) => Ok(Some(Fields(object))),
            Some(_) => Err(Unreadable::Field),
            None => Ok(None),
        }
    }

    pub(crate) fn fields(self, name: &str) -> Result<Self, Unreadable> {
        self.may_fields(name)?.ok_or(Unreadable::Field)
    }

    /// A list, empty if it is absent.
    pub(crate) fn list(self, name: &str) -> Result<&'a [Value], Unreadable> {
        match self.value(name) {
            Some(Value::Array(list)) => Ok(list),
            Some(_) => Err(Unreadable::Field),
            None => Ok(&[]),
        }
    }

    /// A list of ids, empty if it is absent.
    pub(crate) fn ids<T: TryFrom<String>>(self, name: &str) -> Result<Vec<T>, Unreadable> {
        let texts = texts(self.list(name)?)?.into_iter();
        texts
            .map(|text| T::try_from(text).map_err(|_| Unreadable::Field))
            .collect()
    }

    pub(crate) fn must_have(self, name: &str) -> Result<Self, Unreadable> {
        self.value(name).map(|_| self).ok_or(Unreadable::Field)
    }
}

/// A list of texts.
pub(crate) fn texts(list: &[Value]) -> Result<Vec<String>, Unreadable> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    list.iter()
        .map(|value| text(value).ok_or(Unreadable::Field))
        .collect()
}

/// Why a frame could not be read, for its sender. `own_types` are those that
/// the direction has besides the relayed ones.
pub(crate) fn explain(
    object: Option<&Object>,
    own_types: &[&str],
    error: Unreadable,
) -> DecodeError {
    let Some(object) = object else {
        return DecodeError {
            code: ErrorCode::BadMessage,
            message: error.to_string(),
            references: References::default(),
        };
    };
    let head = Fields(object);
    let type_name = head.may_text("type").ok().flatten();
    let references = References {
        ref_type: type_name.map(shorten),
        call_id: head.may_id("callId").ok().flatten(),
        to_id: head.may_id("toId").ok().flatten(),
    };
    let is_known = |name| own_types.contains(&name) || RELAYED_TYPES.contains(&name);
    let (code, message) = match type_name {
        None => (
            ErrorCode::BadMessage,
            "A message must have a text as its type.".to_owned(),
        ),
        Some(name) if is_known(name) => (ErrorCode::BadMessage, error.to_string()),
        Some(_) => (
            ErrorCode::UnknownType,
            "This version does not know that type of message.".to_owned(),
        ),
    };
    DecodeError {
        code,
        message,
        references,
    }
}

/// An unknown type is repeated to its sender, but not at any length.
fn shorten(text: &str) -> String {
    text.chars().take(limits::ID_BYTES).collect()
}
