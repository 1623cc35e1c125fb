//! The chat of a call.

use wimpex_direct::Mark;

/// Opens the chat, and names it.
pub const TITLE: &str = "Chat";
/// Names the field.
pub const MESSAGE_LABEL: &str = "Message";
/// Names the list of lines.
pub const LINES_LABEL: &str = "Messages";
/// Sends what was written.
pub const SEND: &str = "Send";
/// Keeps the chat on this device.
pub const KEEP: &str = "Keep";
/// What becomes of a chat that is not kept.
pub const KEEP_HINT: &str = "Otherwise this chat is gone once you close the page.";
/// What becomes of one that is.
pub const KEPT_HINT: &str = "Kept in this browser only. “Forget me” deletes it.";
/// The browser has refused.
pub const KEEP_FAILED: &str = "This browser couldn’t keep the chat.";
/// Of somebody who may have another id the next time.
pub const CANNOT_KEEP: &str = "This chat is gone once you close the page.";
/// Nobody has written yet.
pub const EMPTY: &str = "Nothing here yet. Only the two of you can read what you write.";
/// The beginning is no longer kept.
pub const CUT: &str = "Earlier messages are no longer shown.";
/// What follows is of before.
pub const EARLIER: &str = "Earlier";
/// What follows is of this call.
pub const THIS_CALL: &str = "In this call";
/// Who wrote a line.
pub const YOU: &str = "You";
/// There is no connection at the moment.
pub const WAITS: &str =
    "You’re offline for a moment. What you write is sent as soon as you’re back.";
/// Too much waits to be sent.
pub const FULL: &str = "Too many messages are waiting to be sent. One moment…";
/// Shown until the mouse or a key brings the end of the list into sight.
pub const TO_NEWEST: &str = "Show new messages";

/// What is known of a line of one's own.
pub fn mark(mark: Mark) -> &'static str {
    match mark {
        Mark::Waiting => "Sending…",
        Mark::Delivered => "Delivered",
        Mark::Read => "Read",
        Mark::Undelivered => "Not delivered",
    }
}

/// How many lines nobody has seen yet.
pub fn unread(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => "1 unread message".to_owned(),
        count => format!("{count} unread messages"),
    }
}

/// What was written is too long.
pub fn too_long(characters: usize) -> String {
    if characters == 1 {
        "One character too many.".to_owned()
    } else {
        format!("Too long by {characters} characters.")
    }
}

/// A line that came while the chat was closed.
pub fn notice(name: &str, text: &str) -> String {
    format!("{name}: {text}")
}
