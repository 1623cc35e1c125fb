//! Error messages to a client.

use wimpex_protocol::{ClientMessage, ErrorCode, ErrorMessage};

/// About no message in particular.
pub(super) fn error(code: ErrorCode, message: &str) -> ErrorMessage {
    ErrorMessage {
        code,
        message: message.to_owned(),
        ref_type: None,
        call_id: None,
        to_id: None,
    }
}

/// Anything but a login came before it.
pub(super) fn not_logged_in(message: ClientMessage) -> ErrorMessage {
    let mut error = error(ErrorCode::NotLoggedIn, "Log in first.");
    match message {
        ClientMessage::Login(_) => {}
        ClientMessage::Ack(_) => error.ref_type = Some("ack".to_owned()),
        ClientMessage::PresenceWatch(_) => error.ref_type = Some("presence-watch".to_owned()),
        ClientMessage::Relay(relayed) => {
            error.ref_type = Some(relayed.signal.type_name().to_owned());
            error.call_id = relayed.signal.call_id().cloned();
            error.to_id = Some(relayed.to_id);
        }
    }
    error
}
