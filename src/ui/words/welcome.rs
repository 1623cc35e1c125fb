//! The first visit, and a change of name.

use wimpex_protocol::{InvalidName, limits};

/// Heading of the first visit.
pub const TITLE: &str = "Call somebody";
/// Heading of a change of name.
pub const CHANGE_TITLE: &str = "Change your name";
/// For the first visit.
pub const LEAD: &str = "Video and audio, straight from your browser to theirs. What’s your name?";
/// For a first visit by somebody's link.
pub const LEAD_BY_LINK: &str =
    "Someone sent you their link. Before you call them, what’s your name?";
/// For a change of name.
pub const LEAD_CHANGE: &str = "What name should people see when you call?";
/// Names the field.
pub const NAME_LABEL: &str = "Your name";
/// Takes the name.
pub const CONTINUE: &str = "Continue";

/// What is wrong with a name.
pub fn name_error(error: InvalidName) -> String {
    match error {
        InvalidName::Empty => "Please enter a name, so people can see who’s calling.".to_owned(),
        InvalidName::TooLong => {
            format!(
                "That name is too long. It can have up to {} characters.",
                limits::NAME_CHARS
            )
        }
        InvalidName::ControlCharacter => {
            "That name has characters that can’t be shown. Please use letters, digits and the like."
                .to_owned()
        }
        InvalidName::StackedMarks => {
            "That name has too many accents on one letter. Please leave some out.".to_owned()
        }
    }
}
