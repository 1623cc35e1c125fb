//! A call that comes in: the prompt, and what the title and the system show meanwhile.

use wimpex_protocol::CallType;

/// Takes the call.
pub const ACCEPT: &str = "Accept";
/// Takes a video call without being seen.
pub const ACCEPT_WITHOUT_CAMERA: &str = "Accept without camera";
/// Refuses the call.
pub const DECLINE: &str = "Decline";

/// Refuses the call of somebody who is no contact, and all of theirs that may come.
pub const BLOCK: &str = "Block";
/// Refuses it, and lets nobody ring for a while who is no contact.
pub const SILENCE_STRANGERS: &str = "Silence strangers for an hour";

/// The window's title, and the notification's.
pub fn notification_title(name: &str) -> String {
    format!("{name} is calling")
}

/// The notification's text, with the sign of who it is.
pub fn notification_text(call_type: CallType, caller: &str) -> String {
    let kind = match call_type {
        CallType::Video => "video call",
        CallType::Audio => "audio call",
    };
    format!("{kind} · {caller}")
}
