//! Error messages to a client.

use wimpex_protocol::{ErrorCode, ErrorMessage, References};

/// About no message in particular.
pub(super) fn error(code: ErrorCode, message: &str) -> ErrorMessage {
    ErrorMessage::new(code, message, References::default())
}
