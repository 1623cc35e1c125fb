//! A call whose page was left, and to which one can return.

/// The card that offers it.
pub const REGION: &str = "Your call";
/// Goes on with the call.
pub const RETURN: &str = "Return to the call";
/// Does not.
pub const END_CALL: &str = "End call";

/// What has happened.
pub fn sentence(name: &str) -> String {
    format!(
        "You’re still on a call with {name}. This page was reloaded or closed in the middle of it."
    )
}
