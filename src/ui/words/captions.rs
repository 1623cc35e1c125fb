//! What the peer says, as text.

/// Asks for it; names what is shown of it.
pub const TITLE: &str = "Captions";
/// What that does.
pub const HINT: &str = "Show what they say as text. It’s recognised on their device.";

/// The peer reads what the user says.
pub fn is_read(name: &str) -> String {
    format!("{name} is reading captions of what you say. They’re made on this device.")
}
