//! Words that more than one screen shows.

use std::time::Duration;

use wimpex_identity::is_key_id;
use wimpex_protocol::{CallType, UserId};

/// The name of the page.
pub const PRODUCT: &str = "Wimpex";
/// The buttons that call somebody.
pub const VIDEO_CALL: &str = "Video call";
/// Without a camera.
pub const AUDIO_CALL: &str = "Audio call";
/// Leads to the first screen.
pub const BACK_TO_HOME: &str = "Back to home";
/// Closes a panel.
pub const CLOSE: &str = "Close";
/// On a button that has just copied something.
pub const COPIED: &str = "Copied";
/// Ends the call.
pub const END_CALL: &str = "End call";
/// While something is not known yet.
pub const ONE_MOMENT: &str = "One moment…";
/// A part of the page that is loaded later could not be.
pub const NOT_LOADED: &str =
    "This part of the page could not be loaded. Check your network and open it again.";

/// Beside a name that its bearer chose, and nobody here.
pub const CLAIMED: &str = "claimed name";

/// A person whose name is not known: the end of the id tells two apart.
pub fn nameless(user: &UserId) -> String {
    let kind = if is_key_id(user) { "Person" } else { "Guest" };
    [kind, " ", tail(user)].concat()
}

/// Beside [`CLAIMED`]: which of those who call themselves so.
pub fn id_tail(user: &UserId) -> String {
    ["ID …", tail(user)].concat()
}

/// The last characters of an id, which are ASCII.
fn tail(user: &UserId) -> &str {
    let id = user.as_str();
    id.get(id.len().saturating_sub(5)..).unwrap_or(id)
}

/// A name inside a sentence: quoted, if it is its bearer's own choice.
pub fn in_sentence(name: &str, is_claimed: bool) -> String {
    let name = isolated(name);
    if is_claimed {
        format!("“{name}”")
    } else {
        name
    }
}

/// A name inside a sentence, which it must not turn around: between U+2068 and U+2069 (UAX #9,
/// section 2.4) where it has letters that are written from the right. Others do no harm.
pub fn isolated(name: &str) -> String {
    let is_from_right = |c| {
        matches!(c,
            '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}'
            | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
    };
    if name.contains(is_from_right) {
        format!("\u{2068}{name}\u{2069}")
    } else {
        name.to_owned()
    }
}

/// One or two letters for a person's picture; the style sheet writes them large.
pub fn initials(name: &str) -> String {
    let mut words = name
        .split_whitespace()
        .filter_map(|word| word.chars().next());
    let first = words.next();
    first.into_iter().chain(words.next_back()).collect()
}

/// `mm:ss`, and `h:mm:ss` after an hour.
pub fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes:02}:{seconds:02}")
    }
}

/// A length of time, as one would say it.
pub fn length(time: Duration) -> String {
    let count = |n: u64, unit: &str| format!("{n} {unit}{}", if n == 1 { "" } else { "s" });
    let seconds = time.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => count(seconds, "second"),
        (0, minutes, 0) => count(minutes, "minute"),
        (0, minutes, seconds) => {
            format!("{} {}", count(minutes, "minute"), count(seconds, "second"))
        }
        (hours, 0, _) => count(hours, "hour"),
        (hours, minutes, _) => format!("{} {}", count(hours, "hour"), count(minutes, "minute")),
    }
}

/// The kind of call at the beginning of a line.
pub fn call_type(call_type: CallType) -> &'static str {
    match call_type {
        CallType::Video => VIDEO_CALL,
        CallType::Audio => AUDIO_CALL,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_people_say_them() {
        let clock = |seconds| super::clock(Duration::from_secs(seconds));
        assert_eq!(
            [clock(0), clock(75), clock(3599), clock(3600)],
            ["00:00", "01:15", "59:59", "1:00:00"]
        );
        let length = |seconds| super::length(Duration::from_secs(seconds));
        assert_eq!(length(1), "1 second");
        assert_eq!(length(120), "2 minutes");
        assert_eq!(length(61), "1 minute 1 second");
        assert_eq!(length(7260), "2 hours 1 minute");
    }

    #[test]
    fn a_name_does_not_turn_the_sentence_around_it() {
        assert_eq!(in_sentence("Ada", false), "Ada");
        assert_eq!(in_sentence("Ada", true), "“Ada”");
        assert_eq!(in_sentence("נתן", false), "\u{2068}נתן\u{2069}");
        assert_eq!(in_sentence("محمد 1", true), "“\u{2068}محمد 1\u{2069}”");
    }

    #[test]
    fn initials_are_of_the_first_and_the_last_name() {
        assert_eq!(initials("Alice"), "A");
        assert_eq!(initials("Ada King Lovelace"), "AL");
        assert_eq!(initials(""), "");
    }
}
