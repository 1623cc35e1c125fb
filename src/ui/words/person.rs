//! Somebody's link, opened.

/// They can be called.
pub const ONLINE: &str = "Online";
/// Their page is closed.
pub const OFFLINE: &str = "Not online at the moment";
/// A link that names nobody.
pub const BROKEN_LINK: &str =
    "This link is broken: it names nobody. Ask whoever sent it to copy it once more.";
