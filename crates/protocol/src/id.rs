//! Ids as types of their own, so that a call can never be named by a user.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::codec::{Field, Unreadable, text};
use crate::limits;

/// Why a text is not an id: it is empty, longer than [`limits::ID_BYTES`], or
/// has a character outside `A-Z a-z 0-9 _ - .`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidId;

impl fmt::Display for InvalidId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "an id has 1 to {} characters out of A-Z a-z 0-9 _ - .",
            limits::ID_BYTES
        )
    }
}

impl std::error::Error for InvalidId {}

fn is_id(text: &str) -> bool {
    (1..=limits::ID_BYTES).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Checks a text and makes it an id.
            ///
            /// # Errors
            /// [`InvalidId`] if the text breaks the rules named there.
            pub fn parse(text: impl Into<String>) -> Result<Self, InvalidId> {
                let text = text.into();
                if is_id(&text) { Ok(Self(text)) } else { Err(InvalidId) }
            }

            /// The id as it stands on the wire.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Field for $name {
            fn read(value: &Value) -> Result<Self, Unreadable> {
                Self::parse(text(value)?).map_err(|InvalidId| Unreadable::Field)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::parse(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id! {
    /// A person, or a guest (`guest-…`).
    UserId
}
id! {
    /// One tab or device of a person; the server gives it out at login.
    DeviceId
}
id! {
    /// One login of a device, for as long as the server keeps it; see [`crate::Resume`].
    SessionId
}
id! {
    /// One call. Its order matters: of two that collide, the greater wins.
    CallId
}
