//! What was not done, and why.

use std::fmt;

use crate::codec::{Fields, Object, Unreadable, message, texts};
use crate::{CallId, UserId, limits};

message! {
    /// Server to client: a message was not acted on.
    #[derive(Debug)]
    pub struct ErrorMessage = "error" {
        /// Stable, for programs.
        pub code: ErrorCode = "code",
        /// A plain sentence, for people.
        pub message: String = "message",
        /// The `type` of the message that was refused.
        pub ref_type: Option<String> = "refType",
        /// The call that it was about.
        pub call_id: Option<CallId> = "callId",
        /// The user that it was addressed to.
        pub to_id: Option<UserId> = "toId",
        /// With [`ErrorCode::LoginFailed`]: that it was the host's decision, and which.
        pub reason: Option<AccessRefusal> = "reason",
    }
}

impl ErrorMessage {
    /// An error about the message that `references` names.
    pub fn new(code: ErrorCode, message: impl Into<String>, references: References) -> Self {
        Self {
            code,
            message: message.into(),
            ref_type: references.ref_type,
            call_id: references.call_id,
            to_id: references.to_id,
            reason: None,
        }
    }
}

texts! {
    /// Why a message was refused.
    pub enum ErrorCode {
        /// Not JSON, a wrong or missing field, or a binary frame.
        BadMessage = "bad-message",
        /// A `type` that this version does not have.
        UnknownType = "unknown-type",
        /// Anything but `login` before `welcome`.
        NotLoggedIn = "not-logged-in",
        /// The login was refused or came too late; the WebSocket closes.
        LoginFailed = "login-failed",
        /// No device of `toId` is logged in.
        UserOffline = "user-offline",
        /// The same, and their devices are being woken by web push: the offer is to be sent again
        /// when presence says that one is there.
        UserWaking = "user-waking",
        /// Too many messages; this one was dropped.
        RateLimited = "rate-limited",
        /// Too many connections from this address; the WebSocket closes.
        TooManyConnections = "too-many-connections",
        /// A code of a later version.
        Unknown = "unknown",
    } else Unknown
}

texts! {
    /// Why somebody is not let in whose login is in order.
    pub enum AccessRefusal {
        /// Only people who were invited, or whom the host knows, may use this server.
        NotInvited = "not-invited",
        /// The invitation has been used as often as it may be, is too old, or was taken back.
        InvitationOver = "invitation-over",
        /// Only owners of keys may use this server.
        NoGuests = "no-guests",
        /// The host has shut out this person.
        Blocked = "blocked",
        /// A reason of a later version.
        Unknown = "unknown",
    } else Unknown
}

/// What a refused message was about, so that its sender can tell which one it was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct References {
    /// Its `type`.
    pub ref_type: Option<String>,
    /// Its `callId`.
    pub call_id: Option<CallId>,
    /// Its `toId`.
    pub to_id: Option<UserId>,
}

/// Why the server could not read a client's frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// [`ErrorCode::BadMessage`] or [`ErrorCode::UnknownType`].
    pub code: ErrorCode,
    /// A plain sentence that repeats nothing of the frame's contents.
    pub message: String,
    /// What the frame was about, as far as that could be read.
    pub references: References,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for DecodeError {}

impl From<DecodeError> for ErrorMessage {
    fn from(error: DecodeError) -> Self {
        Self::new(error.code, error.message, error.references)
    }
}

impl DecodeError {
    /// Why that object, or that frame which is none, is no message; `is_known` says which
    /// types exist.
    pub(crate) fn explain(
        object: Option<&Object>,
        error: Unreadable,
        is_known: impl Fn(&str) -> bool,
    ) -> Self {
        let Some(object) = object else {
            return Self {
                code: ErrorCode::BadMessage,
                message: error.to_string(),
                references: References::default(),
            };
        };
        let fields = Fields(object);
        let type_name = fields.type_name().ok();
        let references = References {
            ref_type: type_name.map(shorten),
            call_id: fields.get("callId").ok(),
            to_id: fields.get("toId").ok(),
        };
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
        Self {
            code,
            message,
            references,
        }
    }
}

/// An unknown type is repeated to its sender, but not at any length.
fn shorten(text: &str) -> String {
    text.chars().take(limits::ID_BYTES).collect()
}
