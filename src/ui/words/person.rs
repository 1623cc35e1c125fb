//! Somebody's link, opened.

/// They can be called.
pub const ONLINE: &str = "Online";
/// Their page is closed.
pub const OFFLINE: &str = "Not online right now";
/// A link that names nobody.
pub const BROKEN_LINK: &str = "This link is broken. Ask whoever sent it to copy it again.";
