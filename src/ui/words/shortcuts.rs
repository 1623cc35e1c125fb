//! The keys of a call, and their list.

/// The heading of the list.
pub const TITLE: &str = "Keyboard shortcuts";
/// Turns them on or off.
pub const ARE_ON_LABEL: &str = "Use single keys in a call";
/// Why one would turn them off.
pub const ARE_ON_HINT: &str = "Turn this off if you dictate, or if a stray key has muted you. \
    You’ll find this list on the first page, under “This device”.";
/// That is no key.
pub const NO_KEY: &str = "Type one letter, digit or sign.";
/// It does something else already.
pub const KEY_TAKEN: &str = "That key already does something else.";

/// What a key does.
pub const MICROPHONE: &str = "Mute or unmute";
/// See [`MICROPHONE`].
pub const CAMERA: &str = "Turn the camera off or on";
/// See [`MICROPHONE`].
pub const HELP: &str = "Show this list";
/// Names the field with the key for [`MICROPHONE`].
pub const MICROPHONE_KEY_LABEL: &str = "Key to mute or unmute";
/// Names the field with the key for [`CAMERA`].
pub const CAMERA_KEY_LABEL: &str = "Key to turn the camera off or on";
/// Names the field with the key for [`HELP`].
pub const HELP_KEY_LABEL: &str = "Key to show this list";

/// Keys that are no letters, and need no turning off: which, and what they do.
pub const OTHERS: [(&str, &str); 2] = [
    ("Esc", "Decline a call that rings, or close a panel"),
    ("← ↑ ↓ →", "Move your picture, when it has the focus"),
];
